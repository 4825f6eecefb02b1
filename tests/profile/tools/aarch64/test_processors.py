"""The processors that are emulated, and why none of them has SME."""

import re
import typing

import pytest

from rbench.cells.target import Target
from rbench.errors import StageError, StudyError
from rbench.profile import ProfileSettings
from rbench.profile.tools.aarch64.plugin import Aarch64
from rbench.profile.tools.aarch64.processors import PROCESSORS, SME
from rbench.profile.tools.aarch64.run import Said, _hold
from rbench.profile.tools.aarch64.settings import Aarch64Settings

XNNPACK = Target.parse("aarch64/xnnpack")


def said(**fields):
    known = {"machine": "aarch64", "hwcap2": 0, "delegated": True, "signatures": ["recommend"]}
    return Said(**{**known, **fields})


def test_settings_name_the_processors_and_the_first_is_the_default():
    names = typing.get_args(typing.get_type_hints(Aarch64Settings)["cpu"])
    assert names == tuple(PROCESSORS)
    assert Aarch64Settings().cpu == names[0] == "cortex-a76"


def test_each_shows_the_cpuinfo_of_its_kind():
    """The runtime reads it, and dies of a segmentation fault where it is another processor's."""
    parts = {"cortex-a76": "0xd0b", "cortex-a72": "0xd08", "cortex-a53": "0xd03"}
    for name, processor in PROCESSORS.items():
        known = dict(re.findall(r"^(.+?)\s*: (.*)$", processor.cpuinfo, re.MULTILINE))
        assert known["CPU implementer"] == "0x41"
        assert known["CPU part"] == parts[name]
        assert {"fp", "asimd"} <= set(known["Features"].split())
    assert "asimddp" in PROCESSORS["cortex-a76"].features
    assert "asimddp" not in PROCESSORS["cortex-a53"].features


def test_none_has_sme_where_int8_kernels_answer_wrong():
    """On QEMU's ``-cpu max`` 0.13 to 0.41 of the best items of int8 files were those of the host,
    with ``max,sme=off`` all of them: it is the runtime's kernels for SME, so none is offered.
    """
    for name, processor in PROCESSORS.items():
        assert not name.startswith("max")
        assert not {"sme", "sme2", "smei8i32"} & set(processor.features.split())


@pytest.mark.parametrize("cpu", ["max", "max,sme=off", "cortex-a999", "", 76])
def test_another_processor_is_refused_by_name(cpu):
    settings = ProfileSettings(tool={"aarch64": {"cpu": cpu}})
    with pytest.raises(StudyError, match=r"profile\.tool\.aarch64"):
        Aarch64().own(settings)


def test_an_answer_of_a_processor_with_sme_is_not_taken():
    """Whoever starts the emulator: a wrapper on the PATH may choose another processor."""
    _hold(said(hwcap2=~SME & 0xFFFFFFFF), XNNPACK)
    with pytest.raises(StageError, match="SME, where the runtime's int8 kernels answer wrong"):
        _hold(said(hwcap2=SME), XNNPACK)


def test_this_host_is_not_taken_for_an_emulated_machine():
    with pytest.raises(StageError, match="says that it is x86_64"):
        _hold(said(machine="x86_64"), XNNPACK)


def test_a_delegate_that_gave_up_is_no_answer_of_its_kernels():
    with pytest.raises(StageError, match="a delegate took nothing of the graph"):
        _hold(said(delegated=False), XNNPACK)
    with pytest.raises(StageError, match="a delegate took a part of the graph"):
        _hold(said(), Target.parse("aarch64/cpu"))
    _hold(said(delegated=False), Target.parse("aarch64/cpu@2"))
