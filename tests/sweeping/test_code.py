"""The code in a key: a change in what a stage is made of makes another key, any other does not."""

import ast
import inspect
import random
import sys
from pathlib import Path

import msgspec
import pytest

import rbench
from rbench import installed, plugins
from rbench.cells import tools
from rbench.errors import StageError
from rbench.profile import ProfileSettings
from rbench.profile.checking import Checker
from rbench.profile.tool import Delegate
from rbench.recipes.registered import COMPRESSIONS, SCHEMES
from rbench.records import Check
from rbench.study import Study
from rbench.sweeping import perform as performing
from rbench.sweeping.code import FOLDERS, code_of, files_of
from rbench.sweeping.given import Given
from rbench.sweeping.jobs import STAGES, Bench, CheckJob
from rbench.sweeping.plan import plan
from rbench.sweeping.stages import check
from rbench.sweeping.store import Store
from rbench.system.closure import closure, digest

ROOT = Path(rbench.__file__).parent
FILES = {stage: files_of(stage) for stage in STAGES}
TOOLS = {
    name: closure(installed.find(tools.TOOLS, name).module, FOLDERS)
    for name in installed.names(tools.TOOLS)
    if installed.distribution(tools.TOOLS, name) == tools.OWN
}
"""Tool of ours -> what it is made of, which goes into the key of its rounds by its name."""


def test_every_stage_is_done_by_the_file_of_its_name():
    assert set(performing._WORK) == set(STAGES)
    for stage, (work, _) in performing._WORK.items():
        assert work.__module__ == f"rbench.sweeping.stages.{stage}"


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_is_made_of_files_of_rbench(stage):
    assert f"rbench.sweeping.stages.{stage}" in FILES[stage]
    assert all(path.is_relative_to(ROOT) and path.is_file() for path in FILES[stage].values())
    assert code_of(stage) == digest(FILES[stage])


def changed(engine, file):
    """The stages whose code is another one after a change in a file."""
    before = {stage: code_of(stage) for stage in STAGES}
    with (engine / file).open("a") as open_file:
        open_file.write("\nCHANGED = True\n")
    folders = {"rbench": [engine]}
    names = {stage: f"rbench.sweeping.stages.{stage}" for stage in STAGES}
    return {s for s in STAGES if digest(closure(names[s], folders)) != before[s]}


TRAINED = {"train", "federate", "compress"}
SCORED = {"evaluate", "baselines"}
READ = TRAINED | SCORED | {"contexts", "convert"}
"""Stages that read the split."""


@pytest.mark.parametrize(
    ("file", "stages"),
    [
        ("data/settings.py", {"data"}),
        ("data/split.py", {"data"}),
        ("data/dataset.py", READ | {"data"}),
        ("data/storage.py", READ | {"data"}),
        ("data/ranking.py", TRAINED | SCORED),
        ("train/train.py", {"train"}),
        ("metrics/recall.py", TRAINED | {"baselines"}),
        ("stats/bootstrap.py", SCORED),
        # Of a plug-in: in the key of the jobs that use it.
        ("losses/full_softmax.py", set()),
        ("metrics/mrr.py", set()),
        ("train/settings.py", TRAINED),
        ("compress/quantization.py", {"compress", "convert"}),
        ("graph/model.py", TRAINED | {"convert"}),
        ("layers.py", TRAINED | {"convert"}),
        ("convert/settings.py", {"convert"}),
        ("convert/rewriting.py", {"convert"}),
        # Of a word of recipes: in the key of the jobs that have the word.
        *((name, set()) for name in ("convert/packing.py", "compress/pruning.py")),
        *((name, set()) for name in ("schemes/packed.py", "compressions/pruning.py")),
        ("tflite/reading.py", {"convert", "evaluate"}),  # which finds a tap by it
        ("evaluate/settings.py", SCORED),
        (
            "profile/settings.py",
            {"check", "round", "profile", "census"},
        ),  # a tool names its own of them
        ("profile/loop.py", set()),
        ("profile/verdict.py", {"profile"}),
        ("profile/node_census.py", {"census"}),
        *((name, set()) for name in ("gate/judge.py", "cli/gate.py", "study/study.py")),
        ("plugins/finding.py", TRAINED | SCORED),  # they find losses and metrics
        *((name, set()) for name in ("sweeping/jobs.py", "cli/words.py")),
        *((name, set()) for name in ("sweeping/store.py", "sweeping/sweep.py", "__init__.py")),
    ],
)
def test_a_change_concerns_the_stages_that_lead_to_it(engine, file, stages):
    assert changed(engine, file) == stages


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
def test_a_change_in_any_part_of_a_stage_is_a_change_of_it(engine, stage):
    """And of every other stage that has this part, and of no other: a few parts, drawn."""
    for path in random.Random(stage).sample(sorted(FILES[stage].values()), 3):
        expected = {other for other in STAGES if path in FILES[other].values()}
        file = engine / path.relative_to(ROOT)
        before = file.read_bytes()
        assert changed(engine, path.relative_to(ROOT)) == expected
        file.write_bytes(before)


