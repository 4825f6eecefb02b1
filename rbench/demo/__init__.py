"""A run's files as a page that answers every tap: one HTML file, or a folder, both work offline."""

from rbench.demo.making import Demo, demo

__all__ = ["Demo", "demo"]
