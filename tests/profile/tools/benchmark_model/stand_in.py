"""Stands in for the benchmark tool: prints what a recording printed, and lies when told to.

Only tests start it, through an executable that a fixture writes. ``STAND_IN_FAULT`` names the lie.
"""

import os
import re
import struct
import sys
import time
from pathlib import Path

RECORDED = Path(os.environ["STAND_IN_RECORDED"])
FAULT = os.environ.get("STAND_IN_FAULT", "")
FLAGS = dict(flag.removeprefix("--").partition("=")[::2] for flag in sys.argv[1:])
ADAPTER = os.environ.get("STAND_IN_ADAPTER", "")
PROFILING = "enable_op_profiling" in FLAGS
XNNPACK = FLAGS.get("use_xnnpack") == "true"
GPU = FLAGS.get("use_gpu") == "true"
APPLIED = (
    "INFO: Explicitly applied XNNPACK delegate, and the model graph will be partially executed by "
    "the delegate w/ 1 delegate kernels.\n"
)
PARAMETERS = {
    "num_runs": ("Min num runs",),
    "min_secs": ("Min runs duration (seconds)",),
    "max_secs": ("Max runs duration (seconds)",),
    "num_threads": ("Num threads",),
    "warmup_runs": ("Min warmup runs",),
    "warmup_min_secs": ("Min warmup runs duration (seconds)",),
    "report_peak_memory_footprint": ("Report the peak memory footprint",),
    "graph": ("Graph",),
    "signature_to_run_for": ("Signature to run",),
    "input_layer": ("Input layers",),
    "input_layer_shape": ("Input shapes",),
    "input_layer_value_files": ("Input value files",),
    "enable_op_profiling": ("Enable op profiling",),
    "op_profiling_output_mode": ("Op profiling output mode.",),
    "op_profiling_output_file": ("Op profiling output file.",),
    "#": ("#threads used for CPU inference",),
    "use_gpu": ("Use gpu",),
    "use_xnnpack": ("Use xnnpack",),
    "xnnpack_weight_cache_file_path": ("xnnpack_weight_cache_file_path",),
}
"""Flag -> as the tool logs it, in the tool's order."""
OPS = ("RESHAPE", "GATHER", "MEAN", "FULLY_CONNECTED", "TOPK_V2")


def log() -> str:
    """The recorded run of plain kernels, in the words of this order."""
    text = (RECORDED / "lstm_f32.cpu1.stdout").read_text()
    text = text.replace("at least 50 iter", f"at least {FLAGS['num_runs']} iter")
    start, end = text.index("INFO: Num threads"), text.index("INFO: Loaded model")
    text = text[:start] + parameters() + text[end:]
    if GPU and ADAPTER:
        gpu = f"INFO: {ADAPTER}\n{APPLIED.replace('XNNPACK', 'GPU')}"
        text = text.replace("INFO: The input model", gpu + "INFO: The input model")
    if XNNPACK:
        text = text.replace("INFO: The input model", APPLIED + "INFO: The input model")
    return lied(text)


def parameters() -> str:
    """What a wrapper would make of the flags, as the tool logs them."""
    said = {**FLAGS, "#": FLAGS.get("num_threads", ""), "signature_to_run_for": ""}
    changed, _, value = FAULT.removeprefix("asked:").partition("=")
    if FAULT.startswith("asked:"):
        said[changed] = value
        if value == "nothing":
            del said[changed]
    words = {"true": "1", "false": "0"}
    return "".join(
        f"INFO: {one}: [{words.get(said[flag], said[flag])}]\n"
        for flag, both in PARAMETERS.items()
        for one in both
        if flag in said
    )


def lied(text: str) -> str:
    warning = {
        "unknown_flag": f"WARN: Unconsumed cmdline flags: {sys.argv[-1]} --nope=1\n",
        "no_gpu": "WARN: GPU acceleration is unsupported on this platform.\n",
        "other_name": "WARN: Tensor # 0 is named serving_default_ids:0 but flags call it ids\n",
        "implicit": APPLIED,
        "refused": "ERROR: Failed to apply XNNPACK delegate.\n",
        "left_to_cpu": "ERROR: Disallowed CPU fallback detected.\n",
        "two_delegates": APPLIED.replace("XNNPACK", "NNAPI"),
        "old_other_name": "Tensor # 0 is named serving_default_ids:0 but flags call it ids\n",
        "error": "ERROR: something went wrong\n",
        "other_count": "VERBOSE: Replacing 2 out of 4 node(s) with delegate "
        "(TfLiteXNNPackDelegate) node, yielding 2 partitions for subgraph 0 (main).\n",
        "not_executed": "INFO: Though XNNPACK delegate is explicitly applied, the model graph will "
        "not be executed by the delegate.\n",
    }
    if FAULT == "no_info" and PROFILING:
        info = [flag for flag in sys.argv if "runtime_info" in flag]
        text = f"WARN: Unconsumed cmdline flags: {' '.join(info)}\n" + text
    if FAULT == "fallback" or (FAULT == "profile_fallback" and PROFILING):
        text = text.replace(APPLIED, "")
    if FAULT == "few_runs":
        text = text.replace("count=7000", "count=7")
    if FAULT == "other_runs":
        text = text.replace(f"at least {FLAGS['num_runs']} iter", "at least 1 iter")
    if FAULT == "no_warmup":
        text = re.sub("count=3447 .*", "count=0 p5=0 median=0 p95=0", text)
    if FAULT == "torn_mean":
        text = text.replace("avg=142.756", "avg=152.756")
    if FAULT == "no_run":
        text = re.sub("count=7000 .*", "count=0 p5=0 median=0 p95=0", text)
    if FAULT == "cut":
        text = text[: text.index("INFO: Inference timings")]
    if FAULT == "no_median":
        text = re.sub(" p5=.*", "", text)
    return warning.get(FAULT, "") + text


