"""A run folder to test reports and gates with, made in a moment and without TensorFlow.

**Every number in it is made up.** The metrics agree with the ranks, the percentiles with the
samples and the hashes and sizes with the files, and an encoder, recipe or target of the same name
and seed always gets the same numbers; but no model was trained, and the ``.tflite`` files hold
noise that no runtime will load. Never quote these numbers as results.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from rbench.cells.recipe import Recipe
from rbench.cells.target import Target
from rbench.metrics.found import FIRST, gains, gains_of, measured
from rbench.records import (
    CellName,
    DataSummary,
    Delegation,
    Estimate,
    Items,
    Machine,
    ModelFile,
    Parity,
    Quality,
    Record,
    Replicate,
    Run,
    RunInfo,
    Slice,
    Timing,
)
from rbench.records.run_folder import read_run, write_info, write_items, write_records
from rbench.study import Limits, Study
from rbench.system.writing import write_atomically

ENCODERS = ("bow", "cnn", "lstm", "gru", "attention")
RECIPES = ("float32", "float16", "dynamic_wi8", "static_wi8_ai8")
TARGETS = ("cpu", "xnnpack")

Outcome = Literal["ok", "unsupported", "failed", "skipped", "unstable", "invalid", "simulated"]
"""What becomes of a cell: a record's state, a timing's verdict other than ``stable``, or a GPU
that the CPU simulates."""

CATALOGUE = 500
MADE_UP = "2026-01-01T00:00:00Z"

_DIFFICULTY = {"bow": 4.1, "cnn": 3.8, "lstm": 3.6, "gru": 3.45, "attention": 3.4}
_BASELINES = {"popularity": 5.4, "item-knn": 4.3, "markov": 3.9}
_WIDTH = {"bow": 0.35, "cnn": 0.6, "lstm": 0.9, "gru": 0.8, "attention": 1.0}
_SPEED_US = {"bow": 18.0, "cnn": 34.0, "lstm": 95.0, "gru": 80.0, "attention": 61.0}
_OPS = {"lstm": "UNIDIRECTIONAL_SEQUENCE_LSTM", "gru": "WHILE", "cnn": "CONV_2D"}


class _Stored(NamedTuple):
    """What becomes of weights of so many bits."""

    kind: str
    """Type of a constant."""
    share: float
    """Of the size in float32."""
    loss: float
    """Added to the logarithm of ranks."""
    pace: float
    """Factor on the time of a query."""


_STORED = {
    2: _Stored("INT2", 0.1, 0.6, 0.9),
    4: _Stored("INT4", 0.16, 0.3, 0.9),
    8: _Stored("INT8", 0.28, 0.04, 0.8),
    16: _Stored("FLOAT16", 0.51, 0.0, 1.0),
    32: _Stored("FLOAT32", 1.0, 0.0, 1.0),
}


def example_run(
    folder: Path,
    *,
    encoders: Sequence[str] = ENCODERS,
    recipes: Sequence[str] = RECIPES,
    targets: Sequence[str] = TARGETS,
    seed: int = 1,
    users: int = 300,
    samples: int = 300,
    states: Mapping[tuple[str, str, str], Outcome] | None = None,
    size_bytes: Mapping[tuple[str, str], int] | None = None,
    limits: Limits | None = None,
    replicates: Sequence[int] = (),
    noise: Mapping[str, float] | None = None,
) -> Run:
    """Write a complete, plausible, made-up run folder and return it as `read_run` would.

    Args:
        folder: made where it is missing.
        seed: two seeds give two runs on the same data with slightly other numbers.
        users: test users behind every quality number.
        samples: timed inferences per cell.
        states: (encoder, recipe, target) -> what becomes of that cell; the others are ``ok`` and
            ``stable``.
        size_bytes: (encoder, recipe) -> size of that file, where the usual one will not do.
        limits: what the app can afford, as a study would say it.
        replicates: further seeds that every file was trained and scored with.
        noise: target -> share by which two timings of one file differed.
    """
    study = Study(
        name="example",
        encoders=tuple(encoders),
        recipes=tuple(recipes),
        targets=tuple(targets),
        seeds=(seed, *replicates),
        limits=limits or Limits(),
    )
    maker = _Maker(folder, seed, users, samples)
    others = [_Maker(folder, other, users, samples, f"seed{other}/") for other in replicates]
    repeated: dict[tuple[str, str], tuple[Replicate, ...]] = {}
    models: dict[tuple[str, str], tuple[ModelFile, Quality]] = {}
    records = []
    for cell in study.cells():
        outcome = (states or {}).get((cell.encoder, cell.recipe, cell.target), "ok")
        pair = (cell.encoder, cell.recipe)
        if outcome not in ("unsupported", "skipped") and pair not in models:
            models[pair] = maker.model(*pair, size=(size_bytes or {}).get(pair))
            repeated[pair] = tuple(other.replicate(*pair) for other in others)
        record = maker.record(study, cell, outcome, models.get(pair))
        again = repeated.get(pair, ()) if record.quality else ()
        records.append(msgspec.structs.replace(record, replicates=again))
    info = RunInfo(
        study=study.name,
        created=MADE_UP,
        rbench="0.1.0",
        command="rbench sweep example",
        data=maker.data(),
        baselines={name: maker.quality(name, mu)[0] for name, mu in _BASELINES.items()},
        machine=maker.machine(),
        versions=_VERSIONS,
        settings=msgspec.to_builtins(study),
        cells=len(records),
        details={
            "noise": {
                target: {"difference": share, "cell": f"{encoders[0]} x {recipes[0]}", "files": 1}
                for target, share in (noise or {}).items()
            }
        },
    )
    write_info(folder / "run.json", info)
    write_records(folder / "records.jsonl", records)
    names = tuple(f"item-{number}" for number in range(1, CATALOGUE + 1))
    write_items(folder, Items(data=info.data.checksum if info.data else "", items=("", *names)))
    return read_run(folder)


_VERSIONS = {"python": "3.12.0", "rbench": "0.1.0", "ai-edge-litert": "2.1.0", "numpy": "2.0.0"}
_REASONS: dict[str, tuple[str, str]] = {
    "unsupported": ("policy", "the encoder cannot meet this recipe (made up for a test)"),
    "failed": ("profile", "the process ended with signal 11 (made up for a test)"),
    "skipped": ("train", "the training before it failed (made up for a test)"),
}


class _Maker:
    """Draws a run's numbers: each from the name of the thing it belongs to, and the seed."""

    def __init__(self, folder: Path, seed: int, users: int, samples: int, place: str = "") -> None:
        self.folder = folder
        self.place = place
        self.seed = seed
        self.users = users
        self.samples = samples
        self.luck = np.random.default_rng(7).normal(size=users)
        """How easy each user is: alike for all encoders and seeds, so that pairs correlate."""

    def random(self, *name: str) -> np.random.Generator:
        return np.random.default_rng([self.seed, zlib.crc32("/".join(name).encode())])

    def record(
        self,
        study: Study,
        cell: CellName,
        outcome: Outcome,
        made: tuple[ModelFile, Quality] | None,
    ) -> Record:
        stage, reason = _REASONS.get(outcome, ("", ""))
        timed = outcome in ("ok", "unstable", "invalid", "simulated")
        scored = timed or outcome == "failed"
        settings: dict[str, Any] = msgspec.to_builtins(study)
        return Record(
            study=study.name,
            cell=cell,
            state="ok" if timed else outcome,  # type: ignore[arg-type]
            reason=reason,
            stage=stage,
            seed=self.seed,
            inputs={"train": _key(cell.encoder), "convert": _key(cell.encoder, cell.recipe)},
            versions=_VERSIONS,
            settings={key: settings[key] for key in ("train", "evaluate", "profile")},
            data=self.data().checksum,
            machine=self.machine(),
            model=made[0] if made and scored else None,
            quality=made[1] if made and scored else None,
            training={"epochs": 24, "best_epoch": 19} if scored else {},
            delegation=self.delegation(cell, outcome == "simulated") if timed else None,
            timing=self.timing(cell, outcome) if timed else None,
            command=f"rbench sweep example --encoder {cell.encoder} --recipe {cell.recipe} "
            f"--target {cell.target}",
        )

    def model(self, encoder: str, recipe: str, *, size: int | None) -> tuple[ModelFile, Quality]:
        stored = _stored(recipe)
        parameters = int(48_000 * _WIDTH.get(encoder, 0.2 + self.random(encoder).random()))
        size = size or int(4_096 + 4 * parameters * stored.share)
        head = b"\x1c\x00\x00\x00TFL3"
        noise = self.random(encoder, recipe).bytes(max(0, int(0.9 * size) - len(head)))
        content = (head + noise).ljust(size, b"\x00")[:size]
        name = f"{encoder}/{recipe}"
        where = f"models/{self.place}{name}"
        write_atomically(self.folder / f"{where}.tflite", content)
        write_atomically(self.folder / f"{where}.log", b"made up for a test\n")
        loss = stored.loss
        mu = _DIFFICULTY.get(encoder, 3.4 + self.random(encoder).random())
        quality, _ = self.quality(f"{name}", mu + loss)
        parity = Parity(
            contexts=128, max_score_difference=1e-6 + loss, top10_overlap=1.0 - loss / 2
        )
        file = ModelFile(
            path=f"{where}.tflite",
            sha256=hashlib.sha256(content).hexdigest(),
            size_bytes=size,
            gzip_bytes=len(gzip.compress(content, compresslevel=1, mtime=0)),
            parameters=parameters,
            ops={"GATHER": 1, _OPS.get(encoder, "MUL"): 2, "FULLY_CONNECTED": 3, "TOPK_V2": 1},
            tensor_bytes={stored.kind: int(size * 0.9), "INT32": size // 100},
            census=_census(stored.kind, size),
            converter="ai-edge-quantizer" if Recipe.parse(recipe).scheme.calibrated else "tf.lite",
            log=f"{where}.log",
        )
        return file, msgspec.structs.replace(quality, parity=parity)

    def replicate(self, encoder: str, recipe: str) -> Replicate:
        """The same file from this maker's seed."""
        file, quality = self.model(encoder, recipe, size=None)
        return Replicate(seed=self.seed, model=file, quality=quality)

    def quality(self, name: str, mu: float) -> tuple[Quality, npt.NDArray[np.int32]]:
        noise = self.random(name).normal(scale=0.35, size=self.users)
        ranks = np.clip(np.exp(mu + 1.6 * self.luck + noise), 1, CATALOGUE).astype(np.int32)
        sha = self._artefact(ranks=ranks)
        coverage = float(min(1.0, 0.02 + len(np.unique(ranks)) / CATALOGUE))
        metrics = {one.name: _estimate(gains_of(one, ranks)) for one in measured(FIRST)}
        return Quality(
            users=self.users,
            metrics=metrics,
            coverage=coverage,
            novelty=11.0 - 3.0 * coverage,
            popularity_lift=2.5 - coverage,
            slices=self._slices(ranks),
            ranks=sha,
        ), ranks

    def _slices(self, ranks: npt.NDArray[np.int32]) -> dict[str, Slice]:
        """Quarters of the users, as if they lay in the order of what they are sliced by."""
        quarter = max(1, self.users // 4)
        parts = {
            "short_histories": (ranks[:quarter], 12),
            "long_histories": (ranks[-quarter:], 140),
            "rare_targets": (ranks[quarter : 2 * quarter], 9),
            "popular_targets": (ranks[::4][:quarter], 160),
        }
        return {
            name: Slice(
                users=len(part),
                bound=bound,
                ndcg=_estimate(found),
            )
            for name, (part, bound) in parts.items()
            if (found := gains("ndcg@10", part)) is not None
        }

    def timing(self, cell: CellName, outcome: Outcome) -> Timing:
        random = self.random(str(cell))
        base = _SPEED_US.get(cell.encoder, 20 + 80 * self.random(cell.encoder).random())
        base *= 0.62 if Target.parse(cell.target).known.takes == "nodes" else 1.0
        base *= _stored(cell.recipe).pace
        spread = 0.4 if outcome == "unstable" else 0.04
        us = base * (1.0 + random.gamma(1.5, spread, size=self.samples))
        rounds = np.arange(self.samples, dtype=np.int32) * 3 // self.samples
        nanoseconds = np.round(us * 1000).astype(np.uint32)
        us = nanoseconds / 1000.0
        sha = self._artefact(samples_ns=nanoseconds, round=rounds)
        quantiles = [float(value) for value in np.quantile(us, np.linspace(0, 1, 101))]
        reasons = {
            "unstable": ("rounds disagree by 31 % (made up for a test)",),
            "invalid": ("the clock went backwards (made up for a test)",),
        }
        return Timing(
            verdict="stable" if outcome in ("ok", "simulated") else outcome,  # type: ignore[arg-type]
            reasons=reasons.get(outcome, ()),
            rounds=3,
            runs=self.samples,
            timed="invoke",
            median_us=quantiles[50],
            mean_us=float(us.mean()),
            std_us=float(us.std(ddof=1)),
            min_us=quantiles[0],
            p90_us=quantiles[90],
            p95_us=quantiles[95],
            p99_us=quantiles[99],
            query_us=quantiles[50] + 3.0,
            round_medians_us=tuple(float(np.median(us[rounds == n])) for n in range(3)),
            quantiles_us=tuple(quantiles),
            load_us=base * 30.0,
            first_us=base * 4.0,
            peak_memory_bytes=int(1_500_000 + 20_000 * base),
            samples=sha,
            ops_us=self.ops(cell, base) if "/" in cell.target else {},
        )

    def ops(self, cell: CellName, base: float) -> dict[str, float]:
        """Times per operator, as tools tell them: here those that a target names."""
        names = ("GATHER", _OPS.get(cell.encoder, "MUL"), "FULLY_CONNECTED", "TOPK_V2")
        shares = self.random("ops", str(cell)).dirichlet((1, 6, 3, 2))
        return {name: float(base * share) for name, share in zip(names, shares, strict=True)}

    def delegation(self, cell: CellName, software: bool = False) -> Delegation:
        left = {"TOPK_V2": 1, **({_OPS[cell.encoder]: 2} if cell.encoder in _OPS else {})}
        target = Target.parse(cell.target)
        on = target.known.takes == "nodes" or software
        left = left if on else {}
        return Delegation(
            delegate=target.backend if on else "none",
            software=software,
            nodes_total=7,
            nodes_delegated=7 - sum(left.values()) if on else 0,
            partitions=2 if on else 0,
            left_behind=left,
            adapter="A GPU that does not exist" if software else "",
            remarks=tuple(f"{op}: not supported (made up for a test)" for op in left)
            if software
            else (),
        )

    def data(self) -> DataSummary:
        return DataSummary(
            name="made-up",
            format="synthetic",
            users=self.users,
            items=CATALOGUE,
            catalogue=CATALOGUE,
            interactions=20 * self.users,
            split="leave_one_out",
            test_users=self.users,
            validation_users=self.users,
            checksum=_key("data", str(self.users)),
            ideal={"recall@10": 0.62, "ndcg@10": 0.45},
        )

    def machine(self) -> Machine:
        return Machine(
            name="made-up",
            cpu="A CPU that does not exist",
            cores=4,
            memory_bytes=8 * 1024**3,
            system="Linux 6.0",
            python="3.12.0",
        )

    def _artefact(self, **arrays: npt.NDArray[Any]) -> str:
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **arrays)
        content = buffer.getvalue()
        sha = hashlib.sha256(content).hexdigest()
        path = self.folder / "artefacts" / f"{sha}.npz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return sha


def _stored(recipe: str) -> _Stored:
    bits = Recipe.parse(recipe).scheme.weight_bits
    return _STORED[min((known for known in _STORED if known >= bits), default=32)]


def _census(kind: str, size: int) -> dict[str, Any]:
    """What `rbench inspect` would say of two constants that fill 0.8 of the file."""
    sizes = {"table": 7 * size // 10, "kernel": size // 10}
    constants = [
        {"tensor": name, "type": kind, "shape": [n], "size_bytes": n, "tensors": 1,
         "zeros": None, "distinct": None, "scales": 0}
        for name, n in sizes.items()
    ]  # fmt: skip
    return {
        "constants": constants,
        "constants_total": 3,
        "item_table": {"shared": True, "buffers": 1},
        "stored_twice": {"buffers": 0, "bytes": 0},
    }


def _estimate(values: npt.NDArray[np.float64]) -> Estimate:
    value, error = float(values.mean()), 1.96 * float(values.std(ddof=1)) / len(values) ** 0.5
    return Estimate(value=value, low=max(0.0, value - error), high=min(1.0, value + error))


def _key(*parts: str) -> str:
    return hashlib.sha256("/".join(parts).encode()).hexdigest()
