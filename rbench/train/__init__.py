"""Training: every position of every window learns, against all items or a sample of them."""

from rbench.train.learner import Learner
from rbench.train.result import WEIGHTS, Federation, Trained
from rbench.train.rules import Resolved, resolve
from rbench.train.settings import TrainSettings
from rbench.train.train import train
from rbench.train.validate import Validator
from rbench.train.weights import save_weights
from rbench.train.windows import Windows, batches, cut

__all__ = [
    "WEIGHTS",
    "Federation",
    "Learner",
    "Resolved",
    "TrainSettings",
    "Trained",
    "Validator",
    "Windows",
    "batches",
    "cut",
    "resolve",
    "save_weights",
    "train",
]
