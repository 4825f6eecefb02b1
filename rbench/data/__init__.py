"""From a log of interactions to a `Dataset`: sequences, a vocabulary, a split, its checksum.

Importing this is cheap: no pandas, no pyarrow, no TensorFlow.
"""

from rbench.data.dataset import Dataset, Holdout, Ragged
from rbench.data.load import fingerprint, load
from rbench.data.settings import SYNTHETIC, DataSettings, SyntheticSettings
from rbench.data.storage import open_dataset, read_vocabulary, save

__all__ = [
    "SYNTHETIC",
    "DataSettings",
    "Dataset",
    "Holdout",
    "Ragged",
    "SyntheticSettings",
    "fingerprint",
    "load",
    "open_dataset",
    "read_vocabulary",
    "save",
]
