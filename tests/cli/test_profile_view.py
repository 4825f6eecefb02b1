"""The table of `rbench profile`: a time is shown whether or not a tool tells what was delegated."""

import msgspec

from rbench.cli import profile_view
from rbench.testing.runs import example_run


def test_a_tool_that_tells_no_nodes_has_its_times(tmp_path):
    run = example_run(tmp_path / "run", encoders=["gru"], recipes=["float32"], targets=["xnnpack"])
    (record,) = run.records
    told = profile_view._cells(record)
    timing = msgspec.structs.replace(record.timing, peak_memory_bytes=0, reasons=("busy",))
    untold = msgspec.structs.replace(record, delegation=None, timing=timing)
    cells = profile_view._cells(untold)
    assert cells[0] == told[0] != "-"
    assert cells[-3:] == ["-", "-", timing.verdict]
    assert len(cells) == len(told)
    assert profile_view._notes(untold) == [f"{record.cell.target}: busy"]
