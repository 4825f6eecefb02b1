import msgspec
from hypothesis import given
from hypothesis import strategies as st

from rbench_reports.cells import Sheet
from rbench_reports.metrics import NDCG, P50, SIZE
from rbench_reports.pareto import front, front_cells


def test_known_answer():
    points = [(1, 5), (2, 4), (2, 5), (3, 3), (3, 3), (4, 4), (0, 9)]
    assert front(points) == [True, True, False, True, True, False, True]


def test_no_points():
    assert front([]) == []


coordinate = st.integers(0, 6)
clouds = st.lists(st.tuples(coordinate, coordinate, coordinate), max_size=30)


def beats(one, other):
    return all(a <= b for a, b in zip(one, other, strict=True)) and one != other


@given(clouds)
def test_exactly_the_unbeaten_points_are_on_it(points):
    expected = [not any(beats(other, point) for other in points) for point in points]
    assert front(points) == expected


@given(clouds)
def test_every_beaten_point_is_beaten_by_one_on_it(points):
    flags = front(points)
    on_it = [point for point, flag in zip(points, flags, strict=True) if flag]
    for point, flag in zip(points, flags, strict=True):
        assert flag or any(beats(other, point) for other in on_it)
    assert any(flags) or not points


def test_front_of_a_run(run):
    sheet = Sheet.of(run)
    chosen = front_cells(sheet)
    assert chosen
    assert all(cell.state.word in ("ok", "unstable") for cell in chosen)
    sizes = [cell.usable(SIZE) for cell in chosen]
    assert sizes == sorted(sizes)
    for cell in chosen:
        for other in sheet.timed:
            assert not beats(
                (-other.usable(NDCG), other.usable(SIZE), other.usable(P50)),
                (-cell.usable(NDCG), cell.usable(SIZE), cell.usable(P50)),
            )


def test_machines_have_a_front_each(run, change):
    elsewhere = msgspec.structs.replace(run.info.machine, name="another")

    def move(record):
        moved = record.cell.target == "cpu"
        return msgspec.structs.replace(record, machine=elsewhere) if moved else record

    names = {cell.target for cell in front_cells(Sheet.of(change(run, move)))}
    assert names == {"cpu", "xnnpack"}
    assert {cell.target for cell in front_cells(Sheet.of(run))} == {"xnnpack"}


def test_a_simulated_gpu_is_never_on_it(small, change):
    def simulate(record):
        software = msgspec.structs.replace(record.delegation, software=True)
        return msgspec.structs.replace(record, delegation=software)

    sheet = Sheet.of(change(small, simulate))
    assert front_cells(sheet) == ()
    assert {cell.state.word for cell in sheet.cells} == {"simulated"}
