import msgspec
import pytest

from rbench.records import Check, Delegation
from rbench_reports import (
    against,
    effects,
    explain,
    files,
    latency,
    matrix,
    paired,
    provenance,
    quality,
)
from rbench_reports.cells import Sheet
from rbench_reports.latency import timing_table
from rbench_reports.metrics import P50, SIZE

FILE = ("gru", "dynamic_wi8")
RECIPES = ("dynamic_wi8", "float32")


def explained(run):
    sheet = Sheet.of(run)
    found = explain.explanations(sheet, paired.pairs(run, sheet))
    return "\n".join(f"{one.topic}: {one.text}" for one in found)


def test_matrix_has_every_field_and_marks_the_best(run):
    sheet = Sheet.of(run)
    panels = {panel.metric.key: panel for panel in matrix.panels(sheet)}
    assert len(panels["size"].grids) == 1
    assert [grid.target for grid in panels["p50"].grids] == ["cpu", "xnnpack"]
    for panel in panels.values():
        boxes = [box for grid in panel.grids for _, row in grid.rows for box in row]
        assert len(boxes) in (20, 40)
        heats = [box.heat for box in boxes if box.heat is not None]
        assert (min(heats), max(heats)) == (0.0, 1.0)
        assert any(box.best for box in boxes)
    smallest = min(cell.usable(SIZE) for cell in sheet.comparable)
    best = [b for _, row in panels["size"].grids[0].rows for b in row if b.best]
    assert {box.text for box in best} == {sheet.scales["size"].text(smallest)}


def test_matrix_shows_states_and_keeps_the_numbers_of_failed_files(run):
    sheet = Sheet.of(run)
    panels = {panel.metric.key: panel for panel in matrix.panels(sheet)}
    rows = dict(panels["p50"].grids[1].rows)
    assert rows["gru"][3].state.word == "failed"
    assert "signal 11" in rows["gru"][3].title
    assert dict(panels["ndcg"].grids[0].rows)["lstm"][3].state.word == "unsupported"
    invalid = dict(panels["p50"].grids[0].rows)["bow"][0]
    assert invalid.state.word == "invalid"
    assert invalid.text
    assert invalid.heat is None


def test_where_nothing_differs_nothing_is_the_best(run, change):
    none = Delegation(delegate="none", nodes_total=7, nodes_delegated=0, partitions=0)
    alike = change(run, lambda r: msgspec.structs.replace(r, delegation=r.delegation and none))
    panels = {panel.metric.key: panel for panel in matrix.panels(Sheet.of(alike))}
    boxes = [box for grid in panels["delegated"].grids for _, row in grid.rows for box in row]
    assert {box.text for box in boxes} == {"0 of 7", ""}
    assert not any(box.best or box.heat is not None for box in boxes)


def test_quality_has_baselines_and_the_best_possible(run):
    sheet = Sheet.of(run)
    rows = quality.rows(run, sheet, paired.pairs(run, sheet))
    kinds = [row.kind for row in rows]
    assert kinds == ["ideal"] + ["baseline"] * 3 + ["file"] * 19
    ideal = dict(zip([key for key, _ in quality.columns(run)], rows[0].numbers, strict=True))
    assert ideal["recall@10"] == ("0.6200", "")
    file = next(row for row in rows if (row.name, row.recipe) == FILE)
    record = next(r for r in run.records if (r.cell.encoder, r.cell.recipe) == FILE)
    assert file.numbers[0][0] == f"{record.quality.metrics['ndcg@10'].value:.4f}"
    assert file.overlap.startswith("98.0")


def test_effects_compare_with_float32(small):
    sheet = Sheet.of(small)
    pairing = paired.pairs(small, sheet)
    (effect,) = effects.effects(sheet, pairing)
    new, old = (next(r for r in small.records if r.cell.recipe == n) for n in RECIPES)
    share = 100 * (1 - new.model.size_bytes / old.model.size_bytes)
    assert effect.size.middle.startswith(f"\N{MINUS SIGN}{share:.0f}")
    assert effect.size.range == ""
    assert effect.told == f"1 {pairing.files[FILE].difference.word}"
    assert effect.paired == pairing.files[FILE].difference


