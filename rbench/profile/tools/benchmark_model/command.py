"""The order to the tool, in its flags.

Latency and op profile are two runs: profiling adds about 30 us to every inference. Files are
named relative to the folder that the tool is started in, so that no path meets the tool's own
separators.
"""

from __future__ import annotations

from rbench.cells.target import Target
from rbench.profile.settings import ProfileSettings
from rbench.profile.tools.benchmark_model.inputs import Entry

MODEL = "model.tflite"
VALUES = "context.bin"
RESULT = "result.pb"
OPS = "ops.csv"
INFO = "runtime_info.pb"
PROFILE_RUNS = 50
INFO_FLAGS = ("--export_model_runtime_info", "--model_runtime_info_output_file")
"""What some builds have not: the op profile tells the same, less well."""

_DELEGATES = {
    "cpu": ("--use_xnnpack=false",),
    "xnnpack": ("--use_xnnpack=true",),
    "xnnpack_cached": ("--use_xnnpack=true", "--xnnpack_weight_cache_file_path=:memory"),
    "gpu": ("--use_gpu=true", "--use_xnnpack=false"),
}


def runs_of(settings: ProfileSettings) -> int:
    """One round's share of the runs."""
    return -(-settings.min_runs // settings.rounds)


def latency(settings: ProfileSettings, graph: str, entry: Entry, target: Target) -> tuple[str, ...]:
    """The flags of the run that is timed."""
    return (
        *_common(graph, entry, target),
        f"--num_runs={runs_of(settings)}",
        f"--min_secs={settings.min_seconds / settings.rounds:.6g}",
        f"--max_secs={settings.max_seconds / settings.rounds:.6g}",
        f"--warmup_runs={settings.warmup_runs}",
        f"--warmup_min_secs={settings.warmup_seconds:.6g}",
        f"--result_file_path={RESULT}",
    )


def op_profile(
    settings: ProfileSettings, graph: str, entry: Entry, target: Target
) -> tuple[str, ...]:
    """The flags of the run that is looked into."""
    return (
        *_common(graph, entry, target),
        f"--num_runs={PROFILE_RUNS}",
        "--min_secs=0.1",
        f"--max_secs={settings.max_seconds:.6g}",
        "--warmup_runs=1",
        "--warmup_min_secs=0",
        "--enable_op_profiling=true",
        "--op_profiling_output_mode=csv",
        f"--op_profiling_output_file={OPS}",
        f"{INFO_FLAGS[0]}=true",
        f"{INFO_FLAGS[1]}={INFO}",
    )


def _common(graph: str, entry: Entry, target: Target) -> tuple[str, ...]:
    escaped = entry.name.replace(":", "::")
    return (
        f"--graph={graph}",
        *_DELEGATES[target.delegate],
        f"--num_threads={target.threads}",
        f"--input_layer={entry.name}",
        f"--input_layer_shape=1,{entry.length}",
        f"--input_layer_value_files={escaped}:{VALUES}",
    )
