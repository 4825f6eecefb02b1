"""Recommendations from a bundle that `rbench ship` wrote, in Python. Needs no rbench.

pip install numpy ai-edge-litert

from client import Recommender
recommender = Recommender("bundle")          # the folder, or the one .tflite file
answer = recommender.recommend_ids(["318", "296"], 10)
answer.ids, answer.titles, answer.scores

python client.py selftest                    # exit code 0: this runtime answers as shipped
python client.py recommend 318 296
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import math
import platform
import sys
import time
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

CONTRACT, GOLDEN, ITEMS = "contract.json", "golden.json", "items.json"
SCHEMA = 1
SIDES = ("inputs", "outputs")
ALLOWED, AGES, USER = "allowed", "age_seconds", "user"
OLDEST = 2**31 - 1
BACKEND = ("aarch64" if platform.machine() in ("aarch64", "arm64") else "litert") + "/xnnpack"
"""Of golden.json's tolerances: the one that this client runs on."""

_FILE = {"file": str, "sha256": str, "size_bytes": int}
NEEDED = {
    **{"schema": int, "signature": str, "inputs": list, "outputs": list, "k": int, "data": str},
    **dict.fromkeys(("model", "items", "golden"), _FILE),
    "context": {"input": str, "length": int, "padding_id": int},
    "catalogue": {"items": int},
    "history": {"filter": bool},
    "reset_before_query": bool,
}
"""Of the contract."""
OPTIONAL: dict[str, dict[str, Any]] = {
    "tap": {"signature": str, "inputs": list, "outputs": list, "state": str, "item": str},
    "personal": {
        **{"state": str, "numbers": int, "fed": list},
        **dict.fromkeys(("user", "next", "update", "restore", "reset"), str),
    },
}
"""Of the contract, where it is not null."""


class BundleError(Exception):
    """The bundle cannot be used; the text says why."""


@dataclass(frozen=True)
class Answer:
    """What is recommended, best first."""

    items: list[int]
    """Indices into items.json."""
    ids: list[str]
    """The log's own ids."""
    titles: list[str]
    """The first column of names beside the ids; the ids where there is none."""
    scores: list[float]
    unknown: list[str]
    """Ids of the history that the model does not know: they are left out of it."""
    missing: int
    """How many fewer than asked for: the model returns `k` items, and those that were seen are
    taken out of them."""


@dataclass
class Session:
    """One user's taps: what an app keeps between them, as JSON or otherwise. A new one forgets."""

    state: list[float] = field(default_factory=list)
    """What the model hands from tap to tap; empty before the first."""
    seen: list[int] = field(default_factory=list)
    """Indices, oldest first."""
    user: list[float] = field(default_factory=list)
    """What was learnt of the user, where the model learns; empty before anything was."""