def test_programs_of_child_processes_belong_to_the_stage_that_starts_them():
    programs = {name for name, path in TOOLS["litert"].items() if _is_program(path)}
    assert {name.rpartition(".")[2] for name in programs} == {
        "interpreter_child",
        "gpu_child",
        "nodes_child",
    }


def test_the_program_in_an_emulated_machine_belongs_to_its_tool():
    assert "rbench.profile.tools.aarch64.guest" in TOOLS["aarch64"]


def _is_program(path):
    return any(
        isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)
        for node in ast.parse(path.read_bytes()).body
    )


GIVEN = {
    *("rbench.installed", "rbench.plugins.finding"),
    *("rbench.sweeping.given", "rbench.sweeping.store"),
}
"""What a stage is given runs too, and is in no key, see `rbench.sweeping.given`."""


def ran(work, *given):
    """What work gives, and the modules of rbench whose code ran meanwhile."""
    files = set()

    def note(frame, *_):
        # What runs as a module is imported does so whoever is the first to import it.
        if frame.f_code.co_flags & inspect.CO_OPTIMIZED:
            files.add(frame.f_code.co_filename)

    before = sys.gettrace()
    sys.settrace(note)  # without a tracer of its own, a function is noted as it is called, no more
    try:
        made = work(*given)
    finally:
        sys.settrace(before)
    inside = {Path(file) for file in files if Path(file).is_relative_to(ROOT)}
    names = (".".join(file.relative_to(ROOT.parent).with_suffix("").parts) for file in inside)
    return made, {name for name in names if not name.endswith(".__init__")}


STUDY = {
    "name": "tiny",
    "encoders": ["bow"],
    "recipes": ["float32", "prune50+dynamic_wi8", "cluster16+dynamic_wi4", "qat+static_wi8_ai8"],
    "targets": ["cpu", "xnnpack"],
    "data": {"synthetic": {"users": 60, "items": 40, "interactions_per_user": 8}},
    "model": {"width": 8, "length": 6, "top_k": 20},
    "train": {"epochs": 1, "batch_size": 16},
    "compress": {"epochs": 1},
    "evaluate": {"bootstrap": 20},
    "profile": {"rounds": 1, "min_runs": 5, "min_seconds": 0.0, "warmup_runs": 1, "twins": 0},
}


def run_jobs(folder, monkeypatch, wanted, **changes):
    """Stage -> modules that ran in its work, for the jobs of a study in these stages."""
    store, found = Store(folder), {}
    planned = plan(Study.build({**STUDY, **changes}), "here")
    every = [planned.data, planned.baselines, *planned.contexts]
    every += {job.key: job for cell in planned.cells for job in cell.jobs()}.values()
    for job in every:
        if job.stage not in wanted:
            continue
        work, kind = performing._WORK[job.stage]

        def noted(*given, stage=job.stage, work=work):
            made, names = ran(work, *given)
            found[stage] = found.get(stage, set()) | names
            return made

        with monkeypatch.context() as patch:
            patch.setitem(performing._WORK, job.stage, (noted, kind))
            performing.perform(job, store, lambda progress: None)
    return found


