"""What a model is given: its inputs by name, and the contract of those beside the context.

One file a feature, found by entry point as encoders are.
"""

from rbench.features.feature import Feature, FeatureSpec
from rbench.features.value import ALLOWED, CONTEXT, USER, Features

__all__ = ["ALLOWED", "CONTEXT", "USER", "Feature", "FeatureSpec", "Features"]
