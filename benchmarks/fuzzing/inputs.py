"""What is fuzzed: for each kind of input, files in a folder and the commands that read them."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import json
import lzma
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Literal

from benchmarks.fuzzing import mutate
from benchmarks.fuzzing.hostile import STRINGS

Output = Literal["text", "github", "markdown", "html", "csv", "junit", "json"]


@dataclass(frozen=True)
class Command:
    """One call of rbench, from the folder that the input lies in."""

    words: tuple[str, ...]
    stdout: Output = "text"
    files: dict[str, Output] = field(default_factory=dict)
    """Files that it may write, below the folder, and what they are."""


@dataclass(frozen=True)
class Samples:
    """What inputs are made from: made once, then copied and mutated."""

    run: Path
    other: Path
    models: tuple[bytes, ...]
    baseline: Any
    """A baseline file's document, of the first run."""


def samples(folder: Path) -> Samples:
    """Two made-up runs, a few small models and a baseline."""
    import numpy as np

    from rbench.cli import rbench
    from rbench.testing.flat import recommender
    from rbench.testing.runs import example_run

    for seed, name in enumerate(("run", "other"), 1):
        example_run(
            folder / name,
            encoders=("bow", "gru"),
            recipes=("float32", "dynamic_wi8"),
            targets=("xnnpack",),
            users=40,
            samples=60,
            seed=seed,
        )
    table = np.random.default_rng(1).normal(size=(60, 8)).astype(np.float32)
    models = tuple(recommender(table, scheme=form) for form in ("float32", "dynamic", "static"))
    words = [
        "gate",
        str(folder / "run"),
        "--max-size",
        "9MB",
        "--update",
        str(folder / "past.json"),
    ]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        rbench.main(args=words, standalone_mode=False)
    past = json.loads((folder / "past.json").read_text("utf-8"))
    return Samples(folder / "run", folder / "other", models, past)


def logs(draw: Random, folder: Path, _: Samples) -> list[Command]:
    """A log in one of many dialects, with odd values, then perhaps broken and packed."""
    name, content = _log(draw)
    if draw.random() < 0.35:
        content = mutate.octets(content, draw)
    name, content = _packed(name, content, draw)
    (folder / name).write_bytes(content)
    words = ["data", "describe", name, *_log_options(draw)]
    if draw.random() < 0.2:
        return [Command((*words, "--json"), "json")]
    return [Command(tuple(words))]


def models(draw: Random, folder: Path, given: Samples) -> list[Command]:
    """A broken model file."""
    content = mutate.octets(draw.choice(given.models), draw)
    (folder / "model.tflite").write_bytes(content)
    (folder / "sound.tflite").write_bytes(given.models[0])
    pair = ("--model", "model.tflite", "--against-model", "sound.tflite", "--max-growth", "5%")
    return [
        Command(("inspect", "model.tflite")),
        Command(("gate", "--model", "model.tflite", "--max-size", "1MB")),
        Command(("gate", *pair, "--format", "junit"), "junit"),
    ]


def records(draw: Random, folder: Path, given: Samples) -> list[Command]:
    """A run whose documents or artefacts are wrong."""
    run = _copied(given.run, folder / "run")
    shutil.copytree(given.other, folder / "other")
    target = draw.choice(["records.jsonl", "records.jsonl", "run.json", "ranks"])
    if target == "ranks":
        ranks = draw.choice(sorted(run.glob("artefacts/*")))
        ranks.write_bytes(mutate.octets(ranks.read_bytes(), draw))
    elif draw.random() < 0.3:
        (run / target).write_bytes(mutate.octets((run / target).read_bytes(), draw))
    elif target == "run.json":
        made = mutate.document(json.loads((run / target).read_text("utf-8")), draw)
        (run / target).write_bytes(mutate.json_text(made))
    else:
        lines = (run / target).read_text("utf-8").splitlines()
        changed = draw.randrange(len(lines))
        made = mutate.json_text(mutate.document(json.loads(lines[changed]), draw))
        text = b"\n".join(
            made if number == changed else line.encode() for number, line in enumerate(lines)
        )
        (run / target).write_bytes(text + b"\n")
    return draw.sample(list(_readers_of_a_run()), 3)