class Recommender:
    """A model with its names, opened and verified.

    Args:
        bundle: the folder, or the one file, that `rbench ship` wrote.
        verify: check sha256 of the model and the names; without it a wrong file answers wrongly.
    """

    _tapping: Any = None

    def __init__(self, bundle: str | Path, verify: bool = True) -> None:
        self._find(bundle)
        model, names = self._model(), self._content(ITEMS)
        problems = [*self._model_problems(model), *self._items_problems(names)]
        if problems and verify:
            raise BundleError("; ".join(problems))
        self._open(model, _json(names, ITEMS))

    def recommend(
        self,
        history: Sequence[int],
        k: int = 10,
        *,
        times: Sequence[float] | None = None,
        now: float | None = None,
        allowed: Iterable[int] | None = None,
        session: Session | None = None,
        columns: Mapping[str, Sequence[Any]] | None = None,
    ) -> Answer:
        """The best items after a history of indices, oldest first.

        What the history holds, all of it, is taken out where the contract filters.

        Args:
            times: of the history's items, seconds since 1970, for models that take ages.
            now: of the request; by default the clock's.
            allowed: indices that may come back, for models that are told; by default all.
            session: whose answer it is, where the model learns; by default a new user's.
            columns: what the log's columns say of the history's items, for models that take any.
        """
        history = self._known(history)
        user = self._user(session)
        if not 1 <= k <= self.contract["k"]:
            raise ValueError(f"k must be from 1 to {self.contract['k']}, not {k}")
        beside = self.beside(history, times, now, columns)
        raw = self.raw(self.context(history), beside, allowed, user)
        return self._answer(*self._left(*raw, history, k), k)

    def learn(
        self,
        session: Session,
        history: Sequence[int],
        item: int,
        *,
        times: Sequence[float] | None = None,
        now: float | None = None,
        columns: Mapping[str, Sequence[Any]] | None = None,
    ) -> None:
        """That after this history the user took that item: the session is brought up to date.

        Nothing leaves the device, and all that is kept is `Session.user`.
        """
        known = self._personal()
        history, (item,) = self._known(history), self._known([item])
        beside = self.beside(history, times, now, columns)
        found = self._asked(self.context(history), beside, None, self._user(session))
        fed = {name: found[name] for name in known["fed"]}
        fed[known["next"]] = np.array([[item]], np.int32)
        if known["state"] == "tensor":
            fed[known["user"]] = np.array([self._user(session)], np.float32)
        after = self._signature(known["update"])(**fed)[known["user"]]
        session.user = after.reshape(-1).tolist()

    def forget(self, session: Session) -> None:
        """Empty a session, and what the runtime may still hold of it."""
        session.state, session.seen, session.user = [], [], []
        known = self.contract.get("personal")
        if known is not None and known["state"] == "variable":
            self._signature(known["reset"])()

    def _personal(self) -> dict[str, Any]:
        known: dict[str, Any] | None = self.contract.get("personal")
        if known is None:
            raise BundleError("this model does not learn: its study has no [personal]")
        return known

    def _user(self, session: Session | None) -> list[float]:
        """What was learnt, as the model takes it; nothing where it does not learn."""
        known = self.contract.get("personal")
        if known is None:
            return []
        user = session.user if session is not None else []
        if user and len(user) != known["numbers"]:
            raise ValueError(f"a user of {len(user)} numbers; this model's has {known['numbers']}")
        return user or [0.0] * known["numbers"]

    def _known(self, items: Sequence[int]) -> list[int]:
        found = [int(item) for item in items]
        for item in found:
            if not 1 <= item < len(self.ids):
                raise ValueError(f"no index of an item: {item}; allowed: 1 to {len(self.ids) - 1}")
        return found

    def _signature(self, key: str) -> Any:
        if key not in self._runners:
            self._runners[key] = self._interpreter.get_signature_runner(key)
        return self._runners[key]

    def _answer(self, chosen: list[int], scores: list[float], k: int) -> Answer:
        return Answer(
            items=chosen,
            ids=[self.ids[item] for item in chosen],
            titles=[self.titles[item] or self.ids[item] for item in chosen],
            scores=scores,
            unknown=[],
            missing=k - len(chosen),
        )

    def recommend_ids(
        self,
        history: Iterable[str],
        k: int = 10,
        *,
        times: Sequence[float] | None = None,
        now: float | None = None,
        allowed: Iterable[str] | None = None,
        session: Session | None = None,
        columns: Mapping[str, Sequence[Any]] | None = None,
    ) -> Answer:
        """The same for the log's own ids; those without an index are left out, and named."""
        asked = list(history)
        known = [self.index[one] for one in asked if one in self.index]

        def kept(name: str, row: Sequence[Any]) -> list[Any]:
            if len(row) != len(asked):
                raise ValueError(f"{len(row)} {name} for {len(asked)} items")
            return [value for one, value in zip(asked, row, strict=True) if one in self.index]

        may = None if allowed is None else [self.index[one] for one in allowed if one in self.index]
        found = self.recommend(
            known,
            k,
            times=None if times is None else kept("times", times),
            now=now,
            allowed=may,
            session=session,
            columns={name: kept(name, row) for name, row in (columns or {}).items()},
        )
        found.unknown.extend(one for one in asked if one not in self.index)
        return found

    def tap(self, session: Session, item: int, k: int = 10) -> Answer:
        """The best items after one more, where the model has a signature for it: it computes what
        that item changes, and not the whole history again.
        """
        if not 1 <= item < len(self.ids):
            raise ValueError(f"no index of an item: {item}; allowed: 1 to {len(self.ids) - 1}")
        if not 1 <= k <= self.contract["k"]:
            raise ValueError(f"k must be from 1 to {self.contract['k']}, not {k}")
        known = self._tap()
        size = next(one["shape"][-1] for one in known["inputs"] if one["name"] == known["state"])
        state = session.state or [0.0] * size
        if len(state) != size:
            raise ValueError(f"a state of {len(state)} numbers; this model's has {size}")
        asked = {
            known["state"]: np.array([state], np.float32),
            known["item"]: np.array([[item]], np.int32),
        }
        user = self._user(session)
        self._restore(user)
        if any(tensor.get("kind") == USER for tensor in known["inputs"]):
            asked["user"] = np.array([user], np.float32)
        found = self._tapping(**asked)
        session.state = found[known["state"]].reshape(-1).tolist()
        session.seen.append(item)
        items, scores = (found[name].reshape(-1).tolist() for name in ("items", "scores"))
        return self._answer(*self._left(items, scores, session.seen, k), k)

    def _tap(self) -> dict[str, Any]:
        known: dict[str, Any] | None = self.contract.get("tap")
        if known is None:
            raise BundleError("this model has no tap: it was converted without [convert] tap")
        if self._tapping is None:
            self._tapping = self._interpreter.get_signature_runner(known["signature"])
        return known

    def context(self, history: Sequence[int]) -> list[int]:
        """What is fed: the newest items, padded on the left."""
        known = self.contract["context"]
        kept = list(history)[-known["length"] :]
        return [known["padding_id"]] * (known["length"] - len(kept)) + kept

    def beside(
        self,
        history: Sequence[int],
        times: Sequence[float] | None,
        now: float | None = None,
        columns: Mapping[str, Sequence[Any]] | None = None,
    ) -> dict[str, list[float]]:
        """What is fed beside the context, by input: of the newest items, padded on the left."""
        length, moment = self.contract["context"]["length"], time.time() if now is None else now
        found: dict[str, list[float]] = {}
        given = dict(columns or {})
        for tensor in self.contract["inputs"]:
            name, kind = tensor["name"], tensor.get("kind", ALLOWED)
            if kind in (ALLOWED, USER):
                continue
            row = times if kind == AGES else given.pop(name, None)
            if row is None:
                how = "when items were, times=" if kind == AGES else "it of each item, columns="
                raise ValueError(f"the model takes {name}: say {how}")
            if len(row) != len(history):
                what = "times" if kind == AGES else name
                raise ValueError(f"{len(row)} {what} for {len(history)} items")
            made = _ages(row, moment) if kind == AGES else _column(tensor, row)
            kept = made[-length:]
            found[name] = [0] * (length - len(kept)) + kept
        if given:
            raise ValueError(f"the model takes no {', '.join(given)}")
        return found

    def raw(
        self,
        context: Sequence[int],
        beside: Mapping[str, Sequence[float]] | None = None,
        allowed: Iterable[int] | None = None,
        user: Sequence[float] = (),
    ) -> tuple[list[int], list[float]]:
        """What the model itself returns: `k` items and their scores; item 0 where its own filter
        leaves fewer.

        Args:
            user: what was learnt, where the model learns; by default a new user's zeros.
        """
        found = self._asked(context, beside, allowed, user or self._user(None))
        return found["items"].reshape(-1).tolist(), found["scores"].reshape(-1).tolist()

    def _asked(
        self,
        context: Sequence[int],
        beside: Mapping[str, Sequence[float]] | None,
        allowed: Iterable[int] | None,
        user: Sequence[float],
    ) -> dict[str, Any]:
        if self.contract["reset_before_query"]:
            self._interpreter.reset_all_variables()
        asked = {self.contract["context"]["input"]: np.array([context], np.int32)}
        told = False
        for tensor in self.contract["inputs"]:
            name = tensor["name"]
            if tensor.get("kind") == ALLOWED:
                told, asked[name] = True, self._mask(tensor["shape"][-1], allowed)
            elif tensor.get("kind") == USER:
                asked[name] = np.array([user], np.float32)
            elif name not in asked:
                if name not in (beside or {}):
                    raise ValueError(f"the model takes {name}")
                asked[name] = np.array([(beside or {})[name]], tensor["dtype"])
        if allowed is not None and not told:
            raise ValueError("the model cannot be told what is allowed: filter its answer")
        self._restore(user)
        found: dict[str, Any] = self._runner(**asked)
        return found

    def _restore(self, user: Sequence[float]) -> None:
        """Let the runtime hold this user, where the model's state is one of its variables."""
        known = self.contract.get("personal")
        if known is not None and known["state"] == "variable":
            held = np.array([user], np.float32)
            self._signature(known["restore"])(**{known["user"]: held})

    @staticmethod
    def _mask(items: int, allowed: Iterable[int] | None) -> Any:
        """1 for an item that may come back; column j is index j + 1."""
        mask = np.full((1, items), float(allowed is None), np.float32)
        for item in allowed or ():
            if not 1 <= item <= items:
                raise ValueError(f"no index of an item: {item}; allowed: 1 to {items}")
            mask[0, item - 1] = 1
        return mask

    def _left(
        self, items: list[int], scores: list[float], history: Sequence[int], k: int
    ) -> tuple[list[int], list[float]]:
        """The first k of an answer, without what was seen where the contract filters."""
        seen = {0, *history} if self.contract["history"]["filter"] else {0}
        left = [at for at, item in enumerate(items) if item not in seen][:k]
        return [items[at] for at in left], [scores[at] for at in left]

    def _find(self, bundle: str | Path) -> None:
        self.bundle = Path(bundle)
        self.contract: dict[str, Any] = _contract(self._content(CONTRACT))

    def _open(self, model: bytes, names: dict[str, Any]) -> None:
        self.ids: list[str] = names["items"]
        self.titles: list[str] = next(iter(_columns(names).values()), self.ids)
        self.index = {name: at for at, name in enumerate(self.ids) if at}
        try:
            self._interpreter = _interpreter(model)
            self._interpreter.allocate_tensors()
            self._runner = self._interpreter.get_signature_runner(self.contract["signature"])
            self._runners: dict[str, Any] = {}
        except (RuntimeError, ValueError) as error:
            raise BundleError(f"the runtime does not load the model: {error}") from error
        details = self._runner.get_input_details(), self._runner.get_output_details()
        for side, found in zip(SIDES, details, strict=True):
            for tensor in self.contract[side]:
                name, wanted = tensor["name"], (tensor["dtype"], tensor["shape"])
                one = found.get(name)
                there = one and (np.dtype(one["dtype"]).name, [int(n) for n in one["shape"]])
                if there != wanted:
                    raise BundleError(f"the model's {side} differ at {name}: {there}, not {wanted}")
        shapes = {one["name"]: one["shape"] for side in SIDES for one in self.contract[side]}
        known = self.contract["context"]
        for name, size in ((known["input"], known["length"]), ("items", self.contract["k"])):
            if shapes.get(name, [None])[-1] != size:
                raise BundleError(f"{CONTRACT} contradicts itself: {name} has not {size} numbers")

    def _content(self, name: str) -> bytes:
        """A file of the bundle, in the folder or in the ZIP behind the model."""
        try:
            if self.bundle.is_dir():
                return (self.bundle / name).read_bytes()
            with zipfile.ZipFile(self.bundle) as archive:
                return archive.read(name)
        except (OSError, KeyError, zipfile.BadZipFile) as error:
            raise BundleError(f"{self.bundle}: no {name} that can be read: {error}") from error

    def _model(self) -> bytes:
        """The .tflite as it was measured: the folder's, or the front of the one file."""
        known = self.contract["model"]
        try:
            if self.bundle.is_dir():
                return (self.bundle / str(known["file"])).read_bytes()
            with self.bundle.open("rb") as file:
                return file.read(int(known["size_bytes"]))
        except OSError as error:
            raise BundleError(f"no model that can be read: {error}") from error

    def _model_problems(self, content: bytes) -> list[str]:
        known = self.contract["model"]
        if len(content) != known["size_bytes"]:
            how = "cut off" if len(content) < known["size_bytes"] else "too long"
            return [f"the model is {how}: {len(content)} of {known['size_bytes']} bytes"]
        if _sha256(content) != known["sha256"]:
            return [
                f"the model is not the one that was shipped: sha256 {_sha256(content)[:12]}, not "
                f"{known['sha256'][:12]}; it was damaged, or another model or item table put there"
            ]
        return []

    def _items_problems(self, content: bytes) -> list[str]:
        known, found = self.contract["items"], []
        if _sha256(content) != known["sha256"]:
            found.append(
                f"{ITEMS} is not the one that was shipped with this model: sha256 "
                f"{_sha256(content)[:12]}, not {known['sha256'][:12]}"
            )
        names = _json(content, ITEMS)
        if not isinstance(names.get("items"), list):
            raise BundleError(f"{ITEMS} has no list of items")
        if names.get("data") != self.contract["data"]:
            found.append(f"{ITEMS} is stale: it belongs to another split of the log than the model")
        count, due = len(names["items"]) - 1, self.contract["catalogue"]["items"]
        if count != due:
            found.append(f"{ITEMS} is stale: it names {count} items, the model ranks {due}")
        return found