def number(number: int, value: float) -> bytes:
    return bytes([number << 3 | 5]) + struct.pack("<f", value)


def varint(value: int) -> bytes:
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + varint(value >> 7)


def result() -> bytes:
    count = 6999 if FAULT == "other_result" else 7 if FAULT == "few_runs" else 7000
    ms = {1: 0.142756, 2: 0.131, 3: 0.44, 4: 0.012, 8: 0.307, 9: 0.27, 10: 0.144958}
    if FAULT != "no_median":
        ms |= {5: 0.14, 6: 0.138, 7: 0.163}
    parts = {
        2: b"".join(number(key, value) for key, value in ms.items()),
        3: b"\x08" + varint(3940),
        4: b"\x10" + varint(count) + b"\x18" + varint(3447),
    }
    made = b"".join(bytes([key << 3 | 2, len(part)]) + part for key, part in parts.items())
    return made[:30] if FAULT == "torn_result" else made


def nodes() -> tuple[str, ...]:
    """The test model's, or as many as the graph at hand has."""
    if "STAND_IN_NODES" not in os.environ:
        return OPS
    import site

    site.main()  # started without, which is faster
    from ai_edge_litert import schema_py_generated as schema

    graph = schema.Model.GetRootAs(Path(FLAGS["graph"]).read_bytes(), 0).Subgraphs(0)
    return ("GATHER",) * graph.OperatorsLength()


def ops() -> str:
    rows = [
        f"{op}, 0.003, 0.02{at}, 20%, 20%, 0, 1, "
        + (f"Delegate/{op}:{at}" if (XNNPACK or GPU) and op == "FULLY_CONNECTED" else f"[t]:{at}")
        for at, op in enumerate(nodes())
    ]
    text = (
        "Operator-wise Profiling Info for Regular Benchmark Runs:\n"
        "============================== Run Order ==============================\n"
        "node type, first, avg_ms, %, cdf%, mem KB, times called, name\n" + "\n".join(rows) + "\n\n"
    )
    return text[:-40] if FAULT == "torn_ops" else text


def main() -> int:
    if "STAND_IN_PID" in os.environ:
        Path(os.environ["STAND_IN_PID"]).write_text(f"{os.getpid()}")
    if "STAND_IN_ASKED" in os.environ:
        (name, _, file) = FLAGS["input_layer_value_files"].rpartition(":")
        asked = f"{FLAGS['input_layer']} {name} {Path(file).read_bytes().hex()}\n"
        with Path(os.environ["STAND_IN_ASKED"]).open("a") as place:
            place.write(asked)
    if FAULT == "noise":
        sys.stdout.buffer.write(bytes(range(256)) * 400)
        return 0
    said = log()
    if FAULT == "warmup_fails":
        said = said[: said.index("count=7000")].rpartition("INFO: Running")[0]
    if FAULT == "hang":
        said = said[:700]
    sys.stdout.write(said)
    sys.stdout.flush()
    if FAULT == "hang":
        time.sleep(600)
    if FAULT == "warmup_fails":
        sys.stderr.write("ERROR: gather index out of bounds\nERROR: Benchmarking failed.\n")
        return 1
    if FAULT == "abort":
        os.abort()
    if "result_file_path" in FLAGS and FAULT != "no_result":
        Path(FLAGS["result_file_path"]).write_bytes(result())
    if PROFILING and FAULT != "no_ops":
        Path(FLAGS["op_profiling_output_file"]).write_text(ops())
        if XNNPACK and FAULT != "no_info":
            info = (RECORDED / "bow_f32.runtime_info.pb").read_bytes()
            keep = len(info) // 2 if FAULT == "torn_info" else len(info)
            Path(FLAGS["model_runtime_info_output_file"]).write_bytes(info[:keep])
    if FAULT in ("measured_fails", "profile_fails") and (FAULT == "profile_fails") == PROFILING:
        sys.stderr.write("ERROR: gather index out of bounds\nERROR: Benchmarking failed.\n")
        return 1
    return 0


def usage() -> int:
    sys.stderr.write((RECORDED / "help.flag.stderr").read_text())
    return 1


if __name__ == "__main__":
    sys.exit(usage() if "help" in FLAGS else main())
