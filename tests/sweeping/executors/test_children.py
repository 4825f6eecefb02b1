"""The executor and its workers: whatever a job does costs that job, and no other."""

import errno
import os
import signal
import subprocess
import sys
from types import SimpleNamespace

import msgspec
import pytest

from rbench.errors import OutputError
from rbench.graph.model import ModelSettings
from rbench.progress import Progress
from rbench.sweeping.executors import child
from rbench.sweeping.executors.children import Children
from rbench.sweeping.jobs import EncoderSpec, TrainJob
from rbench.sweeping.messages import Told
from rbench.sweeping.observer import Silent
from rbench.sweeping.store import Store
from rbench.system import processes
from rbench.system.channel import Listener, Speaker, new_word
from rbench.train.settings import TrainSettings

WORKER = """
import os, signal, sys, time, types
from rbench.progress import Progress
from rbench.sweeping import worker

def perform(job, store, report, key):
    exec(job.encoder.options["do"], {**globals(), "report": report})

# In place of the real one, which imports all stages.
sys.modules["rbench.sweeping.perform"] = types.SimpleNamespace(perform=perform)
worker.main()
"""


@pytest.fixture
def outcome(tmp_path, monkeypatch):
    """Runs deeds as jobs, in real workers whose jobs are nothing but that; gives their failures."""
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "stand_in.py").write_text(WORKER)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "path"))
    real = processes.command
    monkeypatch.setattr(
        child.processes,
        "command",
        lambda module, *words, kept: real("stand_in", *words, kept=kept),
    )

    def run(*deeds, width=1, stall_s=60.0, plugins=()):
        jobs = [
            TrainJob(
                encoder=EncoderSpec(label="x", plugin=plugin, options={"do": deed}, source=""),
                settings=TrainSettings(),
                model=ModelSettings(),
                seed=number,
                data="",
            )
            for number, (deed, plugin) in enumerate(
                zip(deeds, plugins or ["bow"] * len(deeds), strict=True)
            )
        ]
        failures = {}
        Children(Store(tmp_path / "store"), Silent(), width=width, stall_s=stall_s).run(
            jobs, failures
        )
        return [failures.get((job.stage, job.key)) for job in jobs]

    return run