def _ages(times: Sequence[float], now: float) -> list[float]:
    return [min(max(int(now - at), 0), OLDEST) for at in times]


def _column(tensor: Mapping[str, Any], values: Sequence[Any]) -> list[float]:
    """What a log's column comes to: places of words, steps of a scale or scaled numbers; as it is
    where the contract says nothing of it.
    """
    if words := tensor.get("words"):
        place = {word: at for at, word in enumerate(words, 1)}
        return [place.get(str(value), len(words) + 1) for value in values]
    numbers = [_number(tensor["name"], value) for value in values]
    scale = tensor.get("scale")
    if scale is None:
        return numbers
    low, high, bins = scale["low"], scale["high"], scale["bins"]
    scaled = [min(max((value - low) / (high - low), 0.0), 1.0) for value in numbers]
    return [min(int(one * bins), bins - 1) + 1 for one in scaled] if bins else scaled


def _number(name: str, value: Any) -> float:
    """Any kind of number, numpy's too; no text that reads like one."""
    number = math.nan if isinstance(value, str) else value
    try:
        number = float(number)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{name} of an item is no finite number: {value!r}")
    return number


def selftest(bundle: str | Path, backend: str = BACKEND) -> list[str]:
    """What is wrong with a bundle on this machine's runtime, in words; nothing if all is well.

    Files against the contract, then every golden question: padding, the raw answer, the filter. A
    model that is not the shipped one is not opened: what is damaged may take the process with it.
    """
    problems: list[str] = []
    try:
        recommender = Recommender.__new__(Recommender)
        recommender._find(bundle)
        model, names = recommender._model(), recommender._content(ITEMS)
        problems += (unlike := recommender._model_problems(model))
        problems += recommender._items_problems(names)
        golden_bytes = recommender._content(GOLDEN)
        if _sha256(golden_bytes) != recommender.contract["golden"]["sha256"]:
            return [*problems, f"{GOLDEN} is not the one that was shipped with this model"]
        golden = _json(golden_bytes, GOLDEN)
        if backend not in golden["tolerances"]:
            known = ", ".join(sorted(golden["tolerances"]))
            return [*problems, f"no tolerance for {backend}; {GOLDEN} knows {known}"]
        if unlike:
            return problems
        recommender._open(model, _json(names, ITEMS))
        return problems + _answers(recommender, golden, golden["tolerances"][backend])
    except BundleError as error:
        return [*problems, str(error)]


