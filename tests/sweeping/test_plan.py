"""Plans: which work a study needs, and what of it is shared."""

import msgspec
import pytest

from rbench.errors import DataError, PluginError
from rbench.profile import ProfileSettings
from rbench.study import Study
from rbench.sweeping import jobs
from rbench.sweeping.plan import plan

ROUNDS = ProfileSettings().rounds


def keys(plan, stage):
    jobs = (job for cell in plan.cells for job in cell.jobs())
    return {job.key for job in jobs if job.stage == stage}


def plan_of(machine="here", **changes):
    return plan(Study.build(changes), machine)


@pytest.fixture(scope="module")
def default():
    return plan_of()


def test_nothing_is_done_twice(default):
    assert len(default.cells) == 5 * 4 * 2
    assert len(keys(default, "train")) == 5
    assert len(keys(default, "compress")) == 5
    assert len(keys(default, "convert")) == 20
    assert len(keys(default, "evaluate")) == 20
    assert len(keys(default, "round")) == 40 * ROUNDS
    assert len(keys(default, "profile")) == 40


def test_seeds_are_trained_and_scored_and_the_first_is_timed():
    plan = plan_of(encoders=["bow"], recipes=["float32"], targets=["cpu"], seeds=[7, 8])
    (cell,) = plan.cells
    assert [pipeline.seed for pipeline in cell.pipelines] == [7, 8]
    assert {job.convert for job in cell.rounds} == {cell.pipelines[0].convert.key}


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({"profile": {"min_runs": 7}}, {"train", "compress", "convert", "evaluate"}),
        ({"evaluate": {"bootstrap": 7}}, {"train", "compress", "convert", "round", "profile"}),
        ({"evaluate": {"filter_history": False}}, set()),
        ({"convert": {"calibration_contexts": 7}}, {"train", "compress"}),
        ({"compress": {"epochs": 7}}, {"train", "compress", "convert", "evaluate", "round"}),
        ({"train": {"epochs": 7}}, set()),
        ({"model": {"width": 7}}, set()),
        ({"data": {"synthetic": {"seed": 7}}}, set()),
    ],
)
def test_a_change_redoes_what_depends_on_it(default, change, kept):
    changed = plan_of(**change)
    stages = ("train", "compress", "convert", "evaluate", "round", "profile")
    same = {stage for stage in stages if keys(changed, stage) == keys(default, stage)}
    assert kept <= same
    assert not (same - kept) & {"train", "compress", "convert"}


def test_a_target_that_is_checked_is_never_timed(default):
    targets = ["cpu", "aarch64/cpu", "aarch64/xnnpack"]
    made = plan_of(encoders=["bow"], recipes=["float32"], targets=targets)
    timed, *checked = made.cells
    assert len(timed.rounds) == ROUNDS
    assert timed.check is None
    for cell in checked:
        assert not cell.rounds
        assert cell.profile is None
        assert cell.check.convert == timed.pipelines[0].convert.key
    assert set(made.twins) == set(targets)
    assert not made.twins["aarch64/cpu"]
    assert not made.twins["aarch64/xnnpack"]


def test_a_protocol_of_timing_makes_no_check_anew():
    cells = {"encoders": ["bow"], "recipes": ["float32"], "targets": ["aarch64/cpu"]}
    first = keys(plan_of(**cells), "check")
    longer = {"profile": {"rounds": 3, "min_runs": 7}}
    assert keys(plan_of(**cells, **longer), "check") == first
    other = {"profile": {"tool": {"aarch64": {"cpu": "cortex-a53"}}}}
    assert not keys(plan_of(**cells, **other), "check") & first


def test_times_do_not_travel(default):
    other = plan_of(machine="there")
    assert not keys(other, "round") & keys(default, "round")
    assert keys(other, "evaluate") == keys(default, "evaluate")


def test_every_need_is_a_job_of_an_earlier_stage(default):
    order = {stage: number for number, stage in enumerate(jobs.STAGES)}
    every = [default.data, default.baselines, *default.contexts]
    every += [job for cell in default.cells for job in cell.jobs()]
    known = {(job.stage, job.key) for job in every}
    for job in every:
        for stage, key in jobs.needs(job):
            assert (stage, key) in known
            assert order[stage] < order[job.stage]


def test_forbidden_cells_have_no_jobs():
    plan = plan_of(encoders=["bow"], recipes=["unrolled+float32", "qat+float32"], targets=["cpu"])
    for cell in plan.cells:
        assert cell.objection
        assert not list(cell.jobs())


def test_jobs_travel_as_json(default):
    for cell in default.cells[:2]:
        for job in cell.jobs():
            sent = msgspec.json.decode(msgspec.json.encode(job), type=type(job))
            assert sent == job
            assert sent.key == job.key


def test_what_cannot_work_is_refused_at_once():
    with pytest.raises(PluginError, match="nobody"):
        plan_of(encoders=["nobody"])
    with pytest.raises(DataError, match="nowhere"):
        plan_of(data={"path": "nowhere.csv"})


def twin_keys(plan, missing=()):
    return {job.key for twin in plan.twins_among(missing) for job in twin.again}


def test_one_file_per_target_is_timed_twice(default):
    twins = list(default.twins_among(()))
    assert [twin.cell.target for twin in twins] == ["cpu", "xnnpack"]
    for twin in twins:
        assert twin.cell.recipe == "float32"
        assert [job.number for job in twin.again] == list(range(ROUNDS))
        assert {job.convert for job in twin.again} == {twin.convert.key}
        (cell,) = (cell for cell in default.cells if cell.cell == twin.cell)
        assert twin.own == cell.rounds
    assert not twin_keys(default) & keys(default, "round")
    assert twin_keys(default) == twin_keys(plan_of())


def test_a_twin_is_timed_anew_beside_what_is_new(default):
    fewer = plan_of(recipes=["float32", "float16"])
    assert keys(fewer, "round") < keys(default, "round")
    assert not twin_keys(fewer) & twin_keys(default)


def test_how_many_files_have_a_twin_changes_no_cell_s_rounds(default):
    without = plan_of(profile={"twins": 0})
    assert not twin_keys(without)
    more = plan_of(profile={"twins": 3})
    assert len(twin_keys(more)) == 2 * 3 * ROUNDS
    for other in (without, more):
        assert keys(other, "round") == keys(default, "round")
        assert keys(other, "profile") == keys(default, "profile")


def test_more_rounds_keep_those_that_were_timed(default):
    timed = keys(default, "round")
    more = plan_of(profile={"rounds": ROUNDS + 2})
    assert timed < keys(more, "round")
    assert len(keys(more, "round")) * ROUNDS == len(timed) * (ROUNDS + 2)
    assert not keys(more, "profile") & keys(default, "profile")
    # Fewer share out the same runs: each has more of them.
    assert not keys(plan_of(profile={"rounds": ROUNDS - 1}), "round") & timed


def test_a_file_that_cannot_be_had_hands_its_twin_on(default):
    first = next(default.twins_among(()))
    missing = {("convert", first.convert.key)}
    second = next(default.twins_among(missing))
    assert second.cell.target == first.cell.target
    assert second.cell != first.cell
    assert second.cell.recipe == "float32"


def test_without_plain_files_another_has_a_twin():
    plan = plan_of(encoders=["bow"], recipes=["dynamic_wi8", "qat+float32"], targets=["cpu"])
    assert [str(twin.cell) for twin in plan.twins_among(())] == ["bow x dynamic_wi8 x cpu"]
