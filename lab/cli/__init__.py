"""Typer + Rich: the only place that prints or exits."""