def _answers(
    recommender: Recommender, golden: dict[str, Any], tolerance: dict[str, Any]
) -> list[str]:
    found = [
        recommender.raw(case["context"], case.get("given"), case.get("allowed"))
        for case in golden["cases"]
    ]
    wrong = wrong_answers(golden["cases"], found, tolerance)
    other: list[str] = []
    for case, (items, scores) in zip(golden["cases"], found, strict=True):
        if recommender.context(case["history"]) != case["context"]:
            other.append(f"{case['name']!r}: the history becomes another context")
            continue
        due = [case["items"][at] for at in case["recommended"]]
        due_scores = [case["scores"][at] for at in case["recommended"]]
        left = recommender._left(items, scores, case["history"], golden["top"])
        said = "" if wrong else differs(due, due_scores, *left, tolerance["scores"])
        if said:
            other.append(f"{case['name']!r}, filtered: {said}")
    stale = [
        f"{ITEMS} is stale: it calls item {item} {recommender.ids[item]!r}, it was {known!r} when "
        "this model was shipped"
        for item, known in golden["names"]
        if item < len(recommender.ids) and recommender.ids[item] != known
    ]
    return [*wrong, *other[:2], *stale[:1]]


def wrong_answers(
    cases: Sequence[dict[str, Any]],
    found: Sequence[tuple[Sequence[int], Sequence[float]]],
    tolerance: dict[str, Any],
) -> list[str]:
    """What is wrong with the items and scores that a model returned, case by case, in words."""
    tops = [
        (items[: len(case["items"])], scores[: len(case["items"])])
        for case, (items, scores) in zip(cases, found, strict=True)
    ]
    said = [
        (case["name"], differs(case["items"], case["scores"], *top, tolerance["scores"]))
        for case, top in zip(cases, tops, strict=True)
    ]
    wrong = [f"{name!r}: {why}" for name, why in said if why]
    there = [{*case["items"]} - {0} for case in cases]  # where a filter leaves fewer
    shares = [
        len(due & {*items}) / len(due) for due, (items, _) in zip(there, tops, strict=True) if due
    ]
    share = sum(shares) / len(shares) if shares else 1.0
    if share < tolerance["overlap"]:
        wrong.append(f"{100 * share:.0f} % of the golden items are returned")
    if not wrong:
        return []
    return [
        f"{sum(1 for _, why in said if why)} of {len(cases)} golden questions are answered "
        f"otherwise, e.g. {wrong[-1] if share < tolerance['overlap'] else wrong[0]}; the item "
        "table or other weights are not those that were shipped, or this runtime reckons wrongly"
    ]


