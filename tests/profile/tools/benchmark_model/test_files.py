"""Reading the tool's result files and op profiles."""

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench.errors import StageError
from rbench.profile.tools.benchmark_model import ops, protos, rules, wire
from rbench.profile.tools.benchmark_model.log import read_log
from rbench.profile.tools.benchmark_model.rules import Measured

RECORDED = Path(__file__).parents[3] / "recorded" / "benchmark_model"
RESULT = (RECORDED / "bow_f32.result.pb").read_bytes()
INFO = (RECORDED / "bow_f32.runtime_info.pb").read_bytes()


def varint(value: int) -> bytes:
    value &= 2**64 - 1
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number: int, value: int | float | bytes) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def measured() -> Measured:
    log = read_log((RECORDED / "bow_f32.result.stdout").read_text())
    return Measured(log.phases[0][1], log.phases[1][1])


def test_the_recorded_result():
    made = protos.read_result(RESULT)
    assert (made.runs, made.warmup_runs) == (119906, 58260)
    assert (made.avg, made.min, made.max, made.std) == (8.22355, 7, 132, 2)
    assert (made.p5, made.median, made.p95) == (8, 8, 9)
    assert (made.init, made.first, made.warmup) == (1275, 50, 8.441692)
    assert (made.init_kb, made.overall_kb) == (6604, 9744)
    assert made.init_kb / 1024 == pytest.approx(6.44922, rel=1e-5)
    rules.agree(made, measured(), "here")


def test_a_result_of_another_run_is_found_out():
    other = protos.read_result(RESULT.replace(struct.pack("<f", 0.132), struct.pack("<f", 0.133)))
    with pytest.raises(StageError, match="contradicts the log: its maximum is 133, there 132"):
        rules.agree(other, measured(), "here")


@given(st.integers(0, 600), st.integers(1, 8))
def test_no_digit_lost_from_the_log_goes_unseen(place, length):
    """Beside the result file, which tells the same numbers."""
    text = (RECORDED / "bow_f32.result.stdout").read_text()
    start = text.rindex("count=")
    holed = text[: start + place] + text[start + place + length :]
    result = protos.read_result(RESULT)
    try:
        log = read_log(holed)
        found = rules.check(log, [], 0, delegate="cpu", runs=50, where="")
        rules.agree(result, found, "")
    except StageError:
        return
    whole = measured().stat
    numbers = ("count", "avg", "min", "max", "std", "p5", "median", "p95")
    for name in numbers:
        kept = getattr(found.stat, name)
        assert kept is None or kept == pytest.approx(getattr(whole, name), rel=1e-5)


def test_the_recorded_runtime_info():
    found = protos.read_runtime_info(INFO, "xnnpack")
    assert (found.nodes_total, found.nodes_delegated, found.partitions) == (4, 3, 1)
    assert found.left_behind == {"GATHER": 1}


@given(st.integers(0, len(RESULT) - 1))
def test_a_cut_result_is_a_failure(place):
    """All but a cut between the top's fields, which leaves a result that tells too little."""
    with pytest.raises(StageError):
        protos.read_result(RESULT[:place])


@given(st.integers(0, len(INFO) - 1))
def test_a_cut_runtime_info_is_a_failure(place):
    with pytest.raises(StageError):
        protos.read_runtime_info(INFO[:place], "xnnpack")


@given(st.binary(max_size=200))
def test_noise_is_read_or_refused(noise):
    for read in (wire.read_message, protos.read_result, lambda n: protos.read_runtime_info(n, "")):
        try:
            read(noise)
        except StageError:
            continue


numbers = st.integers(1, 2**29 - 1)
values = st.one_of(
    st.integers(0, 2**64 - 1), st.floats(width=32, allow_nan=False), st.binary(max_size=40)
)


@given(st.lists(st.tuples(numbers, values), max_size=12))
def test_any_message_comes_back(row):
    content = b"".join(field(number, value) for number, value in row)
    read = wire.read_message(content)
    assert sum(map(len, read.values())) == len(row)
    for number, value in row:
        raw = struct.pack("<f", value) if isinstance(value, float) else value
        assert raw in read[number]


@given(st.integers(-(2**63), 2**63 - 1))
def test_signed_integers_come_back(value):
    assert wire.integer(wire.read_message(field(7, value)), 7) == value


