"""Children run their parent's rbench, nothing of the current folder, and leave nobody behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import rbench
from rbench.system import keeping, processes

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process adopt")
SHADOWS = ("msgspec", "numpy", "queue", "profile", "json", "rbench", "runpy", "selectors")


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Writes a module that children find on PYTHONPATH, as a user's own."""

    def write(text):
        (tmp_path / "path").mkdir(exist_ok=True)
        (tmp_path / "path" / "theirs.py").write_text(text)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path / "path"))
        return "theirs"

    return write


def run(module, *words, **options):
    return subprocess.run(
        processes.command(module, *words, kept=options.pop("kept", False)),
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
        **options,
    )


@pytest.mark.parametrize("kept", [False, True])
def test_nothing_of_the_current_folder_is_imported(module, tmp_path, kept):
    here = tmp_path / "here"
    here.mkdir()
    for name in SHADOWS:
        (here / f"{name}.py").write_text(f"open('EXECUTED', 'a').write({name!r})")
    (here / "rbench_encoders").mkdir()
    (here / "rbench_encoders" / "__init__.py").write_text("open('EXECUTED', 'a').write('package')")
    name = module(
        "import sys, msgspec, queue, profile, json, selectors, rbench.records\n"
        "print(*sys.argv[1:], sys.modules['rbench'].__file__)"
    )
    done = run(name, "two", "words", cwd=here, kept=kept)
    assert done.stdout.split() == ["two", "words", rbench.__file__], done.stderr
    assert not (here / "EXECUTED").exists()


def test_a_child_runs_its_parents_rbench_not_another_on_the_path(module, tmp_path):
    (tmp_path / "path" / "rbench").mkdir(parents=True)
    (tmp_path / "path" / "rbench" / "__init__.py").write_text("raise SystemExit('the other one')")
    name = module(
        "import rbench\nfrom rbench.system import channel\nprint(rbench.__file__, channel.__file__)"
    )
    done = run(name, cwd=tmp_path)
    folder = Path(rbench.__file__).parent
    assert done.stdout.split() == [
        str(folder / "__init__.py"),
        str(folder / "system" / "channel.py"),
    ]


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("", 0),
        ("raise SystemExit(7)", 7),
        ("import os; os._exit(0)", 0),
        ("import os; os.abort()", -signal.SIGABRT),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM),
    ],
)
def test_a_kept_child_leaves_as_it_would_alone(module, program, code):
    assert run(module(program), kept=True).returncode == code


DAEMONS = """
import os, subprocess, sys, time
heard, said = os.pipe()
def there(): print(os.getpid(), flush=True)
subprocess.Popen([sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); "
                  f"os.close({said}); time.sleep(600)"],
                 start_new_session=True, env={}, cwd="/", pass_fds=[said])
if not os.fork():
    os.setsid()
    if not os.fork():
        there()
        os.close(said)
        time.sleep(600)
    os._exit(0)
os.close(said)
os.read(heard, 1)  # until both have said who they are
there()
"""


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(what):
    end = time.monotonic() + 300
    while not what():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


@LINUX
@pytest.mark.parametrize("last", ["", "os.abort()", "os._exit(0)", "os.kill(os.getpid(), 9)"])
def test_what_a_kept_child_started_goes_with_it(module, last):
    done = run(module(DAEMONS + last), kept=True)
    pids = [int(word) for word in done.stdout.split()]
    assert len(pids) == 3, done.stderr
    assert not any(map(alive, pids))


@LINUX
@pytest.mark.parametrize("how", ["end", "kill the parent"])
def test_it_goes_when_the_child_is_ended_or_orphaned(module, how):
    words = processes.command(module(DAEMONS + "time.sleep(600)"), kept=True)
    if how == "end":
        child = subprocess.Popen(words, stdout=subprocess.PIPE, start_new_session=True)
        pids = [int(child.stdout.readline()) for _ in range(3)]
        assert all(map(alive, pids))
        processes.end(child, 10)
    else:
        program = (
            "import subprocess, time; from rbench.system import processes; "
            "subprocess.Popen(processes.command('theirs', kept=True)); time.sleep(600)"
        )
        parent = subprocess.Popen([sys.executable, "-P", "-c", program], stdout=subprocess.PIPE)
        pids = [int(parent.stdout.readline()) for _ in range(3)]
        parent.kill()
        parent.wait()
        parent.stdout.close()
    wait_for(lambda: not any(map(alive, pids)))


@LINUX
def test_who_is_stopped_is_seen():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        assert child.pid in set(keeping.descendants(os.getpid()))
        assert not keeping.stopped(child.pid)
        child.send_signal(signal.SIGSTOP)
        wait_for(lambda: keeping.stopped(child.pid))
    finally:
        child.kill()
        child.wait()
    assert child.pid not in set(keeping.descendants(os.getpid()))


@LINUX
def test_a_mark_in_the_environment_finds_whom_nobody_keeps():
    ours, others = (
        subprocess.Popen(
            [sys.executable, "-c", "import time; print(1, flush=True); time.sleep(600)"],
            env={**os.environ, "RBENCH_TEST": value},
            stdout=subprocess.PIPE,
        )
        for value in ("this", "this one not")
    )
    for child in (ours, others):
        child.stdout.readline()
    keeping.end_marked("RBENCH_TEST=this")
    assert ours.wait(300) == -signal.SIGKILL
    assert others.poll() is None
    others.kill()
    for child in (ours, others):
        child.communicate()


@pytest.mark.parametrize("program", ["rbench", "rbench.cli"])
def test_the_program_itself_imports_nothing_of_the_current_folder(program, tmp_path):
    for name in set(SHADOWS) - {"rbench", "runpy"}:
        (tmp_path / f"{name}.py").write_text(f"open('EXECUTED', 'a').write({name!r})")
    done = subprocess.run(
        [sys.executable, "-m", program, "list", "encoders"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "rbench_encoders.bow:Bow" in done.stdout
    assert not (tmp_path / "EXECUTED").exists()
