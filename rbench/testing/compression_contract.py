"""The compression contract as checks. Each raises AssertionError with what was found."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar

import numpy as np

from rbench.encoding import ModelSettings
from rbench.recipes.compression import Compression, Given
from rbench.recipes.registered import WORD, schemes
from rbench.testing.scheme_contract import Summing, check_imports, check_line, check_reason

SETTINGS = ModelSettings(width=16, length=6, top_k=10)


def check_description(compression: Compression) -> None:
    """Every field is filled in, in one line, and every reason ends with who sets the limit."""
    assert WORD.fullmatch(compression.word), f"{compression.word!r} is no word of a recipe"
    for field in ("meaning", "brief"):
        check_line(field, getattr(compression, field))
    assert compression.step >= 1, f"step {compression.step}"
    met = 0
    for scheme in schemes().values():
        reason = compression.objection(scheme, ())
        met += not reason and compression.word not in scheme.refuses
        if reason:
            check_reason(scheme.name, reason)
    assert met, "no installed scheme can meet it"


def check_light(compression: Compression) -> None:
    """Its module brings neither TensorFlow nor a runtime: listing and gating load it."""
    check_imports(type(compression).__module__)


def check_tuning(compression: Compression) -> None:
    """One epoch of fine-tuning reaches what it is for, and leaves the weights of the same model:
    same names, same shapes, finite numbers; and the same ones a second time.
    """
    before, after, details = tuned(compression)
    assert set(after) == set(before), (
        f"weights are missing or new: {sorted(set(after) ^ set(before))}"
    )
    for name, weight in after.items():
        assert weight.shape == before[name].shape, f"{name} has another shape: {weight.shape}"
        assert np.isfinite(weight).all(), f"{name} holds what is no finite number"
    moved = any(not np.array_equal(after[name], before[name]) for name in before)
    assert moved, "not one weight was changed"
    assert all(np.isfinite(number) for number in details.values()), f"details: {details}"
    _, again, _ = tuned.__wrapped__(compression)
    assert all(np.array_equal(after[name], again[name]) for name in after), (
        "the same fine-tuning gives other weights the second time"
    )


CHECKS: tuple[Callable[[Compression], None], ...] = (check_description, check_light, check_tuning)


def check_compression(compression: Compression) -> None:
    """All checks, the first failure raised.

    Raises:
        AssertionError: the compression breaks its contract; the message says how.
    """
    for check in CHECKS:
        check(compression)


class CompressionContract:
    """The checks as a pytest class: derive from it and set ``compression``."""

    compression: ClassVar[Compression]

    def test_description(self) -> None:
        check_description(self.compression)

    def test_light(self) -> None:
        check_light(self.compression)

    def test_tuning(self) -> None:
        check_tuning(self.compression)


@cache
def tuned(compression: Compression) -> tuple[dict[str, Any], dict[str, Any], dict[str, float]]:
    """Weights before and after one epoch on a small log, and what the method says it reached."""
    import tf_keras

    from rbench import data
    from rbench.compress import CompressSettings
    from rbench.compress.tuning import tune
    from rbench.data.settings import DataSettings, SyntheticSettings
    from rbench.graph.model import get_weights, training_model
    from rbench.progress import silent
    from rbench.train import TrainSettings

    made = SyntheticSettings(users=60, items=80, interactions_per_user=10)
    dataset = data.load(DataSettings(synthetic=made))
    tf_keras.backend.clear_session()
    tf_keras.utils.set_random_seed(1)
    before = get_weights(training_model(Summing(), SETTINGS, dataset.items, dropout=0.0))
    scheme = next(
        scheme
        for scheme in schemes().values()
        if not compression.objection(scheme, ()) and compression.word not in scheme.refuses
    )
    given = Given(scheme.grid if compression.for_grid else None)
    found = tune(
        compression.method(given),
        CompressSettings(epochs=1),
        TrainSettings(batch_size=16),
        SETTINGS,
        before,
        dataset,
        Summing(),
        1,
        silent,
        compression.word,
        "auto",
    )
    return before, found.weights, found.details
