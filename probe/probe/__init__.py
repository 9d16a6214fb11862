"""Generate load against a lab and watch its tiers, from inside the lab's own networks.

The package keeps two kinds of modules apart: pure ones (job, wire, mix, zipf, checks, tally, rates, parse_*), which
need only the standard library, and those that touch the network or import Locust (generate, collect_*).
"""

from typing import Final

PROBE_VERSION: Final = "0.1.0"
