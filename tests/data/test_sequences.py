"""From a log to sequences: the order, and copies, against the plainest way to say them."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from rbench.data.log import Log
from rbench.data.sequences import sequences

FAR = 2**62
TIMES = st.sampled_from((-FAR, -3, 0, 1, 2, 3, FAR)) | st.floats(-5, 5)
ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), TIMES), min_size=1, max_size=30)
EVERYBODY = [(user, item, -7) for user in range(4) for item in range(4)]
"""Codes are by first appearance, and each must occur."""


def log_of(rows, kind):
    users, items, times = (np.array(column) for column in zip(*rows, strict=True))
    return Log(
        "here", "made", users.astype(np.int32), items.astype(np.int32), times.astype(kind), "s",
        tuple("abcd"), tuple("wxyz"),
    )  # fmt: skip


@given(rows=ROWS)
@example(rows=[(0, 0, 1), (0, 1, 1), (0, 0, 1), (1, 0, FAR), (1, 0, -FAR)])
def test_order_is_by_user_time_and_place_and_copies_go(rows):
    rows = EVERYBODY + rows
    for kind in (np.int64, np.float64):
        asked = [(user, item, kind(time)) for user, item, time in rows]
        found = sequences(log_of(asked, kind), 1, duplicates="drop")
        expected = sorted(dict.fromkeys(asked), key=lambda row: (row[0], row[2]))
        assert found.items.values.tolist() == [item for _, item, _ in expected]
        assert found.times.tolist() == [time for _, _, time in expected]
        assert found.lengths.tolist() == [
            sum(row[0] == user for row in expected) for user in range(4)
        ]
        assert found.dropped["copies"] == len(rows) - len(expected)
        kept = sequences(log_of(asked, kind), 1, duplicates="keep")
        assert kept.items.values.tolist() == [
            item for _, item, _ in sorted(asked, key=lambda row: (row[0], row[2]))
        ]
