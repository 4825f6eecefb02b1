"""What nodes say of themselves, and when a cluster is refused. Needs no Ray."""

import msgspec
import pytest

from rbench.errors import UsageError
from rbench.records import Machine
from rbench.sweeping.executors import node as there
from rbench.sweeping.executors.cluster import Cluster
from rbench.sweeping.executors.joining import Seen, check_alike


@pytest.fixture(autouse=True)
def versions(monkeypatch):
    known = {"rbench": "1", "tensorflow": "2.21", "rbench's code of train": "a" * 64}
    monkeypatch.setattr(there, "versions", lambda: known)
    return known


def seen(name, *offers, nice=0, **versions):
    machine = Machine(
        name=name, cpu="c", cores=2, memory_bytes=1, system="s", python="3", details={}
    )
    said = there.Node(
        machine=machine,
        store="/store",
        nice=nice,
        versions=there.versions() | versions,
        plugins={},
        benches={},
    )
    said = msgspec.msgpack.decode(msgspec.msgpack.encode(said), type=there.Node)
    return Seen(name, 2, {"CPU": 2, **dict.fromkeys(offers, 1)}, said)


def timer(*nodes, host=""):
    cluster = Cluster(timing_host=host)
    cluster._nodes = list(nodes)
    return cluster._timer().name


def test_the_only_one_that_offers_times():
    assert timer(seen("a"), seen("b", "timing:x")) == "b"


def test_one_of_several_is_named():
    nodes = (seen("a", "timing:a"), seen("b", "timing:b"))
    assert timer(*nodes, host="b") == "b"
    with pytest.raises(UsageError, match="several nodes") as caught:
        timer(*nodes)
    assert caught.value.allowed == "a, b"
    assert "--timing-host" in caught.value.remedy


@pytest.mark.parametrize("host", ["", "c"])
def test_nobody_offers(host):
    with pytest.raises(UsageError, match="no node of the cluster offers to time"):
        timer(seen("a"), seen("b", *(["timing:b"] if host else [])), host=host)


def test_a_nice_level_is_no_place_to_time():
    with pytest.raises(UsageError, match="at nice 15, which falsifies timings"):
        timer(seen("a", "timing:a", nice=15))
    assert timer(seen("a", nice=15), seen("b", "timing:b")) == "b"


def test_nodes_that_differ_are_refused():
    check_alike([seen("a"), seen("b")], [])
    with pytest.raises(UsageError, match=r"node b: it has tensorflow 2\.20, and 2\.21 here"):
        check_alike([seen("a"), seen("b", tensorflow="2.20")], [])
    with pytest.raises(UsageError, match="node b: it has rbench's code of train other than here"):
        check_alike([seen("a"), seen("b", **{"rbench's code of train": "b" * 64})], [])
    with pytest.raises(UsageError, match="node a: it does not have the same encoder bow"):
        check_alike([seen("a")], ["bow"])
