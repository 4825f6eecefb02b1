"""Jobs: a key changes with everything that goes into the work, and with nothing else."""

import json
import os
import subprocess
import sys

import msgspec
import pytest

from rbench.compress.settings import CompressSettings
from rbench.convert.settings import ConvertSettings, PersonalSettings
from rbench.data.settings import DataSettings, ItemColumn, ItemsSettings
from rbench.encoding import ModelSettings
from rbench.evaluate.settings import EvaluateSettings
from rbench.federated.settings import FederatedSettings
from rbench.profile.settings import ProfileSettings
from rbench.sweeping import jobs
from rbench.sweeping.jobs import AnyJob, EncoderSpec
from rbench.train.settings import TrainSettings

SPEC = EncoderSpec(label="gru", plugin="gru", options={"blocks": 1}, source="s")
SHARED = {"encoder": SPEC, "model": ModelSettings(), "seed": 1, "data": "d"}
JOBS = {
    job.stage: job
    for job in (
        jobs.DataJob(
            settings=DataSettings(path="a/log.csv"),
            fingerprint="f",
            items=ItemsSettings(path="items.csv", columns=(ItemColumn(column="g"),)),
            items_fingerprint="i",
        ),
        jobs.BaselinesJob(settings=EvaluateSettings(), data="d"),
        jobs.ContextsJob(count=10, length=5, seed=1, data="d"),
        jobs.TrainJob(settings=TrainSettings(), **SHARED),
        jobs.FederateJob(settings=TrainSettings(), federated=FederatedSettings(), **SHARED),
        jobs.CompressJob(
            compression="prune50",
            recipe="prune50+float32",
            settings=CompressSettings(),
            train_settings=TrainSettings(),
            train="t",
            **SHARED,
        ),
        jobs.ConvertJob(
            recipe="float32",
            settings=ConvertSettings(),
            personal=PersonalSettings(),
            compress="c",
            **SHARED,
        ),
        jobs.CensusJob(convert="v", benches={"xnnpack": jobs.Bench(machine="", adapter="a")}),
        jobs.EvaluateJob(settings=EvaluateSettings(), compress="c", convert="v", data="d"),
        jobs.CheckJob(
            settings=ProfileSettings(),
            target="aarch64/cpu",
            bench=jobs.Bench(machine="m", build="b", adapter="a", libraries={"l": "1"}, source="s"),
            convert="v",
            contexts="x",
        ),
        jobs.RoundJob(
            settings=ProfileSettings(),
            target="cpu",
            bench=jobs.Bench(machine="m", build="b", adapter="a", libraries={"l": "1"}, source="s"),
            number=0,
            convert="v",
            contexts="x",
        ),
        jobs.ProfileJob(settings=ProfileSettings(), target="cpu", rounds=("r0", "r1")),
    )
}
SAME = {("compress", "recipe")}
"""Fields that only say how to make what the others name."""


def other(value):
    """A value of the same type that is another one."""
    if isinstance(value, str):
        return value + "x"
    if isinstance(value, int):
        return value + 1
    if isinstance(value, tuple):
        return (*value, "x")
    if isinstance(value, dict):
        return {name: other(one) for name, one in value.items()} or {"x": "y"}
    field = {EncoderSpec: "source", ModelSettings: "width", DataSettings: "min_interactions"}.get(
        type(value), value.__struct_fields__[0]
    )
    return msgspec.structs.replace(value, **{field: other_number(getattr(value, field))})


def other_number(value):
    return value + "x" if isinstance(value, str) else not value if value is True else value + 1


FIELDS = [(stage, field) for stage, job in JOBS.items() for field in job.__struct_fields__]


@pytest.mark.parametrize(("stage", "field"), FIELDS)
def test_a_key_changes_with_every_field(stage, field):
    job = JOBS[stage]
    changed = msgspec.structs.replace(job, **{field: other(getattr(job, field))})
    assert (changed.key == job.key) == ((stage, field) in SAME)


@pytest.mark.parametrize("field", jobs.Bench.__struct_fields__)
def test_a_round_s_key_changes_with_all_that_is_known_of_its_bench(field):
    job = JOBS["round"]
    value = getattr(job.bench, field)
    changed = {"l": "2"} if isinstance(value, dict) else value + "x"
    bench = msgspec.structs.replace(job.bench, **{field: changed})
    assert msgspec.structs.replace(job, bench=bench).key != job.key


def test_every_job_is_tried_here():
    assert set(JOBS) == {kind.__struct_config__.tag for kind in AnyJob.__args__}
    assert set(JOBS) == set(jobs.STAGES) == set(jobs.LIBRARIES)


def test_keys_of_unlike_stages_differ():
    assert len({job.key for job in JOBS.values()}) == len(JOBS)


@pytest.mark.parametrize("job", JOBS.values(), ids=JOBS)
def test_jobs_travel_as_json(job):
    again = msgspec.json.decode(msgspec.json.encode(job), type=AnyJob)
    assert again == job
    assert again.key == job.key


def test_a_moved_log_is_the_same_log():
    def key(path):
        return jobs.DataJob(settings=DataSettings(path=path), fingerprint="f").key

    assert key("a/log.csv") == key("/b/log.csv")
    assert key("a/log.csv") != key("a/other.csv")


def test_without_compression_its_settings_do_not_matter():
    plain = msgspec.structs.replace(JOBS["compress"], compression="", recipe="float32")
    changed = msgspec.structs.replace(plain, settings=CompressSettings(epochs=99))
    assert changed.key == plain.key


@pytest.mark.parametrize("stage", JOBS)
def test_a_key_changes_with_every_library(stage, monkeypatch):
    before = JOBS[stage].key
    for library in jobs.LIBRARIES[stage]:
        changed = {**jobs.versions_of(stage), library: "99.9"}
        with monkeypatch.context() as patch:
            patch.setattr(jobs, "versions_of", lambda _, changed=changed: changed)
            assert JOBS[stage].key != before
    assert JOBS[stage].key == before


def test_a_library_that_is_missing_has_no_version():
    assert jobs.installed("no-such-library-here") == ""
    assert jobs.installed("msgspec")


def keys_in_a_process(folder, **environment):
    """Stage -> key, as a process computes them that imports rbench from ``folder``."""
    program = (
        "import sys, json, msgspec, rbench; from rbench.sweeping.jobs import AnyJob;"
        "jobs = msgspec.json.decode(sys.stdin.read(), type=list[AnyJob]);"
        "print(json.dumps([rbench.__file__, {job.stage: job.key for job in jobs}]))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program],
        input=msgspec.json.encode(list(JOBS.values())).decode(),
        env={**os.environ, "PYTHONPATH": str(folder), **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    file, keys = json.loads(done.stdout)
    assert file == str(folder / "rbench" / "__init__.py")
    return keys


@pytest.mark.slow
def test_keys_are_the_same_in_every_process(engine):
    keys = keys_in_a_process(engine.parent, PYTHONHASHSEED="1")
    assert keys == keys_in_a_process(engine.parent, PYTHONHASHSEED="2")
    assert keys == {stage: job.key for stage, job in JOBS.items()}


@pytest.mark.slow
def test_a_change_in_the_code_changes_the_keys_of_its_stages(engine):
    """Which stages these are: tests/sweeping/test_code.py."""
    with (engine / "convert" / "settings.py").open("a") as changed:
        changed.write("\nCHANGED = True\n")
    after = keys_in_a_process(engine.parent)
    assert {stage for stage, job in JOBS.items() if job.key != after[stage]} == {"convert"}
