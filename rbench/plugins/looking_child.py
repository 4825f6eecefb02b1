"""The process behind `rbench.plugins.looking`: imports and makes encoders, and says what
came of it.

It reads a list of `Asked` as JSON on standard input and answers each on what was its standard
output, see `rbench.system.channel`.
"""

from __future__ import annotations

import os
import sys

import msgspec

from rbench import plugins
from rbench.errors import PluginError
from rbench.plugins.looking import Asked, Refused, Seen
from rbench.system.channel import Speaker, hidden


def main() -> int:
    """Look at one after the other."""
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=list[Asked])
    answers = Speaker(hidden(1), sys.argv[1])
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):
        os.dup2(nothing, stream)
    plugins.stay_here()
    for one in asked:
        answer = look(one)
        answers.say(msgspec.json.encode(answer))
        if isinstance(answer, Refused):
            break
    # What a module left to do at the exit is not wanted, and must not change what was said.
    os._exit(0)


def look(asked: Asked) -> Seen | Refused:
    """Import and make one plug-in in this very process."""
    try:
        if asked.group == plugins.LOSSES:
            plugins.loss(asked.name, asked.options)
            return Seen(recurrent=False)
        return Seen(recurrent=bool(plugins.encoder(asked.name, asked.options).recurrent))
    except PluginError as error:
        return Refused(
            what=error.what,
            where=error.where,
            allowed=error.allowed,
            remedy=error.remedy,
        )
    except BaseException as error:  # an attribute may be a property that raises
        return Refused(what=plugins.told(error), where=asked.name, allowed="", remedy="")


if __name__ == "__main__":
    sys.exit(main())
