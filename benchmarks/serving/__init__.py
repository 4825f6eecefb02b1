"""One file behind several doors, see `benchmarks/server.py`."""
