"""The grammar of targets: parsing and printing are inverse, and wrong names are explained."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench.cells import tools
from rbench.cells.target import HOST, Target, words
from rbench.errors import TargetError
from rbench.profile.delegates import DELEGATES

delegates = st.sampled_from([one.name for one in DELEGATES])
threads = st.integers(1, 64)
serials = st.text("ABCDEFabcdef0123456789.:-", min_size=1, max_size=12).filter(
    lambda text: text not in (HOST, *words())
)
OWN = [
    (tool.word, one.name) for tool in tools.installed() if not tool.device for one in tool.delegates
]
"""The tools of this host, with each of their delegates."""
targets = st.one_of(
    st.sampled_from(OWN).flatmap(
        lambda own: st.builds(
            Target, tool=st.just(own[0]), delegate=st.just(own[1]), threads=threads
        )
    ),
    st.builds(
        Target,
        delegate=delegates,
        threads=threads,
        tool=st.just("benchmark_model"),
        device=serials,
    ),
)


@given(targets)
def test_printing_then_parsing_gives_the_target_back(target):
    assert Target.parse(str(target)) == target


@given(st.text("cpugx/@0129 hostlierbnmak_d", max_size=30))
def test_what_parses_prints_to_an_equal_target(name):
    try:
        target = Target.parse(name)
    except TargetError:
        return
    assert Target.parse(str(target)) == target


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("cpu@1", "cpu"),
        ("litert/xnnpack@2", "xnnpack@2"),
        ("host/benchmark_model/gpu", "benchmark_model/gpu"),
        ("R5CT10/cpu", "R5CT10/cpu"),
        ("R5CT10/benchmark_model/gpu", "R5CT10/gpu"),
    ],
)
def test_defaults_are_left_out(name, said):
    assert str(Target.parse(name)) == said


@pytest.mark.parametrize(
    ("name", "backend"),
    [("cpu", "cpu"), ("xnnpack@2", "xnnpack"), ("xnnpack_cached", "xnnpack"), ("gpu", "gpu")],
)
def test_a_weight_cache_makes_no_other_backend(name, backend):
    assert Target.parse(name).backend == backend
    assert Target.parse(name).plain == Target.parse(name.removesuffix("_cached"))


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("tpu", "unknown delegate 'tpu'"),
        ("", "unknown delegate ''"),
        ("@2", "unknown delegate ''"),
        ("cpu@", "'' is no number of threads"),
        ("cpu@0", "'0' is no number of threads"),
        ("cpu@-1", "'-1' is no number of threads"),
        ("cpu@²", "'²' is no number of threads"),
        ("/cpu", "unknown tool"),
        ("R5CT10/perfetto/cpu", "unknown tool"),
        ("R5CT10/litert/cpu", "runs on this host only"),
    ],
)
def test_wrong_names_are_explained(name, cause):
    with pytest.raises(TargetError) as caught:
        Target.parse(name)
    assert cause in str(caught.value)
    assert caught.value.allowed


@pytest.mark.parametrize("count", ["0", "1025", "99999", "9" * 5000, "-1", "1.5", "", "²", "x"])
def test_threads_have_a_range(count):
    with pytest.raises(TargetError, match="a whole number from 1 to 1024") as caught:
        Target.parse(f"cpu@{count}")
    assert len(str(caught.value)) < 700
    assert Target.parse("cpu@1024").threads == 1024