def differs(
    items: Sequence[int],
    scores: Sequence[float],
    found: Sequence[int],
    found_scores: Sequence[float],
    tolerance: float,
) -> str:
    """Where an answer is not the golden one; empty where it is, but for what rounding explains.

    Scores are compared rank by rank. Items may change places, or come in from below the last,
    where golden scores lie within twice the tolerance of each other.
    """
    if len(found) != len(items):
        return f"{len(found)} items, not {len(items)}"
    left = [item for item in found if item]  # 0 where a filter leaves fewer
    if len(left) != sum(1 for item in items if item):
        return f"{len(left)} items but for those that are none"
    if len({*left}) != len(left):
        return "an item is returned twice"
    by_item = dict(zip(items, scores, strict=True))
    for at, (item, score) in enumerate(zip(left, found_scores, strict=False)):
        if not abs(score - scores[at]) <= tolerance:
            return f"rank {at + 1} has score {score:.6g}, not {scores[at]:.6g} (± {tolerance:.2g})"
        beside = by_item.get(item, scores[-1])
        if item != items[at] and abs(beside - scores[at]) > 2 * tolerance:
            return f"rank {at + 1} is item {item}, not {items[at]}"
    return ""


def _interpreter(model: bytes) -> Any:
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError as error:
        raise BundleError("no runtime: pip install ai-edge-litert") from error
    return Interpreter(model_content=model, num_threads=1)


