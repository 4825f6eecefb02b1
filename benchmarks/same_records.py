"""Do two runs of one study say the same? For a change that may not change what a user gets.

    python benchmarks/same_records.py RUN_A RUN_B

Equal must be: every record, the run's own document, the ids' names, every model file byte for byte
and every user's rank. Not compared are keys in the store, versions, the machine, and times: of a
timing it is compared what was measured, not how long it took, and of the raw samples that they are
there. Leaves with 0 where all is equal, with 1 where something is not, naming each difference, and
with 2 where a folder is no run.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OTHER = {"inputs", "versions", "machine", "rbench", "created"}
"""Fields of a record or a run that may differ."""
CHANCE = {"verdict", "reasons", "details", "ops_us"}
"""Fields of a timing that depend on what else the machine did: a pass of a profiler that ends in
time has not met every small operator."""
MOST_SHOWN = 40


def main() -> int:
    """Compare, and say what differs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("run_a", type=Path)
    parser.add_argument("run_b", type=Path)
    asked = parser.parse_args()
    try:
        found = list(differences(asked.run_a, asked.run_b))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        print(f"no run that can be read: {error}", file=sys.stderr)
        return 2
    for line in found[:MOST_SHOWN]:
        print(line)
    if len(found) > MOST_SHOWN:
        print(f"… and {len(found) - MOST_SHOWN} more")
    print(f"{len(found)} differences" if found else "the two runs say the same")
    return 1 if found else 0


def differences(a: Path, b: Path) -> Iterator[str]:
    """What two run folders do not have in common, a line each.

    Raises:
        OSError, ValueError, KeyError: one of them is no run folder.
    """
    ours, theirs = _records(a), _records(b)
    if list(ours) != list(theirs):
        yield f"cells: {', '.join(sorted(set(ours) ^ set(theirs))) or 'in another order'}"
    for name in ours.keys() & theirs.keys():
        yield from _unlike(name, _comparable(ours[name]), _comparable(theirs[name]))
    yield from _unlike("run.json", _info(a), _info(b))
    yield from _unlike("items.json", _json(a / "items.json"), _json(b / "items.json"))
    yield from _files(a, b)
    for folder, records in ((a, ours), (b, theirs)):
        yield from _artefacts(folder, records.values())


def _records(folder: Path) -> dict[str, dict[str, Any]]:
    lines = (folder / "records.jsonl").read_text("utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    return {" x ".join(map(str, record["cell"].values())): record for record in records}


def _json(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def _info(folder: Path) -> dict[str, Any]:
    found = {key: value for key, value in _json(folder / "run.json").items() if key not in OTHER}
    found["details"] = {key: value for key, value in found["details"].items() if key != "noise"}
    return found


def _comparable(record: dict[str, Any]) -> dict[str, Any]:
    found = {key: value for key, value in record.items() if key not in OTHER}
    found["training"] = {k: v for k, v in record["training"].items() if k != "seconds"}
    if record["timing"]:
        timing = record["timing"]
        kept = {key: value for key, value in timing.items() if key not in CHANCE}
        found["timing"] = _form({**kept, "samples": bool(timing["samples"])})
        found["timing"]["details"] = timing["details"].get("timed")
    return found


def _form(value: Any) -> Any:
    """A value with its numbers taken out."""
    if isinstance(value, dict):
        return {key: _form(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_form(part) for part in value]
    return "a number" if isinstance(value, int | float) and not isinstance(value, bool) else value


def _unlike(where: str, a: Any, b: Any) -> Iterator[str]:
    if isinstance(a, dict) and isinstance(b, dict):
        for key in sorted(a.keys() | b.keys()):
            if key in a and key in b:
                yield from _unlike(f"{where}: {key}", a[key], b[key])
            else:
                yield f"{where}: {key}: only in the {'first' if key in a else 'second'}"
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for number, (left, right) in enumerate(zip(a, b, strict=True)):
            yield from _unlike(f"{where}: {number}", left, right)
    elif a != b or type(a) is not type(b):
        yield f"{where}: {_short(a)} | {_short(b)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:79]}…"


def _files(a: Path, b: Path) -> Iterator[str]:
    ours, theirs = ({path.relative_to(one) for path in _models(one)} for one in (a, b))
    for name in sorted(ours ^ theirs):
        yield f"{name}: only in the {'first' if name in ours else 'second'}"
    for name in sorted(ours & theirs):
        if (a / name).read_bytes() != (b / name).read_bytes():
            yield f"{name}: other bytes"


def _models(folder: Path) -> Iterator[Path]:
    return (folder / "models").rglob("*.tflite")


def _artefacts(folder: Path, records: Any) -> Iterator[str]:
    """Whatever a record points to is there and is what its name says."""
    for name in sorted({name for record in records for name in _pointed(record)}):
        path = folder / "artefacts" / f"{name}.npz"
        if not path.is_file():
            yield f"{path}: not there"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != name:
            yield f"{path}: another content"


def _pointed(record: dict[str, Any]) -> Iterator[str]:
    for quality in (record["quality"], *(one["quality"] for one in record["replicates"])):
        if quality and quality["ranks"]:
            yield quality["ranks"]
    if record["timing"] and record["timing"]["samples"]:
        yield record["timing"]["samples"]


if __name__ == "__main__":
    sys.exit(main())
