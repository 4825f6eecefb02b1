"""`rbench gate` as CI calls it."""

import json
import resource
import shutil
import subprocess
import sys

import pytest

from rbench.testing.model_file import model_of

NEVER = ("tensorflow", "tf_keras", "ai_edge_litert", "pandas", "plotly", "scipy", "jinja2")


@pytest.mark.slow
def test_within_the_limit(rbench, forty_cells):
    done = rbench("gate", forty_cells, "--max-size", "10MB", without=NEVER, check=0)
    assert "gate: pass (20 passed)" in done.stdout
    assert "attention x static_wi8_ai8" in done.stdout
    assert done.stderr == ""


def test_a_broken_limit(rbench, forty_cells):
    done = rbench("gate", forty_cells, "--max-size", "100KB", check=1)
    first = done.stdout.splitlines()[1]
    assert first.startswith("FAIL")
    assert "196,096  100,000  -96,096  bytes" in first


def test_json_says_the_same(rbench, forty_cells):
    done = rbench("gate", forty_cells, "--max-size", "100KB", "--json", check=1)
    document = json.loads(done.stdout)
    assert document["outcome"] == "fail"
    assert document["exit_code"] == 1
    assert document["limits"] == {"max_size_bytes": 100_000}
    assert len(document["findings"]) == 20
    for finding in document["findings"]:
        assert finding["margin"] == 100_000 - finding["number"]
        assert (finding["status"] == "fail") == (finding["number"] > 100_000)


def test_a_missing_file(rbench, forty_cells, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(forty_cells, run)
    (run / "models/bow/float32.tflite").unlink()
    done = rbench("gate", run, "--max-size", "10MB", check=1)
    assert "models/bow/float32.tflite is missing" in done.stdout
    assert "gate: fail (1 failed, 19 passed)" in done.stdout


def test_names_are_shown_as_they_are(rbench, forty_cells, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(forty_cells, run)
    records = (run / "records.jsonl").read_text()
    (run / "records.jsonl").write_text(records.replace('"encoder":"bow"', '"encoder":"[red]b"'))
    done = rbench("gate", run, "--max-size", "10MB", check=0)
    assert "[red]b x float32" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (["gate"], "Missing argument 'RUN'"),
        (["gate", "{run}"], "Missing option '--max-size'"),
        (["gate", "{run}", "--max-size", "big"], "'big' is no size"),
        (["gate", "{run}", "--max-size", "300kb"], "unknown unit 'kb'"),
        (["gate", "{run}", "--max-size", "0"], "less than one byte"),
        (["gate", "nowhere", "--max-size", "1MB"], "nowhere: no records.jsonl here"),
        (["gate", "{run}", "--max-sise", "1MB"], "No such option"),
    ],
)
def test_wrong_usage(rbench, forty_cells, arguments, cause):
    done = rbench(*(argument.format(run=forty_cells) for argument in arguments), check=2)
    assert cause in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b'{"schema": 2}\n', "schema 2 is newer than this rbench"),
        (b'{"schema": 1, "study"', "records.jsonl, line 1: no JSON document"),
        (b'{"schema": 1}\n', "missing required field"),
        (b"\xff\xfe\n", "no JSON document"),
    ],
)
def test_records_that_cannot_be_read(rbench, tmp_path, content, cause):
    (tmp_path / "records.jsonl").write_bytes(content)
    done = rbench("gate", tmp_path, "--max-size", "1MB", check=2)
    assert cause in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_run_without_records_measures_nothing(rbench, tmp_path):
    (tmp_path / "records.jsonl").write_bytes(b"")
    done = rbench("gate", tmp_path, "--max-size", "1MB", check=1)
    assert "run.json is missing: it is not known how many cells there should be" in done.stdout


def test_help_has_examples_and_exit_codes(rbench):
    done = rbench("gate", "--help", check=0)
    assert "--max-size 300KB" in done.stdout
    assert "Exit codes:" in done.stdout


def seconds_of_work(call):
    """Of the processor, in the processes that a call starts: what else runs does not count."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    call()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.slow
def test_it_takes_little(rbench, forty_cells):
    command = ["gate", forty_cells, "--max-size", "10MB"]
    assert seconds_of_work(lambda: rbench(*command, without=NEVER[:3], check=0)) < 3.0


BUDGET = """
[[cells]]
size = { max = "10MB", max_growth = "5%", max_drift = "10%" }
gzip = { max = "10MB" }
quality."ndcg@10" = { min = 0.01, max_loss = "20%" }

[[cells]]
recipe = "*wi8*"
latency = { max_ratio = 1.0, reference = { recipe = "float32" } }

[[cells]]
target = "xnnpack"
delegation = { min = "50%" }
"""


@pytest.fixture
def budget(tmp_path):
    path = tmp_path / "rbench-budget.toml"
    path.write_text(BUDGET)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["table", "json", "markdown", "junit", "github"])
def test_a_budget_needs_nothing_heavy(rbench, forty_cells, budget, kind):
    command = ["gate", forty_cells, "--budget", budget, "--against", forty_cells]
    done = rbench(*command, "--format", kind, without=NEVER, check=0)
    assert done.stderr == ""
    assert "delegation" in done.stdout or kind == "github"


@pytest.mark.slow
def test_a_budget_of_every_kind_takes_little(rbench, forty_cells, budget):
    command = ["gate", forty_cells, "--budget", budget, "--against", forty_cells]
    assert seconds_of_work(lambda: rbench(*command, without=NEVER[:3], check=0)) < 3.0


def test_a_wrong_budget_is_one_line(rbench, forty_cells, tmp_path):
    (tmp_path / "b.toml").write_text("[[cells]]\nsize = { maks = 3 }\n")
    done = rbench("gate", forty_cells, "--budget", "b.toml", check=2)
    assert done.stdout == ""
    assert done.stderr.startswith("rbench: b.toml, key cells[0].size: unknown key 'maks'; allowed:")
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_budget_with_cells_needs_a_run(rbench, budget):
    assert "Missing argument 'RUN'" in rbench("gate", "--budget", budget, check=2).stderr


@pytest.mark.slow
def test_timing_two_files_needs_the_extra(rbench, tmp_path):
    (tmp_path / "a.tflite").write_bytes(model_of(100))
    pair = ["gate", "--model", "a.tflite", "--against-model", "a.tflite"]
    program = (
        "import importlib.util as u, sys\n"
        "sys.argv = ['rbench', *sys.argv[1:]]\n"
        "real = u.find_spec\n"
        "import rbench.system.extras\n"
        "rbench.system.extras.find_spec = lambda n: None if n == 'ai_edge_litert' else real(n)\n"
        "from rbench.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program, *pair],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "pip install 'rbench[profile]'" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    rbench(*pair, "--max-growth", "1%", without=NEVER, check=0)
