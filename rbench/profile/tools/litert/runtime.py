"""LiteRT's C interface, as far as its profiler needs it.

The Python interpreter of ai-edge-litert has no profiler, and its CompiledModel does not hand out
the one that it has. The library below both, ``libLiteRt.so`` in the same wheel, does. Names and
layouts are those of LiteRT's public headers, litert/c/*.h; a library without them is refused.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CPU = 1
"""Of LiteRtHwAccelerators."""
WRITE = 1
"""Of LiteRtTensorBufferLockMode."""
TYPES = {"float32": 1, "int32": 2}
"""Of LiteRtElementType: what the inputs and outputs of a recommender are made of."""
KERNELS = {
    "cpu": 'kernel_mode = "builtin"\n',
    "xnnpack": 'kernel_mode = "xnnpack"\n',
    "xnnpack_cached": 'kernel_mode = "xnnpack"\nweight_cache_file_path = ":memory"\n',
}
"""Delegate -> its part of LiteRT's CPU options."""
OPERATOR, INSIDE = 2, 8
"""Of LiteRtProfilerEventType: a node of the graph, and an operator inside a delegate."""
WHOLE = "Invoke"
"""Tag of the event around all of an inference."""
PLAIN = 1
"""Of LiteRtProfilerEventType: an event of that kind."""


class RuntimeRefusalError(Exception):
    """The library cannot do it; the text says what."""


class Event(NamedTuple):
    """Something that the runtime timed."""

    tag: str
    kind: int
    us: int
    """Whole microseconds; means over many are right, for where a tick falls is chance."""


class _Layout(ctypes.Structure):
    _fields_ = (
        ("rank", ctypes.c_uint),
        ("dimensions", ctypes.c_int32 * 8),
        ("strides", ctypes.c_uint32 * 8),
    )


class _RankedType(ctypes.Structure):
    _fields_ = (("element", ctypes.c_int), ("layout", _Layout))


class _Event(ctypes.Structure):
    _fields_ = (
        ("tag", ctypes.c_char_p),
        ("kind", ctypes.c_int),
        ("start_us", ctypes.c_uint64),
        ("elapsed_us", ctypes.c_uint64),
        ("memory", ctypes.c_size_t * 6),
        ("metadata", ctypes.c_uint64 * 2),
        ("source", ctypes.c_int),
    )


_Free = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
_Pointer = ctypes.c_void_p


class Runtime:
    """One model, compiled with its profiler, for the life of the process."""

    def __init__(
        self, library: Path, model: Path, delegate: str, threads: int, tensors: dict[str, Any]
    ) -> None:
        """Load it.

        Args:
            tensors: name of an input or output -> its details, as the interpreter tells them.

        Raises:
            RuntimeRefusalError: the library or the model cannot do it.
        """
        try:
            self._library = ctypes.CDLL(str(library))
        except OSError as error:
            raise RuntimeRefusalError(f"cannot load {library.name}: {error}") from error
        self._kept: list[Any] = []
        self._tensors = tensors
        self._environment = self._made("LiteRtCreateEnvironment", 0, None)
        name = str(model).encode()
        loaded = self._made("LiteRtCreateModelFromFile", self._environment, name)
        options = self._made("LiteRtCreateOptions")
        self._call("LiteRtSetOptionsHardwareAccelerators", options, CPU)
        for key, text in (
            ("runtime_options_string", "enable_profiling = true\n"),
            ("xnnpack", f"{KERNELS[delegate]}num_threads = {threads}\n"),
        ):
            self._call("LiteRtAddOpaqueOptions", options, self._option(key, text))
        self._model = self._made("LiteRtCreateCompiledModel", self._environment, loaded, options)
        self._profiler = self._made("LiteRtCompiledModelGetProfiler", self._model)
        signature = self._made("LiteRtGetModelSignature", loaded, ctypes.c_size_t(0))
        self._inputs = self._buffers("Input", signature)
        self._outputs = self._buffers("Output", signature)

    def run(self, context: NDArray[np.int32]) -> None:
        """Ask once.

        Args:
            context: int32 [1, length], contiguous.
        """
        place = _Pointer()
        buffer = _Pointer(self._inputs[0])
        self._call("LiteRtLockTensorBuffer", buffer, ctypes.byref(place), WRITE)
        ctypes.memmove(place, context.ctypes.data, context.nbytes)
        self._call("LiteRtUnlockTensorBuffer", buffer)
        count = ctypes.c_size_t
        self._call(
            "LiteRtRunCompiledModel",
            self._model,
            count(0),
            count(len(self._inputs)),
            self._inputs,
            count(len(self._outputs)),
            self._outputs,
        )

    def profiled(self, contexts: Sequence[NDArray[np.int32]]) -> Iterator[Event]:
        """Ask once for each context, and tell what the profiler saw."""
        self._call("LiteRtStartProfiler", self._profiler)
        for context in contexts:
            self.run(context)
        self._call("LiteRtStopProfiler", self._profiler)
        count = ctypes.c_int()
        self._call("LiteRtGetNumProfilerEvents", self._profiler, ctypes.byref(count))
        events = (_Event * count.value)()
        self._call("LiteRtGetProfilerEvents", self._profiler, count, events)
        for event in events:
            tag = (event.tag or b"").decode(errors="replace")
            yield Event(tag, event.kind, event.elapsed_us)

    def _call(self, name: str, *arguments: Any) -> None:
        function = getattr(self._library, name, None)
        if function is None:
            raise RuntimeRefusalError(f"the runtime has no {name}")
        status = function(*arguments)
        if status:
            raise RuntimeRefusalError(f"{name} ended with status {status}")

    def _made(self, name: str, *arguments: Any) -> Any:
        made = _Pointer()
        self._call(name, *arguments, ctypes.byref(made))
        if not made:
            raise RuntimeRefusalError(f"{name} gave nothing")
        return made

    def _option(self, key: str, text: str) -> Any:
        """An option as the C interface takes it; its text must outlive the model."""
        content, free = ctypes.create_string_buffer(text.encode()), _Free(lambda place: None)
        self._kept += [content, free]
        place = ctypes.cast(content, _Pointer)
        return self._made("LiteRtCreateOpaqueOptions", key.encode(), place, free)

    def _buffers(self, side: str, signature: Any) -> Any:
        count = ctypes.c_size_t()
        self._call(f"LiteRtGetNumSignature{side}s", signature, ctypes.byref(count))
        made = []
        for number in map(ctypes.c_size_t, range(count.value)):
            name = ctypes.c_char_p()
            call = f"LiteRtGetSignature{side}Name"
            self._call(call, signature, number, ctypes.byref(name))
            kind = self._type((name.value or b"").decode())
            call = f"LiteRtGetCompiledModel{side}BufferRequirements"
            needs = self._made(call, self._model, ctypes.c_size_t(0), number)
            call = "LiteRtCreateManagedTensorBufferFromRequirements"
            made.append(self._made(call, self._environment, ctypes.byref(kind), needs))
        return (_Pointer * len(made))(*made)

    def _type(self, name: str) -> _RankedType:
        details = self._tensors.get(name)
        element = TYPES.get(getattr(details["dtype"], "__name__", "")) if details else None
        if details is None or element is None or len(details["shape"]) > 8:
            raise RuntimeRefusalError(f"the tensor {name} is none that can be asked for")
        kind = _RankedType(element=element)
        kind.layout.rank = len(details["shape"])
        for axis, size in enumerate(details["shape"]):
            kind.layout.dimensions[axis] = int(size)
        return kind
