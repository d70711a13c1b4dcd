"""Figures that the project promises, measured: ``python -m tests.benchmarks``."""
