"""What a file's answers are worth, and how close they are to the model's that it was made from."""

from __future__ import annotations

from rbench.records.document import Document


class Estimate(Document, frozen=True, kw_only=True):
    """A mean over users with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


class Parity(Document, frozen=True, kw_only=True):
    """How close a file is to the Keras model that it was converted from."""

    contexts: int
    """Contexts compared."""
    max_score_difference: float
    """Largest absolute difference of any item's score."""
    top10_overlap: float
    """Mean share of the Keras model's ten best items that the file's ten best hold, 0 to 1."""


class TapQuality(Document, frozen=True, kw_only=True):
    """What the signature `tap` says item by item, beside `recommend` about the whole context."""

    contexts: int
    """Sequences of at most the context's length: there both know the same."""
    max_score_difference: float
    """Over these, the largest absolute difference of any item's score."""
    score_spread: float
    """Standard deviation of the scores, to see the difference beside."""
    top10_overlap: float
    """Mean share of `recommend`'s ten best items that are among the tap's, 0 to 1."""
    longer: int = 0
    """Users whose history is longer than a context: `recommend` forgets its oldest items, the state
    does not."""
    ndcg: dict[str, float] = {}
    """NDCG@10 over these users: ``recommend`` and ``tap``, and of the difference, tap less
    recommend, ``low`` and ``high``, the ends of its 95 % interval, paired by user."""


class StreamGain(Document, frozen=True, kw_only=True):
    """What learning gives some users, tap by tap: NDCG@10, each user's mean counting once."""

    users: int
    taps: int
    """Of all of them."""
    frozen: float
    learning: float
    low: float
    high: float
    """The 95 % interval of the difference, learning less frozen, paired by user."""


class StreamQuality(Document, frozen=True, kw_only=True):
    """A file that learns its user, beside itself frozen, on taps that nobody trained on."""

    known: StreamGain | None = None
    """Users that training has met, with rates that other users chose."""
    new: StreamGain | None = None
    """Users that it has not."""
    rates: tuple[dict[str, float], ...] = ()
    """``rate`` and ``decay`` that each half of the users chose for the other."""
    stored: StreamGain | None = None
    """All of them, with the rates that are in the file."""


class Slice(Document, frozen=True, kw_only=True):
    """Some of the test users, see `rbench.metrics.slices`."""

    users: int
    bound: int
    """Up to which, or from which on, they belong to it: items in their history, or training
    interactions of their target."""
    ndcg: Estimate
    """NDCG@10."""


class Quality(Document, frozen=True, kw_only=True):
    """Scores over every test user, full ranking."""

    users: int
    metrics: dict[str, Estimate]
    """``recall@1|5|10|20``, ``ndcg@10``, ``mrr``: name -> estimate."""
    coverage: float
    """Share of the recommendable catalogue that appears in some user's top 10, 0 to 1."""
    novelty: float | None = None
    """Mean surprise of the items in the users' top 10, in bits; None in older records."""
    popularity_lift: float | None = None
    """Mean popularity of these items over that of the targets; None in older records."""
    slices: dict[str, Slice] = {}
    """``short_histories``, ``long_histories``, ``rare_targets``, ``popular_targets``: where users
    differ."""
    parity: Parity | None = None
    tap: TapQuality | None = None
    """Of a file with the signature `tap`."""
    stream: StreamQuality | None = None
    """Of a file that learns its user."""
    ranks: str = ""
    """Artefact with int32 ``ranks`` (users,), 1 = best, 0 = the target cannot be ranked."""
    validation: dict[str, float] = {}
    """Of a baseline: ``ndcg@10`` and ``recall@10`` on the validation users, by which the best
    baseline is chosen."""
    settings: dict[str, float] = {}
    """Of a baseline whose parameters were chosen on validation: the chosen ones."""
