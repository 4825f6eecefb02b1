"""The options of `rbench gate` with nothing or nonsense in them; errors in every format."""

import json
from xml.etree import ElementTree

import click
import pytest

from rbench.cli import main
from rbench.cli.gate import command
from rbench.cli.gate_command import format_of
from rbench.testing.model_file import model_of

OPTIONS = ["--max-size", "--budget", "--against", "--update", "--model", "--against-model"]
OPTIONS += ["--max-growth", "--max-ratio", "--target", "--range", "--format"]


def gate(*arguments):
    with pytest.raises(SystemExit) as caught:
        main(["gate", *map(str, arguments)])
    return caught.value.code


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Two equal models in the folder that the test stands in."""
    for name in ("new.tflite", "old.tflite"):
        (tmp_path / name).write_bytes(model_of(700))
    monkeypatch.chdir(tmp_path)
    return ["--model", "new.tflite", "--against-model", "old.tflite"]


def test_every_option_is_tried():
    taking = [one for one in command.params if isinstance(one, click.Option) and not one.is_flag]
    assert {one.opts[0] for one in taking} == set(OPTIONS)


@pytest.mark.parametrize("value", ["", " "])
@pytest.mark.parametrize("option", OPTIONS)
def test_an_empty_option_is_a_mistake(files, option, value, capsys):
    """As of a variable of CI that is not set, whatever limits stand beside it."""
    for beside in ([*files, "--max-growth", "2%"], [*files[:2], "--max-size", "1MB"], ["."]):
        assert gate(*beside, option, value) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert "Traceback" not in said.err


@pytest.mark.parametrize("option", OPTIONS[:8])
def test_an_empty_option_is_said_to_be_empty(files, option, capsys):
    gate(*files, option, "")
    assert "it is empty, as of a variable that is not set" in capsys.readouterr().err


def test_an_empty_run_is_not_the_folder_here(files, capsys):
    assert gate("", "--max-size", "1MB") == 2
    assert "'' is no path" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "-1", "0", "-0.0", "1e999", "much", "1,5"])
def test_no_ratio_is_an_odd_number(files, value, capsys):
    assert gate(*files, "--max-ratio", value) == 2
    assert f"'{value}' is no ratio; allowed: a number above 0" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["nan", "nan%", "inf", "-5%", "5", "1e3%", "9" * 400 + "%"])
def test_no_growth_is_an_odd_number(files, value, capsys):
    assert gate(*files, "--max-growth", value) == 2
    assert "is no share" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["nan", "inf", "-5", "0", "9" * 400, "999999999999999GiB"])
def test_no_size_is_an_odd_number(files, value, capsys):
    assert gate(*files, "--max-size", value) == 2
    assert gate(".", "--max-size", value) == 2
    assert capsys.readouterr().err.count("Invalid value for '--max-size'") == 2


def test_a_target_is_for_what_is_timed(files, capsys):
    assert gate(*files, "--max-growth", "2%", "--target", "cpu") == 2
    assert gate(".", "--max-size", "1MB", "--target", "cpu") == 2
    assert gate(*files, "--max-growth", "2%", "--range", "x=0:1") == 2
    assert gate(".", "--max-size", "1MB", "--range", "x=0:1") == 2
    assert capsys.readouterr().err.count("--range are for") == 4


@pytest.mark.parametrize(
    ("budget", "option", "code"), [(600, 800, 1), (800, 600, 1), (800, 700, 0)]
)
def test_of_two_limits_both_hold(files, tmp_path, budget, option, code):
    rule = '[[files]]\npath = "*.tflite"\nsize = { max = 800 }\n'
    (tmp_path / "budget.toml").write_text(f"max_size_bytes = {budget}\n{rule}")
    assert gate("--budget", "budget.toml", "--max-size", option) == code


WRONG = {
    "a missing file": (["--budget", "missing.toml"], "missing.toml: cannot read the budget"),
    "a word of the command": (["--model", "new.tflite"], "--model needs --max-size"),
    "a word of the parser": (["--no-such"], "No such option"),
    "a value": (["--max-size", "big"], "'big' is no size"),
    "hostile": (["--budget", "x\n::error::<b>|\x1b[1m"], "cannot read the budget"),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_error_is_a_document_of_the_format(files, name, capsys):
    words, says = WRONG[name]
    told = {}
    for kind in ("table", "json", "markdown", "junit", "github"):
        assert gate(*words, "--format", kind) == 2
        said = capsys.readouterr()
        told[kind] = said.out
        assert " ".join(said.err.split()).count(says) == 1
    assert told["table"] == ""
    document = json.loads(told["json"])
    assert (document["outcome"], document["exit_code"]) == ("error", 2)
    assert says in document["error"]
    suite = ElementTree.fromstring(told["junit"])
    assert suite.get("errors") == "1"
    assert says in suite.find("testcase/error").get("message")
    (line,) = told["github"].splitlines()
    assert line.startswith("::error title=rbench gate::")
    assert says in line
    head, empty, message = told["markdown"].splitlines()
    assert (head, empty) == ("### rbench gate: error", "")
    assert says.replace("_", r"\_") in message
    assert "<b>" not in message


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ([], "table"),
        (["--format", "junit"], "junit"),
        (["--format=github"], "github"),
        (["--format", "junit", "--json"], "json"),
        (["--format", "junit", "--format", "markdown"], "markdown"),
        (["--format"], ""),
        (["--", "--json"], "table"),
    ],
)
def test_the_format_is_known_before_the_words_are_right(words, kind):
    assert format_of(words) == kind


def test_a_baseline_that_cannot_be_written_leaves_one_document(files, tmp_path, capsys):
    (tmp_path / "budget.toml").write_text('[[files]]\npath = "*.tflite"\nsize = { max = 800 }\n')
    (tmp_path / "taken").write_text("no folder")
    words = ["--budget", "budget.toml", "--update", "taken/baseline.json", "--format", "json"]
    assert gate(*words) == 2
    assert json.loads(capsys.readouterr().out)["outcome"] == "error"


def test_a_sign_stands_apart_from_a_name_that_begins_a_line(files, tmp_path, capsys):
    (tmp_path / "x\n::error title=y::z.tflite").write_bytes(b"<html>")
    (tmp_path / "budget.toml").write_text('[[files]]\npath = "x*"\nsize = { max = 800 }\n')
    assert gate("--budget", "budget.toml") == 1
    first, *rest = capsys.readouterr().out.splitlines()
    assert first.startswith("FAIL x ")
    assert not any(line.lstrip().startswith("::") for line in rest)
