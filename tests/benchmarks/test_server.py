"""benchmarks/server.py: what it counts, and that all doors give the file's own answers."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("ai_edge_litert", reason="timing a .tflite needs rbench[profile]")

sys.path.append(str(Path(__file__).parents[2]))  # at the end: rbench is the installed one

from benchmarks import server
from benchmarks.serving import browser, measuring, model
from benchmarks.serving.counting import paid_after, percentile, ratios
from benchmarks.serving.networks import NETWORKS
from rbench.testing.flat import recommender


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """A small recommender of 300 items, contexts of 6."""
    path = tmp_path_factory.mktemp("server") / "model.tflite"
    table = np.random.default_rng(1).normal(size=(300, 16)).astype(np.float32)
    path.write_bytes(recommender(table, 6))
    return path


def test_ratios_are_those_of_a_pocket_calculator():
    found = ratios(server_us=300.0, device_us=100.0, round_trip_ms=28.0, paint_ms=14.0)
    assert found.compute == 3.0
    assert found.network == pytest.approx(283.0)
    assert found.felt == pytest.approx((14_000 - 100 + 28_300) / 14_000)
    assert ratios(300.0, 100.0, 0.0, None).felt is None


def test_without_a_network_and_with_equal_answers_nothing_is_felt():
    assert ratios(100.0, 100.0, 0.0, 14.0) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("size", "tap", "taps"),
    [(345_000, 594.0, 581), (594, 594.0, 1), (595, 594.0, 2), (10, 0.0, 10)],
)
def test_a_download_pays_when_as_much_was_carried(size, tap, taps):
    assert paid_after(size, tap) == taps


def test_percentiles_lie_between_neighbours():
    assert percentile([1.0, 2.0, 4.0], 0.5) == 2.0
    assert percentile([1.0, 2.0, 4.0], 0.75) == 3.0
    assert percentile([5.0], 0.95) == 5.0


def test_every_round_trip_says_when_and_who():
    assert len({network.name for network in NETWORKS}) == len(NETWORKS)
    for network in NETWORKS:
        assert 1 < network.ms < 1000
        assert any(year in network.when for year in ("2022", "2023"))
        assert network.source


def test_a_context_has_its_length_and_ids_of_the_catalogue(file):
    asked = [np.frombuffer(one, np.int32) for one in model.contexts(model.Shape(6, 10), 299, 50, 1)]
    assert {one.shape for one in asked} == {(6,)}
    assert 1 <= min(one.min() for one in asked) <= max(one.max() for one in asked) <= 299
    assert model.contexts(model.Shape(6, 10), 299, 50, 1)[0] == asked[0].tobytes()


@pytest.mark.slow
def test_all_ways_give_the_files_answers_and_are_counted(file, tmp_path, monkeypatch, capsys):
    """`measure` compares every answer with the file's own, and ends where one differs."""
    monkeypatch.setattr(measuring, "CLIENTS", (1, 2))
    monkeypatch.setattr(measuring, "WARM_TAPS", 1)
    out = tmp_path / "figures.json"
    words = ("--rounds", "2", "--taps", "5", "--paint-ms", "14", "--json", str(out))
    server.main([str(file), *words])
    found = json.loads(out.read_text())
    shape = model.Model(file).shape
    by_way = {(one["door"], one["clients"]): one for one in found["measured"]}
    assert {("process", 1), ("raw", 1), ("raw", 2)} <= set(by_way)
    assert by_way["raw", 1]["bytes_a_tap"] == 4 * shape.length + 8 * shape.k
    assert all(0 < one["p50_us"] <= one["pooled_us"] <= one["p95_us"] for one in found["measured"])
    assert ("browser" in {door for door, _ in by_way}) == (browser.missing() == "")
    servers = {door for door, _ in by_way} - {*measuring.OWN}
    assert len(found["arithmetic"]) == len(NETWORKS) * len(servers)
    assert "arithmetic" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["nowhere.tflite"], ["--rounds", "0"], ["--taps", "-1"]])
def test_wrong_words_end_in_a_sentence(file, words, capsys):
    given = words if words[0].endswith("tflite") else [str(file), *words]
    with pytest.raises(SystemExit) as ended:
        server.main(given)
    assert ended.value.code == 2
    assert "error:" in capsys.readouterr().err
