"""What the tool says that it was asked, held against what it was asked.

Before it loads the model the tool logs each parameter that was set (``LogParams``, LiteRT,
``tflite/tools/benchmark/``): its description and, in brackets, its value. A wrapper that adds a
flag, takes one away or changes a value shows nowhere else: the numbers look as good.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from rbench.errors import StageError

Echo = tuple[tuple[str, str], ...]
"""(description, value) in the log's order."""

DESCRIPTIONS: Mapping[str, tuple[str, ...]] = {
    "graph": ("Graph",),
    "num_runs": ("Min num runs",),
    "min_secs": ("Min runs duration (seconds)",),
    "max_secs": ("Max runs duration (seconds)",),
    "warmup_runs": ("Min warmup runs",),
    "warmup_min_secs": ("Min warmup runs duration (seconds)",),
    "num_threads": ("Num threads", "#threads used for CPU inference"),
    "use_xnnpack": ("Use xnnpack",),
    "use_gpu": ("Use gpu",),
    "xnnpack_weight_cache_file_path": ("xnnpack_weight_cache_file_path",),
    "input_layer": ("Input layers",),
    "input_layer_shape": ("Input shapes",),
    "input_layer_value_files": ("Input value files",),
    "enable_op_profiling": ("Enable op profiling",),
    "op_profiling_output_mode": ("Op profiling output mode.",),
    "op_profiling_output_file": ("Op profiling output file.",),
    "result_file_path": ("File path to save the benchmark result in binary proto format",),
    "export_model_runtime_info": ("Enable Model Runtime Info Export",),
    "model_runtime_info_output_file": ("Proto File to export model runtime info to",),
}
"""Flag -> as the log calls it; with two, some builds log one and some both."""
SILENT = {
    "op_profiling_output_mode",
    "op_profiling_output_file",
    "result_file_path",
    "export_model_runtime_info",
    "model_runtime_info_output_file",
}
"""Flags that not all builds log. Where one was lost, its file is missing."""
_OFF = {"", "0", "-1", "false"}
"""Values with which a parameter that nobody asked for changes nothing."""
_TRUTH = {"true": 1.0, "false": 0.0}


def check(echo: Echo, flags: Sequence[str], where: str) -> None:
    """The tool must have understood what it was asked, all of it and no more.

    Args:
        flags: the tool's, each ``--name=value``.

    Raises:
        StageError: it ran with other parameters.
    """
    for reason in differences(echo, flags):
        raise StageError(reason, where=where)


def differences(echo: Echo, flags: Sequence[str]) -> Iterator[str]:
    """In what the log's parameters differ from the flags."""
    asked = dict(flag.removeprefix("--").partition("=")[::2] for flag in flags)
    named = {words: flag for flag, both in DESCRIPTIONS.items() for words in both}
    heard = set()
    for words, value in echo:
        flag = named.get(words, "")
        heard.add(flag)
        if flag in asked:
            if not _same(asked[flag], value):
                yield (
                    f"the tool was asked for --{flag}={asked[flag]} and says "
                    f'"{words}: [{value}]": something between changed it'
                )
        elif value.lower() not in _OFF:
            yield (
                f'the tool ran with a parameter that nobody asked for: "{words}: [{value}]": '
                "something between added it"
            )
    for flag, value in asked.items():
        if flag in DESCRIPTIONS and flag not in heard | SILENT:
            yield f"the tool does not say that it was asked for --{flag}={value}"


def _same(asked: str, said: str) -> bool:
    if asked == said:
        return True
    one, other = _number(asked), _number(said)
    return one is not None and other is not None and math.isclose(one, other, rel_tol=1e-5)


def _number(text: str) -> float | None:
    """A truth value or a number as C++ writes it."""
    if text in _TRUTH:
        return _TRUTH[text]
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and text.isascii() and "_" not in text else None
