"""Losses: what a training step minimizes, one file a loss, found by entry point as encoders are."""

from rbench.losses.loss import Hidden, Loss

__all__ = ["Hidden", "Loss"]
