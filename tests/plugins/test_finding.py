"""Plug-ins: found by entry point or file, refused with a cause."""

import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest

from rbench import installed
from rbench.encoding import Encoder
from rbench.errors import PluginError
from rbench.plugins import finding

OURS = {"attention", "bow", "cnn", "gru", "lru", "lstm"}
SOURCE = """
from __future__ import annotations

from dataclasses import dataclass

from rbench.encoding import Encoder


@dataclass(frozen=True)
class Mine(Encoder):
    blocks: int = 2

    def encode(self, embeddings, mask, form):
        return embeddings


class Other:
    pass
"""


@pytest.fixture
def written(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(SOURCE)
    return path


@pytest.fixture
def registered(monkeypatch):
    """Registers entry points under both groups, in place of the installed ones."""

    def register(**values):
        def entries(group):
            return {name: EntryPoint(name, value, group) for name, value in values.items()}

        monkeypatch.setattr(installed, "entries", entries)

    return register


def test_ours_come_in_through_the_entry_points():
    assert set(installed.names(finding.ENCODERS)) >= OURS
    assert "html" in installed.names(finding.REPORTS)
    assert installed.describe(finding.ENCODERS)["bow"] == "rbench_encoders.bow:Bow (rbench)"


@pytest.mark.parametrize("name", sorted(OURS))
def test_ours_are_encoders(name):
    made = finding.encoder(name)
    assert isinstance(made, Encoder)
    assert len(finding.source_hash(name)) == 64


def test_an_encoder_from_a_file(written):
    name = f"{written}:Mine"
    made = finding.encoder(name, {"blocks": 3})
    assert isinstance(made, Encoder)
    assert made.blocks == 3
    before = finding.source_hash(name)
    written.write_text(SOURCE + "CHANGED = True\n")
    assert finding.source_hash(name) != before


def test_nothing_is_written_beside_a_file(written, monkeypatch):
    monkeypatch.setattr(finding.sys, "dont_write_bytecode", False)
    finding.encoder(f"{written}:Mine")
    assert [path.name for path in written.parent.iterdir()] == ["mine.py"]


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("transformer", "unknown encoder 'transformer'"),
        ("{folder}/none.py:Mine", "no such file"),
        ("{folder}/mine.py:Absent", "no class 'Absent' here"),
        ("{folder}/mine.py:Other", "is no encoder"),
        ("{folder}/broken.py:Mine", "ZeroDivisionError: division by zero"),
        ("{folder}/torn.py:Mine", "SyntaxError"),
    ],
)
def test_what_is_not_there_or_not_sound_is_refused(name, cause, written):
    (written.parent / "broken.py").write_text("1 / 0\n")
    (written.parent / "torn.py").write_text("class Mine(\n")
    with pytest.raises(PluginError) as caught:
        finding.encoder(name.format(folder=written.parent))
    assert cause in str(caught.value)


def test_an_unknown_name_shows_what_is_there():
    with pytest.raises(PluginError) as caught:
        finding.encoder("transformer")
    assert all(name in caught.value.allowed for name in OURS)
    assert "rbench list encoders" in caught.value.remedy


@pytest.mark.parametrize(
    ("options", "cause"),
    [
        ({"layers": 2}, "has no option 'layers'"),
        ({"blocks": "two"}, "Expected `int`, got `str`"),
    ],
)
def test_options_are_checked(options, cause, written):
    with pytest.raises(PluginError) as caught:
        finding.encoder(f"{written}:Mine", options)
    assert cause in str(caught.value)
    assert "blocks" in caught.value.allowed


def test_a_broken_module_behind_an_entry_point(registered):
    registered(theirs="no_such_package.module:Theirs")
    with pytest.raises(PluginError) as caught:
        finding.encoder("theirs")
    assert "cannot be loaded from no_such_package.module:Theirs" in str(caught.value)
    assert "ModuleNotFoundError" in str(caught.value)


def test_describing_imports_nothing(registered):
    registered(theirs="no_such_package.module:Theirs")
    assert installed.describe(finding.ENCODERS) == {
        "theirs": "no_such_package.module:Theirs (unknown)"
    }


