"""The ``aarch64`` tool: a file's answers on ARM kernels, without a phone. Never a latency.

A file runs in ai-edge-litert's build for 64-bit ARM, under QEMU's user-mode emulation, and is held
to what the same file answers on this host. What is imported by whoever reads a target is
`rbench.profile.tools.aarch64.plugin` alone.
"""