EVERYWHERE = """
for descriptor in range(300):
    try:
        os.write(descriptor, b'{"type": "done"}\\n{garbage}\\n\\xff\\0' * 50)
    except OSError:
        pass
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "deed",
    [
        EVERYWHERE,
        "print('x' * 10**7); sys.stderr.write('y' * 10**7); os.system('echo z')",
        "sys.stdin.read(); os.read(0, 1)",
        "sys.stdout.close(); sys.stderr.close(); sys.stdin.close()",
        "os.closerange(0, 20)",
        "[os.dup2(os.open(os.devnull, os.O_RDWR), one) for one in range(20)]",
        "report(Progress(done=1, total=1, text='x' * 10**7))",
    ],
)
def test_noise_costs_nothing(outcome, deed):
    assert outcome(deed, "pass") == [None, None]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("deed", "words", "passing"),
    [
        ("raise ValueError('no idea')", "ValueError: no idea", False),
        ("raise ValueError", "ValueError: no message", False),
        ("raise ValueError('x' * 10**8)", "(of 100,000,012 characters)", False),
        ("sys.exit(0)", "SystemExit (it asks to leave): 0", False),
        ("raise KeyboardInterrupt", "KeyboardInterrupt", False),
        ("raise type('Own', (BaseException,), {})('x')", "Own: x", False),
        ("os._exit(0)", "ended with exit code 0", False),
        (
            "print('last words'); sys.stdout.flush(); os._exit(3)",
            "its last words: last words",
            False,
        ),
        ("os.abort()", "died of SIGABRT", False),
        ("os.kill(os.getpid(), 9)", "died of SIGKILL", True),
        ("os.kill(os.getpid(), 15)", "died of SIGTERM", True),
        ("os.kill(os.getpid(), 40)", "died of signal 40", False),
        ("os.closerange(0, 300)", "", False),
        (f"raise OSError({errno.ENOSPC}, 'x', '/dev/full')", "no room for temporary files", True),
        ("raise RuntimeError('a; No space left on device')", "no room for temporary files", True),
    ],
)
def test_what_fails_costs_its_own_job(outcome, deed, words, passing):
    failure, other = outcome(deed, "pass")
    assert words in failure.reason
    assert len(failure.reason) < 20_000
    assert failure.passing == passing
    assert other is None


def test_silence_ends_a_job(outcome):
    (hung,) = outcome("time.sleep(600)", stall_s=2)
    assert "said nothing for 2 s" in hung.reason
    assert "raise stall_seconds" in hung.reason
    assert not hung.passing


@pytest.fixture
def silent_child():
    """A worker as its parent sees it, and the end of the pipe that it answers on. It does nothing:
    how long that lasts, the tests say.
    """
    word, (reading, writing) = new_word(), os.pipe()
    seen = object.__new__(child.Child)
    job = SimpleNamespace(stage="train")
    seen.task, seen.ended, seen._silent_s = SimpleNamespace(job=job), False, 0.0
    seen._listener, seen.output = Listener(word), os.fdopen(reading, "rb")
    seen.process = subprocess.Popen(["sleep", "600"])
    yield seen, Speaker(writing, word)
    seen.process.kill()
    seen.process.wait()
    seen.output.close()
    os.close(writing)


def test_progress_is_no_silence_and_noise_is(silent_child):
    seen, speaker = silent_child
    assert seen.waited(9.0, 10.0) == []
    speaker.say(msgspec.json.encode(Told(progress=Progress(done=1, total=2))))
    assert len(seen.hear()) == 1
    assert seen.waited(9.0, 10.0) == []
    os.write(speaker.descriptor, b'{"type": "done"}\n' * 9)
    assert seen.hear() == []
    (fault,) = seen.waited(2.0, 10.0)
    assert "said nothing for 10 s" in fault.reason
    assert seen.ended
    assert seen.waited(100.0, 10.0) == [], "it is told once"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_who_was_stopped_from_outside_is_tried_again(silent_child):
    seen, _ = silent_child
    os.kill(seen.process.pid, signal.SIGSTOP)
    os.waitpid(seen.process.pid, os.WUNTRACED)  # it is
    (fault,) = seen.waited(11.0, 10.0)
    assert fault.reason == "the process was stopped from outside"
    assert fault.passing


@pytest.mark.slow
@pytest.mark.parametrize(
    ("plugins", "processes"),
    [
        (["bow", "gru", "bow"], 1),
        (["a.py:A", "a.py:A"], 1),
        (["bow", "a.py:A", "bow"], 2),
        (["a.py:A", "b.py:B", "a.py:A"], 3),
    ],
)
def test_a_strangers_worker_does_no_other_encoders_jobs(outcome, tmp_path, plugins, processes):
    noted = tmp_path / "pids"
    deed = f"open({str(noted)!r}, 'a').write(f'{{os.getpid()}} ')"
    assert outcome(*[deed] * len(plugins), plugins=plugins) == [None] * len(plugins)
    pids = noted.read_text().split()
    assert len(pids) == len(plugins)
    assert len(set(pids)) == processes


@pytest.mark.parametrize("tensorflow", [True, False])
@pytest.mark.parametrize("order", [1, -1])
def test_a_job_goes_where_tensorflow_is_imported_already_or_spares_it(tmp_path, tensorflow, order):
    class Idle:
        task, lodger, taken = None, "", False

        def __init__(self, tensorflow):
            self.tensorflow = tensorflow

        def take(self, task, store):
            self.taken = True

    workers = [Idle(True), Idle(False)][::order]
    task = SimpleNamespace(job=SimpleNamespace(tensorflow=tensorflow, encoder=None))
    graph = SimpleNamespace(ready=lambda running: [task], take=lambda task: None)
    children = Children(Store(tmp_path), Silent(), width=2, stall_s=60.0)
    children._hand_out(graph, workers, None)
    assert [worker.tensorflow for worker in workers if worker.taken] == [tensorflow]


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="no /proc to look into")  # noqa: PTH112
def test_what_a_job_starts_does_not_outlive_the_run(outcome, tmp_path):
    noted = tmp_path / "pid"
    deed = (
        "import subprocess; child = subprocess.Popen(['sleep', '600'], start_new_session=True); "
        f"open({str(noted)!r}, 'w').write(str(child.pid))"
    )
    assert outcome(deed) == [None]
    assert not os.path.exists(f"/proc/{noted.read_text()}/fd/0")  # noqa: PTH110


@pytest.mark.slow
def test_a_stranger_that_cannot_write_costs_its_own_job(outcome):
    """It may have set a limit on files for its process, where there is room for everybody."""
    deed = "from rbench.errors import OutputError; raise OutputError('no room')"
    failure, other = outcome(deed, "pass", plugins=("a.py:A", "bow"))
    assert failure.reason == "no room"
    assert failure.passing
    assert other is None
    with pytest.raises(OutputError, match="no room"):
        outcome(deed, "pass")