WORDS = {
    "train": (plugins.LOSSES,),
    "compress": (plugins.LOSSES, COMPRESSIONS),
    "convert": (SCHEMES,),
    "evaluate": (plugins.METRICS,),
    "baselines": (plugins.METRICS,),
}
"""Stage -> the groups of plug-ins whose code stands in its jobs' keys besides."""


def of_words(group):
    """The modules behind all words of a group."""
    modules = [installed.find(group, name).module for name in installed.names(group)]
    return {name for module in modules for name in closure(module, FOLDERS)}


def test_a_words_code_is_in_the_keys_of_its_jobs():
    planned = plan(Study.build(STUDY), "here")
    pipelines = {cell.cell.recipe: cell.pipelines[0] for cell in planned.cells}
    packed, plain = pipelines["cluster16+dynamic_wi4"], pipelines["float32"]
    assert packed.convert.source == plugins.source_hash("dynamic_wi4", SCHEMES)
    assert packed.compress.sources == (plugins.source_hash("cluster16", COMPRESSIONS),)
    assert packed.convert.source != plain.convert.source
    assert plain.compress.sources == ()
    packing = "rbench.convert.packing"
    assert packing in closure(installed.find(SCHEMES, "dynamic_wi4").module, FOLDERS)
    assert packing not in closure(installed.find(SCHEMES, "float32").module, FOLDERS)


def holds(found):
    for stage, names in found.items():
        words = set().union(*map(of_words, WORDS.get(stage, ())))
        tool = TOOLS["litert"].keys() if stage in ("round", "profile", "census") else set()
        beyond = names - FILES[stage].keys() - GIVEN - words - tool
        assert not beyond, f"{stage} runs what is not in its key: {sorted(beyond)}"


def test_whatever_runs_in_a_stage_is_in_its_key(tmp_path, monkeypatch):
    """Shown by running: what the imports say is compared with what a tracer sees."""
    found = run_jobs(tmp_path, monkeypatch, ("data", "baselines", "contexts"))
    assert set(found) == {"data", "baselines", "contexts"}
    assert "rbench.data.split" in found["data"]
    holds(found)


@pytest.mark.slow
def test_whatever_runs_in_the_other_stages_is_in_their_keys(tmp_path, monkeypatch):
    made_here = set(STAGES) - {"check", "federate"}  # one needs a device, the other Flower
    found = run_jobs(tmp_path, monkeypatch, made_here)
    assert set(found) == made_here
    holds(found)


class Agreeing(Checker):
    """Compares nothing: what is looked at is the stage around it."""

    word = "agreeing"
    meaning = "a stand-in"
    delegates = (Delegate("kernels", "kernels"),)

    def check(self, settings, model, target, contexts):
        return Check(
            contexts=1,
            top=1,
            overlap=1.0,
            same_order=1.0,
            max_score_difference=0.0,
            score_scale=1.0,
            runtime="a stand-in",
            against="this host",
        )


def test_whatever_runs_in_a_check_is_in_its_key(tmp_path, monkeypatch):
    tool = Agreeing()
    monkeypatch.setattr(tools, "installed", lambda: (tool,))
    monkeypatch.setattr(tools, "find", lambda word, *, on_device: tool)
    job = CheckJob(
        settings=ProfileSettings(),
        target="agreeing/kernels",
        bench=Bench(machine="m"),
        convert="c",
        contexts="x",
    )
    given = Given(Store(tmp_path), tmp_path, lambda progress: None)
    made, names = ran(check.work, job, given)
    assert made.overlap == 1.0
    assert "rbench.profile.checking" in names
    holds({"check": names})
    with pytest.raises(StageError, match="exchanged"):
        check.work(msgspec.structs.replace(job, bench=Bench(machine="m", build="other")), given)
