"""A model's inputs by name."""

import numpy as np

from rbench.features import Features

ASKED = Features(
    {"context": np.array([[0, 1], [2, 3]], np.int32), "ages": np.array([[0, 9], [8, 7]])}
)


def test_a_context_alone_is_the_simplest_case():
    context = np.array([[1, 2]], np.int32)
    asked = Features.of(context)
    assert asked.arrays.keys() == {"context"}
    assert asked.context is context
    assert Features.of(asked) is asked


def test_rows_are_taken_of_every_input():
    assert len(ASKED) == 2
    assert ASKED[1:].arrays["ages"].tolist() == [[8, 7]]
    assert ASKED[np.array([1, 0])].context.tolist() == [[2, 3], [0, 1]]


def test_padding_stands_on_the_left_of_every_input():
    assert ASKED.padded(3).context.tolist() == [[0, 0, 1], [0, 2, 3]]
    assert ASKED.padded(3).arrays["ages"].tolist() == [[0, 0, 9], [0, 8, 7]]
    assert ASKED.padded(1) is ASKED


def test_a_query_is_a_batch_of_one():
    query = ASKED.query(1)
    assert {name: value.tolist() for name, value in query.items()} == {
        "context": [[2, 3]],
        "ages": [[8, 7]],
    }
