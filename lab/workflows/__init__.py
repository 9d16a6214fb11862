"""Ordered steps over ports; no third-party library, no printing."""
