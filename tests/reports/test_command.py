import errno
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from rbench.cli.report import command
from rbench.errors import MissingExtraError, OutputError, PluginError, RecordError
from rbench.system import extras


def invoke(*arguments):
    return CliRunner().invoke(command, [str(a) for a in arguments], catch_exceptions=True)


def test_writes_into_the_runs_folder_and_prints_where(small):
    result = invoke(small.folder)
    assert result.exit_code == 0, result.output
    path = small.folder / "report.html"
    assert result.output.strip() == str(path)
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_out_and_against(small, tmp_path):
    path = tmp_path / "deep" / "page.html"
    result = invoke(small.folder, "--out", path, "--against", small.folder)
    assert result.exit_code == 0, result.output
    assert "What changed?" in path.read_text(encoding="utf-8")


def test_unknown_kind_names_the_known_ones(small):
    error = invoke(small.folder, "--kind", "pdf").exception
    assert isinstance(error, PluginError)
    assert "html" in error.allowed


def test_no_run_there(tmp_path):
    assert isinstance(invoke(tmp_path).exception, RecordError)
    assert not list(tmp_path.iterdir())


def test_help_has_examples():
    assert "Examples:" in invoke("--help").output


@pytest.mark.slow
def test_imports_neither_tensorflow_nor_pandas(small):
    code = (
        "import sys\n"
        "from rbench.records.run_folder import read_run\n"
        "from rbench_reports.html import Html\n"
        f"Html().render(read_run({str(small.folder)!r}))\n"
        "heavy = {'tensorflow', 'tf_keras', 'ai_edge_litert', 'pandas', 'scipy'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("kind", ["html", "markdown", "json", "csv"])
def test_only_the_page_needs_what_draws_it(small, tmp_path, monkeypatch, kind):
    there, absent = extras.is_there, extras.EXTRAS["report"]
    monkeypatch.setattr(extras, "is_there", lambda name: name not in absent and there(name))
    for module in absent:
        monkeypatch.setitem(sys.modules, module, None)
    path = tmp_path / "report"
    error = invoke(small.folder, "--format", kind, "--out", path).exception
    if kind == "html":
        assert isinstance(error, MissingExtraError)
        assert error.what == "an HTML page needs jinja2, plotly"
        assert "pip install 'rbench[report]'" in error.remedy
    assert path.exists() == (kind != "html")


@pytest.mark.parametrize("place", ["/proc/none/report.html"])
def test_a_place_that_cannot_be_written(small, place):
    assert "cannot write" in str(invoke(small.folder, "--out", place).exception)


def test_a_folder_is_not_replaced_by_a_page(small, tmp_path):
    (tmp_path / "page.html").mkdir()
    assert "Is a directory" in str(invoke(small.folder, "--out", tmp_path / "page.html").exception)
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


@pytest.mark.parametrize("error", [errno.EROFS, errno.EACCES, errno.ENOSPC])
def test_a_page_that_cannot_be_written_leaves_the_old_one(small, tmp_path, monkeypatch, error):
    path = tmp_path / "page.html"
    path.write_text("old")

    def fail(*_):
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr("rbench.system.writing._write", fail)
    found = invoke(small.folder, "--out", path).exception
    assert isinstance(found, OutputError)
    assert os.strerror(error) in str(found)
    assert [one.name for one in tmp_path.iterdir()] == ["page.html"]
    assert path.read_text() == "old"


def test_a_path_that_is_not_utf_8(small, tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xff.md")
    result = invoke(small.folder, "--format", "markdown", "--out", path)
    assert result.exit_code == 0
    assert result.output.endswith("caf\\xff.md\n")
    assert path.read_text("utf-8").startswith("# ")


@pytest.mark.parametrize("kind", ["html", "markdown", "json", "csv"])
def test_a_document_for_the_terminal_is_utf_8(small, kind, tmp_path):
    path = tmp_path / "document"
    assert invoke(small.folder, "--format", kind, "--out", path).exit_code == 0
    said = invoke(small.folder, "--format", kind, "--out", "-").stdout_bytes
    assert said.rstrip(b"\n") == path.read_bytes().rstrip(b"\n")