@given(st.lists(st.integers(0, 2**40), max_size=9))
def test_packed_integers_come_back(row):
    packed = field(2, b"".join(map(varint, row)))
    loose = b"".join(field(2, value) for value in row)
    assert wire.integers(wire.read_message(packed), 2) == row
    assert wire.integers(wire.read_message(loose), 2) == row


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_time_that_is_none_is_refused(value):
    content = field(2, field(1, value)) + field(4, field(2, 3))
    with pytest.raises(StageError, match="field 1 is"):
        protos.read_result(content)


CSV = (RECORDED / "bow_f32.profcsv_xnn.csv").read_text()
TABLE = (RECORDED / "bow_f32.prof_xnn.stdout").read_text()
KERNEL = "Fully Connected (NC, F32) GEMM"


def test_the_recorded_csv():
    read = ops.read_ops(CSV)
    assert len(read) == 6
    assert [op.type for op in read if not op.delegated] == ["GATHER"]
    us = ops.by_type(read)
    assert us["GATHER"] == 0.356517
    assert us[KERNEL] == pytest.approx(8.45153 + 0.00485514, abs=1e-5)
    assert sum(us.values()) == pytest.approx(8.81404, abs=1e-3)


def test_the_recorded_table():
    us = ops.by_type(ops.read_ops(TABLE))
    assert set(us) == {"GATHER", "Mean (ND) Reduce2", "Static Reshape (NC)", KERNEL}
    assert us[KERNEL] == 8.0


@pytest.mark.parametrize("name", ["bow_f32.prof_cpu1", "lstm_f32.prof_cpu1", "cnn_int8.prof_xnn"])
def test_every_recorded_table_sums_up_to_what_the_profiler_saw(name):
    text = (RECORDED / f"{name}.stdout").read_text()
    seen = float(text.rpartition("Timings (microseconds): ")[2].split("avg=")[1].split()[0])
    read = ops.read_ops(text)
    assert sum(op.us for op in read) == pytest.approx(seen, abs=0.5 * len(read))


def test_a_recorded_csv_of_plain_kernels():
    read = ops.read_ops((RECORDED / "bow_f32.profcsv_cpu1.csv").read_text())
    assert not any(op.delegated for op in read)
    assert {"GATHER", "MEAN", "FULLY_CONNECTED"} <= {op.type for op in read}


def test_an_old_table_has_a_start_column():
    text = (
        f"{ops.TITLE}\n"
        "============================== Run Order ==============================\n"
        "\t [node type]\t [start]\t [first]\t [avg ms]\t [%]\t [cdf%]\t [mem KB]\t"
        "[times called]\t[Name]\n"
        "\t CONV_2D\t 19.352\t 6.652\t 6.652\t 0.167%\t 0.167%\t 0.000\t 0\t[a/b, c]:0\n\n"
    )
    assert ops.read_ops(text) == [ops.Op("CONV_2D", "a/b, c]:0", 6652)]


@given(st.integers(0, len(CSV)))
def test_a_cut_profile_is_whole_or_a_failure(place):
    try:
        read = ops.read_ops(CSV[:place])
    except StageError:
        return
    assert read == ops.read_ops(CSV)


@given(st.text(max_size=200))
def test_noise_is_no_profile(noise):
    with pytest.raises(StageError):
        ops.read_ops(f"{ops.TITLE}\n= Run Order =\n{noise}")


@pytest.mark.parametrize("told", ["-0.02", "1e999", "nan", "0,02", "\u0663.1"])
def test_an_operators_time_that_is_none_is_a_torn_row(told):
    text = (
        f"{ops.TITLE}\n============================== Run Order ============================\n"
        "node type, first, avg_ms, %, cdf%, mem KB, times called, name\n"
        f"GATHER, 0.003, {told}, 20%, 20%, 0, 1, [t]:0\n\n"
    )
    assert ops.read_ops(text.replace(told, "0.02"))[0].us == 20
    with pytest.raises(StageError, match="a row of the op profile is torn"):
        ops.read_ops(text)


def test_memory_that_the_tool_could_not_tell_is_not_told():
    unknown = field(1, -1) + field(2, -1)
    start = RESULT.index(b"\x1a")
    whole = protos.read_result(RESULT)
    assert whole.init_kb == 6604
    made = protos.read_result(
        RESULT[:start] + field(3, unknown) + RESULT[start + 2 + RESULT[start + 1] :]
    )
    assert (made.init_kb, made.overall_kb, made.avg) == (None, None, whole.avg)
