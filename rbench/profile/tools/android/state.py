"""What a phone is and how it is, from one command to it.

All that an Android phone lets its shell user read is asked for at once; what a maker has closed
off stays unknown.
"""

from __future__ import annotations

import re

from rbench.profile.tools.android.adb import Adb
from rbench.profile.tools.android.condition import Condition
from rbench.records import Machine

SCRIPT = """\
exec 2>/dev/null
echo @properties; getprop
echo @battery; dumpsys battery
echo @thermal; dumpsys thermalservice | grep -m 1 'Thermal Status'
echo @saving; settings get global low_power
echo @zones
for zone in /sys/class/thermal/thermal_zone*; do
  echo "$(cat $zone/temp) $(cat $zone/type)"
done
echo @cores
for core in /sys/devices/system/cpu/cpu[0-9]*; do
  echo "${core##*/} $(cat $core/cpufreq/scaling_governor)"
done
echo @memory; cat /proc/meminfo
echo @load; cat /proc/loadavg
echo @kernel; uname -r
exit 0
"""
COLDEST, HOTTEST = -40.0, 150.0
"""Zones that tell more or less are no thermometers."""


def look(adb: Adb) -> tuple[Machine, Condition]:
    """Ask a phone.

    Raises:
        Away: it does not answer.
    """
    return read(adb.serial, adb.shell(SCRIPT).text)


def read(serial: str, text: str) -> tuple[Machine, Condition]:
    """What the phone answered to `SCRIPT`. Unknown and torn lines are passed over."""
    parts = _sections(text)
    return _machine(serial, parts), _condition(parts)


def _sections(text: str) -> dict[str, list[str]]:
    parts: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in text.splitlines():
        if re.fullmatch(r"@[a-z]+", line):
            lines = parts.setdefault(line[1:], [])
        elif line.strip():
            lines.append(line.strip())
    return parts


def _machine(serial: str, parts: dict[str, list[str]]) -> Machine:
    found = (re.fullmatch(r"\[(.+?)\]: \[(.*)\]", line) for line in parts.get("properties", ()))
    known = {match[1]: match[2] for match in found if match}

    def told(*names: str) -> str:
        return next((known[name] for name in names if known.get(name)), "")

    maker, model = told("ro.product.manufacturer"), told("ro.product.model")
    named = model if model.lower().startswith(maker.lower()) else f"{maker} {model}"
    chip = f"{told('ro.soc.manufacturer')} {told('ro.soc.model')}".strip()
    words = ("Android", told("ro.build.version.release"), told("ro.product.cpu.abi"))
    governors = sorted(set(_governors(parts).values()))
    details = {
        "serial": serial,
        "manufacturer": maker,
        "model": model,
        "device": told("ro.product.device"),
        "api": told("ro.build.version.sdk"),
        "build": told("ro.build.fingerprint"),
        "kernel": " ".join(parts.get("kernel", ())),
        "governor": ", ".join(governors),
    }
    return Machine(
        name=f"{named} {serial}".strip(),
        cpu=chip or told("ro.board.platform", "ro.hardware") or "unknown",
        cores=len(parts.get("cores", ())),
        memory_bytes=1024 * _number(parts, "memory", r"MemTotal:\s*(\d+)"),
        system=" ".join(word for word in (*words, told("ro.build.id")) if word),
        python="",
        details={key: value for key, value in details.items() if value},
    )


def _condition(parts: dict[str, list[str]]) -> Condition:
    battery = dict(_pairs(parts.get("battery", ())))
    level, tenths = battery.get("level", ""), battery.get("temperature", "")
    feeds = [value for key, value in battery.items() if key.endswith("powered")]
    saving = "".join(parts.get("saving", ()))
    status = re.search(r"Thermal Status: (\d+)", "\n".join(parts.get("thermal", ())))
    load = re.match(r"\d+\.\d+", "".join(parts.get("load", ())))
    return Condition(
        battery_percent=int(level) if level.isdecimal() else None,
        battery_celsius=int(tenths) / 10 if re.fullmatch(r"-?\d{1,5}", tenths) else None,
        charging="true" in feeds if feeds else None,
        saving=saving == "1" if saving in ("0", "1") else None,
        throttling=int(status[1]) if status else None,
        zones_celsius=_zones(parts.get("zones", ())),
        governors=_governors(parts),
        load_average=float(load[0]) if load else None,
    )


def _pairs(lines: list[str] | tuple[str, ...]) -> list[tuple[str, str]]:
    split = (line.partition(":") for line in lines)
    return [(key.strip(), value.strip()) for key, colon, value in split if colon]


def _zones(lines: list[str] | tuple[str, ...]) -> dict[str, float]:
    found: dict[str, float] = {}
    for line in lines:
        number, _, kind = line.partition(" ")
        if not re.fullmatch(r"-?\d{1,7}", number) or not kind:
            continue
        celsius = _celsius(int(number))
        if COLDEST <= celsius <= HOTTEST:
            found[kind] = max(celsius, found.get(kind, celsius))
    return dict(sorted(found.items()))


def _celsius(told: int) -> float:
    """Most kernels tell thousandths of a degree, some tenths or whole degrees."""
    if abs(told) >= 1000:
        return told / 1000
    return told / 10 if abs(told) > HOTTEST else float(told)


def _governors(parts: dict[str, list[str]]) -> dict[str, str]:
    pairs = [line.split() for line in parts.get("cores", ())]
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


def _number(parts: dict[str, list[str]], part: str, pattern: str) -> int:
    found = re.search(pattern, "\n".join(parts.get(part, ())), re.ASCII)
    return int(found[1]) if found else 0
