"""Training: every position of every window learns, by default by the full softmax."""

from rbench.train.learner import Learner
from rbench.train.result import WEIGHTS, Trained
from rbench.train.settings import TrainSettings
from rbench.train.train import train
from rbench.train.validate import Validator
from rbench.train.windows import batches, cut

__all__ = [
    "WEIGHTS",
    "Learner",
    "TrainSettings",
    "Trained",
    "Validator",
    "batches",
    "cut",
    "train",
]
