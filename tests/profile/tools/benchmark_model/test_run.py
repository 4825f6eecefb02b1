"""One round of the tool: what is asked, what comes of it, and every way in which it can lie."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from rbench import profile
from rbench.cells.target import Target
from rbench.errors import StageError, Unsupported
from rbench.profile.tools.benchmark_model import command, inputs, tool
from rbench.records import Machine
from rbench.records.run_folder import read_records, write_records
from rbench.study import Study
from rbench.sweeping.perform import perform
from rbench.sweeping.plan import plan as spelt_out
from rbench.sweeping.recorder import Recorder
from rbench.sweeping.store import Store
from rbench.testing.flat import FlatGraph

pytestmark = pytest.mark.slow

CPU, XNNPACK = Target.parse("benchmark_model/cpu"), Target.parse("benchmark_model/xnnpack")


def test_a_round_is_what_the_tool_said(measure, stand_in):
    made = measure()
    assert (made.runs, made.warmup_runs, made.median_us) == (7000, 3447, 140)
    assert (made.load_us, made.first_us, made.contexts) == (307, 270, 1)
    assert made.peak_memory_bytes == 3940 * 1024
    assert made.stopwatch is None
    assert made.aggregate
    assert (made.aggregate.mean_us, made.aggregate.min_us) == (142.756, 131)
    assert (made.aggregate.p95_us, made.aggregate.max_us) == (163, 440)
    assert made.tool == f"sha256:{tool.build_hash(stand_in)}"
    found = made.delegation
    assert (found.nodes_total, found.nodes_delegated, found.partitions) == (5, 0, 0)
    assert made.ops_us == {
        "FULLY_CONNECTED": 23,
        "GATHER": 21,
        "MEAN": 22,
        "RESHAPE": 20,
        "TOPK_V2": 24,
    }
    assert msgspec.json.decode(msgspec.json.encode(made), type=profile.Round) == made


def test_what_the_delegate_took_comes_from_the_runtime(measure):
    found = measure(XNNPACK).delegation
    assert (found.delegate, found.nodes_total, found.nodes_delegated) == ("xnnpack", 4, 3)
    assert (found.partitions, found.left_behind) == (1, {"GATHER": 1})


def test_the_weight_cache_is_asked_for_by_its_flag(measure, quick):
    target = Target.parse("benchmark_model/xnnpack_cached")
    found = measure(target).delegation
    assert (found.delegate, found.nodes_total, found.nodes_delegated) == ("xnnpack", 4, 3)
    flag = "--xnnpack_weight_cache_file_path=:memory"
    entry = inputs.Entry("context", length=8, nodes=5, subgraphs=1)
    for order in (command.latency, command.op_profile):
        assert flag in order(quick, "model.tflite", entry, target)
        assert flag not in order(quick, "model.tflite", entry, XNNPACK)


def test_or_from_the_op_profile_of_a_build_without_that_export(measure):
    found = measure(XNNPACK, "no_info").delegation
    assert (found.nodes_total, found.nodes_delegated, found.partitions) == (5, 1, 1)
    assert found.left_behind == {"GATHER": 1, "MEAN": 1, "RESHAPE": 1, "TOPK_V2": 1}


def test_the_log_stands_in_for_a_missing_result_file(measure):
    made = measure(fault="no_result")
    assert made.aggregate
    assert made.aggregate.source == "log"
    assert (made.runs, made.median_us) == (7000, 140)
    assert made.peak_memory_bytes == round(3.84766 * 1024 * 1024)


def test_each_round_asks_with_another_real_context(measure, contexts, tmp_path, monkeypatch):
    asked = tmp_path / "asked"
    monkeypatch.setenv("STAND_IN_ASKED", str(asked))
    for number in (0, 1):
        assert measure(number=number).offset == 16 * number
    said = [line.split() for line in asked.read_text().splitlines()]
    assert {(name, escaped) for name, escaped, _ in said} == {("t0", "t0")}
    values = [np.frombuffer(bytes.fromhex(raw), "<i4") for _, _, raw in said]
    rows = np.load(contexts)
    assert [list(value) for value in values] == [list(rows[n]) for n in (0, 0, 16, 16)]


MUST_FAIL = {
    "unknown_flag": (CPU, r"does not know all it was asked for.*--nope=1"),
    "no_gpu": (CPU, "this build of the tool has no GPU"),
    "other_name": (CPU, "the input has another name"),
    "implicit": (CPU, "plain kernels were asked for, but XNNPACK was applied"),
    "error": (CPU, "code 0 but complained: something went wrong"),
    "fallback": (XNNPACK, "XNNPACK was asked for, but the tool does not say that it ran"),
    "not_executed": (XNNPACK, "took no node"),
    "profile_fallback": (XNNPACK, "does not say that it ran"),
    "refused": (XNNPACK, "the delegate refused the model"),
    "left_to_cpu": (XNNPACK, "the delegate left nodes to the CPU"),
    "two_delegates": (XNNPACK, "it applied NNAPI, XNNPACK"),
    "old_other_name": (CPU, "the input has another name"),
    "other_runs": (CPU, "was asked for 50 runs and understood 1"),
    "no_warmup": (CPU, "the tool made no warm-up run"),
    "warmup_fails": (CPU, "code 1: gather index out of bounds"),
    "torn_mean": (CPU, "the log contradicts itself: its mean is"),
    "few_runs": (CPU, "too few runs: 7 of 50 before the maximum of time"),
    "no_run": (CPU, "the tool made no timed run"),
    "cut": (CPU, "ends before the inference timings"),
    "no_median": (CPU, "too old: it tells no median"),
    "torn_result": (CPU, "the result file cannot be read: no protocol buffer"),
    "other_result": (CPU, "contradicts the log: its runs is 6999, there 7000"),
    "measured_fails": (CPU, "code 1: gather index out of bounds"),
    "profile_fails": (CPU, "code 1: gather index out of bounds"),
    "abort": (CPU, "the tool died of SIGABRT"),
    "noise": (CPU, "tells of 0 phases"),
    "other_count": (XNNPACK, "took 2 of 4 nodes in the log, 3 of 4 in the graph"),
    "torn_ops": (CPU, "op profile"),
    "no_ops": (CPU, "left no op profile"),
    "torn_info": (XNNPACK, "no protocol buffer"),
}


@pytest.mark.parametrize("fault", MUST_FAIL)
def test_a_lie_is_a_failure_with_its_reason(measure, fault):
    target, reason = MUST_FAIL[fault]
    with pytest.raises(StageError, match=reason) as raised:
        measure(target, fault)
    assert raised.value.where == str(target)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ("num_threads=4", r"asked for --num_threads=1 and says .Num threads: \[4\]"),
        ("#=2", r"asked for --num_threads=1 and says .#threads used for CPU inference: \[2\]"),
        ("enable_op_profiling=true", r"nobody asked for: .Enable op profiling: \[1\]"),
        ("use_xnnpack=nothing", "does not say that it was asked for --use_xnnpack=false"),
        ("use_gpu=true", r"nobody asked for: .Use gpu: \[1\]"),
        ("graph=other.tflite", r"asked for --graph=model.tflite and says .Graph: \[other.tflite"),
        ("min_secs=0.5", r"asked for --min_secs=0.005 and says"),
        ("max_secs=1", "asked for --max_secs=30 and says"),
        ("num_runs=51", "asked for --num_runs=50 and says"),
        ("warmup_runs=1", "asked for --warmup_runs=5 and says"),
        ("warmup_min_secs=0", "asked for --warmup_min_secs=0.001 and says"),
        ("input_layer_value_files=nothing", "not say that it was asked for --input_layer_value_f"),
        ("input_layer_shape=1,9", "asked for --input_layer_shape=1,8 and says"),
        ("report_peak_memory_footprint=true", "nobody asked for: .Report the peak memory"),
        ("signature_to_run_for=other", "nobody asked for: .Signature to run"),
    ],
)
def test_a_wrapper_that_changes_what_is_asked_is_found_out(measure, changed, reason):
    with pytest.raises(StageError, match=reason):
        measure(fault=f"asked:{changed}")


def test_a_wrapper_that_turns_the_profiler_off_or_the_cache_is_found_out(measure):
    with pytest.raises(StageError, match="not say that it was asked for --enable_op_profiling"):
        measure(fault="asked:enable_op_profiling=nothing")
    target = Target.parse("benchmark_model/xnnpack_cached")
    with pytest.raises(StageError, match="--xnnpack_weight_cache_file_path=:memory"):
        measure(target, "asked:xnnpack_weight_cache_file_path=nothing")


@pytest.mark.parametrize(
    "name", ["with space.tflite", "quo'te\".tflite", "-leading", "a,b:c;d.tflite", "new\nline", "ü"]
)
def test_a_models_path_never_reaches_the_tool(
    model, contexts, quick, tmp_path, stand_in, monkeypatch, name
):
    monkeypatch.chdir(tmp_path)
    model("recommender").rename(tmp_path / name)
    made = profile.measure(quick, Path(name), CPU, contexts, 0, tmp_path)
    assert made.median_us == 140


GPU = Target.parse("benchmark_model/gpu")


def test_a_gpu_that_did_not_run_is_a_failure(measure):
    with pytest.raises(StageError, match="GPU was asked for, but the tool does not say"):
        measure(GPU)
    with pytest.raises(StageError, match="this build of the tool has no GPU"):
        measure(GPU, "no_gpu")


@pytest.mark.parametrize(
    ("adapter", "software"),
    [
        ("Renderer: llvmpipe (LLVM 15.0.7, 256 bits)", True),
        ("Vulkan device: SwiftShader Device (Subzero)", True),
        ("Renderer: Mali-G710", False),
        ("Loaded model models/pocl/swiftshader.tflite", False),
    ],
)
def test_a_simulated_gpu_is_called_one(measure, monkeypatch, adapter, software):
    monkeypatch.setenv("STAND_IN_ADAPTER", adapter)
    found = measure(GPU).delegation
    assert (found.delegate, found.nodes_delegated, found.software) == ("gpu", 1, software)


def test_at_least_twelve_lies_are_caught():
    assert len({reason for _, reason in MUST_FAIL.values()}) >= 12


def test_a_cut_model_and_unfit_contexts_are_failures(model, contexts, quick, tmp_path, stand_in):
    path = model("recommender")
    whole = path.read_bytes()
    for keep in (0, 10, len(whole) // 2):
        path.write_bytes(whole[:keep])
        with pytest.raises(StageError, match=r"is torn|is no \.tflite|the file takes"):
            profile.measure(quick, path, CPU, contexts, 0, tmp_path)
    path.write_bytes(whole)
    wrong = tmp_path / "wrong.npy"
    np.save(wrong, np.zeros((4, 9), np.int32))
    with pytest.raises(StageError, match=r"takes int32 \[1, 8\], the contexts are int32 \[1, 9\]"):
        profile.measure(quick, path, CPU, wrong, 0, tmp_path)


@pytest.mark.parametrize("name", ["", "a,b", "a\0b", "a\nb", "a\x1b[31mb"])
def test_a_name_that_the_tool_cannot_be_told_is_refused(contexts, quick, tmp_path, stand_in, name):
    path = tmp_path / "model.tflite"
    path.write_bytes(named(name))
    with pytest.raises(StageError, match="cannot be told of an input named") as raised:
        profile.measure(quick, path, CPU, contexts, 0, tmp_path)
    assert str(raised.value).isprintable()


@pytest.mark.parametrize("name", ["with space", "quo'te\"", "-leading", "a:b", "ü", "$(id)"])
def test_other_names_reach_the_tool_as_they_are(
    contexts, quick, tmp_path, stand_in, monkeypatch, name
):
    monkeypatch.setenv("STAND_IN_NODES", "yes")
    path = tmp_path / "model.tflite"
    path.write_bytes(named(name))
    assert profile.measure(quick, path, CPU, contexts, 0, tmp_path).median_us == 140


def named(name: str) -> bytes:
    """A graph of one operator whose input has that name."""
    graph = FlatGraph()
    context, twice = graph.tensor((1, 8), "INT32"), graph.tensor((1, 8), "INT32")
    graph.graph.tensors[context].name = name
    graph.op("ADD", (context, context), (twice,), "AddOptions", 1)
    return graph.finish("serve", {"context": context}, {"twice": twice})


def test_the_file_is_looked_into(model):
    assert inputs.read_entry(model("recommender"), "") == ("t0", 8, 5, 1)


def test_a_missing_tool_is_named_with_both_ways(quick, tmp_path, monkeypatch):
    monkeypatch.delenv(tool.VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unsupported, match=r"RBENCH_BENCHMARK_MODEL.*PATH as benchmark_model"):
        profile.measure(quick, tmp_path, CPU, tmp_path, 0, tmp_path)
    assert tool.present() == ""
    monkeypatch.setenv(tool.VARIABLE, str(tmp_path / "nothing"))
    with pytest.raises(Unsupported, match=r"names no executable: .*nothing"):
        tool.find("")
    monkeypatch.delenv(tool.VARIABLE)
    (tmp_path / "benchmark_model").write_text("#!/bin/sh\n")
    assert tool.present() == ""
    (tmp_path / "benchmark_model").chmod(0o755)
    assert tool.find("") == (tmp_path / "benchmark_model").resolve()


def test_a_tool_that_is_no_program_is_a_failure(measure, stand_in):
    stand_in.write_bytes(b"\x7fELF nonsense")
    with pytest.raises(StageError):
        measure()


def test_the_build_is_in_the_key_and_its_place_is_not(stand_in, tmp_path, monkeypatch):
    def key(target: str) -> str:
        study = Study.build({"encoders": ["bow"], "recipes": ["float32"], "targets": [target]})
        return spelt_out(study, "here").cells[0].rounds[0].key

    here, other = key("benchmark_model/cpu"), key("cpu")
    moved = tmp_path / "elsewhere"
    moved.write_bytes(stand_in.read_bytes())
    moved.chmod(0o755)
    monkeypatch.setenv(tool.VARIABLE, str(moved))
    assert (key("benchmark_model/cpu"), key("cpu")) == (here, other)
    moved.write_bytes(b"another build")
    assert key("benchmark_model/cpu") != here
    assert key("cpu") == other


def summed(tmp_path, made, **settings):
    folders = []
    for round_ in made:
        folder = tmp_path / f"r{len(folders)}"
        folder.mkdir()
        (folder / "result.json").write_bytes(msgspec.json.encode(round_))
        folders.append(folder)
    protocol = profile.ProfileSettings(**{"rounds": len(made), **settings})
    return profile.summarise(protocol, CPU, folders, tmp_path)


def quiet(round_, **changes):
    around = msgspec.structs.replace(
        round_.surroundings, others_cores=0.0, stolen_share=0.0, cores=4
    )
    return msgspec.structs.replace(round_, surroundings=around, **changes)


def test_rounds_are_summed_up_without_samples(measure, tmp_path):
    first = quiet(measure())
    assert first.aggregate
    slower = msgspec.structs.replace(first.aggregate, mean_us=144.756, p95_us=165.0)
    second = quiet(first, number=1, runs=3500, median_us=142.0, aggregate=slower, offset=16)
    timing, delegation = summed(tmp_path, [first, second])
    assert (timing.verdict, timing.reasons) == ("stable", ())
    assert (timing.rounds, timing.runs, timing.median_us) == (2, 10500, 141)
    assert timing.mean_us == pytest.approx((2 * 142.756 + 144.756) / 3)
    assert timing.std_us == pytest.approx(np.sqrt(144 + 4 * 2 / 9))
    assert (timing.p90_us, timing.p95_us, timing.p99_us) == (None, 164, None)
    assert (timing.quantiles_us, timing.samples) == ((), "")
    assert timing.ops_us["TOPK_V2"] == 24
    assert f"sha256:{timing.details['tool_sha256']}" == first.tool
    assert (timing.details["resolution_us"], timing.details["contexts"]) == (1, 2)
    assert delegation == first.delegation
    assert not (tmp_path / "samples.npz").exists()


@pytest.mark.parametrize(
    ("changes", "verdict", "reason"),
    [
        ({"median_us": 170.0}, "unstable", "rounds disagree by"),
        ({"median_us": 9.0}, "unstable", "steps of 1 us"),
        ({"runs": 2000}, "unstable", "too short"),
        ({"p95_us": 300.0}, "unstable", "is wide: 90 % of its runs took 138 to 300 us"),
        ({"nodes_total": 4}, "invalid", "took different nodes"),
    ],
)
def test_doubts_are_said(measure, tmp_path, changes, verdict, reason):
    first = quiet(measure())
    facts = dict(changes)
    if "p95_us" in facts:
        assert first.aggregate
        facts = {"aggregate": msgspec.structs.replace(first.aggregate, **changes)}
    if "nodes_total" in facts:
        facts = {"delegation": msgspec.structs.replace(first.delegation, **changes)}
    before = quiet(first, **facts) if reason in ("steps of 1 us", "too short") else first
    timing, _ = summed(tmp_path, [before, quiet(first, number=1, **facts)])
    assert timing.verdict == verdict
    assert any(reason in said for said in timing.reasons)


@pytest.mark.parametrize(
    ("facts", "part", "verdict", "reason"),
    [
        ({"median_us": 0.0}, {"min_us": 0.0, "mean_us": 0.4}, "invalid", "median is 0 us, which"),
        ({}, {"mean_us": 0.0, "min_us": 0.0}, "invalid", "mean of 0 us between 0 and 440"),
        ({}, {"mean_us": -142.0}, "invalid", "mean of -142 us"),
        ({}, {"mean_us": 0.142}, "invalid", "mean of 0.142 us between 131 and 440 us is no time"),
        ({}, {"mean_us": 142756.0}, "invalid", "is no time"),
        ({}, {"min_us": -5.0}, "invalid", "is no time"),
        ({}, {"std_us": -1.0}, "invalid", "is no time"),
        ({"number": 0}, {}, "invalid", "a round was counted twice"),
        ({}, {"max_us": 5e8, "mean_us": 71570.0}, "unstable", "a few runs carry the mean"),
        (
            {"median_us": 142.0},
            {"min_us": 142.0, "max_us": 142.0, "mean_us": 142.0, "p5_us": 142.0, "p95_us": 142.0},
            "unstable",
            "all 7,000 runs of round 1 took 142 us: no machine is so even",
        ),
    ],
)
def test_numbers_that_cannot_be_are_not_stable(measure, tmp_path, facts, part, verdict, reason):
    """Zero, negative, in other units, of a clock that was set: said in any of the rounds."""
    first = quiet(measure())
    assert first.aggregate
    odd = msgspec.structs.replace(first.aggregate, **part)
    second = quiet(first, **{"number": 1, "aggregate": odd, **facts})
    timing, _ = summed(tmp_path, [first, second])
    assert timing.verdict == verdict
    assert any(reason in said for said in timing.reasons)


def test_that_the_mean_says_more_is_said_on_a_busy_machine(measure, tmp_path):
    """There most rounds are slow, so that the clock's steps seem fine beside their median."""
    first = quiet(measure(), median_us=8.0)
    around = msgspec.structs.replace(first.surroundings, others_cores=3.9)
    slow = [msgspec.structs.replace(first, number=n, median_us=14.0) for n in (1, 2)]
    busy = [msgspec.structs.replace(one, surroundings=around) for one in (first, *slow)]
    timing, _ = summed(tmp_path, busy)
    assert any("busy machine" in reason for reason in timing.reasons)
    assert any("the mean says more than the median" in reason for reason in timing.reasons)