def test_explanations_follow_the_records(small, change):
    def worsen(record):
        if record.cell.recipe == "float32":
            return record
        return msgspec.structs.replace(
            record,
            model=msgspec.structs.replace(
                record.model,
                size_bytes=10**6,
                tensor_bytes={"FLOAT32": 200_000, "INT8": 700_000},
            ),
            timing=msgspec.structs.replace(record.timing, median_us=1e4),
            delegation=Delegation(
                delegate="xnnpack",
                nodes_total=7,
                nodes_delegated=0,
                partitions=0,
                left_behind={"WHILE": 2},
            ),
        )

    assert "Slower" not in explained(small)
    text = explained(change(small, worsen))
    assert "Slower: dynamic_wi8 on cpu takes longer than float32, times " in text
    assert "gru: its delegate leaves more behind: 2 WHILE." in text
    assert "Larger: dynamic_wi8 is no smaller than float32: gru +" in text
    assert "FLOAT32 constants, and INT8 beside them" in text
    assert "(gru 0 of 7 nodes); left to the plain kernels: 2 WHILE." in text


def test_pruning_that_only_compresses(small, change):
    def prune(record):
        pruned = record.cell.recipe == "float32"
        name = "prune80+dynamic_wi8" if pruned else "dynamic_wi8"
        model = msgspec.structs.replace(
            record.model, size_bytes=1000, gzip_bytes=400 if pruned else 900
        )
        cell = msgspec.structs.replace(record.cell, recipe=name)
        return msgspec.structs.replace(record, cell=cell, model=model)

    text = explained(change(small, prune))
    assert text.startswith("Pruned: prune80+dynamic_wi8 saves nothing raw against dynamic_wi8")
    assert "gru raw ±0.0" in text


def test_files_say_what_is_left_behind(run):
    rows = {(row.encoder, row.recipe): row for row in files.file_rows(Sheet.of(run))}
    assert len(rows) == 19
    taken = {item.target: item for item in rows["lstm", "float32"].delegation}
    assert taken["xnnpack"].text == "4 of 7 nodes delegated, 2 partitions"
    assert taken["xnnpack"].left == "2 UNIDIRECTIONAL_SEQUENCE_LSTM, 1 TOPK_V2"
    assert taken["cpu"].text == "no delegate, 7 nodes"
    assert abs(sum(part.share for part in rows["gru", "float16"].parts) - 100) < 1e-6


def test_timings_cold_and_warm(run):
    sheet = Sheet.of(run)
    table = latency.timing_table(sheet)
    assert len(table.rows) == 37
    row = table.rows[2]
    assert row.numbers[2] == f"{row.cell.record.timing.median_us:.1f}"
    assert latency.box(row.cell)[2] == row.cell.record.timing.quantiles_us[50]
    assert latency.box(sheet.cells[-1]) is not None


def test_a_sentence_names_the_largest_losses_only(run):
    sheet = Sheet.of(run)
    loss = [paired.Difference(-0.01 * n, -0.01 * n - 0.001, -0.01 * n + 0.001) for n in range(1, 7)]
    names = [f"e{n}" for n in range(1, 7)]
    pairing = paired.Pairing(
        {
            (name, "dynamic_wi8"): paired.Paired((), one, None)
            for name, one in zip(names, loss, strict=True)
        },
        {},
    )
    texts = [e.text for e in explain.explanations(sheet, pairing) if e.topic == "Quality"]
    (text,) = texts
    assert [name for name in names if name in text] == ["e3", "e4", "e5", "e6"]
    assert text.index("e6") < text.index("e5")
    assert text.endswith("and 2 more.")


def test_settings_are_plain_words(run, change):
    settings = {"profile": {"phone_cores": [], "instances": [1, 2], "twins": True}}
    (table,) = provenance.protocol(change(run, settings=settings))
    assert table == (
        "profile",
        (("phone_cores", "none"), ("instances", "1, 2"), ("twins", "true")),
    )


def test_provenance_names_split_seeds_and_versions(run):
    assert ("split checksum", run.info.data.checksum) in provenance.data_facts(run)
    assert ("seeds", "1") in provenance.run_facts(run)
    assert ("ai-edge-litert", "2.1.0") in provenance.versions(run)
    assert [name for name, _ in provenance.protocol(run)] == list(provenance.PROTOCOLS)
    assert len(provenance.machine_facts(run)) == 1


