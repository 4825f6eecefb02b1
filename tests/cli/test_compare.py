"""`rbench compare` as people and CI call it."""

import json
import shutil

import pytest

from rbench.system import extras
from rbench.testing.runs import example_run

NEVER = ("tensorflow", "tf_keras", "ai_edge_litert", "pandas", "scipy")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    place = tmp_path_factory.mktemp("runs")
    example_run(place / "a", users=200)
    example_run(place / "b", users=200, seed=2, states={("gru", "float32", "cpu"): "failed"})
    example_run(place / "elsewhere", encoders=("mine",), recipes=("float32",), targets=("cpu",))
    return place


@pytest.mark.slow
def test_it_says_what_changed_and_where_the_page_lies(rbench, runs):
    process = rbench("compare", "a", "b", without=NEVER, cwd=runs, check=0)
    assert process.stderr == ""
    lines = process.stdout.splitlines()
    assert lines[-1] == "b/compare.html"
    assert lines[-2].startswith("compare: 1 worse, ")
    assert "WORSE  gru x float32 x cpu" in process.stdout
    assert "not comparable: gru x float32 x cpu (latency): in B: failed" in process.stdout
    assert "note: users=200: a loss of ndcg@10 below " in process.stdout
    assert (runs / "b/compare.html").read_text("utf-8").startswith("<!doctype html>")


@pytest.fixture
def base(monkeypatch):
    """As `pip install rbench` leaves it: nothing that draws."""
    there = extras.is_there
    absent = extras.EXTRAS["report"]
    monkeypatch.setattr(extras, "is_there", lambda name: name not in absent and there(name))


def test_without_what_draws_it_compares_and_says_what_a_page_needs(rbench, runs, base, tmp_path):
    shutil.copytree(runs, tmp_path / "runs", ignore=shutil.ignore_patterns("compare.*"))
    process = rbench("compare", "a", "b", cwd=tmp_path / "runs", check=0)
    assert process.stdout.splitlines()[-1].startswith("compare: 1 worse, ")
    assert process.stderr == (
        "rbench: no page was written: an HTML page needs jinja2, plotly; install it with: "
        "pip install 'rbench[report]'; or without it: --format markdown\n"
    )
    assert not (tmp_path / "runs/b/compare.html").exists()


@pytest.mark.parametrize("asked", [("--format", "html"), ("--out", "page.html")])
def test_without_what_draws_it_a_page_that_is_asked_for_is_an_error(rbench, runs, base, asked):
    process = rbench("compare", "a", "b", *asked, cwd=runs, check=2)
    assert process.stdout == ""
    assert "pip install 'rbench[report]'" in process.stderr


@pytest.mark.parametrize(
    ("kind", "start"),
    [("markdown", "# a and b"), ("json", '{\n  "schema": 1'), ("csv", "encoder,recipe,target")],
)
def test_dash_prints_the_document_alone(rbench, runs, kind, start):
    process = rbench("compare", "a", "b", "--format", kind, "--out", "-", cwd=runs, check=0)
    assert process.stdout.startswith(start)
    assert not (runs / "b" / f"compare.{kind}").exists()


def test_nothing_comparable_is_two_and_says_why(rbench, runs):
    process = rbench("compare", "a", "elsewhere", "--out", "x.json", "--format", "json", cwd=runs)
    assert process.returncode == 2
    assert "only A has this cell" in process.stdout
    assert "only B has this cell" in process.stdout
    assert json.loads((runs / "x.json").read_text("utf-8"))["differences"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("a", "nowhere"), "no records.jsonl here"),
        (("a",), "Missing argument 'B'"),
        (("a", "b", "--format", "pdf"), "unknown report 'pdf'; allowed: csv, html, json, markdown"),
    ],
)
def test_wrong_usage_is_two_in_a_few_lines(rbench, runs, arguments, said):
    process = rbench("compare", *arguments, cwd=runs, check=2)
    assert said in process.stderr
    assert "Traceback" not in process.stderr


def test_names_are_no_markup_for_the_terminal(rbench, runs):
    example_run(runs / "evil", encoders=("[bold]x[/]",), recipes=("float32",), targets=("cpu",))
    process = rbench("compare", "a", "evil", "--out", "evil.md", "--format", "markdown", cwd=runs)
    assert "[bold]x[/] x float32 x cpu" in process.stdout
