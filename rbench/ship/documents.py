"""What a bundle's JSON documents say: the contract with the app, and the golden answers.

docs/shipping.md describes them for whoever reads them without rbench.
"""

from __future__ import annotations

from typing import Any

import msgspec

from rbench.records import SCHEMA, CellName

MODEL = "model.tflite"
ITEMS = "items.json"
CONTRACT = "contract.json"
GOLDEN = "golden.json"
CARD = "README.md"
SUMS = "SHA256SUMS"
CLIENTS = ("client.py", "client.js", "Recommender.kt")
"""Names of a bundle's files."""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """Base of a bundle's documents. Readers ignore keys that they do not know."""


class Scale(Document, frozen=True, kw_only=True):
    """How a number x of the log becomes an input: ``(x - low) / (high - low)``, from 0 to 1."""

    low: float
    high: float
    bins: int
    """0: that is the input. Else it is the step, ``floor(that * bins)``, ``bins - 1`` at the most,
    and 1 more."""


class Tensor(Document, frozen=True, kw_only=True, omit_defaults=True):
    """An input or output of the signature."""

    name: str
    dtype: str
    """numpy's name of its type: ``int32``, ``float32``."""
    shape: tuple[int, ...]
    meaning: str = ""
    kind: str = ""
    """Of an input beside the context, how clients make it: ``age_seconds``, ``allowed``, or a
    word of the feature's own."""
    scale: Scale | None = None
    """Of an input that is made of a number for each item."""
    words: tuple[str, ...] = ()
    """Of an input that is made of a word for each item: its place here, from 1; the next number
    for any other word."""


class File(Document, frozen=True, kw_only=True):
    """A file of the bundle."""

    file: str
    sha256: str
    size_bytes: int


class Context(Document, frozen=True, kw_only=True):
    """How a history becomes the input."""

    input: str
    length: int
    """Items that the model looks at."""
    order: str = "oldest first"
    keep: str = "newest"
    """Of a history that is longer."""
    padding_id: int = 0
    padding_side: str = "left"


class Tap(Document, frozen=True, kw_only=True):
    """The other signature: the same answers item by item, from a state that the app keeps."""

    signature: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    state: str
    """Name of the state, among inputs and outputs alike: what comes out goes into the next tap.
    Before the first item of a history it is all zeros."""
    item: str
    """Name of the input that takes the item's index, from 1."""


class Personal(Document, frozen=True, kw_only=True):
    """What lets the model learn its user: a state that the app keeps, and what moves it.

    The signature ``update`` takes what ``fed`` names as `recommend` gave it, and the item that was
    taken; it gives the state after it.
    """

    state: str
    """``variable``: the runtime holds it, and ``restore`` and ``reset`` set it before a question;
    ``tensor``: it is one more input, ``user``, of `recommend` and ``update``."""
    numbers: int
    """Of the state; all zeros is a new user."""
    user: str
    """Name of the state among inputs and outputs, float32 [1, numbers]."""
    next: str
    """Name of the input that takes the index of the item that was taken, int32 [1, 1]."""
    fed: tuple[str, ...]
    update: str
    restore: str = ""
    reset: str = ""
    """Names of the signatures; empty where the state is a tensor."""


class HistoryFilter(Document, frozen=True, kw_only=True):
    """Whether clients take what was seen out of the answer."""

    filter: bool
    by: str = "index"
    reason: str = ""


class Catalogue(Document, frozen=True, kw_only=True):
    """What can be fed and what can come back."""

    items: int
    """Indices run from 1 to this; 0 is padding."""
    recommendable: int
    """Items that training has seen: no others are returned."""


class Contract(Document, frozen=True, kw_only=True):
    """What an app has to keep to (contract.json)."""

    schema: int = SCHEMA
    rbench: str
    cell: CellName
    seed: int
    study: str
    created: str
    """When the run began, UTC, ISO 8601."""
    data: str
    """Checksum of the split, as in the records and in items.json."""
    model: File
    items: File
    golden: File
    signature: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    context: Context
    k: int
    """Items that the model returns, best first."""
    catalogue: Catalogue
    history: HistoryFilter
    reset_before_query: bool
    """The graph has variable tensors that outlive a query: reset them before each."""
    tap: Tap | None = None
    """None: the model has no such signature."""
    personal: Personal | None = None
    """None: the model does not learn its user."""


class ItemNames(Document, frozen=True, kw_only=True):
    """What the model's indices are called (items.json)."""

    schema: int = SCHEMA
    data: str
    items: tuple[str, ...]
    """The log's own id by index; index 0 is padding and ``""``."""
    columns: dict[str, tuple[str, ...]] = {}
    """Column of the titles' file -> its text by index; empty where the file has no such item."""
    packed: str = ""
    """`columns` where they are long: their JSON, compressed by zlib, as base64."""


class Case(Document, frozen=True, kw_only=True, omit_defaults=True):
    """One question, and the answer of the very file."""

    name: str
    history: tuple[int, ...]
    """Indices, oldest first, as an app has them: of any length."""
    context: tuple[int, ...]
    """What has to be fed: the newest, padded on the left."""
    items: tuple[int, ...]
    """The first that the model returns, before any filter: as many as `recommended` needs."""
    scores: tuple[float, ...]
    recommended: tuple[int, ...]
    """Places in `items`, from 0, of the first ten that a client returns: those not in the history,
    where the contract filters."""
    given: dict[str, tuple[float, ...]] = {}
    """What is fed beside the context, by input: a number for each position."""
    allowed: tuple[int, ...] | None = None
    """The items that may come back, where the file is told; all of them if left out."""


class Tolerance(Document, frozen=True, kw_only=True):
    """How far a backend's scores may lie from the golden ones."""

    scores: float
    """Largest absolute difference, rank by rank; items whose golden scores lie within twice this
    may change places."""
    overlap: float
    """Least share of the golden items that have to be returned, over all cases, 0 to 1."""
    why: str


class Golden(Document, frozen=True, kw_only=True):
    """Questions and answers by which a client and its runtime prove themselves (golden.json)."""

    schema: int = SCHEMA
    model: str
    """sha256 of the file that gave the answers."""
    backend: str
    """The one that gave them."""
    machine: str
    versions: dict[str, str]
    seed: int
    top: int
    """Items that a client is asked for."""
    cases: tuple[Case, ...]
    names: tuple[tuple[int, str], ...]
    """Some indices, over all the catalogue, and what they are called in the log."""
    tolerances: dict[str, Tolerance]
    """Backend -> how far its scores may lie from these."""
    measured: dict[str, Any] = {}
    """What the tolerances are made from."""
