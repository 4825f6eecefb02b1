"""Phones over adb: TensorFlow Lite's benchmark tool, pushed, run, and taken away again.

`adb` speaks with the phone, `state` reads what it is and how it is, `phone` is the seat that the
tool runs on, `run` makes one round, and `doubts` says when a phone's state speaks against it.
"""
