"""What goes wrong with a bundle on its way into an app, done to a copy: a client has to say it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from rbench.testing.answering import LENGTH, SCALE, WIDTH, K
from rbench.testing.flat import recommender
from rbench.testing.runs import CATALOGUE


def rewrite(bundle: Path, name: str, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change one of the bundle's documents."""
    path = bundle / name
    known = json.loads(path.read_bytes())
    change(known)
    path.write_text(json.dumps(known), "utf-8")


def seal(bundle: Path, name: str, key: str) -> None:
    """Give the contract the file's sum, as who rebuilds a bundle by hand would.

    Args:
        key: of the contract: ``model``, ``items`` or ``golden``.
    """
    content = (bundle / name).read_bytes()
    said = {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}
    rewrite(bundle, "contract.json", lambda known: known[key].update(said))


def corrupt_model(bundle: Path) -> None:
    """One bit in the middle of the model is another."""
    path = bundle / "model.tflite"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x40
    path.write_bytes(content)


def cut_model(bundle: Path, size: int = 5000) -> None:
    """A download that broke off."""
    path = bundle / "model.tflite"
    path.write_bytes(path.read_bytes()[:size])


def swap_table(bundle: Path, scheme: str = "dynamic") -> None:
    """Another training's model of the same form, for a bundle of `rbench.testing.answering`.

    Args:
        scheme: as `rbench.testing.flat.recommender` takes it.
    """
    draw = np.random.default_rng(9)
    table = draw.normal(scale=SCALE, size=(1 + CATALOGUE, WIDTH)).astype(np.float32)
    content = recommender(table, length=LENGTH, k=K, scheme=scheme, scoring=table[1:])
    (bundle / "model.tflite").write_bytes(content)


def turn_names(bundle: Path) -> None:
    """The names of another training: as many, in another order."""

    def turned(known: dict[str, Any]) -> None:
        known["items"] = [known["items"][0], *reversed(known["items"][1:])]

    rewrite(bundle, "items.json", turned)


def lose_name(bundle: Path) -> None:
    """The names of an older log, which had one item less."""
    rewrite(bundle, "items.json", lambda known: known["items"].pop())


def swap_split(bundle: Path) -> None:
    """The names of another split of the log."""
    rewrite(bundle, "items.json", lambda known: known.update(data="another"))
