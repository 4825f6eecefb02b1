"""Every command in the README is run here, or is named here with the test that runs it.

A command that stands in the README and not in this file fails `test_every_command_is_covered`.
"""

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rbench.cli import main
from rbench.study import Study
from rbench.testing.runs import example_run

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")

INSTALL = 'pip install ".[sweep]" && rbench sweep'
CHECK = "pip install tox && tox"
ONE_CELL = ["--encoder", "bow", "--recipe", "float32", "--target", "cpu"]

CHEAP = {
    "rbench list encoders": "rbench_encoders.gru:Gru",
    "rbench list recipes": "static_wi8_ai8",
    "rbench list targets": "xnnpack",
    "rbench list studies": "movielens-small",
    "rbench data describe path/to/log.csv": "interactions",
    "rbench gate runs/mine --max-size 300KB": "gate: pass",
    "rbench gate runs/mine --max-size 300KB --json": '"outcome": "pass"',
    "rbench report runs/mine": "report.html",
    "rbench report runs/mine --format csv": "report.csv",
    "rbench compare runs/before runs/mine": "compare.html",
}
"""Run as they stand; what they print holds this text."""

SWEEPS = {
    "rbench sweep": ONE_CELL,
    "rbench sweep --data path/to/log.csv --out runs/mine": ONE_CELL,
    "rbench sweep --data path/to/log.csv --encoder gru --recipe float32 --recipe dynamic_wi8 "
    "--target xnnpack@2": [],
    "rbench sweep movielens-small": ONE_CELL,
    "rbench sweep full-matrix": ONE_CELL,
    "rbench sweep --encoder path/to/encoder.py:Mine --encoder gru": ONE_CELL[2:],
}
"""Run by the slow tests, each with options that narrow its grid to a cell or two."""

ELSEWHERE = {
    "rbench profile model.tflite": "tests/cli/test_profile.py::test_a_record_like_any_cell_s",
    "rbench doctor": "tests/cli/test_doctor.py::test_a_tool_that_is_named",
    "rbench inspect model.tflite": "tests/cli/test_inspect.py::test_the_tables_say_it_to_people",
    'pip install ".[sweep]"': "tests/test_packaging.py::"
    "test_tox_packages_a_wheel_with_every_extra_that_tests_need",
    "pip install tox": "tests/test_readme.py::test_ci_runs_the_readme_s_command",
    "tox": "tests/test_readme.py::test_ci_runs_the_readme_s_command",
    "rbench tool fetch benchmark_model --platform android-aarch64": (
        "tests/profile/tools/benchmark_model/test_fetch.py::test_the_command"
    ),
    "rbench ship runs/mine --to bundle": "tests/ship/test_docs.py::"
    "test_the_commands_do_what_the_page_says",
    "rbench tool fetch litertjs": "tests/litertjs/test_bringing.py::test_from_a_registry",
    "rbench demo runs/mine -o demo.html": "tests/demo/test_docs.py::test_it_ends_as_the_page_says",
    "rbench devices": "tests/cli/test_devices.py::test_phones_are_listed",
    "rbench sweep --target SERIAL/benchmark_model/xnnpack@4": "tests/profile/tools/android/"
    "test_sweep.py::test_a_phone_that_vanishes_fails_its_cells_only",
    "rbench data fetch ml-latest-small --to data": "tests/data/test_fetch.py::"
    "test_a_log_is_brought_verified_and_readable",
}
"""What needs the network or runs the tests themselves: command -> the test that stands for it."""


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def commands():
    """Every command of the README's shell blocks, without prompts and comments."""
    found = []
    for block in (*blocks("bash"), *blocks("console"), *blocks("sh"), *blocks("shell")):
        for line in block.replace("\\\n", " ").splitlines():
            said = re.sub(r"(^|\s)#.*", "", line).strip().removeprefix("$ ")
            found += [" ".join(part.split()) for part in said.split("&&") if part.strip()]
    return list(dict.fromkeys(found))


def test_every_command_is_covered():
    known = {**CHEAP, **SWEEPS, **ELSEWHERE}
    assert [command for command in commands() if command not in known] == []
    assert [command for command in known if command not in commands()] == []


@pytest.mark.parametrize("place", ELSEWHERE.values())
def test_what_stands_for_a_command_is_there(place):
    file, _, name = place.partition("::")
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    assert name in [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]


def test_two_commands_are_all():
    first, second = blocks("bash")[:2]
    assert first.strip() == INSTALL
    assert second.strip() == CHECK


def test_ci_runs_the_readme_s_command():
    assert "\npip install --quiet tox && tox\n" in (ROOT / ".ci" / "run").read_text("utf-8")
    assert CHECK == "pip install tox && tox"


def test_links_lead_somewhere():
    links = set(re.findall(r"\]\(([^)#]+)\)", README))
    assert {"docs/design.md", "CHANGELOG.md"} <= links
    missing = {link for link in links if "://" not in link and not (ROOT / link).is_file()}
    assert not missing


