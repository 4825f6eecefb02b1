"""What is in the files and where the time goes."""

import msgspec
import pytest

from rbench.records import ModelFile
from rbench_reports import constants, groups, ops
from rbench_reports.cells import Sheet


def test_the_pieces_of_a_file_add_up_to_its_size(rich):
    files = constants.contents(Sheet.of(rich))
    assert len(files) == 19
    for file in files:
        assert sum(piece.size_bytes for piece in file.pieces) == file.size_bytes
    first = files[0]
    census = rich.records[0].model.census["constants"]
    assert [piece.size_bytes for piece in first.pieces[:2]] == [c["size_bytes"] for c in census]
    assert [piece.name for piece in first.pieces] == [
        "table", "kernel", "other FLOAT32", "other INT32", "graph and metadata",
    ]  # fmt: skip
    assert first.table == "item table stored once"


@pytest.mark.parametrize(
    "census",
    [
        {},
        {"constants": None, "item_table": 3},
        {"constants": [None, 1, {}, {"size_bytes": "9"}, {"size_bytes": -9}]},
        {"constants": [{"size_bytes": 40, "type": None, "shape": ["a", None], "zeros": "x"}]},
        {"item_table": {"buffers": "many"}},
    ],
)
def test_a_census_that_is_not_understood(census):
    model = ModelFile(
        path="", sha256="", size_bytes=100, gzip_bytes=9, tensor_bytes={"INT8": 60}, census=census
    )
    assert sum(piece.size_bytes for piece in constants.pieces(model)) == 100


def test_op_times_are_the_records(rich):
    sheet = Sheet.of(rich)
    table = ops.op_table(sheet)
    rows = {row.cell.number: row for row in table.rows}
    timed = [c for c in sheet.cells if c.record.timing and c.record.timing.ops_us]
    assert set(rows) == {c.number for c in timed if c.state.word != "simulated"}
    row = table.rows[0]
    times = row.cell.record.timing.ops_us
    assert {name for name, _, _ in row.ops} == set(times)
    assert row.ops[0][1] == f"{max(times.values()):.1f}"
    assert "benchmark_model/gpu" in table.source
    assert "timed cells have none" in table.source


def test_no_op_times_says_so_and_why(run, change):
    table = ops.op_table(Sheet.of(run))
    assert table.rows == ()
    assert table.source == "No cell of this run has times per operator: its tools told none."

    def explain(record):
        details = {"ops": {"reason": "no profiler here"}}
        timing = record.timing and msgspec.structs.replace(record.timing, details=details)
        return msgspec.structs.replace(record, timing=timing)

    assert ops.op_table(Sheet.of(change(run, explain))).source.endswith(": no profiler here.")


def test_odd_op_times_are_left_out(small, change):
    odd = {"ADD": float("nan"), "MUL": 2.0}
    spoilt = change(
        small,
        lambda r: msgspec.structs.replace(r, timing=msgspec.structs.replace(r.timing, ops_us=odd)),
    )
    assert ops.op_times(Sheet.of(spoilt).cells[0]) == {"MUL": 2.0}


def test_recipes_in_groups_by_compression(rich):
    found = groups.groups(Sheet.of(rich))
    assert [(group.title, [name for _, name, _ in group.recipes]) for group in found] == [
        ("", ["float32", "dynamic_wi8", "static_wi8_ai8"]),
        ("prune80", ["prune80+dynamic_wi8"]),
    ]


@pytest.mark.parametrize(
    ("name", "group", "marker"),
    [
        ("float32", ("", "float32"), (0, False)),
        ("unrolled+prune2x4+qat+static_wi8_ai8", ("unrolled+prune2x4+qat", "static_wi8_ai8"), None),
        ("<b>+float32", ("other recipes", "<b>+float32"), (5, False)),
    ],
)
def test_groups_and_markers(name, group, marker):
    assert groups.split(name) == group
    assert groups.marker(name, 5) == (marker or (4, True))