def _contract(content: bytes) -> dict[str, Any]:
    """The contract, with all that is needed of it."""
    found = _json(content, CONTRACT)
    if found.get("schema") != SCHEMA:
        raise BundleError(f"{CONTRACT}: schema {found.get('schema')}, not {SCHEMA}")
    _must_have(found, NEEDED, CONTRACT)
    for key, needed in OPTIONAL.items():
        if found.get(key) is not None:
            _must_have(found[key], needed, f"{CONTRACT}: {key}")
    tensor = {"name": str, "dtype": str, "shape": list}
    for side in SIDES:
        for at, one in enumerate(found[side]):
            _must_have(one, tensor, f"{CONTRACT}: {side}[{at}]")
    return found


def _must_have(found: Any, needed: dict[str, Any], where: str) -> None:
    for key, kind in needed.items():
        value = found.get(key) if isinstance(found, dict) else None
        if isinstance(kind, dict):
            _must_have(value, kind, f"{where}: {key}")
        elif type(value) is not kind:
            raise BundleError(f"{where}: {key} is {value!r}, not of type {kind.__name__}")


def _columns(names: dict[str, Any]) -> dict[str, list[str]]:
    """What people call the items, by column; packed where it is long."""
    packed = names.get("packed")
    if not packed:
        return names.get("columns") or {}
    try:
        return _json(zlib.decompress(base64.b64decode(packed, validate=True)), f"{ITEMS}: packed")
    except (zlib.error, binascii.Error, TypeError) as error:
        raise BundleError(f"{ITEMS}: packed cannot be read: {error}") from error