def _readers_of_a_run() -> Iterator[Command]:
    yield Command(("report", "run"), files={"run/report.html": "html"})
    yield Command(("report", "run", "--format", "csv", "--out", "-"), "csv")
    yield Command(("report", "run", "--format", "markdown", "--out", "-"), "markdown")
    yield Command(("report", "run", "--format", "json", "--out", "-"), "json")
    yield Command(("report", "run", "--against", "other"), files={"run/report.html": "html"})
    yield Command(("compare", "other", "run"), files={"run/compare.html": "html"})
    yield Command(("compare", "run", "other", "--format", "csv", "--out", "-"), "csv")
    yield Command(("gate", "run", "--max-size", "1MB"))
    yield Command(("gate", "run", "--against", "other", "--format", "github"), "github")
    yield Command(("gate", "run", "--max-size", "1MB", "--format", "junit"), "junit")
    yield Command(("gate", "run", "--max-size", "1MB", "--format", "markdown"), "markdown")
    yield Command(("gate", "run", "--max-size", "1MB", "--json"), "json")


_STUDY: dict[str, Any] = {
    "name": "fuzzed",
    "encoders": ["bow", "wide"],
    "recipes": ["float32", "prune50+dynamic_wi8"],
    "targets": ["cpu", "xnnpack@2"],
    "seeds": [1, 2],
    "data": {"path": "short.csv", "min_interactions": 1, "split": "leave_one_out"},
    "model": {"width": 8, "length": 6, "top_k": 5},
    "train": {"epochs": 1, "batch_size": 32, "learning_rate": 0.01},
    "profile": {"rounds": 2},
    "limits": {"size_bytes": 100_000, "median_us": 50.0},
    "encoder": {"wide": {"use": "bow", "train": {"learning_rate": 0.1}}},
}


def studies(draw: Random, folder: Path, _: Samples) -> list[Command]:
    """A study with something wrong; its log is too short to train on, if it gets that far."""
    (folder / "short.csv").write_text("user,item,time\n1,1,1\n2,1,2\n", "utf-8")
    text = mutate.toml_text(mutate.document(_STUDY, draw)).encode("utf-8", "surrogatepass")
    if draw.random() < 0.3:
        text = mutate.octets(text, draw)
    # Whatever became of the log's name: never the made-up log, which could be trained on.
    text = text.replace(b"synthetic", b"short.csv")
    if b"short.csv" not in text:
        text = mutate.octets(mutate.toml_text(_STUDY).encode(), draw)
    (folder / "study.toml").write_bytes(text)
    data = ("--data", "short.csv")
    return [Command(("sweep", "study.toml", "--out", "out/run", *data))]


_BUDGET: dict[str, Any] = {
    "false_alarms": 0.01,
    "cells": [
        {"encoder": "*", "size": {"warn": "200KB", "max": "2MB", "max_growth": "5%"}},
        {
            "recipe": "*wi8*",
            "latency": {"max_ratio": 5.0, "reference": {"recipe": "float32"}},
            "gzip": {"max": "1MB", "max_drift": "10%"},
        },
        {"encoder": "gru", "quality": {"ndcg@10": {"min": 0.01, "max_loss": "50%"}}},
        {"delegation": {"min": "10%"}},
    ],
    "files": [{"path": "*.tflite", "size": {"max": "1MB"}}],
}


def budgets(draw: Random, folder: Path, given: Samples) -> list[Command]:
    """A budget with something wrong, held to a sound run and a sound file."""
    _copied(given.run, folder / "run")
    (folder / "model.tflite").write_bytes(given.models[0])
    text = mutate.toml_text(mutate.document(_BUDGET, draw)).encode("utf-8", "surrogatepass")
    if draw.random() < 0.3:
        text = mutate.octets(text, draw)
    (folder / "budget.toml").write_bytes(text)
    form = draw.choice(_GATE_FORMS)
    return [Command(("gate", "run", "--budget", "budget.toml", *form[0]), form[1])]


def baselines(draw: Random, folder: Path, given: Samples) -> list[Command]:
    """A baseline file with something wrong."""
    _copied(given.run, folder / "run")
    (folder / "budget.toml").write_text(mutate.toml_text({"cells": _BUDGET["cells"]}), "utf-8")
    text = mutate.json_text(mutate.document(given.baseline, draw))
    if draw.random() < 0.3:
        text = mutate.octets(text, draw)
    (folder / "baseline.json").write_bytes(text)
    form = draw.choice(_GATE_FORMS)
    limits = ("--budget", "budget.toml", "--against", "baseline.json")
    return [Command(("gate", "run", *limits, *form[0]), form[1])]


_GATE_FORMS: tuple[tuple[tuple[str, ...], Output], ...] = (
    ((), "text"),
    (("--format", "github"), "github"),
    (("--format", "markdown"), "markdown"),
    (("--format", "junit"), "junit"),
    (("--json",), "json"),
)

