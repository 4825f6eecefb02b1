"""A made-up run whose files answer: bags of words over random tables, built without TensorFlow.

As `rbench.testing.runs`, every number in its records is made up; but each file is a real
recommender that runtimes load, with as many items as items.json has names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from rbench.convert.drawing import new_tensor
from rbench.convert.flatbuffer import pack, parse
from rbench.convert.personal import add_personal
from rbench.convert.settings import PersonalSettings
from rbench.convert.sharing import share_item_table
from rbench.convert.sketch import end
from rbench.features import Feature
from rbench.records import Record, Run
from rbench.records.documents import ModelFile
from rbench.records.run_folder import read_run, write_records
from rbench.system.writing import write_atomically
from rbench.testing.flat import recommender, tapped
from rbench.testing.runs import CATALOGUE, example_run

LENGTH, K, WIDTH = 6, 30, 8
SCALE = 0.3
"""Of the tables' numbers: a static file's scores end at 127 steps."""
SCHEMES = {"float32": "float32", "dynamic_wi8": "dynamic", "static_wi8_ai8": "static"}
"""Recipe -> what `rbench.testing.flat.recommender` calls it."""


def answering_run(
    folder: Path,
    *,
    encoders: Sequence[str] = ("bow",),
    recipes: Sequence[str] = tuple(SCHEMES),
    seed: int = 1,
    stateful: bool = False,
    tap: bool = False,
    personal: str = "",
    features: Sequence[Feature] = (),
    **options: Any,
) -> Run:
    """Write the run folder, and return it as `read_run` would.

    Args:
        encoders: names only; each gets tables of its own.
        recipes: of `SCHEMES`.
        stateful: the files hold state between queries, as a fused LSTM does; float32 only.
        tap: the files have the signature `tap`; float32 only.
        personal: the files learn their user, and the state lies there: ``variable`` or ``tensor``.
        features: the files take their inputs, and answer as they would without.
        options: as `rbench.testing.runs.example_run` takes them.
    """
    example_run(
        folder, encoders=encoders, recipes=recipes, seed=seed, users=60, samples=20, **options
    )
    records = [
        _taking(features, folder, _answering(folder, record, seed, stateful, tap, personal))
        for record in read_run(folder).records
    ]
    write_records(folder / "records.jsonl", records)
    return read_run(folder)


def _answering(
    folder: Path, record: Record, seed: int, stateful: bool, tap: bool, personal: str
) -> Record:
    if record.model is None:
        return record
    cell = record.cell
    draw = np.random.default_rng([seed, *cell.encoder.encode()])
    table = draw.normal(scale=SCALE, size=(1 + CATALOGUE, WIDTH)).astype(np.float32)
    table[0] = 0
    scheme = SCHEMES[cell.recipe]
    content = recommender(
        table, length=LENGTH, k=K, scheme=scheme, scoring=table[1:], stateful=stateful
    )
    if personal:
        content = _learning(recommender(table[1:], LENGTH, K, scheme, one_table=True), personal)
    if tap:
        content = tapped(content, table, K, table[1:])
    write_atomically(folder / record.model.path, content)
    return msgspec.structs.replace(record, model=_weighed(record.model, content))


def _weighed(model: ModelFile, content: bytes) -> ModelFile:
    """What a record says of a file with that content."""
    return msgspec.structs.replace(
        model, sha256=hashlib.sha256(content).hexdigest(), size_bytes=len(content)
    )


def _taking(features: Sequence[Feature], folder: Path, record: Record) -> Record:
    """The same with a further input for each feature, which nothing reads."""
    if record.model is None or not features:
        return record
    path = folder / record.model.path
    model = parse(path.read_bytes())
    graph, signature = model.subgraphs[0], model.signatureDefs[0]
    for feature in features:
        made = new_tensor(graph, feature.name, [1, LENGTH], feature.dtype.upper())
        graph.inputs = np.array([*graph.inputs, made], np.int32)
        signature.inputs.append(end(feature.name, made))
    content = pack(model)
    write_atomically(path, content)
    said = {"features": {feature.name: feature.facts() for feature in features}}
    return msgspec.structs.replace(
        record,
        model=_weighed(record.model, content),
        settings={**record.settings, **said},
    )


def _learning(content: bytes, state: str) -> bytes:
    model = parse(content)
    share_item_table(model)
    add_personal(model, msgspec.convert({"state": state}, PersonalSettings))
    return pack(model)
