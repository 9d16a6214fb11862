"""Benchmarks of the lab itself: how quick and how small it is. `python -m bench` runs them."""
