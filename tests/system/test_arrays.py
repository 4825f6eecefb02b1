"""Arrays in files: whole ones are read, torn ones are `TORN` and stay open nowhere."""

import numpy as np
import pytest

from rbench.system.arrays import TORN, arrays_in


def write(path, compressed):
    (np.savez_compressed if compressed else np.savez)(path, a=np.arange(1000), b=np.ones(3))
    return path.read_bytes()


@pytest.mark.parametrize("compressed", [False, True])
def test_what_was_written_is_read(tmp_path, compressed):
    write(path := tmp_path / "a.npz", compressed)
    with arrays_in(path) as found:
        assert set(found.files) == {"a", "b"}
        assert found["a"].tolist() == list(range(1000))


@pytest.mark.parametrize("compressed", [False, True])
def test_a_file_that_is_cut_or_changed_anywhere(tmp_path, compressed, monkeypatch):
    whole, draw = write(path := tmp_path / "a.npz", compressed), np.random.default_rng(1)
    torn = [whole[:end] for end in (0, 1, 30, len(whole) // 2, len(whole) - 1)]
    for place in draw.integers(0, len(whole), 60):
        changed = bytearray(whole)
        changed[place] ^= 255
        torn.append(bytes(changed))
    opened, load, raised = [], np.load, 0
    monkeypatch.setattr(np, "load", lambda file, **more: opened.append(file) or load(file, **more))
    for content in torn:
        path.write_bytes(content)
        try:
            with arrays_in(path) as found:
                assert all(found[name].size for name in found.files)
        except TORN:
            raised += 1
    assert raised >= 5
    assert len(opened) == len(torn)
    assert all(file.closed for file in opened)


def test_one_array_in_its_place_and_no_file(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(3))
    for path in (tmp_path / "a.npy", tmp_path / "none", tmp_path):
        with pytest.raises(TORN), arrays_in(path):
            pass
