"""The model around an encoder: one item table, a lookup before it and a ranking behind it.

    context (batch, length) -> rows of the table -> encoder -> scores against the same table

Further inputs, `rbench.features`, are added to the rows. A model takes its inputs by name, as a
mapping; one that has no other than the context takes that alone, too.

Training, validation, compression and conversion all draw it here, so that all of them mean the
same. Weights travel between its forms by layer name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbench.encoding import Encoder, Form, ModelSettings
from rbench.errors import StageError
from rbench.features import CONTEXT, Feature

ITEM_TABLE = "item_table"
"""Name of the layer that holds the one table, float32 ``(items, width)``; row r is item r + 1."""

TABLE_START = 0.02
"""Standard deviation of a table that has learnt nothing: scores begin alike."""

KerasModel = Any
Weights = dict[str, NDArray[np.float32]]


def encoder_model(
    encoder: Encoder,
    settings: ModelSettings,
    items: int,
    form: Form,
    features: Sequence[Feature] = (),
) -> KerasModel:
    """The graph that knows no ranking: for losses that need not score every position.

    Args:
        items: size of the catalogue.
        features: further inputs, each ``(batch, length)``.

    Returns:
        A Keras model: int32 ``(batch, length)`` -> [vectors ``(batch, length, width)`` or, with
        ``form.last``, ``(batch, width)``; the item table ``(items, width)``].
    """
    import tf_keras

    inputs, vectors, table = _graph(encoder, settings, items, form, 0.0, features)
    return tf_keras.Model(inputs, [vectors, table])


def training_model(
    encoder: Encoder,
    settings: ModelSettings,
    items: int,
    dropout: float,
    features: Sequence[Feature] = (),
) -> KerasModel:
    """`encoder_model` for every position, with dropout on the embeddings and in the encoder."""
    import tf_keras

    form = Form(dropout=dropout)
    inputs, vectors, table = _graph(encoder, settings, items, form, dropout, features)
    return tf_keras.Model(inputs, [vectors, table])


def scoring_model(
    encoder: Encoder,
    settings: ModelSettings,
    items: int,
    form: Form,
    features: Sequence[Feature] = (),
) -> KerasModel:
    """The whole network as it is exported: int32 ``(batch, length)`` -> scores
    ``(batch, items)`` of the last position; column j is item j + 1.
    """
    import tf_keras

    from rbench.layers import Scores

    inputs, vectors, table = _graph(encoder, settings, items, form, 0.0, features)
    return tf_keras.Model(inputs, Scores(name="scores")([vectors, table]))


def tap_model(encoder: Encoder, settings: ModelSettings, items: int) -> KerasModel:
    """One step of an encoder that keeps a state, with the ranking's scores: the same weights under
    the same names.

    Returns:
        A Keras model: [float32 ``(batch, numbers)``, int32 ``(batch, 1)``] -> [scores
        ``(batch, items)``, the next state].
    """
    import tf_keras

    from rbench.layers import Count, Mask, Masked, Rows, Scores, Unflatten

    numbers = state_of(encoder, settings)
    state = tf_keras.Input((numbers,), name="tap_state")
    item = tf_keras.Input((1,), dtype="int32", name="tap_item")
    item_table = tf_keras.layers.Embedding(items, settings.width, name=ITEM_TABLE)
    mask = Mask(name="mask")(item)
    looked_up = Unflatten(1, name="embeddings")(item_table(Rows(name="rows")(item)))
    embedding = Masked(name="masked_embeddings")([looked_up, mask])
    vector, after = encoder.tap(embedding, mask, state, settings.length)
    due = {"vector": (vector, settings.width), "state": (after, numbers)}
    for what, (tensor, size) in due.items():
        if tuple(tensor.shape[1:]) != (size,):
            raise StageError(
                f"the tap of {type(encoder).__name__} returned a {what} (batch, "
                f"{', '.join(map(str, tensor.shape[1:]))}) where (batch, {size}) was due",
                remedy="see docs/writing-an-encoder.md",
            )
    table = item_table(Count(items, name="catalogue")(item))
    return tf_keras.Model([state, item], [Scores(name="scores")([vector, table]), after])


MOST_NUMBERS = 1 << 24
"""In a state: 64 MiB of floats."""


def state_of(encoder: Encoder, settings: ModelSettings) -> int:
    """How many numbers an encoder carries from tap to tap; 0: it keeps none.

    Raises:
        StageError: what it says is no such number.
    """
    numbers: Any = encoder.state(settings.width, settings.length)
    if isinstance(numbers, bool) or not isinstance(numbers, int):
        said = f"{type(numbers).__name__} {numbers!r}"
    elif 0 <= numbers <= MOST_NUMBERS:
        return numbers
    else:
        said = f"{numbers:,} numbers"
    raise StageError(
        f"the state of {type(encoder).__name__} is {said[:100]}",
        allowed=f"a whole number from 0 to {MOST_NUMBERS:,}",
        remedy="see docs/writing-an-encoder.md",
    )


def _graph(
    encoder: Encoder,
    settings: ModelSettings,
    items: int,
    form: Form,
    dropout: float,
    features: Sequence[Feature],
) -> tuple[Any, Any, Any]:
    import tf_keras

    from rbench.layers import Count, Mask, Masked, Rows, Unflatten

    ids = tf_keras.Input((settings.length,), dtype="int32", name=CONTEXT)
    item_table = tf_keras.layers.Embedding(
        items,
        settings.width,
        embeddings_initializer=tf_keras.initializers.RandomNormal(stddev=TABLE_START),
        name=ITEM_TABLE,
    )
    mask = Mask(name="mask")(ids)
    looked_up = Unflatten(settings.length, name="embeddings")(item_table(Rows(name="rows")(ids)))
    inputs = [ids]
    for feature in features:
        given = tf_keras.Input((settings.length,), dtype=feature.dtype, name=feature.name)
        inputs.append(given)
        beside = feature.embed(given, settings.width)
        looked_up = tf_keras.layers.Add(name=f"with_{feature.name}")([looked_up, beside])
    if dropout:
        looked_up = tf_keras.layers.Dropout(dropout, name="embedding_dropout")(looked_up)
    embeddings = Masked(name="masked_embeddings")([looked_up, mask])
    vectors = encoder.encode(embeddings, mask, form)
    expected = (settings.width,) if form.last else (settings.length, settings.width)
    if tuple(vectors.shape[1:]) != expected:
        raise StageError(
            f"encoder {type(encoder).__name__} returned (batch, "
            f"{', '.join(map(str, vectors.shape[1:]))}) where (batch, "
            f"{', '.join(map(str, expected))}) was due",
            remedy="see docs/writing-an-encoder.md",
        )
    found = inputs if features else ids
    return found, vectors, item_table(Count(items, name="catalogue")(ids))


def get_weights(model: KerasModel) -> Weights:
    """All weights, as ``layer/index`` -> float32 array."""
    return {
        f"{layer.name}/{index}": np.asarray(weight)
        for layer in model.layers
        for index, weight in enumerate(layer.weights)
    }


def set_weights(model: KerasModel, weights: Mapping[str, NDArray[np.float32]]) -> None:
    """Put weights into a model, of whichever form.

    Raises:
        StageError: the model has a weight that is not among them, or of another shape.
    """
    for layer in model.layers:
        for index, weight in enumerate(layer.weights):
            name = f"{layer.name}/{index}"
            found = weights.get(name)
            if found is None or tuple(found.shape) != tuple(weight.shape):
                raise StageError(
                    f"weight {name} {tuple(weight.shape)} is "
                    + ("missing" if found is None else f"{tuple(found.shape)} elsewhere"),
                    allowed="the same layer names and shapes in every form",
                    remedy="see docs/writing-an-encoder.md",
                )
            weight.assign(found)


def count_parameters(model: KerasModel) -> int:
    """Trained numbers, the item table once."""
    return int(sum(np.prod(weight.shape) for weight in model.trainable_weights))
