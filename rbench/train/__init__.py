"""Training: every position of every window learns, the full catalogue is the softmax."""

from rbench.train.result import WEIGHTS, Trained
from rbench.train.settings import TrainSettings
from rbench.train.train import train

__all__ = ["WEIGHTS", "TrainSettings", "Trained", "train"]
