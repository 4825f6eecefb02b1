"""From a log of interactions to a `Dataset`: sequences, a vocabulary, a split, its checksum.

Importing this is cheap: no pandas, no pyarrow, no TensorFlow.
"""

from rbench.data.dataset import Dataset, Holdout, ItemFeatures, Ragged
from rbench.data.load import fingerprint, items_fingerprint, load
from rbench.data.settings import (
    SYNTHETIC,
    DataSettings,
    ItemColumn,
    ItemsSettings,
    SyntheticSettings,
)
from rbench.data.storage import open_dataset, read_vocabulary, save

__all__ = [
    "SYNTHETIC",
    "DataSettings",
    "Dataset",
    "Holdout",
    "ItemColumn",
    "ItemFeatures",
    "ItemsSettings",
    "Ragged",
    "SyntheticSettings",
    "fingerprint",
    "items_fingerprint",
    "load",
    "open_dataset",
    "read_vocabulary",
    "save",
]
