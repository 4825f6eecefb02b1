"""The ``litert`` tool: ai-edge-litert on this host.

`run` makes one round, in a process that `interpreter_child` or `gpu_child` are; `nodes` asks which
nodes a delegate takes of a file, and `gpus` which GPU there is.
"""