def _json(content: bytes, name: str) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError as error:
        raise BundleError(f"{name} is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise BundleError(f"{name} is no JSON object")
    return found


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def main() -> int:
    """The command line: 0 where all is well, 1 where the selftest fails, 2 where nothing works."""
    parser = argparse.ArgumentParser(description="Ask a bundle that `rbench ship` wrote.")
    parser.add_argument("--bundle", default=str(Path(__file__).parent), help="folder or .tflite")
    commands = parser.add_subparsers(dest="command", required=True)
    test = commands.add_parser("selftest", help="hold this runtime to golden.json")
    test.add_argument("--backend", default=BACKEND, help="whose tolerance counts")
    ask = commands.add_parser("recommend", help="recommend after these ids, oldest first")
    ask.add_argument("ids", nargs="*")
    ask.add_argument("-k", type=int, default=10)
    asked = parser.parse_args()
    try:
        if asked.command == "selftest":
            problems = selftest(asked.bundle, asked.backend)
            for problem in problems:
                print(f"selftest: {problem}")
            print("selftest: failed" if problems else "selftest: passed")
            return 1 if problems else 0
        answer = Recommender(asked.bundle).recommend_ids(asked.ids, asked.k)
    except (BundleError, ValueError) as error:
        print(f"client.py: {error}", file=sys.stderr)
        return 2
    for name, title, score in zip(answer.ids, answer.titles, answer.scores, strict=True):
        print(f"{score:9.4f}  {name}  {title if title != name else ''}".rstrip())
    if answer.unknown:
        print(f"not known to the model: {', '.join(answer.unknown)}", file=sys.stderr)
    if answer.missing:
        print(f"{answer.missing} fewer than asked for: the rest was seen", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
