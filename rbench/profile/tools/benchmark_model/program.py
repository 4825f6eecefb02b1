"""The variables that name builds of the tool, and the option that names one for this host."""

from __future__ import annotations

from rbench.profile.tool import Program

VARIABLE = "RBENCH_BENCHMARK_MODEL"
FOR_PHONES = "RBENCH_BENCHMARK_MODEL_ANDROID"

PROGRAM = Program(
    variable=VARIABLE,
    about=f"TensorFlow Lite's benchmark tool. [default: ${VARIABLE}, the PATH, or what "
    "rbench tool fetch brought]",
    remedy="get it with: rbench tool fetch benchmark_model",
)
