"""Which column is the user, the item, the time: named by settings, or known by its usual name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rbench.data.settings import DataSettings
from rbench.errors import DataError

NO_TIME = "none"

USUAL: dict[str, tuple[str, ...]] = {
    "user": (
        *("user", "userid", "uid", "customerid", "customer", "visitorid", "memberid"),
        *("accountid", "reviewerid", "clientid", "profileid", "playerid", "sessionid"),
    ),
    "item": (
        *("item", "itemid", "iid", "movieid", "movie", "productid", "product", "trackid"),
        *("track", "songid", "song", "artistid", "bookid", "book", "articleid", "newsid"),
        *("asin", "parentasin", "businessid", "venueid", "gameid", "appid", "contentid"),
        *("videoid", "showid", "recipeid", "sku", "isbn", "poiid", "locationid"),
    ),
    "time": (
        *("timestamp", "time", "ts", "datetime", "eventtime", "eventtimestamp", "unixtime"),
        *("unixreviewtime", "createdat", "playedat", "ratedat", "interactiontime"),
        *("starttime", "date", "day", "tdat", "eventdate"),
    ),
}
"""What a column is -> usual names, best first, in lower case without anything but letters."""


@dataclass(frozen=True)
class Picked:
    """Positions of the three columns in a table."""

    user: int
    item: int
    time: int | None


def pick(header: Sequence[str], settings: DataSettings, where: str) -> Picked:
    """Find the columns.

    Raises:
        DataError: one is not there; lists those that are.
    """
    no_time = settings.time_column == NO_TIME
    return Picked(
        user=_position(header, "user", settings.user_column, where),
        item=_position(header, "item", settings.item_column, where),
        time=None if no_time else _position(header, "time", settings.time_column, where),
    )


def _position(header: Sequence[str], role: str, name: str, where: str) -> int:
    there = ", ".join(map(repr, header)) or "none"
    if name != "auto":
        if name in header:
            return header.index(name)
        raise DataError(f"no column {name!r}", where=where, allowed=f"the columns there: {there}")
    plain = [_plain(column) for column in header]
    for usual in USUAL[role]:
        if usual in plain:
            return plain.index(usual)
    none = f", or {role}_column = {NO_TIME!r} if lines are in order" if role == "time" else ""
    raise DataError(
        f"no column looks like the {role}",
        where=where,
        allowed=f"the columns there: {there}",
        remedy=f"name it: {role}_column in [data] of a study{none}, --{role}-column of a command",
    )


def _plain(column: str) -> str:
    """``user_id:token`` (RecBole), ``User ID`` and ``userId`` are the same word."""
    return re.sub(r"[^a-z]", "", column.partition(":")[0].lower())
