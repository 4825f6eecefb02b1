"""Timing: how long one query takes on a target, and whether that number can be trusted.

`measure` times one file once, in a fresh process that never imports TensorFlow; `summarise` pools
the rounds of one cell and gives a verdict. What is timed, and what is not, is said in
`rbench.profile.loop`; when a timing is called unstable, in `rbench.profile.verdict`. `seen` tells
how far a file lies from itself, `doubted` what that means for the cells beside it.
"""

from __future__ import annotations

from rbench.profile.aa_test import Noise, doubted, seen
from rbench.profile.contention import Contention
from rbench.profile.measure import measure
from rbench.profile.result import Round
from rbench.profile.settings import ProfileSettings
from rbench.profile.summary import summarise

__all__ = [
    "Contention",
    "Noise",
    "ProfileSettings",
    "Round",
    "doubted",
    "measure",
    "seen",
    "summarise",
]
