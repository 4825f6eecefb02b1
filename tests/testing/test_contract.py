"""The contract's checks, each against an encoder that breaks just that and ones that do not."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import ClassVar

import pytest

if not find_spec("tensorflow"):  # importing it takes seconds
    pytest.skip("the contract needs rbench[sweep]", allow_module_level=True)

from rbench import testing
from rbench.encoding import Encoder
from rbench.testing import contract

pytestmark = pytest.mark.slow


def dense(embeddings, name="projection", **options):
    from tf_keras import layers

    return layers.Dense(embeddings.shape[-1], name=name, **options)(embeddings)


def last_of(every, form):
    from tf_keras import layers

    from rbench.layers import Last

    return layers.Flatten(name="newest")(Last(name="last")(every)) if form.last else every


class Sound(Encoder):
    """The least that keeps the contract: each item by itself."""

    def encode(self, embeddings, mask, form):
        return last_of(dense(embeddings), form)


class SoundAndRecurrent(Sound):
    recurrent: ClassVar[bool] = True


class SeesAhead(Encoder):
    """Each position gets the mean of all."""

    def encode(self, embeddings, mask, form):
        from tf_keras import layers

        mean = layers.GlobalAveragePooling1D(name="mean", keepdims=True)(embeddings)
        return last_of(dense(layers.Add(name="sum")([embeddings, mean])), form)


class SeesOneAhead(Encoder):
    """A convolution that is centred where it should be causal."""

    def encode(self, embeddings, mask, form):
        from tf_keras import layers

        width = embeddings.shape[-1]
        return last_of(layers.Conv1D(width, 3, padding="same", name="conv")(embeddings), form)


class Deaf(Encoder):
    """Looks at the item before and never at the one in its place."""

    def encode(self, embeddings, mask, form):
        from tf_keras import layers

        length = embeddings.shape[1]
        late = layers.ZeroPadding1D((1, 0), name="late")(embeddings)
        return last_of(dense(layers.Cropping1D((0, 1), name=f"of_{length}")(late)), form)


class CountsPadding(Encoder):
    """A causal mean over positions rather than over items."""

    def encode(self, embeddings, mask, form):
        from tf_keras import layers

        def mean(x):
            import tensorflow as tf

            return tf.cumsum(x, axis=1) / tf.range(1.0, x.shape[1] + 1)[:, None]

        return last_of(dense(layers.Lambda(mean, name="mean")(embeddings)), form)


class Drifts(Encoder):
    """An LSTM whose state moves on zero inputs, because all its biases are free."""

    def encode(self, embeddings, mask, form):
        from tf_keras import layers

        width = embeddings.shape[-1]
        return layers.LSTM(width, return_sequences=not form.last, name="lstm")(embeddings)


class Narrow(Encoder):
    def encode(self, embeddings, mask, form):
        from tf_keras import layers

        return last_of(layers.Dense(embeddings.shape[-1] - 1, name="narrow")(embeddings), form)


class IgnoresLast(Encoder):
    """Returns every position where the last was asked for."""

    def encode(self, embeddings, mask, form):
        return dense(embeddings)


class NotANumber(Encoder):
    """Divides zero by zero where padded."""

    def encode(self, embeddings, mask, form):
        from tf_keras import layers

        def unit(x):
            import tensorflow as tf

            return x / tf.norm(x, axis=-1, keepdims=True)

        return last_of(dense(layers.Lambda(unit, name="unit")(embeddings)), form)


class Forks(Encoder):
    """Its last position is another function of the same weights."""

    def encode(self, embeddings, mask, form):
        from tf_keras import layers

        every = dense(embeddings)
        return layers.GlobalMaxPooling1D(name="best")(every) if form.last else every


class ForksUnrolled(Encoder):
    recurrent: ClassVar[bool] = True

    def encode(self, embeddings, mask, form):
        activation = "tanh" if form.unrolled else None
        return last_of(dense(embeddings, activation=activation), form)


class Nameless(Encoder):
    """Keras numbers its layer anew each time."""

    def encode(self, embeddings, mask, form):
        return last_of(dense(embeddings, name=None), form)


class Twins(Encoder):
    """Two layers of one name."""

    def encode(self, embeddings, mask, form):
        return last_of(dense(dense(embeddings, name="twin"), name="twin"), form)


class TwinsButForCase(Encoder):
    """Two names that some places cannot tell apart."""

    def encode(self, embeddings, mask, form):
        return last_of(dense(dense(embeddings, name="twin"), name="Twin"), form)


class RenamesForms(Encoder):
    """The exported form has another layer."""

    def encode(self, embeddings, mask, form):
        return last_of(dense(embeddings, name="exported" if form.last else "projection"), form)


class Dead(Encoder):
    """Half of it is multiplied by zero."""

    def encode(self, embeddings, mask, form):
        from tf_keras import layers

        nothing = layers.Rescaling(0.0, name="nothing")(dense(embeddings, name="dead"))
        return last_of(layers.Add(name="sum")([dense(embeddings), nothing]), form)


class CutOff(Encoder):
    """Learning stops at a rounding."""

    def encode(self, embeddings, mask, form):
        from tf_keras import layers

        def steps(x):
            import tensorflow as tf

            return tf.stop_gradient(x)

        stopped = layers.Lambda(steps, name="steps")(dense(embeddings, name="unreached"))
        return last_of(layers.Add(name="sum")([dense(embeddings), stopped]), form)


class Moody(Encoder):
    """Draws noise in inference too, so that no two runs agree."""

    def encode(self, embeddings, mask, form):
        from tf_keras import layers

        def noise(x):
            import tensorflow as tf

            return x + tf.random.normal(tf.shape(x), stddev=1e-6)

        return last_of(layers.Lambda(noise, name="noise")(dense(embeddings)), form)


class Exotic(Encoder):
    """An operator that TFLite has no builtin for."""

    def encode(self, embeddings, mask, form):
        from tf_keras import layers

        def bessel(x):
            import tensorflow as tf

            return tf.math.special.bessel_j0(x)

        return last_of(layers.Lambda(bessel, name="bessel")(dense(embeddings)), form)


class Forgets(Encoder):
    """Adds up the context, and tap by tap the newest item alone."""

    def encode(self, embeddings, mask, form):
        import tensorflow as tf
        from tf_keras import layers

        added = layers.Lambda(lambda x: tf.cumsum(x, axis=1), name="added")(embeddings)
        return last_of(dense(added), form)

    def state(self, width, length):
        return width

    def tap(self, embedding, mask, state, length):
        from tf_keras import layers

        return dense(layers.Flatten(name="newest")(embedding)), state


class Breaks(Encoder):
    def encode(self, embeddings, mask, form):
        raise RuntimeError("no graph today")


@dataclass(frozen=True)
class Broken:
    encoder: Encoder
    check: str
    says: str


BROKEN = (
    Broken(Narrow(), "check_shapes", r"shape \(2, 12, 15\)"),
    Broken(IgnoresLast(), "check_shapes", r"Form\(last=True.*shape \(2, 12, 16\)"),
    Broken(NotANumber(), "check_shapes", "no finite number"),
    Broken(Forks(), "check_shapes", r"Form\(last=True, unrolled=False.*\) is .* apart"),
    Broken(ForksUnrolled(), "check_shapes", r"Form\(last=True, unrolled=True.*\) is .* apart"),
    Broken(Nameless(), "check_shapes", "is another model: weight dense.* is missing"),
    Broken(Twins(), "check_shapes", "cannot be drawn: .*twin"),
    Broken(RenamesForms(), "check_shapes", "weight exported/0 .* is missing"),
    Broken(Breaks(), "check_shapes", "cannot be drawn: no graph today"),
    Broken(SeesAhead(), "check_causality", "position 11 is seen by an earlier one"),
    Broken(SeesOneAhead(), "check_causality", "position 11 is seen by an earlier one"),
    Broken(Deaf(), "check_causality", "the item at position 11 does not matter there"),
    Broken(CountsPadding(), "check_padding", "4 more padded positions change the output"),
    Broken(Drifts(), "check_padding", "4 more padded positions change the output"),
    Broken(Dead(), "check_gradients", "the gradient of dead/kernel.* is zero"),
    Broken(Forgets(), "check_tap", "after 5 taps it is .* apart from the whole context"),
    Broken(CutOff(), "check_gradients", "no gradient reaches unreached/kernel"),
    Broken(TwinsButForCase(), "check_save_and_load", "two weights share a name"),
    Broken(Moody(), "check_save_and_load", "loading its own weights changes the output"),
    Broken(
        Exotic(),
        "check_conversion",
        "does not convert: tf.lite's converter: 'tf.BesselJ0' op is neither a custom",
    ),
    Broken(Narrow(), "check_conversion", r"does not convert: encoder Narrow returned"),
)


@pytest.mark.parametrize(
    "broken", BROKEN, ids=lambda b: f"{type(b.encoder).__name__}-{b.check.removeprefix('check_')}"
)
def test_a_broken_encoder_is_told_what_it_breaks(broken) -> None:
    with pytest.raises(AssertionError, match=f"(?s){broken.says}"):
        getattr(contract, broken.check)(broken.encoder)


def test_every_check_has_an_encoder_that_breaks_it() -> None:
    assert {broken.check for broken in BROKEN} == {check.__name__ for check in contract.CHECKS}


@pytest.mark.parametrize("encoder", [Sound(), SoundAndRecurrent()], ids=lambda e: type(e).__name__)
def test_a_sound_encoder_passes(encoder) -> None:
    testing.check_encoder(encoder)


@pytest.mark.parametrize("encoder", [SeesAhead(), Drifts()], ids=lambda e: type(e).__name__)
def test_checking_all_raises_the_first_failure(encoder) -> None:
    with pytest.raises(AssertionError):
        testing.check_encoder(encoder)


def test_the_class_has_a_test_for_every_check() -> None:
    tests = {name for name in dir(testing.EncoderContract) if name.startswith("test_")}
    assert tests == {check.__name__.replace("check_", "test_") for check in testing.CHECKS}


def test_the_class_runs_the_checks() -> None:
    class TestNarrow(testing.EncoderContract):
        encoder = Narrow()

    with pytest.raises(AssertionError, match="shape"):
        TestNarrow().test_shapes()
    with pytest.raises(AssertionError, match="does not convert"):
        TestNarrow().test_conversion()
