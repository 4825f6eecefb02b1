"""The signature `tap` in a file that has `recommend`: the same encoder, one item at a time.

It goes through the file's own scheme by itself and is grafted behind `recommend`
(`rbench.convert.grafting`), which stays as it is; both read one item table.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rbench.cells.recipe import Recipe
from rbench.convert.flatbuffer import Model, op_names
from rbench.convert.grafting import graft
from rbench.convert.item_table import NoTableError
from rbench.convert.sharing import adopt_item_table
from rbench.encoding import Encoder, ModelSettings
from rbench.errors import StageError, Unsupported
from rbench.features import Features
from rbench.graph.model import set_weights, state_of, tap_model
from rbench.signatures import INPUT
from rbench.train.weights import load_weights

if TYPE_CHECKING:
    from rbench.convert.tflite import Exported

LEARNT = "its ranges were learnt for the whole context, and a tap has others (rbench)"
FEATURES = "its features stand beside the context, and a tap takes an item alone (rbench)"
FILTERED = "its ranking leaves items out, and a tap knows none to leave out (rbench)"
CONTEXTS = "the scheme calibrates on whole contexts alone (rbench)"


class Source:
    """A tap on its way into a file, as a scheme gets it: `rbench.recipes.scheme.Source`."""

    learnt = False

    def __init__(self, exported: Exported) -> None:
        self.by_tflite, self.calibrate = exported.by_tflite, exported.calibrate

    @property
    def contexts(self) -> Features:
        """Raises `Unsupported`: a context is no input of a tap."""
        raise Unsupported(CONTEXTS)


@dataclass(frozen=True)
class Steps:
    """What a tap is made of."""

    encoder: Encoder
    settings: ModelSettings
    items: int
    """Of the catalogue."""
    compressed: Path
    """Folder with the weights."""
    contexts: Features
    """To calibrate on, item by item."""


def add_tap(
    model: Model, recipe: Recipe, steps: Steps, *, learnt: bool, filtered: bool
) -> dict[str, Any]:
    """Give a finished model of one graph the signature `tap`, in place.

    Args:
        learnt: whether training learnt the ranges of activations.
        filtered: whether the model's own ranking leaves items out.

    Returns:
        What the record says: ``numbers`` of the state, or the ``reason`` why there is no tap.

    Raises:
        StageError: the encoder's tap cannot be drawn.
    """
    numbers = state_of(steps.encoder, steps.settings)
    if not numbers:
        return {"reason": steps.encoder.stateless or "the encoder keeps no state"}
    if set(steps.contexts.arrays) != {INPUT}:
        return {"reason": FEATURES}
    if filtered or learnt:
        return {"reason": FILTERED if filtered else LEARNT}
    try:
        made = _converted(recipe, steps, numbers)
        adopt_item_table(made, model)
    except Unsupported as error:
        return {"reason": error.what}
    except NoTableError as error:
        return {"reason": f"its item table would be a second one: {error} (rbench)"}
    graft(model, made)
    return {"numbers": numbers}


def _converted(recipe: Recipe, steps: Steps, numbers: int) -> Model:
    import tf_keras

    from rbench.convert.export import Tapper
    from rbench.convert.rewriting import ready_for_devices, share_and_tidy
    from rbench.convert.tflite import Exported

    tf_keras.backend.clear_session()
    stepping = tap_model(steps.encoder, steps.settings, steps.items)
    set_weights(stepping, load_weights(steps.compressed))
    tapper = Tapper(stepping, numbers, min(steps.settings.top_k, steps.items))
    try:
        made, _ = recipe.scheme.convert(Source(Exported(tapper, steps.contexts)))
    except StageError as error:  # the file has its other signature all the same
        raise Unsupported(f"it could not be converted: {error.what}") from error
    share_and_tidy(made)
    if reason := recipe.scheme.objection(op_names(made)):
        raise Unsupported(reason)
    ready_for_devices(made)
    return made