KINDS: dict[str, tuple[float, Callable[[Random, Path, Samples], list[Command]]]] = {
    "logs": (0.34, logs),
    "models": (0.08, models),
    "records": (0.24, records),
    "studies": (0.16, studies),
    "budgets": (0.12, budgets),
    "baselines": (0.06, baselines),
}
"""Kind -> its share of all inputs, and its maker."""


def _copied(run: Path, to: Path) -> Path:
    shutil.copytree(run, to)
    return to


_IDS = ("1", "2", "3", "1.0", " 1", "u7", "", "NA", "NULL", "\\N", "1e3", "007", "ü", "a b")
_TIMES = (
    *("1", "100", "1700000000", "1700000000000", "2024-01-02", "2024-01-02T03:04:05Z", ""),
    *("2024-01-02 03:04:05.123456789", "02/01/2024", "20240102", "nan", "-1", "1e400", "12:30"),
)


def _log(draw: Random) -> tuple[str, bytes]:
    rows = [
        (draw.choice(_IDS), draw.choice(_IDS), _time(draw), str(draw.randint(1, 5)))
        for _ in range(draw.choice([0, 1, 3, 12, 60]))
    ]
    if draw.random() < 0.6:  # a sound log at heart
        rows = [
            (str(n % 5), str(draw.randint(1, 9)), str(1_700_000_000 + n), "4") for n in range(40)
        ]
    if draw.random() < 0.3 and rows:
        hurt = list(draw.choice(rows))
        hurt[draw.randrange(2)] = draw.choice(STRINGS)
        rows.insert(draw.randint(0, len(rows)), tuple(hurt))  # type: ignore[arg-type]
    header = draw.choice(
        [
            ("user", "item", "time", "rating"),
            ("userId", "movieId", "timestamp", "rating"),
            ("user_id", "item_id", "timestamp", "event"),
            ("user_id:token", "item_id:token", "timestamp:float", "rating:float"),
            ("sessionId", "contentId", "eventTime", "personId"),
            (draw.choice(STRINGS), "item", "time", "rating"),
            ("a", "b", "c", "d"),
        ]
    )
    match draw.randrange(7):
        case 0:
            named = (dict(zip(header, row, strict=True)) for row in rows)
            return "log.jsonl", _octets(json.dumps(row) for row in named)
        case 1:
            return "log.txt", _octets(f"{row[0]} {row[1]}" for row in rows)
        case 2:
            return "ratings.dat", _octets(f"{u}::{i}::{r}::{t}" for u, i, t, r in rows)
        case 3:
            return "u.data", _octets(f"{u}\t{i}\t{r}\t{t}" for u, i, t, r in rows)
    separator = draw.choice([",", ",", "\t", ";", "|", " ", "::"])
    lines = [separator.join(header)] if draw.random() < 0.8 else []
    lines += [separator.join(row) for row in rows]
    ending = draw.choice(["\n", "\r\n", "\r"])
    text = ending.join(lines) + draw.choice(["", ending])
    encoding = draw.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1"])
    return "log.csv", text.encode(encoding, "replace")


def _octets(lines: Iterable[str]) -> bytes:
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def _time(draw: Random) -> str:
    return draw.choice(_TIMES)


def _packed(name: str, content: bytes, draw: Random) -> tuple[str, bytes]:
    packers: dict[str, Callable[[bytes], bytes]] = {
        ".gz": gzip.compress,
        ".bz2": bz2.compress,
        ".xz": lzma.compress,
    }
    if draw.random() > 0.25:
        return name, content
    ending = draw.choice(sorted(packers))
    packed = packers[ending](content)
    return name + ending, mutate.octets(packed, draw) if draw.random() < 0.5 else packed


def _log_options(draw: Random) -> list[str]:
    words: list[str] = []
    if draw.random() < 0.1:
        words += [
            draw.choice(["--user-column", "--item-column", "--time-column"]),
            draw.choice(["user", "item", "nonsense", "none", "auto", "", "c"]),
        ]
    if draw.random() < 0.1:
        words += ["--format", draw.choice(["csv", "user-item", "movielens-dat", "movielens-100k"])]
    if draw.random() < 0.3:
        words += ["--duplicates", draw.choice(["drop", "keep", "refuse"])]
    if draw.random() < 0.3:
        words += ["--min-interactions", draw.choice(["1", "2", "2", "1000000"])]
    if draw.random() < 0.2:
        words += ["--split", draw.choice(["leave_one_out", "global_temporal"])]
    return words
