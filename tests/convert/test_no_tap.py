"""Where a file gets no tap, and what is refused: all of it said before anything is converted."""

import numpy as np
import pytest

from rbench import plugins
from rbench.cells.recipe import Recipe
from rbench.convert.tapping import FEATURES, FILTERED, LEARNT, Steps, add_tap
from rbench.encoding import Encoder, ModelSettings
from rbench.errors import StageError, StudyError
from rbench.features import Features
from rbench.graph.model import MOST_NUMBERS, state_of
from rbench.study import Study

CONTEXTS = Features({"context": np.zeros((2, 6), np.int32)})
GAPS = Features({**CONTEXTS.arrays, "time_gaps": np.zeros((2, 6), np.float32)})


class Plain(Encoder):
    """Says nothing of a state."""

    def encode(self, embeddings, mask, form):
        return embeddings


def said(encoder, tmp_path, contexts=CONTEXTS, **how):
    steps = Steps(encoder, ModelSettings(), 60, tmp_path, contexts)
    how = {"learnt": False, "filtered": False, **how}
    return add_tap(object(), Recipe.parse("float32"), steps, **how)["reason"]


@pytest.mark.parametrize("name", ["bow", "cnn", "attention", "mixer", "gated_attention"])
def test_an_encoder_without_a_state_says_why(name, tmp_path):
    encoder = plugins.encoder(name)
    assert encoder.stateless
    assert said(encoder, tmp_path) == encoder.stateless


def test_why_there_is_none(tmp_path):
    gru = plugins.encoder("gru")
    assert said(Plain(), tmp_path) == "the encoder keeps no state"
    assert said(gru, tmp_path, GAPS) == FEATURES
    assert said(gru, tmp_path, filtered=True) == FILTERED
    assert said(gru, tmp_path, learnt=True) == LEARNT


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        (-1, "-1 numbers"),
        (MOST_NUMBERS + 1, "16,777,217 numbers"),
        (64.0, "float 64.0"),
        (True, "bool True"),
        (None, "NoneType None"),
        ("64", "str '64'"),
    ],
)
def test_a_state_that_is_no_number_is_refused(numbers, words):
    class Strange(Plain):
        def state(self, width, length):
            return numbers

    with pytest.raises(StageError, match=f"the state of Strange is {words}") as refused:
        state_of(Strange(), ModelSettings())
    assert "docs/writing-an-encoder.md" in str(refused.value.remedy)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[convert]\ntap = "yes"', ["tap", "bool"]),
        ("[convert]\ntaps = true", ["taps", "tap"]),
        ("[evaluate]\ntap_users = 0", ["tap_users", "1"]),
        ("[evaluate]\ntap_users = 1.5", ["tap_users", "int"]),
    ],
)
def test_a_study_that_asks_wrongly_is_refused(text, words):
    with pytest.raises(StudyError) as refused:
        Study.parse(text)
    assert all(word in str(refused.value) for word in words), str(refused.value)
