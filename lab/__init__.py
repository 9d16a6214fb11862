"""The scalability lab: generate, start, measure and explain multi-container topologies."""

__version__ = "0.1.0"
