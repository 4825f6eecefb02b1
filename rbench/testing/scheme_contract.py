"""The scheme contract as checks. Each raises AssertionError with what was found."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from rbench.encoding import Encoder, Form, KerasTensor, ModelSettings
from rbench.errors import RbenchError
from rbench.recipes.compression import Compression
from rbench.recipes.registered import WORD, compressions
from rbench.recipes.scheme import Grid, Scheme

SETTINGS = ModelSettings(width=32, length=8, top_k=20)
ITEMS = 120
"""An item table of 3,840 numbers: what is smaller is left in float by most quantizers."""
CONTEXTS = 40
HEAVY = ("tensorflow", "tf_keras", "ai_edge_litert", "ai_edge_quantizer")
REASON = re.compile(r"\([^()]+\)$")
CUSTOM = {"CUSTOM", "STABLEHLO_CUSTOM_CALL"}


def check_description(scheme: Scheme) -> None:
    """Every field is filled in, in one line, and every reason ends with who sets the limit."""
    assert WORD.fullmatch(scheme.name), f"{scheme.name!r} is no word of a recipe"
    for field in ("meaning", "quantizer", "weights", "arithmetic", "granularity"):
        check_line(field, getattr(scheme, field))
    assert 1 <= scheme.weight_bits <= 64, f"weight_bits {scheme.weight_bits}"
    assert 1 <= scheme.activation_bits <= 64, f"activation_bits {scheme.activation_bits}"
    assert scheme.tolerance > 0, "a tolerance of 0 is kept by luck alone"
    assert scheme.grid is None or isinstance(scheme.grid, Grid), f"grid {scheme.grid!r}"
    for reasons in (scheme.refuses, scheme.refused_by, scheme.lacks):
        for what, reason in reasons.items():
            check_reason(what, reason)


def check_words(scheme: Scheme) -> None:
    """Every installed compression meets it, or says in one line why not."""
    known: tuple[Compression, ...] = tuple(compressions().values())
    for found in known:
        for earlier in ((), *((other,) for other in known if other.step < found.step)):
            reason = scheme.refuses.get(found.word, "") or found.objection(scheme, earlier)
            if reason:
                check_reason(found.word, reason)


def check_light(scheme: Scheme) -> None:
    """Its module brings neither TensorFlow nor a runtime: listing and gating load it."""
    check_imports(type(scheme).__module__)


def check_conversion(scheme: Scheme) -> None:
    """Builtin operators only, one item table, the same bytes twice, and scores that are within the
    tolerance of the Keras model's.
    """
    from ai_edge_litert.interpreter import Interpreter

    from rbench.convert.census import take_census
    from rbench.signatures import INPUT, OUTPUT_ITEMS, OUTPUT_SCORES, SIGNATURE

    model, contexts = _model()
    content, shared = _file(scheme, model, contexts)
    again, _ = _file(scheme, model, contexts)
    assert content == again, "the same model gives other bytes the second time"
    strange = sorted(CUSTOM.intersection(take_census(content)[0]))
    assert not strange, f"not all operators are builtin ones: {strange}"
    assert shared.buffers == 1, f"the item table is not in the file once: {shared.reason}"
    runner = Interpreter(model_content=content).get_signature_runner(SIGNATURE)
    expected = np.asarray(model(contexts))
    apart = []
    for context, scores in zip(contexts, expected, strict=True):
        found = runner(**{INPUT: context[None]})
        items = found[OUTPUT_ITEMS][0]
        assert len(set(items.tolist())) == SETTINGS.top_k, "the file names an item twice"
        assert 1 <= items.min() <= items.max() <= ITEMS, "the file names what is no item"
        apart.append(found[OUTPUT_SCORES][0] - scores[items - 1])
    off = float(np.sqrt(np.square(apart).mean()) / expected.std())
    assert off <= scheme.tolerance, (
        f"the file's scores are {off:.3g} of their spread away from the Keras model's, "
        f"and its tolerance is {scheme.tolerance}"
    )


CHECKS: tuple[Callable[[Scheme], None], ...] = (
    check_description,
    check_words,
    check_light,
    check_conversion,
)


def check_scheme(scheme: Scheme) -> None:
    """All checks, the first failure raised.

    Raises:
        AssertionError: the scheme breaks its contract; the message says how.
    """
    for check in CHECKS:
        check(scheme)


class SchemeContract:
    """The checks as a pytest class: derive from it and set ``scheme``."""

    scheme: ClassVar[Scheme]

    def test_description(self) -> None:
        check_description(self.scheme)

    def test_words(self) -> None:
        check_words(self.scheme)

    def test_light(self) -> None:
        check_light(self.scheme)

    def test_conversion(self) -> None:
        check_conversion(self.scheme)


def check_line(field: str, text: str) -> None:
    """One line of words."""
    assert text.strip() == text != "", f"{field} is empty, or has blanks at its ends"
    assert "\n" not in text, f"{field} has more than one line"


def check_reason(what: str, reason: str) -> None:
    """One line that ends with a library in brackets."""
    check_line(f"the reason against {what}", reason)
    assert REASON.search(reason), (
        f"the reason against {what} does not end with the library that sets the limit, in "
        f"brackets: {reason!r}"
    )


def check_imports(module: str) -> None:
    """Importing it, in a process of its own, brings nothing heavy."""
    program = (
        f"import sys, importlib; importlib.import_module({module!r}); "
        f"print(*(name for name in {HEAVY!r} if name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{module} cannot be imported: {done.stderr.strip()[-400:]}"
    assert not done.stdout.split(), f"importing {module} brings {done.stdout.strip()}"


class Summing(Encoder):
    """The mean of a context, through one matrix: every scheme can convert it."""

    def encode(self, embeddings: KerasTensor, mask: KerasTensor, form: Form) -> KerasTensor:
        from tf_keras import layers

        width = embeddings.shape[-1]
        dense = layers.Dense(width, name="projection")(embeddings)
        pooled = layers.GlobalAveragePooling1D(name="mean")(dense)
        return pooled if form.last else layers.RepeatVector(embeddings.shape[1])(pooled)


def _model() -> tuple[Any, Any]:
    """A scoring model with weights of a fixed draw, and contexts int32 ``(n, length)``."""
    import tf_keras

    from rbench.graph.model import scoring_model

    tf_keras.backend.clear_session()
    model = scoring_model(Summing(), SETTINGS, ITEMS, Form(last=True))
    random = np.random.default_rng(1)
    for weight in model.weights:
        weight.assign(random.normal(scale=0.3, size=weight.shape).astype(np.float32))
    contexts = random.integers(1, ITEMS + 1, (CONTEXTS, SETTINGS.length)).astype(np.int32)
    for row in contexts[::2]:
        row[: random.integers(1, SETTINGS.length)] = 0
    return model, contexts


def _file(scheme: Scheme, model: Any, contexts: Any) -> tuple[bytes, Any]:
    """The file as a sweep makes it, and what became of its item table."""
    from rbench.convert.export import Recommender
    from rbench.convert.flatbuffer import op_names
    from rbench.convert.rewriting import ready_for_devices, share_and_tidy, written
    from rbench.convert.slimming import slim
    from rbench.convert.tflite import Exported

    source = Exported(Recommender(model, SETTINGS.length, SETTINGS.top_k), contexts)
    try:
        flat, library = scheme.convert(source)
        shared = share_and_tidy(flat)
        reason = scheme.objection(op_names(flat))
        assert not reason, f"it refuses its own file: {reason}"
        ready_for_devices(flat)
        slim(flat)
        content = written(flat)
    except RbenchError as error:
        raise AssertionError(f"it does not convert: {error}") from error
    check_line("the library", library)
    return content, shared
