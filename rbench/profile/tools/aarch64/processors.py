"""The processors that are emulated.

The runtime picks its kernels by what it finds in ``/proc/cpuinfo``, QEMU runs what ``-cpu`` says,
and this host's file is of another processor altogether: ai-edge-litert 2.3.0 then dies of a
segmentation fault. So each processor here comes with the file that a real one of its kind shows.

None has SME. QEMU's ``-cpu max`` does, and the runtime's int8 kernels for it answer wrong there:
0.13 to 0.41 of the best items were those of the host, 1.0 with ``max,sme=off``. What runs a file
refuses a processor that says it has SME, whoever chose it.
"""

from __future__ import annotations

from typing import NamedTuple

_V8 = "fp asimd evtstrm aes pmull sha1 sha2 crc32"
_V8_2 = f"{_V8} atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp"
SME = 1 << 23
"""Bit of AT_HWCAP2 by which Linux says that a processor has it."""


class Processor(NamedTuple):
    """One kind, in Linux's words."""

    part: int
    """Its number in ARM's list, as ``CPU part`` says it."""
    features: str
    meaning: str

    @property
    def cpuinfo(self) -> str:
        """What ``/proc/cpuinfo`` says on a machine with one such core."""
        return (
            "processor\t: 0\n"
            "BogoMIPS\t: 125.00\n"
            f"Features\t: {self.features}\n"
            "CPU implementer\t: 0x41\n"
            "CPU architecture: 8\n"
            "CPU variant\t: 0x0\n"
            f"CPU part\t: {self.part:#x}\n"
            "CPU revision\t: 0\n\n"
        )


PROCESSORS = {
    "cortex-a76": Processor(0xD0B, _V8_2, "large cores of 2019: dot products, float16 arithmetic"),
    "cortex-a72": Processor(0xD08, f"{_V8} cpuid", "large cores of 2016, and the Raspberry Pi 4"),
    "cortex-a53": Processor(0xD03, f"{_V8} cpuid", "small cores since 2014"),
}
"""QEMU's name -> what it is; the first is the default."""
