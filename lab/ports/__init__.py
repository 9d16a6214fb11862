"""What workflows need from outside, as small Protocols. Adapters implement them; tests use fakes.

One module per port or pair of ports; who needs one imports it from here.
"""

from lab.ports.clock import Clock
from lab.ports.compose import Compose, ComposeFactory
from lab.ports.engine import Changes, Engine
from lab.ports.locks import Locks
from lab.ports.probe import Probe
from lab.ports.reporter import Reporter
from lab.ports.results import Journals, Results
from lab.ports.scenarios import Scenarios
from lab.ports.surroundings import Surroundings

__all__ = [
    "Changes",
    "Clock",
    "Compose",
    "ComposeFactory",
    "Engine",
    "Journals",
    "Locks",
    "Probe",
    "Reporter",
    "Results",
    "Scenarios",
    "Surroundings",
]
