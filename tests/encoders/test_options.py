"""Encoders' options: what cannot be drawn is refused before anything is trained."""

from __future__ import annotations

import subprocess
import sys

import pytest

from rbench import plugins
from rbench.errors import PluginError


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("cnn", {"kernel": 0}),
        ("cnn", {"dilations": []}),
        ("cnn", {"dilations": [1, 0]}),
        ("attention", {"blocks": 0}),
        ("lru", {"blocks": 0}),
        ("lru", {"blocks": 65}),
        ("lru", {"dropout": 1.0}),
        ("mixer", {"blocks": 0}),
        ("gated_attention", {"heads": 65}),
        ("attention", {"heads": 0}),
        ("attention", {"blocks": 10**6}),
        ("attention", {"dropout": float("nan")}),
        ("cnn", {"kernel": 10**9}),
        ("cnn", {"dilations": [1] * 65}),
        ("cnn", {"dropout": 1.0}),
        ("bow", {"kernel": 3}),
        ("cnn", {"kernel": "wide"}),
    ],
)
def test_an_option_without_sense_is_refused(name, options) -> None:
    with pytest.raises(PluginError, match=name):
        plugins.encoder(name, options)


def test_options_arrive() -> None:
    encoder = plugins.encoder("cnn", {"kernel": 2, "dilations": [1, 3]})
    assert (encoder.kernel, encoder.dilations) == (2, (1, 3))
    assert hash(encoder) != hash(plugins.encoder("cnn"))


@pytest.mark.parametrize(
    ("name", "recurrent"),
    [
        ("bow", False),
        ("cnn", False),
        ("lstm", True),
        ("gru", True),
        ("attention", False),
        ("lru", False),
        ("mixer", False),
        ("gated_attention", False),
    ],
)
def test_who_is_recurrent(name, recurrent) -> None:
    assert plugins.encoder(name).recurrent is recurrent


def test_no_encoder_costs_an_import_of_tensorflow() -> None:
    code = (
        "import sys; from rbench import plugins; "
        "[plugins.encoder(n) for n in plugins.names(plugins.ENCODERS)]; "
        "assert not {'tensorflow', 'tf_keras', 'numpy.f2py'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize("name", ["lru", "cnn", "gru", "lstm", "attention", "gated_attention"])
def test_who_may_learn_from_longer_windows(name) -> None:
    assert plugins.encoder(name).any_length


@pytest.mark.parametrize("name", ["bow", "mixer"])
def test_who_has_a_weight_for_every_age(name) -> None:
    assert not plugins.encoder(name).any_length
