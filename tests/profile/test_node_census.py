"""Every file's record says what each delegate takes of it."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("ai_edge_litert", reason="loading a .tflite needs rbench[profile]")

from rbench.profile.node_census import count_nodes
from rbench.profile.tools.litert import gpus, nodes
from rbench.profile.tools.litert.gpus import Gpu
from rbench.records import Delegation
from rbench.testing.flat import recommender
from rbench.testing.whole import rewritten

TABLE = np.random.default_rng(1).normal(size=(300, 16)).astype(np.float32)


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(rewritten(recommender(TABLE, scheme="dynamic"))[0])
    return path


@pytest.mark.slow
def test_what_xnnpack_takes_and_leaves(model, monkeypatch) -> None:
    monkeypatch.setattr(gpus, "find", lambda: Gpu(reason="none here"))
    found = count_nodes(model)
    assert list(found) == ["xnnpack"]
    taken = found["xnnpack"]
    left = sum(taken["left_behind"].values())
    assert 0 < taken["nodes_delegated"] == taken["nodes_total"] - left
    assert taken["left_behind"]["TOPK_V2"] == 1


def test_a_gpu_is_asked_where_there_is_one(model, monkeypatch) -> None:
    def taken(path, delegate):
        return Delegation(delegate=delegate, nodes_total=3, nodes_delegated=2, partitions=1)

    monkeypatch.setattr(gpus, "find", lambda: Gpu(name="some GPU"))
    monkeypatch.setattr(nodes, "nodes_taken", taken)
    found = count_nodes(model)
    assert {name: taken["delegate"] for name, taken in found.items()} == {
        "xnnpack": "xnnpack",
        "gpu": "gpu",
    }


def test_a_file_that_does_not_load_says_why(model, monkeypatch) -> None:
    monkeypatch.setattr(gpus, "find", Gpu)
    model.write_bytes(model.read_bytes()[:200])
    assert "the runtime refuses the file" in count_nodes(model)["xnnpack"]["refused"]