def test_a_missing_round_is_said(measure, tmp_path):
    first = quiet(measure())
    made = [quiet(first, number=number, offset=number) for number in (0, 1, 2, 4, 5)]
    timing, _ = summed(tmp_path, made, rounds=6)
    assert timing.verdict == "unstable"
    assert timing.reasons[0] == "5 of 6 rounds"


def test_a_state_that_the_tool_does_not_set_back_is_said(
    model, contexts, quick, tmp_path, stand_in, monkeypatch
):
    """The litert tool does, and says nothing of it."""
    monkeypatch.setenv("STAND_IN_NODES", "yes")
    file = model("stateful")
    native = quiet(profile.measure(quick, file, CPU, contexts, 0, tmp_path))
    assert native.unreset == "1 variable tensor"
    timing, _ = summed(tmp_path, [native])
    assert timing.verdict == "invalid"
    assert "(1 variable tensor)" in timing.reasons[0]
    assert profile.measure(quick, file, Target("cpu"), contexts, 0, tmp_path).unreset == ""


def test_rounds_of_two_builds_are_not_one_cell(measure, tmp_path):
    first = quiet(measure())
    with pytest.raises(StageError, match="unlike tools"):
        summed(tmp_path, [first, quiet(first, number=1, runtime="another")])


def test_jobs_meet_in_the_store(model, contexts, stand_in, tmp_path, monkeypatch):
    """A sweep's timing, from a finished file and its contexts to what stands in a record."""
    monkeypatch.setenv("STAND_IN_FAULT", "")
    protocol = {"rounds": 2, "min_runs": 100, "min_seconds": 0.1}
    study = Study.build(
        {
            "encoders": ["bow"],
            "recipes": ["float32"],
            "targets": ["benchmark_model/cpu"],
            "profile": protocol,
        }
    )
    plan = spelt_out(study, "here")
    planned = plan.cells[0]
    store = Store(tmp_path / "store")
    first, second = planned.rounds
    for stage, key, source, name in (
        ("convert", first.convert, model("recommender"), "model.tflite"),
        ("contexts", first.contexts, contexts, "contexts.npy"),
    ):
        store.folder(stage, key).mkdir(parents=True)
        (store.folder(stage, key) / name).write_bytes(source.read_bytes())
    for job in (first, second, planned.profile):
        made = perform(job, store, lambda progress: None)
    assert made.timing.median_us == 140
    assert made.timing.runs == 14000
    build = f"sha256:{made.timing.details['tool_sha256']}"
    assert first.bench.build == second.bench.build == build
    machine = Machine(name="here", cpu="", cores=1, memory_bytes=1, system="", python="")
    recorder = Recorder(plan, store, tmp_path / "run", machine, "rbench sweep")
    write_records(tmp_path / "run" / "records.jsonl", recorder.records({}))
    (record,) = read_records(tmp_path / "run" / "records.jsonl")
    assert record.timing == made.timing
    assert record.versions["benchmark_model"] == build
    assert str(stand_in.parent) not in msgspec.json.encode(record.settings).decode()
    other = msgspec.structs.replace(first.bench, build="another")
    with pytest.raises(StageError, match="exchanged while the sweep ran"):
        perform(msgspec.structs.replace(first, bench=other), store, lambda progress: None)