def test_against_refuses_unlike_machines_and_splits(run, change):
    other = msgspec.structs.replace(run.info.machine, name="another")
    moved = change(run, lambda r: msgspec.structs.replace(r, machine=other, data="x"))
    found = against.compare(run, Sheet.of(run), moved).differences
    assert all(d.latency[2].startswith("not comparable: ") for d in found)
    assert any("timed on another machine" in d.latency[2] for d in found)
    assert any("scored on another split of the data" in d.ndcg[2] for d in found)


def test_against_itself_nothing_changed(run):
    comparison = against.compare(run, Sheet.of(run), run)
    assert len(comparison.differences) == 40
    assert comparison.only_here == comparison.only_there == ()
    latest = comparison.differences[-1]
    assert latest.size[2] == "same"
    assert latest.ndcg[2] == latest.latency[2] == "same"


def test_against_another_version_of_the_runtime(run, change):
    older = change(run, lambda r: msgspec.structs.replace(r, versions={"ai-edge-litert": "1.0"}))
    latest = against.compare(run, Sheet.of(run), older).differences[-1]
    assert latest.latency[2].startswith("not comparable: timed with another ai-edge-litert")


def test_against_names_cells_of_one_run_only(run, small):
    comparison = against.compare(run, Sheet.of(run), small)
    assert len(comparison.differences) == 2
    assert len(comparison.only_here) == 38


def test_a_fused_recurrence_that_is_not_delegated_is_named(small, change):
    def slow(record):
        if record.cell.recipe == "float32":
            return record
        delegation = Delegation(
            delegate="xnnpack",
            nodes_total=18,
            nodes_delegated=8,
            partitions=2,
            left_behind={"UNIDIRECTIONAL_SEQUENCE_LSTM": 1},
        )
        timing = msgspec.structs.replace(record.timing, median_us=1e4)
        return msgspec.structs.replace(record, timing=timing, delegation=delegation)

    text = explained(change(small, slow))
    assert "gru: the fused UNIDIRECTIONAL_SEQUENCE_LSTM is not delegated" in text


def test_a_table_that_is_stored_twice_is_named(small, change):
    def double(record):
        if record.cell.recipe == "float32":
            return record
        census = {"item_table": {"buffers": 2}, "stored_twice": {"buffers": 1, "bytes": 7000}}
        model = msgspec.structs.replace(record.model, size_bytes=10**6, census=census)
        return msgspec.structs.replace(record, model=model)

    text = explained(change(small, double))
    assert "it stores the item table 2 times; 7.0 kB repeat another buffer" in text.replace(
        "\N{NO-BREAK SPACE}", " "
    )


def test_unrolled_is_held_to_fused(small, change):
    def unroll(record):
        name = "unrolled+float32" if record.cell.recipe == "dynamic_wi8" else record.cell.recipe
        cell = msgspec.structs.replace(record.cell, recipe=name)
        timing = msgspec.structs.replace(
            record.timing, median_us=30.0 if name == "float32" else 15.0
        )
        return msgspec.structs.replace(record, cell=cell, timing=timing)

    text = explained(change(small, unroll))
    assert "gru with unrolled+float32 on cpu takes 0.50 times as long as with float32" in text


@pytest.mark.parametrize(("median_us", "said"), [(15.0, True), (29.0, False)])
def test_what_the_weight_cache_gives_is_said(small, change, median_us, said):
    def cache(record):
        cached = record.cell.recipe != "float32"
        name = "xnnpack_cached@2" if cached else "xnnpack@2"
        cell = msgspec.structs.replace(record.cell, recipe="float32", target=name)
        timing = msgspec.structs.replace(record.timing, median_us=median_us if cached else 30.0)
        return msgspec.structs.replace(record, cell=cell, timing=timing)

    text = explained(change(small, cache))
    sentence = "on xnnpack_cached@2 takes less time than on xnnpack@2, times 0.50 for gru"
    assert (sentence in text) is said


