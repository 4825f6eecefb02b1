"""Keys that stand twice in an object."""

import pytest

from rbench.text.twice import twice_in


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ('{"a": 1, "a": 2}', "a"),
        ('[{"a": 1}, {"b": {"c": 1, "c": 1}}]', "c"),
        (b'{"a": {"a": 1}, "b": "\\"a\\":"}', ""),
        ('{"\\u0061": 1, "a": 2}', "a"),
        ("", ""),
        ("{'a': 1, 'a': 2}", ""),
        ("[" * 100_000, ""),
        ('{"a": ' + "9" * 5000 + "}", ""),
    ],
)
def test_known_answers(content, key):
    assert twice_in(content) == key
