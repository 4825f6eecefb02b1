"""What `rbench sweep` says to bad input: one line, exit code 2, nothing half-written."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

if not find_spec("tensorflow"):  # importing it takes seconds
    pytest.skip("rbench sweep needs rbench[sweep]", allow_module_level=True)

GOOD_CSV = "user,item,time\n" + "".join(
    f"u{user},i{(user + step) % 9},{step}\n" for user in range(8) for step in range(6)
)

# What is wrong -> (files, arguments, words that the message must hold)
CASES = {
    "no such study": ({}, ["nowhere.toml"], ["nowhere.toml", "no such study", "default"]),
    "a study that is no TOML": (
        {"study.toml": "name = \n"},
        ["study.toml"],
        ["study.toml", "no TOML", "line 1"],
    ),
    "an unknown key": (
        {"study.toml": "[train]\nepoch = 3\n"},
        ["study.toml"],
        ["study.toml", "epoch", "[train]", "epochs"],
    ),
    "a key of the wrong type": (
        {"study.toml": '[train]\nepochs = "many"\n'},
        ["study.toml"],
        ["study.toml", "train.epochs", "int"],
    ),
    "an unknown table": ({"study.toml": "[training]\n"}, ["study.toml"], ["training", "train"]),
    "an empty grid": ({"study.toml": "encoders = []\n"}, ["study.toml"], ["encoders", "empty"]),
    "an unknown encoder": ({}, ["--encoder", "gpt"], ["gpt", "attention", "rbench list encoders"]),
    "an unknown option of an encoder": (
        {"study.toml": "[encoder.cnn]\nkernels = 3\n"},
        ["study.toml"],
        ["cnn", "kernels", "kernel"],
    ),
    "an encoder's file that is not there": (
        {},
        ["--encoder", "mine.py:Mine"],
        ["mine.py", "no such file"],
    ),
    "an encoder's file without the class": (
        {"mine.py": "x = 1\n"},
        ["--encoder", "mine.py:Mine"],
        ["mine.py", "Mine"],
    ),
    "an encoder's file that does not run": (
        {"mine.py": "import nothing_of_the_kind\n"},
        ["--encoder", "mine.py:Mine"],
        ["mine.py", "nothing_of_the_kind"],
    ),
    "a class that is no encoder": (
        {"mine.py": "class Mine: pass\n"},
        ["--encoder", "mine.py:Mine"],
        ["Mine", "rbench.encoding.Encoder"],
    ),
    "an unknown recipe": ({}, ["--recipe", "int8"], ["int8", "dynamic_wi8"]),
    "words of a recipe out of order": (
        {},
        ["--recipe", "qat+prune50+static_wi8_ai8"],
        ["prune50", "where it does not belong"],
    ),
    "an unknown target": ({}, ["--target", "npu"], ["npu", "xnnpack"]),
    "no threads": ({}, ["--target", "cpu@0"], ["cpu@0", "from 1"]),
    "no such log": ({}, ["--data", "nowhere.csv"], ["nowhere.csv"]),
    "an empty log": ({"log.csv": ""}, ["--data", "log.csv"], ["log.csv", "empty"]),
    "a log without a time column": (
        {"log.csv": "user,item,colour\nu,i,red\n"},
        ["--data", "log.csv"],
        ["log.csv", "colour", "time"],
    ),
    "text where a number belongs": (
        {"log.csv": GOOD_CSV.replace("u3,i5,2", "u3,i5,soon")},
        ["--data", "log.csv"],
        ["log.csv", "line 22", "soon"],
    ),
    "a torn line": (
        {"log.csv": GOOD_CSV.rstrip()[:-3]},
        ["--data", "log.csv"],
        ["log.csv", "line 49"],
    ),
    "duplicate rows": (
        {"log.csv": GOOD_CSV + "u3,i5,2\n"},
        ["--data", "log.csv"],
        ["log.csv", "interaction 49 repeats interaction 21", "u3", "i5", "--duplicates drop"],
    ),
    "one user": (
        {"log.csv": "user,item,time\nu,a,1\nu,b,2\nu,c,3\n"},
        ["--data", "log.csv"],
        ["log.csv", "user"],
    ),
    "too short histories": (
        {"log.csv": "user,item,time\nu,a,1\nv,b,2\nw,c,3\n"},
        ["--data", "log.csv"],
        ["log.csv"],
    ),
    "a picture for a log": (
        {"log.png": "\x89PNG\r\n\x1a\n\x00\x00\x00"},
        ["--data", "log.png"],
        ["log.png"],
    ),
    "a place that is a file": ({"taken": "mine"}, ["--out", "taken"], ["taken"]),
    "a place below a file": ({"taken": "mine"}, ["--out", "taken/run"], ["taken"]),
    "a folder with something else": (
        {"photos/cat.txt": "meow"},
        ["--out", "photos"],
        ["photos", "no run"],
    ),
    "a store below a file": ({"taken": "mine"}, [], ["taken"]),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_input(case, rbench, own_store, monkeypatch, tmp_path):
    files, arguments, words = CASES[case]
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode("latin-1"))
    before = sorted(path for path in tmp_path.rglob("*") if "store" not in path.parts)
    if "store" in case:
        monkeypatch.setenv("RBENCH_STORE", str(tmp_path / "taken" / "store"))
    done = rbench("sweep", *arguments, check=2)
    assert "Traceback" not in done.stderr
    message = done.stderr.strip().splitlines()
    assert len(message) == 1, done.stderr
    for word in words:
        assert word in message[0]
    assert done.stdout == ""
    after = [path for path in tmp_path.rglob("*") if "store" not in path.parts]
    left = [path for path in after if path not in before and path.name != ".lock"]
    assert not [path for path in left if path.is_file()], left


@pytest.mark.slow
def test_a_full_disk(command, tmp_path, tiny_study):
    """The store on a small file system of its own: one line, exit code 2, and no half artefact."""
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=96k", "tmpfs", str(small)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("cannot mount a small file system here: " + mounted.stderr.decode().strip())
    try:
        done = command("sweep", tiny_study, env={"RBENCH_STORE": str(small)})
        assert done.returncode == 2, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        assert "No space left" in done.stderr
        for artefact in small.glob("*/*/*"):
            if artefact.is_dir() and not artefact.name.endswith(".partial"):
                assert (artefact / "result.json").stat().st_size > 0
    finally:
        subprocess.run(["umount", "--lazy", str(small)], check=False)


@pytest.mark.slow
def test_without_the_extra(command):
    done = command("sweep", blocked=("tensorflow",), check=2)
    assert done.stderr.count("\n") == 1
    assert "pip install 'rbench[sweep]'" in done.stderr


@pytest.mark.slow
def test_help_has_examples(command):
    done = command("sweep", "--help", check=0, blocked=("tensorflow", "pandas"))
    assert "rbench sweep --data" in done.stdout


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs Linux's /proc")
def test_python_dash_m(tmp_path):
    process = subprocess.run(
        [sys.executable, "-P", "-m", "rbench.cli", "--version"],
        cwd=tmp_path,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=True,
    )
    assert process.stdout.startswith("rbench, version ")
