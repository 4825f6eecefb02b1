import msgspec
import pytest

from rbench.records import Run
from rbench.records.run_folder import read_run, write_info, write_records
from rbench.testing.model_file import EMPTY
from rbench.testing.runs import example_run


@pytest.fixture
def make_run(tmp_path):
    """Writes a made-up run of two encoders x two recipes x two targets, files of 1000 bytes."""

    def make(**changes) -> Run:
        grid = {
            "encoders": ("bow", "gru"),
            "recipes": ("float32", "dynamic_wi8"),
            "targets": ("cpu", "xnnpack"),
            "users": 20,
            "samples": 20,
        }
        grid.update(changes)
        pairs = [(e, r) for e in grid["encoders"] for r in grid["recipes"]]
        grid["size_bytes"] = dict.fromkeys(pairs, 1000) | grid.get("size_bytes", {})
        return example_run(tmp_path / "run", **grid)

    return make


@pytest.fixture
def rewrite():
    """Changes every record of a run by a function, and its run.json by keys, on disk."""

    def change(run: Run, record=lambda record: record, **info) -> Run:
        write_records(run.folder / "records.jsonl", [record(one) for one in run.records])
        write_info(run.folder / "run.json", msgspec.structs.replace(run.info, **info))
        return read_run(run.folder)

    return change


@pytest.fixture
def external():
    """Builds a .tflite whose weights lie in other files."""
    from rbench.convert.flatbuffer import pack

    def make(*parts, names=("weights.bin",), uses=1):
        """A file with weights elsewhere: (id, group, offset, length) each; a tensor uses one."""
        from ai_edge_litert import schema_py_generated as schema

        model = schema.ModelT.InitFromPackedBuf(EMPTY, 0)
        tensor = schema.TensorT()
        tensor.externalBuffer, tensor.shape = uses, [2]
        model.subgraphs[0].tensors = [tensor]
        model.externalBufferGroups = []
        for name in names:
            group = schema.ExternalBufferGroupT()
            group.name = name
            model.externalBufferGroups.append(group)
        model.externalBuffers = []
        for part in parts:
            made = schema.ExternalBufferT()
            made.id, made.group, made.offset, made.length = part
            model.externalBuffers.append(made)
        return pack(model)

    return make
