"""LiteRT.js, which runs a .tflite in a browser: fetched on the user's word, no part of rbench."""

from rbench.litertjs.bringing import LICENCE, NAME, VERSION, Runtime, fetch, fetched
from rbench.litertjs.joining import module, script

__all__ = ["LICENCE", "NAME", "VERSION", "Runtime", "fetch", "fetched", "module", "script"]
