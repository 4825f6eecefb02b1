"""Strangers' encoders are looked at in a process of its own: whatever they do there is an error."""

import sys

import pytest

from rbench import plugins
from rbench.errors import PluginError
from rbench.plugins import finding, looking
from rbench.study import Study
from rbench.sweeping.plan import plan

CLASS = """
from dataclasses import dataclass
from rbench.encoding import Encoder

@dataclass(frozen=True)
class Mine(Encoder):
    blocks: int = 2
    recurrent = {recurrent}

    def __post_init__(self):
        {made}

    def encode(self, embeddings, mask, form):
        return embeddings
"""


@pytest.fixture
def mine(tmp_path):
    def write(top="", made="pass", recurrent=False):
        path = tmp_path / "mine.py"
        path.write_text(f"import os, sys\n{top}\n" + CLASS.format(made=made, recurrent=recurrent))
        return f"{path}:Mine"

    return write


def test_what_planning_needs_is_found_out_there(mine):
    name = mine(recurrent=True)
    before = set(sys.modules)
    seen = looking.look([("bow", {}), (name, {"blocks": 3}), ("gru", {})])
    assert [one.recurrent for one in seen] == [False, True, True]
    assert not [module for module in set(sys.modules) - before if "rbench_plugin" in module]


def test_a_file_that_goes_elsewhere_takes_no_other_file_along(mine, tmp_path, monkeypatch):
    mine("os.chdir('/')")
    (tmp_path / "mine.py").rename(tmp_path / "first.py")
    mine(recurrent=True)
    monkeypatch.chdir(tmp_path)
    names = ["first.py:Mine", "./mine.py:Mine", "first.py:Mine"]
    assert [one.recurrent for one in looking.look([(name, {}) for name in names])] == [
        False,
        True,
        False,
    ]
    with pytest.raises(PluginError, match=r"^missing\.py: no such file"):
        looking.look([("first.py:Mine", {}), ("missing.py:Mine", {})])


def test_relative_paths_are_meant_from_where_a_worker_began(mine, tmp_path, monkeypatch):
    mine("os.chdir('/')")
    monkeypatch.setattr(finding, "_home", None)
    monkeypatch.chdir(tmp_path)
    plugins.stay_here()
    assert plugins.encoder("mine.py:Mine").blocks == 2
    assert plugins.encoder("mine.py:Mine", {"blocks": 3}).blocks == 3


ABRUPT = [
    ("sys.exit(0)", "SystemExit (it asks to leave): 0"),
    ("raise SystemExit", "SystemExit (it asks to leave): None"),
    ("sys.exit(5)", "SystemExit (it asks to leave): 5"),
    ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    ("raise GeneratorExit('x')", "GeneratorExit: x"),
    ("raise type('Own', (BaseException,), {})('x')", "Own: x"),
    ("raise type('Mute', (Exception,), {'__str__': lambda self: 1 / 0})", "Mute"),
    ("os._exit(0)", "ended the process, with exit code 0"),
    ("os._exit(5)", "ended the process, with exit code 5"),
    ("os.abort()", "killed the process (SIGABRT)"),
    ("os.kill(os.getpid(), 9)", "killed the process (SIGKILL)"),
    ("raise ValueError('x' * 10**7)", "(of 10,000,0"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("deed", "words"), ABRUPT)
@pytest.mark.parametrize("where", ["top", "made"])
def test_whatever_it_does_is_an_error_that_names_it(mine, deed, words, where):
    name = mine(**{where: deed})
    with pytest.raises(PluginError) as caught:
        looking.look([(name, {})])
    said = str(caught.value)
    assert words in said
    assert "mine.py" in said
    assert len(said) < 20_000


@pytest.mark.parametrize(
    "noise",
    [
        "print('x' * 10**6); sys.stderr.write('y' * 10**6)",
        "[os.write(f, b'{garbage}\\n') for f in range(1, 300) if os.path.exists(f'/dev/fd/{f}')]",
        "sys.stdin.read()",
        "os.closerange(0, 100)",
        "import atexit; atexit.register(os._exit, 3)",
        "import threading, time; threading.Thread(target=time.sleep, args=(600,)).start()",
    ],
)
def test_noise_costs_nothing(mine, noise):
    assert looking.look([(mine(top=noise), {})]) == [looking.Seen(recurrent=False)]


@pytest.mark.parametrize("where", ["top", "made"])
def test_a_hang_ends(mine, monkeypatch, where):
    monkeypatch.setattr(looking, "WITHIN_S", 3.0)
    with pytest.raises(PluginError, match="did not come to an end within 3 s"):
        looking.look([(mine(**{where: "import time; time.sleep(600)"}), {})])


@pytest.mark.parametrize("said", ["b'{}'", "b'[' * 2 * 10**6"])
def test_who_spoils_the_answers_is_named(mine, said):
    """A file that changes msgspec itself, as any that is imported can."""
    sound, spoiler = ("bow", {}), mine(f"import msgspec; msgspec.json.encode = lambda _: {said}")
    with pytest.raises(PluginError, match="spoilt what answers for it") as caught:
        looking.look([sound, (spoiler, {})])
    assert caught.value.where == spoiler


def test_the_one_that_is_at_fault_is_named(mine, tmp_path):
    sound = tmp_path / "sound.py"
    sound.write_text(CLASS.format(made="pass", recurrent=False))
    with pytest.raises(PluginError) as caught:
        looking.look([(f"{sound}:Mine", {}), (mine(top="os._exit(0)"), {})])
    assert caught.value.where == mine()


def test_a_plan_refuses_it(mine):
    with pytest.raises(PluginError, match="it asks to leave"):
        plan(Study(encoders=("bow", mine(top="sys.exit(0)"))), "here")


@pytest.mark.slow
def test_a_sweep_does_not_leave_with_0(mine, command):
    done = command("sweep", "--encoder", mine(top="sys.exit(0)"), "--encoder", "bow", check=2)
    assert "mine.py: SystemExit (it asks to leave): 0" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_ours_is_looked_at_here(monkeypatch):
    monkeypatch.setattr(looking, "_asked", lambda encoders: pytest.fail("a process for ours"))
    assert [one.recurrent for one in looking.look([("lstm", {}), ("cnn", {})])] == [True, False]
    assert not plugins.own("nobody")
