"""Optional libraries: named in one line where they are missing."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from rbench.errors import MissingExtraError
from rbench.system import extras

ROOT = Path(__file__).resolve().parents[2]


def test_a_missing_extra_names_the_command_and_the_remedy(monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError) as caught:
        extras.require("sweep", "rbench sweep")
    text = str(caught.value)
    assert text.startswith("rbench sweep needs ai_edge_litert, backports.zstd, tensorflow")
    assert "pip install 'rbench[sweep]'" in text
    assert "\n" not in text


def test_a_present_extra_passes(monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: object())
    extras.require("profile", "rbench profile")


def test_a_module_that_cannot_be_imported_is_missing(monkeypatch):
    monkeypatch.setitem(extras.EXTRAS, "profile", ("no_such_module_here", "no_such.inner"))
    with pytest.raises(MissingExtraError, match=r"no_such_module_here, no_such\.inner"):
        extras.require("profile", "rbench profile")


def test_a_part_of_an_extra_can_be_asked_for(monkeypatch):
    monkeypatch.setattr(extras, "is_there", lambda name: name == "pandas")
    extras.require("report", "a table", "pandas")
    with pytest.raises(MissingExtraError) as caught:
        extras.require("report", "a page", "jinja2", "pandas", instead="--format csv")
    assert caught.value.what == "a page needs jinja2"
    assert caught.value.remedy.endswith("pip install 'rbench[report]'; or without it: --format csv")


def test_every_module_is_brought_by_its_extra():
    """As pyproject.toml has it; modules are named as their packages are, or nearly so."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    brought = project["optional-dependencies"]
    for extra, modules in extras.EXTRAS.items():
        lines = list(brought[extra])
        for other in re.findall(r"rbench\[(.*?)\]", " ".join(lines)):
            lines += [line for name in other.split(",") for line in brought[name]]
        packages = {re.split(r"[<>=\[]", line)[0].replace("-", "_") for line in lines}
        assert set(modules) <= packages, extra
        assert not packages & {re.split(r"[<>=]", line)[0] for line in project["dependencies"]}


@pytest.mark.slow
def test_the_remedy_takes_the_rbench_that_is_here(tmp_path):
    """Without any index: pip asks none for what is installed, only for what an extra brings."""
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-index", "--no-deps"]
    done = subprocess.run(
        [*command, "rbench[profile]"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    if "No module named pip" in done.stderr:
        pytest.skip("no pip here")
    assert done.returncode == 0, done.stderr
    assert "Requirement already satisfied: rbench[profile]" in done.stdout


def test_nobody_is_told_to_install_a_release_that_is_not_there():
    """docs/gating.md says what works before the first release on PyPI; nowhere the bare name."""
    pages = [*ROOT.glob("*.md"), *ROOT.glob("*.yml"), *(ROOT / "docs").glob("*.md")]
    bare = re.compile(r"pip install (?:--\S+ )*[\"']?rbench(?:[\"'`]| (?!@)|$)", re.M)
    found = {page.name: bare.findall(page.read_text("utf-8")) for page in pages}
    assert {name: lines for name, lines in found.items() if lines} == {}
    assert "(docs/gating.md#installing)" in (ROOT / "README.md").read_text("utf-8")
    assert "\n## Installing\n" in (ROOT / "docs/gating.md").read_text("utf-8")
