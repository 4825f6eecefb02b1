"""What is tested is what is shipped: the wheel holds the checkout's files, and tox tests it."""

import configparser
import importlib.metadata
import os
import resource
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import rbench
from rbench.testing.model_file import EMPTY

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = {
    "rbench": "rbench",
    "rbench_encoders": "encoders",
    "rbench_reports": "reports",
    "rbench/studies": "studies",
}
"""Folder in the wheel -> folder in the checkout."""
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
UNDER_TOX = "TOX_ENV_NAME" in os.environ


def expected():
    """Path in the wheel -> content, as the checkout has it."""
    found = {}
    for inside, folder in FOLDERS.items():
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                found[f"{inside}/{path.relative_to(ROOT / folder).as_posix()}"] = path.read_bytes()
    return found


def compare(shipped):
    """Both ways, contents too."""
    wanted = expected()
    assert sorted(set(wanted) - set(shipped)) == [], "missing in the wheel"
    assert sorted(set(shipped) - set(wanted)) == [], "in the wheel only; is there an old build/?"
    assert [name for name in wanted if wanted[name] != shipped[name]] == []


def is_ours(name):
    return name.split("/")[0] in ("rbench", "rbench_encoders", "rbench_reports")


def installed_editable():
    """Whether the checkout itself is what is imported."""
    return Path(rbench.__file__).is_relative_to(ROOT / "rbench")


@pytest.mark.skipif(not UNDER_TOX, reason="only tox tests the wheel")
def test_tox_tests_the_wheel_and_not_the_checkout():
    assert not installed_editable()
    program = "import rbench; print(rbench.__file__)"
    for command in (["-c", program], ["-m", "rbench.cli", "--version"]):
        subprocess.run([sys.executable, *command], cwd=ROOT, check=True, capture_output=True)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == rbench.__file__


@pytest.mark.skipif(installed_editable(), reason="an editable install has no files of its own")
def test_the_installed_wheel_holds_the_checkout():
    files = importlib.metadata.files("rbench")
    compare(
        {
            file.as_posix(): file.locate().read_bytes()
            for file in files
            if is_ours(file.as_posix()) and "__pycache__" not in file.parts
        }
    )


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """A wheel, built from a copy of the checkout."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    for folder in FOLDERS.values():
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    target = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", target, copy],
        check=True,
    )
    (built,) = target.glob("*.whl")
    return built


@pytest.mark.slow
def test_a_wheel_holds_the_checkout(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        compare({name: archive.read(name) for name in names if is_ours(name)})
    others = {name.split("/")[0] for name in names if not is_ours(name)}
    assert others == {f"rbench-{PROJECT['project']['version']}.dist-info"}


MOST_BYTES = 30_000_000
"""What the wheels of the base may weigh together."""
MOST_SECONDS = 30
"""What installing the base and gating a model's size may take, of processor time: wall time is the
same on a machine that has nothing else to do."""


@pytest.fixture(scope="session")
def wheels(wheel, tmp_path_factory):
    """The wheels of a base install."""
    folder = tmp_path_factory.mktemp("wheels")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "-d", folder, wheel]
    subprocess.run(command, check=True)
    return folder


@pytest.mark.slow
def test_the_base_is_light(wheels):
    sizes = {path.name: path.stat().st_size for path in wheels.iterdir()}
    assert sum(sizes.values()) <= MOST_BYTES, sizes
    names = {name.partition("-")[0] for name in sizes}
    assert {"rbench", "numpy", "msgspec"} <= names
    extras = {"jinja2", "pandas", "plotly", "tensorflow", "tf_keras", "ai_edge_litert", "scipy"}
    assert not names & (extras | {"pyarrow"})


def processor_seconds():
    """Of all child processes that ended, and theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.slow
