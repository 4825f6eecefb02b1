"""What a network adds to an answer: medians that others published, never measured here."""

from __future__ import annotations

from typing import NamedTuple


class Network(NamedTuple):
    """One round trip."""

    name: str
    ms: float
    when: str
    source: str


NETWORKS = (
    Network(
        "fixed, worldwide",
        10.0,
        "November 2022",
        "Ookla Speedtest Global Index, https://www.rcrwireless.com/20230105/test-and-measurement/"
        "ookla-global-mobile-network-speeds-rose-17-in-2022",
    ),
    Network(
        "mobile, worldwide",
        28.0,
        "November 2022",
        "Ookla Speedtest Global Index, the same article",
    ),
    Network(
        "mobile, United States",
        50.0,
        "October to December 2023",
        "Ookla Speedtest Intelligence, the fastest carrier (the others 57 and 64 ms), "
        "https://www.phonearena.com/news/t-mobile-fastest-us-carrier_id154401",
    ),
)
