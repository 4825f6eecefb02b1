"""Executors by name: what is not there is said, and Ray is not imported to say it."""

import pytest

from rbench.errors import MissingExtraError, UsageError
from rbench.study import Study
from rbench.sweeping.executors.cluster import Cluster
from rbench.sweeping.executors.local import Local
from rbench.sweeping.executors.named import executor_of
from rbench.system import extras


def test_names():
    assert isinstance(executor_of("local"), Local)
    assert executor_of("ray").address == ""
    there = executor_of("ray:10.0.0.1:6379", "bench1")
    assert (there.address, there.timing_host) == ("10.0.0.1:6379", "bench1")


@pytest.mark.parametrize("name", ["", "Ray", "ray:", "rays", "local:1", "spark"])
def test_unknown_names(name):
    with pytest.raises(UsageError, match="allowed: local, ray, ray:HOST:PORT"):
        executor_of(name)


def test_what_does_not_go_together():
    with pytest.raises(UsageError, match="--timing-host"):
        executor_of("local", "bench1")
    assert (executor_of("local").here, executor_of("ray").here) == (True, False)


def test_without_ray(monkeypatch, tiny_study):
    monkeypatch.setattr(extras, "is_there", lambda module: module != "ray")
    with pytest.raises(MissingExtraError, match=r"pip install 'rbench\[ray\]'"):
        Cluster().survey(Study.read(tiny_study))


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:10001", "127.0.0.1:x", "here"])
def test_where_nothing_answers(address, tiny_study):
    pytest.importorskip("ray")
    with pytest.raises(UsageError, match="nothing answers there"):
        Cluster(address).survey(Study.read(tiny_study))
