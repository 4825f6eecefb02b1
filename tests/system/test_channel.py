"""A child's answers come through, whatever else is written to the pipe."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench.system.channel import FIRST_DESCRIPTOR, LIMIT_BYTES, Listener, Speaker, hidden, new_word

WORD = "0123456789abcdef"


def said(*answers: bytes) -> bytes:
    reading, writing = os.pipe()
    speaker = Speaker(writing, WORD)
    for answer in answers:
        speaker.say(answer)
    os.close(writing)
    content = os.read(reading, 1 << 16)
    os.close(reading)
    return content


def in_pieces(content: bytes, size: int) -> list[bytes]:
    listener = Listener(WORD)
    return [
        answer
        for start in range(0, len(content), size)
        for answer in listener.heard(content[start : start + size])
    ]


@given(
    noise=st.lists(st.binary(max_size=40), min_size=3, max_size=3),
    size=st.integers(min_value=1, max_value=80),
)
def test_noise_between_answers_costs_none(noise, size):
    content = noise[0] + said(b"one") + noise[1] + said(b'{"two": 2}') + noise[2]
    assert in_pieces(content, size) == [b"one", b'{"two": 2}']


def test_noise_without_end_takes_no_room():
    listener = Listener(WORD)
    for _ in range(100):
        assert listener.heard(b"x" * 65536) == []
    assert sum(map(len, listener._pieces)) <= LIMIT_BYTES
    assert listener.heard(said(b"one")) == [b"one"]


def test_an_answer_without_end_is_refused():
    listener = Listener(WORD)
    listener.heard(b"\n" + WORD.encode())
    for _ in range(LIMIT_BYTES // 65536 - 1):
        listener.heard(b"x" * 65536)
    with pytest.raises(ValueError, match="more than 1,048,576 bytes"):
        listener.heard(b"x" * 65536)


def test_an_answer_of_the_longest_size_comes_through():
    answer = b"x" * (LIMIT_BYTES - len(WORD))
    assert in_pieces(b"\n" + WORD.encode() + answer + b"\n", 65536) == [answer]


def test_words_differ():
    assert len({new_word() for _ in range(20)}) == 20


def test_the_channel_is_out_of_the_way_and_not_inherited():
    reading, writing = os.pipe()
    copy = hidden(writing)
    assert copy >= FIRST_DESCRIPTOR
    assert not os.get_inheritable(copy)
    for descriptor in (reading, writing, copy):
        os.close(descriptor)