def test_the_study_shown_is_a_study():
    (text,) = blocks("toml")
    study = Study.parse(text)
    assert len(list(study.cells())) == 12
    assert study.limits.size_bytes == 300_000


@pytest.fixture
def place(tmp_path):
    """A folder in which the README's words mean something: a log, a run, an encoder."""
    (tmp_path / "path/to").mkdir(parents=True)
    lines = [
        f"{user},{(user * 7 + step * (1 + user % 3)) % 30},{user * 100 + step}"
        for user in range(60)
        for step in range(12)
    ]
    (tmp_path / "path/to/log.csv").write_text("\n".join(["user,item,timestamp", *lines]) + "\n")
    ratings = [
        f"{user},{item},4.0,{time}" for user, item, time in (line.split(",") for line in lines)
    ]
    (tmp_path / "data/ml-latest-small").mkdir(parents=True)
    (tmp_path / "data/ml-latest-small/ratings.csv").write_text(
        "\n".join(["userId,movieId,rating,timestamp", *ratings]) + "\n"
    )
    (tmp_path / "path/to/encoder.py").write_text(
        "from dataclasses import dataclass\n"
        "from rbench.encoding import Encoder\n\n\n"
        "@dataclass(frozen=True)\n"
        "class Mine(Encoder):\n"
        "    def encode(self, embeddings, mask, form):\n"
        "        return embeddings[:, -1] if form.last else embeddings\n"
    )
    return tmp_path


def words_of(command):
    """The command's arguments, as a shell would take them apart."""
    program, *arguments = shlex.split(command)
    assert program == "rbench"
    return arguments


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """One for all sweeps here, as a reader has it: what is made once is made."""
    return tmp_path_factory.mktemp("store")


SOON = """
from msgspec.structs import replace
from rbench.study import Study

read = Study.read

def soon(cls, source):
    study = read(source)
    short = dict(rounds=2, instances=1, min_runs=20, min_seconds=0.01, warmup_seconds=0.0, twins=0)
    return replace(
        study,
        data=replace(study.data, synthetic=replace(study.data.synthetic, users=100)),
        train=replace(study.train, epochs=1),
        evaluate=replace(study.evaluate, bootstrap=50),
        profile=replace(study.profile, **short),
    )

Study.read = classmethod(soon)
"""
"""Every study as it stands, but for few users, one epoch and two short rounds: neither what is
learnt nor how long it takes is looked at."""


def run(command, folder, store, *more):
    """Run a command with the `rbench` of this environment."""
    program = SOON + "from rbench.cli import main; main()"
    arguments = words_of(command)
    return subprocess.run(
        [sys.executable, "-P", "-c", program, *arguments, *more],
        cwd=folder,
        env={**os.environ, "COLUMNS": "120", "RBENCH_STORE": str(store)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two made-up runs; tests must not change them."""
    folder = tmp_path_factory.mktemp("runs")
    sizes = {(encoder, "float32"): 200_000 for encoder in ("bow", "gru")}
    for seed, name in enumerate(("mine", "before"), start=1):
        example_run(
            folder / name,
            encoders=("bow", "gru"),
            recipes=("float32",),
            users=40,
            samples=40,
            size_bytes=sizes,
            seed=seed,
        )
    return folder


@pytest.mark.parametrize("command", CHEAP)
def test_cheap_commands_work(command, place, runs, own_store, monkeypatch, capsys):
    shutil.copytree(runs, place / "runs")
    monkeypatch.chdir(place)
    monkeypatch.setenv("COLUMNS", "120")
    with pytest.raises(SystemExit) as left:
        main(words_of(command))
    said = "".join(capsys.readouterr())
    assert left.value.code == 0, said
    assert CHEAP[command] in said


@pytest.mark.slow
@pytest.mark.parametrize("command", SWEEPS)
def test_sweeps_work(command, place, store):
    done = run(command, place, store, *SWEEPS[command])
    assert done.returncode == 0, done.stdout + done.stderr
    (page,) = (place / "runs").glob("*/report.html")
    assert (page.parent / "records.jsonl").read_text("utf-8").count('"state":"ok"') >= 1


@pytest.mark.slow
def test_the_lines_of_python_work(place, store):
    (lines,) = blocks("python")
    whole = 'rbench.sweep("default")'
    assert whole in lines
    program = SOON + lines.replace(
        whole,
        'rbench.sweep(rbench.Study.read("default").narrowed('
        'encoders=["bow"], recipes=["dynamic_wi8"], targets=["cpu"]))',
    )
    program += "\nframe = run.frame()\nassert list(frame.state) == ['ok'], frame.reason\n"
    done = subprocess.run(
        [sys.executable, "-P", "-c", program],
        cwd=place,
        env={**os.environ, "RBENCH_STORE": str(store)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (place / "bundle/client.py").is_file()
