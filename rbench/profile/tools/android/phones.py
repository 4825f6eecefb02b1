"""Which phones are attached, for ``rbench doctor`` and ``rbench devices``."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from rbench.errors import RbenchError, StageError
from rbench.profile.tool import Attached, Found
from rbench.profile.tools.android import adb
from rbench.profile.tools.android.condition import Condition
from rbench.profile.tools.android.state import look

GROUP = "phones"


def found() -> Iterator[Found]:
    """adb, and the phones that it knows."""
    try:
        program, phones = adb.find(), adb.attached()
    except RbenchError as error:
        yield Found(group=GROUP, name="adb", here=False, said=error.what, remedy=error.remedy)
        return
    yield Found(group=GROUP, name="adb", here=True, said=f"{program}, {len(phones)} phones")
    for phone in phones:
        yield Found(
            group=GROUP,
            name=phone.serial,
            here=not phone.trouble[0],
            said=f"{phone.model or 'a phone'} {phone.trouble[0]}".strip(),
            remedy=phone.trouble[1],
        )


def attached() -> Iterator[Attached]:
    """The phones that adb knows, and how they are.

    Raises:
        Away: adb is not here, or does not answer.
    """
    for phone in adb.attached():
        yield _facts(phone)


def _facts(phone: adb.Attached) -> Attached:
    trouble = "; ".join(filter(None, phone.trouble))
    known = {"serial": phone.serial, "state": phone.state, "model": phone.model}
    here = Attached(
        name=phone.serial,
        model=phone.model,
        trouble=trouble,
        document=known | {"trouble": trouble},
    )
    if phone.state != adb.READY:
        return here
    try:
        machine, condition = look(adb.Adb(phone.serial, ""))
    except StageError as error:
        document = known | {"trouble": str(error)}
        return msgspec.structs.replace(here, trouble=str(error), document=document)
    document = {
        **here.document,
        "machine": msgspec.to_builtins(machine),
        "condition": msgspec.to_builtins(condition),
    }
    return Attached(
        name=phone.serial,
        model=machine.details.get("model") or phone.model,
        chip=machine.cpu,
        cores=machine.cores,
        system=machine.system,
        power=_battery(condition),
        document=document,
    )


def _battery(condition: Condition) -> str:
    percent, celsius = condition.battery_percent, condition.battery_celsius
    said = [f"{percent} %" if percent is not None else ""]
    said += [f"{celsius:g} C" if celsius is not None else ""]
    return ", ".join(word for word in said if word)
