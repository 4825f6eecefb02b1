"""Where a sweep cannot write: an error that names the place, before anything is done there."""

import pytest

from rbench.errors import OutputError
from rbench.sweeping import sweep as sweeping

PLACES = ["file", "file/run", "loop", "loop/run", "x" * 300, "/dev/null", "/proc/run", "strange"]


@pytest.mark.parametrize("place", PLACES)
def test_a_place_that_can_be_no_run(tmp_path, place):
    (tmp_path / "file").write_text("dear")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "strange").mkdir()
    (tmp_path / "strange" / "thesis.tex").write_text("dear")
    with pytest.raises(OutputError) as caught, sweeping._held(tmp_path / place):
        pytest.fail("it was taken for a run's folder")
    assert str(tmp_path / place) in str(caught.value)
    assert "--out" in caught.value.remedy or "a new or empty folder" in caught.value.allowed
    assert (tmp_path / "file").read_text() == "dear"
    assert [path.name for path in (tmp_path / "strange").iterdir()] == ["thesis.tex"]


def test_the_lock_of_a_sweep_that_is_gone_holds_nobody_up(tmp_path):
    (tmp_path / ".lock").write_text("")
    with sweeping._held(tmp_path):
        assert (tmp_path / ".lock").is_file()
        with pytest.raises(OutputError, match="another sweep"), sweeping._held(tmp_path):
            pytest.fail("two sweeps in one folder")