def test_the_base_install_gates_lists_compares_and_reports_in_text(wheels, tmp_path):
    """No extra, so no TensorFlow and no LiteRT: a fresh environment, as in a user's CI."""
    home = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", home], check=True)
    python = home / "bin" / "python"
    (tmp_path / "model.tflite").write_bytes(EMPTY)
    (tmp_path / "budget.toml").write_text('[[files]]\npath = "*.tflite"\nsize = { max = "1KB" }\n')
    start = processor_seconds()
    install = ["install", "--quiet", "--no-compile", "--no-index", "--find-links", wheels]
    subprocess.run([python, "-m", "pip", *install, "rbench"], env=outside(), check=True)
    gate = [home / "bin" / "rbench", "gate", "--budget", "budget.toml"]
    subprocess.run(gate, cwd=tmp_path, env=outside(), check=True)
    assert processor_seconds() - start < MOST_SECONDS

    def run(*arguments):
        done = subprocess.run(
            [home / "bin" / "rbench", *arguments],
            cwd=tmp_path,
            env=outside(),
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    make = (
        "from pathlib import Path; from rbench.testing.runs import example_run; "
        "example_run(Path('run')); example_run(Path('other'), seed=2)"
    )
    subprocess.run([python, "-c", make], cwd=tmp_path, env=outside(), check=True)
    assert run("--help")[0] == 0
    assert "movielens-small" in run("list", "studies")[1]
    assert "rbench_encoders.gru:Gru" in run("list", "encoders")[1]
    assert run("gate", "run", "--max-size", "10MB")[0] == 0
    assert run("gate", "run", "--max-size", "1KB")[0] == 1
    for kind in ("markdown", "json", "csv"):
        for command in (("report", "run"), ("compare", "other", "run")):
            code, said = run(*command, "--format", kind)
            assert code == 0, said
    code, said = run("compare", "other", "run")
    assert code == 0, said
    assert "rbench: no page was written: an HTML page needs jinja2, plotly" in said
    for command, extra in (
        (("report", "run"), "report"),
        (("sweep",), "sweep"),
        (("inspect", "run/models/gru/float32.tflite"), "profile"),
        (("gate", "--model", "model.tflite", "--against-model", "model.tflite"), "profile"),
    ):
        code, said = run(*command)
        assert code == 2, said
        assert f"pip install 'rbench[{extra}]'" in said
        assert len(said.strip().splitlines()) == 1


def outside():
    """The environment without what leads to the checkout."""
    return {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}


def test_every_package_is_named():
    named = set(PROJECT["tool"]["setuptools"]["packages"])
    found = {
        ".".join([inside.replace("/", "."), *path.parent.relative_to(ROOT / folder).parts])
        for inside, folder in FOLDERS.items()
        for path in (ROOT / folder).rglob("*.py")
        if "__pycache__" not in path.parts
    }
    assert named == found


def test_entry_points_point_at_something():
    for group in ("rbench.encoders", "rbench.reports"):
        for value in PROJECT["project"]["entry-points"][group].values():
            module, _, name = value.partition(":")
            package, _, file = module.partition(".")
            path = ROOT / FOLDERS[package] / f"{file}.py"
            assert f"class {name}" in path.read_text("utf-8")
    for group in ("rbench.schemes", "rbench.compressions"):
        for value in PROJECT["project"]["entry-points"][group].values():
            module, _, name = value.partition(":")
            path = ROOT / f"{module.replace('.', '/')}.py"
            assert f"\n{name} = " in path.read_text("utf-8")


def test_the_version_is_the_changelog_s():
    version = importlib.metadata.version("rbench")
    assert version == PROJECT["project"]["version"]
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("tool", "repository"), [("ruff", "ruff-pre-commit"), ("codespell", "codespell")]
)
def test_tox_and_pre_commit_use_the_same(tool, repository):
    tox = configparser.ConfigParser()
    tox.read(ROOT / "tox.ini")
    hooks = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    pins = dict(line.split("==") for line in tox["testenv:lint"]["deps"].split())
    assert f"/{repository}\n    rev: v{pins[tool]}\n" in hooks


def test_tox_packages_a_wheel_with_every_extra_that_tests_need():
    tox = configparser.ConfigParser()
    tox.read(ROOT / "tox.ini")
    assert tox["testenv"]["package"] == "wheel"
    assert set(tox["testenv"]["extras"].split()) == {"sweep", "test"}


def test_ci_is_a_program_that_bash_can_read():
    path = ROOT / ".ci" / "run"
    assert os.access(path, os.X_OK)
    subprocess.run(["bash", "-n", path], check=True)
