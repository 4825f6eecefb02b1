"""Two runs held against each other: what got better, what worse, and what cannot be compared."""

from rbench.compare.compare import compare
from rbench.compare.comparison import Comparison, Difference, Unlike

__all__ = ["Comparison", "Difference", "Unlike", "compare"]
