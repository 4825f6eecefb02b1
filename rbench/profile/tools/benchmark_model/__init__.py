"""The ``benchmark_model`` tool: TensorFlow Lite's native benchmark, as a process on this host.

`tool` finds it, `command` words the order, `log` (with `stat`), `protos` (with `wire`) and `ops`
read what it leaves, and `rules` says when that is no measurement.
"""
