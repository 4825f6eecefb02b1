"""Compression: what training does to weights before conversion, and the Keras reference."""

from rbench.compress.compress import compress
from rbench.compress.learnt import as_trained
from rbench.compress.result import RANGES, REFERENCE, Compressed
from rbench.compress.settings import CompressSettings

__all__ = ["RANGES", "REFERENCE", "CompressSettings", "Compressed", "as_trained", "compress"]
