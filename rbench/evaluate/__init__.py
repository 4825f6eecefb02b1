"""Scoring: the very file that would ship, for every test user, over the whole catalogue."""

from rbench.evaluate.baselines import baselines
from rbench.evaluate.evaluate import evaluate
from rbench.evaluate.settings import EvaluateSettings

__all__ = ["EvaluateSettings", "baselines", "evaluate"]
