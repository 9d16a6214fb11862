"""Settings for all levels."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# A shared, noisy machine: how long one example takes says nothing about the code. Derandomised: a red run is repeatable.
settings.register_profile(
    "lab", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("lab")
