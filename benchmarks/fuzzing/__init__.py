"""Hostile input for every command that reads something: see `benchmarks/fuzz.py`."""