def test_a_report_needs_render(registered):
    registered(empty="builtins:object", broken="builtins:memoryview")
    with pytest.raises(PluginError, match="has no render"):
        finding.report("empty")
    with pytest.raises(PluginError, match="cannot be made"):
        finding.report("broken")
    with pytest.raises(PluginError, match="unknown report 'pdf'"):
        finding.report("pdf")


@pytest.fixture
def package(tmp_path, monkeypatch, registered):
    """A stranger's package with the encoder ``theirs``."""
    folder = tmp_path / "their_package"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "mine.py").write_text(f"from .parts import part\n{SOURCE}")
    (folder / "parts.py").write_text("part = 1\n")
    (folder / "other.py").write_text("other = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    registered(theirs="their_package.mine:Mine")
    return folder


@pytest.mark.parametrize(
    ("file", "counts"), [("mine", True), ("parts", True), ("other", False), ("__init__", False)]
)
def test_the_source_of_an_encoder_is_what_its_file_leads_to(package, file, counts):
    before = finding.source_hash("theirs")
    with (package / f"{file}.py").open("a") as changed:
        changed.write("CHANGED = True\n")
    assert (finding.source_hash("theirs") != before) == counts


@pytest.mark.parametrize(
    ("file", "counts"), [("encoding", True), ("bounds", True), ("gate", False)]
)
def test_and_what_that_leads_to_in_rbench(package, written, tmp_path, monkeypatch, file, counts):
    ours = tmp_path / "rbench"
    ours.mkdir()
    (ours / "encoding.py").write_text("from rbench.bounds import x\nclass Encoder: pass\n")
    (ours / "bounds.py").write_text("x = 1\n")
    (ours / "gate.py").write_text("y = 1\n")
    monkeypatch.setattr(finding, "_OURS", {"rbench": [ours]})
    names = ("theirs", f"{written}:Mine")
    before = [finding.source_hash(name) for name in names]
    with (ours / f"{file}.py").open("a") as changed:
        changed.write("CHANGED = True\n")
    after = [finding.source_hash(name) for name in names]
    assert [old != new for old, new in zip(before, after, strict=True)] == [counts] * 2


def test_a_moved_file_is_the_same_encoder(written):
    before = finding.source_hash(f"{written}:Mine")
    moved = written.rename(written.with_name("moved.py"))
    assert finding.source_hash(f"{moved}:Mine") == before


@pytest.mark.slow
def test_reading_an_encoders_source_runs_nothing_heavy():
    program = (
        "import sys; from rbench import installed; from rbench.plugins import finding; "
        "[finding.source_hash(name) for name in installed.names(finding.ENCODERS)]; "
        "sys.exit('tensorflow' in sys.modules or 'tf_keras' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("deed", ["sys.exit(0)", "raise GeneratorExit", "1 / 0"])
def test_a_report_that_does_not_write_is_an_error(registered, tmp_path, monkeypatch, deed):
    (tmp_path / "odd_report.py").write_text(
        "import sys\nclass Imported:\n    suffix = '.x'\n"
        f"    def render(self, run, baseline=None):\n        {deed}\n"
        f"class Made(Imported):\n    def __init__(self):\n        {deed}\n"
    )
    (tmp_path / "odd_module.py").write_text(f"import sys\n{deed}\n")
    monkeypatch.syspath_prepend(tmp_path)
    registered(a="odd_module:Odd", b="odd_report:Made", c="odd_report:Imported")
    for name in "ab":
        with pytest.raises(PluginError, match=f"'{name}' cannot be"):
            finding.report(name)
    with pytest.raises(PluginError, match="report 'c' failed"):
        finding.written("c", finding.report("c").render, None)


def test_a_report_writes_text():
    assert finding.written("x", lambda run: f"text of {run}", 3) == "text of 3"
    with pytest.raises(PluginError, match="report 'x' wrote bytes"):
        finding.written("x", lambda: b"")


def test_ctrl_c_in_a_plug_in_stays_what_it_is():
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        finding.written("x", interrupted)


@pytest.mark.parametrize("content", ["class Mine(", "x = '\0'", "(" * 5000])
def test_source_that_cannot_be_parsed_has_a_hash(tmp_path, monkeypatch, registered, content):
    package = tmp_path / "odd_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "mine.py").write_text(content)
    monkeypatch.syspath_prepend(tmp_path)
    registered(odd="odd_package.mine:Mine")
    assert len(finding.source_hash("odd")) == 64
