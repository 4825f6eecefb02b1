"""Compression: what training does to weights before conversion, and the Keras reference."""

from rbench.compress.compress import compress
from rbench.compress.result import REFERENCE, Compressed
from rbench.compress.settings import CompressSettings

__all__ = ["REFERENCE", "CompressSettings", "Compressed", "compress"]
