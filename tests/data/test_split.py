"""Order, cleaning, splits, vocabulary: known answers, and what holds for every log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rbench.data import (
    Dataset,
    DataSettings,
    fingerprint,
    load,
    open_dataset,
    read_vocabulary,
    save,
)
from rbench.errors import DataError

Events = list[tuple[int, int, int]]
EVENTS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 9), st.integers(0, 20)), min_size=1, max_size=60
)


def of_events(events: Events, **options: object) -> Dataset:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "log.csv"
        path.write_text("user,item,time\n" + "".join(f"u{u},i{i},{t}\n" for u, i, t in events))
        options = {"duplicates": "drop", **options}
        return load(DataSettings(path=str(path), **options))  # type: ignore[arg-type]


def ordered(events: Events) -> dict[str, list[tuple[int, str]]]:
    """By hand: user -> (time, item), copies out, stable by time, users by first appearance."""
    unique = list(dict.fromkeys(events))
    users: dict[str, list[tuple[int, str]]] = {f"u{user}": [] for user, _, _ in events}
    for user, item, time in sorted(unique, key=lambda event: event[2]):
        users[f"u{user}"].append((time, f"i{item}"))
    return users


def test_leave_one_out_by_hand(small: Path, names: Callable[..., list[str]]) -> None:
    dataset = load(DataSettings(path=str(small)))
    # Training: a b | b | c b | a c. So b 3, a 2, c 2 (a appeared first), d never.
    assert dataset.vocabulary == ("", "b", "a", "c")
    assert [names(dataset, dataset.train[n]) for n in range(4)] == [
        ["a", "b"],
        ["b"],
        ["c", "b"],  # two interactions: nothing to hold out
        ["a", "c"],
    ]
    assert dataset.validation.users.tolist() == dataset.test.users.tolist() == [0, 1, 3]
    assert names(dataset, dataset.validation.targets) == ["c", "a", "b"]
    assert names(dataset, dataset.test.targets) == ["", "c", "a"]
    assert [names(dataset, dataset.test.histories[n]) for n in range(3)] == [
        ["a", "b", "c"],
        ["b", "a"],
        ["a", "c", "b"],
    ]
    assert dataset.test.contexts(2).tolist() == [[1, 3], [1, 2], [3, 1]]
    summary = dataset.summary
    assert (summary.users, summary.items, summary.catalogue) == (4, 4, 3)
    assert summary.interactions == 13
    assert summary.details["test_targets_unknown"] == 1
    assert summary.details["test_targets_in_history"] == 1
    assert summary.details["density"] == 12 / 16
    assert summary.details["repeat_share"] == pytest.approx(1 / 13)


def test_global_temporal_by_hand(
    write: Callable[..., Path], names: Callable[..., list[str]]
) -> None:
    times = {"ann": "abcd", "bob": "ab..ba", "cid": "......cab", "dot": "cc....b..a"}
    rows = [
        f"{user},{item},{time}"
        for user, row in times.items()
        for time, item in enumerate(row)
        if item != "."
    ]
    path = write("log.csv", "\n".join(["user,item,time", *rows]))
    dataset = load(DataSettings(path=str(path), split="global_temporal", temporal_quantile=0.7))
    # 15 interactions at 000 111 2 3 4 5 66 7 8 9: the test point is the 11th, time 6; of the ten
    # before it the 8th is time 3, where training ends.
    assert dataset.summary.details["test_point"] == "6"
    assert dataset.summary.details["validation_point"] == "3"
    assert [names(dataset, dataset.train[n]) for n in range(4)] == [
        ["a", "b", "c"],
        ["a", "b"],
        [],
        ["c", "c"],
    ]
    assert dataset.validation.users.tolist() == [0, 1]
    assert names(dataset, dataset.validation.targets) == ["", "a"]
    assert names(dataset, dataset.validation.histories[1]) == ["a", "b", "b"]
    assert dataset.test.users.tolist() == [3]  # cid has no history, ann and bob no future
    assert names(dataset, dataset.test.histories[0]) == ["c", "c", "b"]
    assert names(dataset, dataset.test.targets) == ["a"]


def test_copies_are_refused_until_somebody_decides() -> None:
    events = [(1, 1, 5), (1, 2, 6), (2, 1, 1), (1, 3, 7), (1, 1, 5), (1, 1, 5)]
    with pytest.raises(DataError) as caught:
        of_events(events, duplicates="refuse")
    for word in ("interaction 5 repeats interaction 1", "'u1'", "'i1'", "time 5", "1 more", "drop"):
        assert word in str(caught.value)
    assert of_events(events, duplicates="keep").summary.interactions == 6
    assert of_events(events, duplicates="drop").summary.interactions == 4


def test_copies_go_and_repeats_stay() -> None:
    events = [(1, 1, 5), (1, 2, 6), (1, 1, 5), (1, 1, 7), (1, 3, 7), (1, 1, 7), (2, 1, 1)]
    dataset = of_events(events)
    assert dataset.summary.details["dropped_duplicate_rows"] == 2
    assert dataset.summary.interactions == 5
    assert dataset.summary.details["test_targets_in_history"] == 0  # i3 is last: a tie by file


def test_core_is_iterative() -> None:
    # i9 has one interaction; without it u5 has one; without u5 i8 has one, and so on.
    chain = [(5, 9, 1), (5, 8, 2), (4, 8, 1), (4, 7, 2), (3, 7, 1)]
    block = [(user, item, 10 + item) for user in (0, 1, 2) for item in (1, 2, 3)]
    dataset = of_events([*chain, *block], min_interactions=2)
    assert dataset.summary.users == 3
    assert dataset.summary.items == 3
    assert dataset.summary.details["dropped_interactions"] == 5


@settings(max_examples=60, deadline=None)
@given(EVENTS)
def test_leave_one_out_of_any_log(events: Events) -> None:
    wanted = ordered(events)
    dataset: Dataset | None = None
    with suppress(DataError):
        dataset = of_events(events)
    few = len(wanted) < 2 or len({item for _, item, _ in events}) < 2
    assert (dataset is None) == (few or max(map(len, wanted.values())) < 3)
    if dataset is None:
        return
    vocabulary = dataset.vocabulary
    held = {int(user): row for row, user in enumerate(dataset.test.users)}
    trained: Counter[str] = Counter()
    for user, sequence in enumerate(wanted.values()):
        items = [item for _, item in sequence]
        train = [vocabulary[one] for one in dataset.train[user]]
        trained.update(train)
        if user not in held:
            assert train == items
            assert len(items) < 3
            continue
        row = held[user]
        known = [item if item in vocabulary else "" for item in items]
        assert train == items[:-2]
        for part, place in ((dataset.validation, -2), (dataset.test, -1)):
            assert [vocabulary[one] for one in part.histories[row]] == known[:place]
            assert vocabulary[part.targets[row]] == known[place]
    assert vocabulary[1:] == tuple(
        sorted(trained, key=lambda item: (-trained[item], first_of(events, item)))
    )
    count = len(dataset.train.values) + len(dataset.validation.targets) + len(dataset.test.targets)
    assert count == dataset.summary.interactions == len(set(events))


def first_of(events: Events, item: str) -> int:
    return [f"i{one}" for _, one, _ in events].index(item)


@settings(max_examples=60, deadline=None)
@given(EVENTS, st.floats(0.3, 0.95))
def test_global_temporal_of_any_log(events: Events, quantile: float) -> None:
    try:
        dataset = of_events(events, split="global_temporal", temporal_quantile=quantile)
    except DataError:
        return
    details = dataset.summary.details
    validation_point, test_point = int(details["validation_point"]), int(details["test_point"])
    assert validation_point < test_point
    sequences = list(ordered(events).values())
    for user, sequence in enumerate(sequences):
        train = [dataset.vocabulary[one] for one in dataset.train[user]]
        assert train == [item for time, item in sequence if time < validation_point]
    for part, begin, end in (
        (dataset.validation, validation_point, test_point),
        (dataset.test, test_point, 10**9),
    ):
        for row, user in enumerate(part.users):
            before_end = [event for event in sequences[user] if event[0] < end]
            assert before_end[0][0] < begin <= before_end[-1][0]
            assert len(part.histories[row]) == len(before_end) - 1
            item = before_end[-1][1]
            assert dataset.vocabulary[part.targets[row]] in (item, "")


@settings(max_examples=30, deadline=None)
@given(EVENTS, st.integers(2, 4))
def test_what_a_core_leaves_has_enough(events: Events, k: int) -> None:
    try:
        dataset = of_events(events, min_interactions=k)
    except DataError:
        return
    histories = [dataset.test.histories[n] for n in range(len(dataset.test.users))]
    assert all(len(history) + 1 >= k for history in histories)
    assert dataset.summary.interactions >= k * max(dataset.summary.users, dataset.summary.items)


def test_the_checksum_is_of_the_questions(small: Path, write: Callable[..., Path]) -> None:
    content = small.read_text()
    head, *rows = content.splitlines(keepends=True)
    one = load(DataSettings(path=str(small))).summary.checksum
    assert one == "df67a94611b6d54d7c525c06dccd6e849c20dccd9a0f4e71691ef38adef60767"
    moved = write("moved.csv", head + "".join(reversed(rows)))  # no ties, so nothing changes
    assert load(DataSettings(path=str(moved))).summary.checksum == one
    other = write("other.csv", content.replace("ann,d", "ann,e"))
    assert load(DataSettings(path=str(other))).summary.checksum != one
    temporal = DataSettings(path=str(small), split="global_temporal")
    assert load(temporal).summary.checksum != one


def test_round_trip(small: Path, tmp_path: Path) -> None:
    dataset = load(DataSettings(path=str(small)))
    save(dataset, tmp_path / "one")
    save(dataset, tmp_path / "two")
    again = open_dataset(tmp_path / "one")
    assert again.summary == dataset.summary
    assert again.vocabulary == dataset.vocabulary
    for one, two in (
        (again.train, dataset.train),
        (again.validation.histories, dataset.validation.histories),
        (again.test.histories, dataset.test.histories),
    ):
        assert one.values.dtype == np.int32
        assert one.offsets.dtype == np.int64
        np.testing.assert_array_equal(one.values, two.values)
        np.testing.assert_array_equal(one.offsets, two.offsets)
    for part in ("validation", "test"):
        for name in ("targets", "users"):
            array = getattr(getattr(again, part), name)
            assert array.dtype == np.int32
            np.testing.assert_array_equal(array, getattr(getattr(dataset, part), name))
    for file in ("dataset.json", "split.npz"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


@pytest.mark.slow
def test_movielens_latest_small() -> None:
    folder = Path(__file__).parents[3] / "shared" / "data" / "ml-latest-small"
    if not folder.is_dir():
        pytest.skip("needs the MovieLens log ml-latest-small beside the repository")
    settings = DataSettings(path=str(folder), min_interactions=5)
    assert fingerprint(settings).startswith("80da8b33")
    summary = load(settings).summary
    assert summary.format == "movielens-csv"
    assert (summary.users, summary.items, summary.interactions) == (610, 3650, 90274)
    assert summary.test_users == 610
    assert summary.checksum == "d595d4430ccb85bd3e35757cf89f7008b65abea9e79745fadd29e45f9f57e6ed"


@given(events=EVENTS)
def test_the_facts_that_scores_hang_on_are_those_of_a_slow_count(events: Events) -> None:
    users = [row for row in ordered(events).values() if len(row) >= 3]
    with suppress(DataError):
        facts = of_events(events).summary.details
        every = ordered(events).values()
        newest = max(t for row in every for t, _ in (row[:-2] if len(row) >= 3 else row))
        met = [sum(row[at][1] in {i for _, i in row[:at]} for row in users) for at in (-2, -1)]
        assert facts["validation_targets_in_history"] == met[0]
        assert facts["test_targets_in_history"] == met[1]
        assert facts["test_targets_tied"] == sum(row[-1][0] == row[-2][0] for row in users)
        before = sum(row[-1][0] < newest for row in users)
        assert facts["test_targets_before_training_ends"] == before


def test_a_global_temporal_split_does_not_leak() -> None:
    events = [(user, item, 10 * item + user) for user in range(5) for item in range(8)]
    facts = of_events(events, split="global_temporal").summary.details
    assert facts["test_targets_before_training_ends"] == 0
    assert of_events(events).summary.details["test_targets_before_training_ends"] == 0
    events = [(user, item, 1000 * user + item) for user in range(5) for item in range(8)]
    assert of_events(events).summary.details["test_targets_before_training_ends"] == 4


def test_the_vocabulary_can_be_read_alone(tmp_path: Path, small: Path) -> None:
    dataset = load(DataSettings(path=str(small)))
    save(dataset, tmp_path / "saved")
    (tmp_path / "saved" / "split.npz").unlink()
    assert read_vocabulary(tmp_path / "saved") == dataset.vocabulary
    with pytest.raises(DataError, match="no dataset that can be read"):
        read_vocabulary(tmp_path)


def test_more_is_held_out_of_each_end() -> None:
    events = [
        (user, 3 * user + item % 9, item) for user in range(4) for item in range(3 + 2 * user)
    ]
    dataset = of_events(events, held_out=4)
    # The first user has no more than what is held out, and only trains.
    assert [len(dataset.train[n]) for n in range(4)] == [3, 1, 3, 5]
    assert dataset.validation.users.tolist() == dataset.test.users.tolist() == [1, 2, 3]
    assert [len(dataset.validation.histories[n]) for n in range(3)] == [1, 3, 5]
    assert [len(dataset.test.histories[n]) for n in range(3)] == [4, 6, 8]


def test_new_users_are_tested_alone() -> None:
    events = [(user, (user + item) % 10, item) for user in range(60) for item in range(6)]
    dataset, again = of_events(events, new_users=0.3), of_events(events, new_users=0.3)
    new = [user for user in range(60) if not len(dataset.train[user])]
    assert 8 <= len(new) <= 28
    assert not set(new) & set(dataset.validation.users.tolist())
    assert dataset.test.users.tolist() == list(range(60))
    assert dataset.summary.checksum == again.summary.checksum
    assert dataset.summary.details["train_users"] == 60 - len(new)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"held_out": 6}, "held_out = 6"),
        ({"new_users": 0.999999}, "new_users = 0.999999 leaves none of 3 users"),
        ({"held_out": 3, "split": "global_temporal"}, "held-out: split 'global_temporal'"),
        ({"new_users": 0.1, "split": "global_temporal"}, "new-users: split 'global_temporal'"),
    ],
)
def test_what_leaves_nothing_is_refused(options: dict[str, object], words: str) -> None:
    events = [(user, (user + item) % 10, item) for user in range(3) for item in range(6)]
    with pytest.raises(DataError, match=words):
        of_events(events, **options)


@pytest.mark.parametrize("options", [{"held_out": 1}, {"new_users": 1.0}, {"new_users": -0.1}])
def test_shares_and_counts_have_bounds(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        DataSettings(**options)  # type: ignore[arg-type]
