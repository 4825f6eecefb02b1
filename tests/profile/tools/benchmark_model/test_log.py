"""Reading the tool's log: every recording, old builds, and what cuts and strangers leave of it."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rbench.errors import StageError
from rbench.profile.tools.benchmark_model import rules
from rbench.profile.tools.benchmark_model.log import Log, read_log
from rbench.profile.tools.benchmark_model.stat import Stat, read_stat

RECORDED = Path(__file__).parents[3] / "recorded" / "benchmark_model"
NAMES = sorted(path.name.removesuffix(".cmd") for path in RECORDED.glob("*.cmd"))

GOOD = {
    # count, first, min, max, avg, std, p5, median, p95; init, first inference, init_mb
    "bow_f32.cpu1": (68593, 24, 13, 4117, 14.4593, 44, 13, 14, 14, 308, 140, 3.51953),
    "bow_f32.default": (120675, 16, 7, 3285, 8.15509, 11, 7, 8, 9, 1460, 150, 6.44922),
    "bow_f32.num_runs1": (1, 19, 19, 19, 19, 0, 19, 19, 19, 1232, 53, 6.38672),
    "cnn_int8.cpu1": (20490, 80, 45, 2322, 48.6958, 28, 46, 47, 64, 438, 537, 4.07422),
    "lstm_f32.cpu1": (7000, 145, 131, 440, 142.756, 12, 138, 140, 163, 307, 270, 3.84766),
    "lstm_int8.default": (1258, 796, 766, 1108, 795.002, 31, 773, 788, 822, 2137, 843, 5.13281),
    "bow_f32.prof_cpu1": (22595, 125, 39, 4182, 42.2202, 42, 40, 41, 42, 416, 139, 3.77344),
}
BAD = {
    "bow_f32.full_delegation": "the delegate left nodes to the CPU",
    "bow_f32.max_secs_small": "too few runs: 56477 of 1000000000",
    "bow_f32.num_runs0": "no timed run",
    "bow_f32.range_ok": "another name: WARN: Tensor # 0 is named serving_default_ids:0",
    "bow_f32.range_realname": "code 1: Wrong input value range item",
    "bow_f32.range_too_high": "another name",
    "bow_f32.sig_bad": "code 1: Signature not specified or incorrect",
    "bow_f32.use_gpu": r"does not know all it was asked for.*--use_gpu=true",
    "bow_f32.valuefile_ok": "another name",
    "err.bad_flag": r"does not know all it was asked for.*--nope=1",
    "err.corrupt_half": "code 1: The model is not a valid Flatbuffer",
    "err.missing_model": "code 1: Could not open 'out/nope.tflite'",
    "err.noargs": "code 1: Please specify the name of your TF Lite input file",
    "err.num_runs_abc": "code 1: Failed to parse flag 'num_runs'",
    "help.flag": "code 1 and said nothing",
}


def recording(name: str) -> tuple[str, int, str]:
    """Log, exit code, delegate."""
    parts = [(RECORDED / f"{name}.{end}").read_text() for end in ("stdout", "stderr", "rc", "cmd")]
    delegate = "cpu" if "--use_xnnpack=false" in parts[3] else "xnnpack"
    return parts[0] + parts[1], int(parts[2]), "gpu" if "--use_gpu" in parts[3] else delegate


def judged(text: str, code: int = 0, delegate: str = "cpu", runs: int | None = None) -> Stat:
    log = read_log(text)
    if runs is None:
        runs = log.phases[-1][0] if log.phases else 50
    return rules.check(log, text.split("\n"), code, delegate=delegate, runs=runs, where="here").stat


def facts(log: Log) -> tuple[float | None, ...]:
    _, stat = log.phases[1]
    numbers = (stat.count, stat.first, stat.min, stat.max, stat.avg, stat.std)
    assert log.timings
    return (
        *numbers,
        *(stat.p5, stat.median, stat.p95, log.timings.init, log.timings.first, log.init_mb),
    )


def test_the_recordings_are_there():
    assert len(NAMES) >= 35
    assert set(GOOD) | set(BAD) <= set(NAMES)


@pytest.mark.parametrize("name", GOOD)
def test_a_recording_is_read_to_its_numbers(name):
    text, code, _ = recording(name)
    assert code == 0
    assert facts(read_log(text)) == GOOD[name]


@pytest.mark.parametrize("name", NAMES)
def test_every_recording_is_numbers_or_a_failure(name):
    """The implicit XNNPACK of a run that names no delegate is none that was asked for."""
    text, code, delegate = recording(name)
    reason = BAD.get(name)
    implicit = "--use_xnnpack" not in (RECORDED / f"{name}.cmd").read_text()
    if reason is None and implicit:
        reason = "XNNPACK was asked for, but the tool does not say that it ran"
    if reason:
        with pytest.raises(StageError, match=reason):
            judged(text, code, delegate)
        return
    written = re.findall(r"^INFO: count=(\d+) .*avg=(\S+) .*median=(\d+)", text, re.MULTILINE)[1]
    stat = judged(text, code, delegate)
    assert (str(stat.count), stat.avg, stat.median) == (
        written[0],
        float(written[1]),
        float(written[2]),
    )


def test_a_log_of_an_old_build_without_prefixes():
    text = (
        "STARTING!\nNum threads: [4]\nInitialized session in 17.187ms.\n"
        "Running benchmark for at least 1 iterations and at least 0.5 seconds but terminate if "
        "exceeding 150 seconds.\ncount=1 curr=3512391\n\n"
        "Running benchmark for at least 50 iterations and at least 1 seconds but terminate if "
        "exceeding 150 seconds.\n"
        "count=50 first=2990275 curr=2913402 min=2727568 max=3189954 avg=2.95034e+06 std=109798\n\n"
        "Inference timings in us: Init: 17187, First inference: 3512391, "
        "Warmup (avg): 3.51239e+06, Inference (avg): 2.95034e+06\n"
        "Memory footprint delta from the start of the tool (MB): init=4.21094 overall=46.0859\n"
    )
    stat = judged(text)
    assert (stat.count, stat.avg, stat.std) == (50, 2950340, 109798)
    assert stat.median is None


@pytest.mark.parametrize(
    ("line", "init"),
    [
        ("Average inference timings in us: Warmup: 83235, Init: 38467, Inference: 79760.9", 38467),
        (
            "08-24 12:00:00.1  1234  1234 I tflite  : Inference timings in us: Init: 5685, "
            "First inference: 18535, Warmup (avg): 14462.3, Inference (avg): 14575.2",
            5685,
        ),
        (
            "INFO: [./litert/tools/x.h:84] Inference timings in us: Init: 7, First inference: 9, "
            "Warmup (avg): 8, Inference (avg): 8",
            7,
        ),
    ],
)
def test_other_forms_of_the_timings(line, init):
    timings = read_log(line + "\n").timings
    assert timings
    assert timings.init == init


def test_memory_in_its_old_words():
    log = read_log("Peak memory footprint (MB): init=4.92969 overall=138.809\n")
    assert (log.init_mb, log.overall_mb) == (4.92969, 138.809)


@pytest.mark.parametrize(
    ("line", "stat"),
    [
        ("count=0", Stat(count=0)),
        ("count=0 p5=0 median=0 p95=0", Stat(count=0)),
        ("count=3 curr=8(all same)", Stat(count=3, first=8, min=8, max=8, avg=8)),
        (
            "count=3 curr=8(all same) p5=8 median=8 p95=8",
            Stat(count=3, first=8, min=8, max=8, avg=8, p5=8, median=8, p95=8),
        ),
        ("count=1 curr=19", Stat(count=1, first=19, min=19, max=19, avg=19)),
        ("count=3 curr=8", None),
        ("count=1 curr=8(all same)", None),
        ("count=3", None),
        ("count=0 curr=4", None),
        ("count=3 first=1 curr=2 min=1 max=nan avg=2 std=0", None),
        ("count=3 first=1 curr=2 min=1 max=inf avg=2 std=0", None),
        ("count=3 first=1 curr=2 min=-1 max=3 avg=2 std=0", None),
        ("count=3 first=1 curr=2 min=1 max=3 avg=7 std=0", None),
        ("count=3 first=1 curr=2 min=1 max=3 avg=2 std=9", None),
        ("count=3 first=1 curr=2 min=1 max=3 avg=2 std=0 p5=3 median=2 p95=1", None),
        ("count=3 first=1 curr=2 min=1 max=3 avg=2 std=0 p5=1 median=2 p9", None),
    ],
)
def test_one_line(line, stat):
    assert read_stat(line) == stat


whole = st.integers(0, 10**9)


@settings(deadline=None)
@given(st.lists(whole, min_size=2, max_size=30))
def test_any_statistics_come_back(samples):
    """Written as the tool writes them; six digits are left of the mean."""
    if len(set(samples)) == 1:
        line = f"count={len(samples)} curr={samples[-1]}(all same)"
    else:
        line = (
            f"count={len(samples)} first={samples[0]} curr={samples[-1]} min={min(samples)} "
            f"max={max(samples)} avg={sum(samples) / len(samples):g} std=0"
        )
    ordered = sorted(samples)
    p5, median, p95 = (ordered[len(samples) * percent // 100] for percent in (5, 50, 95))
    stat = read_stat(f"{line} p5={p5} median={median} p95={p95}")
    assert stat
    assert (stat.count, stat.min, stat.max) == (len(samples), min(samples), max(samples))
    assert stat.avg == pytest.approx(sum(samples) / len(samples), rel=1e-5)
    assert (stat.p5, stat.median, stat.p95) == (p5, median, p95)


CPU1 = recording("lstm_f32.cpu1")[0]


@settings(deadline=None)
@given(st.integers(0, len(CPU1)))
def test_a_cut_log_is_the_whole_number_or_a_failure(place):
    try:
        stat = judged(CPU1[:place], runs=50)
    except StageError:
        return
    assert stat == judged(CPU1)


@settings(deadline=None)
@given(st.integers(0, len(CPU1)), st.integers(1, 30))
def test_a_log_with_a_hole_is_the_whole_number_or_a_failure(place, length):
    """Percentiles have one source in the log; a digit that is lost there shows nowhere else."""
    try:
        stat = judged(CPU1[:place] + CPU1[place + length :], runs=50)
    except StageError:
        return
    assert stat.avg == judged(CPU1).avg


@settings(deadline=None)
@given(st.data())
def test_streams_may_mix_line_by_line(data):
    """Each keeps its own order."""
    out = CPU1.splitlines(keepends=True)
    other = ["INFO: Initialized the runtime.\n", "WARN: something\n", "count me out\n", "\n"]
    mixed = list(out)
    places = sorted(data.draw(st.lists(st.integers(0, len(out)), min_size=4, max_size=4)))
    for line, place in zip(reversed(other), reversed(places), strict=True):
        mixed.insert(place, line)
    assert judged("".join(mixed)) == judged(CPU1)


@settings(deadline=None)
@given(st.binary(max_size=300), st.text(max_size=300))
def test_noise_is_no_measurement(noise, more):
    text = noise.decode(errors="replace") + "\n" + more + "\n"
    with pytest.raises(StageError):
        judged(text)


@settings(deadline=None)
@given(st.text(max_size=200), st.integers(0, 30))
def test_noise_between_lines_changes_nothing_or_fails(noise, place):
    lines = CPU1.splitlines(keepends=True)
    lines.insert(min(place, len(lines)), noise.replace("\r", "") + "\n")
    try:
        stat = judged("".join(lines))
    except StageError:
        return
    assert stat == judged(CPU1)


def mutilated(**changes: str) -> str:
    text = CPU1
    for old, new in changes.values():
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("Inference (avg): 142.756", "Inference (avg): 142", "contradicts itself: its mean"),
        ("Warmup (avg): 144.958", "Warmup (avg): 14", "mean of the warm-up"),
        ("First inference: 270", "First inference: 27", "its first inference"),
        ("INFO: Inference timings", "INFO: Inf", "ends before the inference timings"),
        ("at least 50 iterations", "at least 51 iterations", "asked for 50 runs and understood 51"),
        ("at least 50 iterations", "at least fifty", "1 phases"),
        ("INFO: Loaded model", "ERROR: Loaded model", "code 0 but complained"),
        ("INFO: Loaded model", "ERROR: Failed to apply GPU delegate.\nINFO: L", "refused the mod"),
        (
            "INFO: Loaded model",
            "WARN: GPU acceleration is unsupported on this platform.\nINFO: L",
            "no GPU",
        ),
        (
            "INFO: Loaded model",
            "INFO: Though NNAPI delegate is explicitly applied, the model graph will not be "
            "executed by the delegate.\nINFO: L",
            "took no node",
        ),
        (
            "INFO: Loaded model",
            "INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\nINFO: L",
            "plain kernels were asked for, but XNNPACK",
        ),
    ],
)
def test_what_speaks_against_a_measurement(old, new, reason):
    with pytest.raises(StageError, match=re.escape(reason)):
        judged(mutilated(line=(old, new)), runs=50)


@pytest.mark.parametrize(
    ("code", "reason"),
    [(134, "SIGABRT"), (-11, "SIGSEGV"), (137, "SIGKILL"), (1, "code 1"), (255, "code 255")],
)
def test_a_code_speaks_against_any_number(code, reason):
    with pytest.raises(StageError, match=reason):
        judged(CPU1, code)


@pytest.mark.parametrize(
    ("applied", "reason"),
    [
        ("", "it applied none"),
        ("NNAPI", "it applied NNAPI"),
    ],
)
def test_a_delegate_must_say_that_it_ran(applied, reason):
    line = (
        f"INFO: Explicitly applied {applied} delegate, and the model graph will be completely "
        "executed by the delegate.\n"
    )
    with pytest.raises(StageError, match=reason):
        judged(line * bool(applied) + CPU1, delegate="gpu")
    assert judged(line.replace(applied, "GPU") + CPU1, delegate="gpu") if applied else True


@pytest.mark.parametrize("ending", ["the whole graph.", "subgraph 0.", "subgraph 0 (main)."])
def test_how_many_nodes_were_replaced(ending):
    line = (
        "VERBOSE: Replacing 3 out of 4 node(s) with delegate (TfLiteXNNPackDelegate) node, "
        f"yielding 2 partitions for {ending}\n"
    )
    assert read_log(line).replaced == (3, 4)
    assert read_log(line.replace("for", "of")).replaced is None


def test_what_a_gpu_leaves_is_no_fault():
    said = (
        "INFO: Explicitly applied GPU delegate, and the model graph will be partially executed by "
        "the delegate w/ 1 delegate kernels.\n"
        "ERROR: Following operations are not supported by GPU delegate:\n"
        "GATHER: Operation is not supported.\n"
        "3 operations will run on the GPU, and the remaining 1 operations will run on the CPU.\n"
    )
    assert judged(said + CPU1, delegate="gpu") == judged(CPU1)


def test_ids_out_of_range_are_named_though_the_warm_up_looks_well():
    text, code, delegate = recording("bow_f32.range_too_high")
    text = re.sub("^WARN: Tensor.*\n", "", text, flags=re.MULTILINE)
    with pytest.raises(StageError, match=r"code 1: gather index out of bounds \| Node number 0"):
        judged(text, code, delegate)
    with pytest.raises(StageError, match="code 0 but complained: gather index"):
        judged(text, 0, delegate)


def same_or_failed(text: str, *allowed: str, runs: int = 50) -> None:
    """No wrong number ever: those of a whole log, or a reason why there are none."""
    try:
        stat = judged(text, runs=runs)
    except StageError:
        return
    assert stat in [judged(one, runs=runs) for one in allowed]


def test_a_log_cut_at_every_byte():
    whole = judged(CPU1)
    kept = 0
    for place in range(len(CPU1) + 1):
        try:
            assert judged(CPU1[:place], runs=50) == whole
        except StageError:
            continue
        kept += 1
    assert 0 < kept < len(CPU1) / 3, "only what follows the last line with a time may be lost"


LOCALES = {
    "comma": lambda text: re.sub(r"(?<=\d)\.(?=\d)", ",", text),
    "thousands": lambda text: re.sub(r"(?<=\d)(?=(?:\d{3})+\b)", ",", text),
    "points": lambda text: re.sub(r"(?<=\d)(?=(?:\d{3})+\b)", ".", text),
    "blanks": lambda text: re.sub(r"(?<=\d)(?=(?:\d{3})+\b)", "\u202f", text),
    "quotes": lambda text: re.sub(r"(?<=\d)(?=(?:\d{3})+\b)", "'", text),
    "underscores": lambda text: re.sub(r"(?<=\d)(?=(?:\d{3})+\b)", "_", text),
    "arabic": lambda text: text.translate({ord("0") + n: 0x660 + n for n in range(10)}),
    "wide": lambda text: text.translate({ord("0") + n: 0xFF10 + n for n in range(10)}),
    "minus": lambda text: text.replace("=", "=\u2212"),
    "hexadecimal": lambda text: re.sub(r"\d+", lambda found: hex(int(found[0])), text),
}


@pytest.mark.parametrize("name", LOCALES)
def test_numbers_of_other_locales_are_no_numbers(name):
    changed = LOCALES[name](CPU1)
    assert changed != CPU1
    with pytest.raises(StageError):
        judged(changed, runs=50)


def test_lines_of_other_systems_are_lines():
    assert judged(CPU1.replace("\n", "\r\n")) == judged(CPU1)


OTHER = recording("cnn_int8.cpu1")[0]


@settings(deadline=None)
@given(st.data())
def test_two_logs_in_one_stream_are_one_of_them_or_a_failure(data):
    """Two tools that write at once, cut anywhere: in the middle of lines and of numbers."""
    left, right, mixed = CPU1, OTHER, ""
    for size in data.draw(st.lists(st.integers(1, 400), max_size=30)):
        mixed, left = mixed + left[:size], left[size:]
        left, right = right, left
    same_or_failed(mixed + left + right, CPU1, OTHER)


@settings(deadline=None)
@given(st.integers(0, len(CPU1)), st.integers(0, len(OTHER)))
def test_the_end_of_another_log_is_found_out(place, at):
    same_or_failed(CPU1[:place] + OTHER[at:], CPU1, OTHER)


@settings(deadline=None)
@given(st.integers(0, CPU1.count("\n")), st.integers(0, CPU1.count("\n")))
def test_lines_in_another_order_are_found_out(one, other):
    lines = CPU1.splitlines(keepends=True)
    moved = lines.pop(min(one, len(lines) - 1))
    lines.insert(other, moved)
    same_or_failed("".join(lines), CPU1)


@settings(deadline=None)
@given(st.integers(0, CPU1.count("\n") - 1), st.integers(1, 3))
def test_lines_that_come_twice_change_nothing(place, times):
    lines = CPU1.splitlines(keepends=True)
    lines[place:place] = [lines[place]] * times
    same_or_failed("".join(lines), CPU1)


@settings(deadline=None)
@given(st.integers(0, len(CPU1) - 1), st.characters(min_codepoint=1, max_codepoint=0x2FF))
def test_a_character_that_was_changed_outside_the_numbers_of_the_percentiles(place, other):
    """The percentiles have one source in the log; the result file tells them again."""
    start = CPU1.rindex(" p5=")
    if start <= place < CPU1.index("\n", start):
        return
    text = CPU1[:place] + other + CPU1[place + 1 :]
    try:
        stat = judged(text, runs=50)
    except StageError:
        return
    whole = judged(CPU1)
    assert (stat.count, stat.avg, stat.median) == (whole.count, whole.avg, whole.median)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Init: 307", "Init: -307"),
        ("Init: 307", "Init: 1e999"),
        ("Warmup (avg): 144.958", "Warmup (avg): -144.958"),
    ],
)
def test_a_last_line_with_no_times_is_no_last_line(old, new):
    with pytest.raises(StageError, match="ends before the inference timings"):
        judged(mutilated(line=(old, new)), runs=50)


@pytest.mark.parametrize("told", ["-1", "1e999"])
def test_memory_that_is_none_is_not_told(told):
    log = read_log(mutilated(line=("init=3.84766", f"init={told}")))
    assert (log.init_mb, log.overall_mb) == (None, None)


LOADER = "benchmark_model: error while loading shared libraries: libEGL.so.1: cannot open\n"


@pytest.mark.parametrize(
    ("complaints", "words"),
    [
        (LOADER, "code 1: benchmark_model: error while loading shared libraries: libEGL.so.1"),
        (LOADER + "INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n", "libEGL.so.1"),
        ("WARN: something\n" + LOADER + "\n\n", "libEGL.so.1: cannot open"),
        ("INFO: Initialized TensorFlow Lite runtime.\n", "code 1 and said nothing"),
        ("", "code 1 and said nothing"),
        (LOADER + "ERROR: out of memory\n", "code 1: out of memory"),
    ],
)
def test_the_last_line_of_standard_error_is_not_lost(complaints, words):
    """Where the tool failed and marked nothing as an error."""
    text = CPU1 + complaints
    with pytest.raises(StageError, match=re.escape(words)):
        rules.check(
            read_log(text),
            text.split("\n"),
            1,
            delegate="cpu",
            runs=50,
            where="",
            complaints=complaints,
        )


@pytest.mark.parametrize("line", [LOADER, "a wrapper's word\n", "INFO: fine\n"])
def test_what_is_said_beside_a_good_run_is_no_error(line):
    text = CPU1 + line
    measured = rules.check(
        read_log(text), text.split("\n"), 0, delegate="cpu", runs=50, where="", complaints=line
    )
    assert measured.stat == judged(CPU1)