def test_a_simulated_gpu_is_said_to_be_no_latency(rich):
    text = explained(rich)
    assert (
        "Simulated: benchmark_model/gpu ran on a GPU that the CPU simulates (1 cell)"
        in text.replace(", A GPU that does not exist", "")
    )
    assert "simulates, A GPU that does not exist (1 cell)" in text


def checked(change, run, **fields):
    """The run on an emulated processor."""
    made = Check(
        **{
            "contexts": 24,
            "top": 10,
            "overlap": 0.9875,
            "same_order": 0.75,
            "max_score_difference": 0.149,
            "score_scale": 9.7,
            "bounds": {"overlap": 0.95, "score_difference": 0.05},
            "runtime": "ai-edge-litert 2.3.0 on an emulated cortex-a76",
            "against": "ai-edge-litert 2.3.0 on this host, xnnpack",
            **fields,
        }
    )
    return change(run, lambda r: msgspec.structs.replace(r, check=made, timing=None))


def test_a_checked_target_has_no_time_anywhere(small, change):
    run = checked(change, small)
    sheet = Sheet.of(run)
    assert {cell.state.word for cell in sheet.cells} == {"checked"}
    assert all(cell.usable(P50) is None for cell in sheet.cells)
    assert not sheet.timed
    assert len(sheet.comparable) == len(run.records)
    assert not timing_table(sheet).rows
    text = explained(run)
    assert "Checked: cpu: 2 of 2 files answer as ai-edge-litert 2.3.0 on this host" in text
    assert "keeps 98.8% of the best 10 items (at least 95%)" in text
    assert "there is none in its records" in text


@pytest.mark.parametrize(("overlap", "listed"), [(1.0, 0), (0.9875, 2)])
def test_a_check_is_odd_where_other_items_came_back(small, change, overlap, listed):
    cells = Sheet.of(checked(change, small, overlap=overlap)).cells
    assert len(cells) == 2
    assert sum(cell.odd for cell in cells) == listed


def on_a_gpu(change, run, **fields):
    """The run with every cell delegated to a GPU."""
    found = Delegation(
        **{"delegate": "gpu", "nodes_total": 6, "nodes_delegated": 4, "partitions": 1, **fields}
    )
    return change(run, lambda r: msgspec.structs.replace(r, delegation=found))


SAID = ("EXPAND_DIMS: Operation is not supported.", "GATHER: Only support 1D indices")


def test_which_gpu_and_its_own_words(small, change):
    moved = on_a_gpu(
        change,
        small,
        adapter="SwiftShader Device (Subzero)",
        software=True,
        left_behind={"EXPAND_DIMS": 1, "GATHER": 1},
        remarks=SAID,
    )
    sheet = Sheet.of(moved)
    (taken,) = files.file_rows(sheet)[0].delegation
    assert taken.text == (
        "4 of 6 nodes delegated to SwiftShader Device (Subzero), simulated on the CPU"
    )
    assert taken.left == "1 EXPAND_DIMS, 1 GATHER"
    assert taken.remarks == SAID
    assert provenance.runners(sheet) == (
        ("cpu", "gpu on SwiftShader Device (Subzero), simulated on the CPU"),
        ("what cpu left, in its own words", "; ".join(f"“{words}” (2 cells)" for words in SAID)),
    )


def test_a_real_gpu_is_named_and_not_called_simulated(small, change):
    sheet = Sheet.of(on_a_gpu(change, small, adapter="Mali-G715", nodes_delegated=6))
    assert provenance.runners(sheet) == (("cpu", "gpu on Mali-G715"),)
    (taken,) = files.file_rows(sheet)[0].delegation
    assert taken.text == "6 of 6 nodes delegated to Mali-G715"


def test_runners_of_the_cpu(run):
    assert provenance.runners(Sheet.of(run)) == (("cpu", "no delegate"), ("xnnpack", "xnnpack"))


def test_a_delegate_that_takes_nothing_is_quoted(small, change):
    moved = on_a_gpu(
        change, small, nodes_delegated=0, left_behind={"GATHER": 1}, remarks=(SAID[1],)
    )
    assert f"1 GATHER. In its own words: “{SAID[1]}”." in explained(moved)
