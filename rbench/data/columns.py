"""Which column is the user, the item, the time: named by settings, or known by its usual name."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rbench.data.settings import AUTO, DataSettings
from rbench.errors import DataError

NO_TIME = "none"

PEOPLE = (
    *("userid", "user", "uid", "customerid", "customer", "visitorid", "visitor", "memberid"),
    *("member", "accountid", "account", "reviewerid", "reviewer", "clientid", "client"),
    *("profileid", "playerid", "player", "personid", "person", "userindex", "useridx", "usersha"),
    *("username", "authorid", "author", "userkey", "usercode", "userhash", "useruuid", "custid"),
    *("customernumber", "customerno", "customeruniqueid", "subscriberid", "viewerid"),
    *("listenerid", "studentid", "patientid", "householdkey", "householdid", "cookieid"),
    *("deviceid", "consumerid", "buyerid", "guestid", "userguid", "fullvisitorid", "msno"),
    *("listener", "viewer", "buyer", "shopper", "shopperid", "idvisitor", "idclient", "watcher"),
    *("kundennummer", "kundennr", "kundenid", "loyaltycard", "cardid", "contactid", "patronid"),
)
SESSIONS = ("sessionid", "session", "sessid", "visitid", "basketid", "queryid")
USUAL: dict[str, tuple[str, ...]] = {
    "user": (*PEOPLE, *SESSIONS),
    "item": (
        *("itemid", "iid", "movieid", "productid", "trackid", "songid", "artistid", "bookid"),
        *("articleid", "newsid", "asin", "parentasin", "businessid", "venueid", "gameid"),
        *("appid", "contentid", "videoid", "showid", "recipeid", "sku", "skuid", "isbn", "poiid"),
        *("locationid", "stockcode", "stockid", "aid", "aidid", "eventid", "courseid", "adid"),
        *("clickarticleid", "itemindex", "itemidx", "itemsha", "itemkey", "itemcode", "productsku"),
        *("productcode", "jobid", "anime", "animeid", "animeuid", "beerid", "beerbeerid"),
        *("photoid", "postid", "placeid", "gmapid", "serviceid", "goodsid", "offerid"),
        *("creativeid", "materialid", "podcastid", "playlistid", "feedid", "itemnumber"),
        *("artikelnummer", "artikelnr", "idproduit", "upc", "ean", "gtin", "isrc", "imdbid"),
        *("tmdbid", "trackuri", "barcode"),
        *("item", "movie", "product", "track", "song", "artist", "book", "article", "video"),
        *("game", "recipe", "venue", "location"),
    ),
    "time": (
        *("timestamp", "ts", "datetime", "eventtime", "eventtimestamp", "unixtime"),
        *("unixreviewtime", "createdat", "playedat", "ratedat", "interactiontime", "time"),
        *("starttime", "invoicedate", "orderdate", "reviewdate", "utctimestamp", "utctime"),
        *("showtime", "timems", "timestampms", "servertime", "clicktime", "clicktimestamp"),
        *("localtime", "purchasedate", "purchasetime", "transactiondate", "orderpurchasetimestamp"),
        *("ordertime", "createtime", "creationdate", "created", "createdate", "createddate"),
        *("updatedat", "ratingtimestamp", "ratingdate", "reviewtime", "submitted", "visittime"),
        *("enrollmentdate", "visitstarttime", "datecreated", "dateadded"),
        *("checkintime", "lasttime", "watchtime", "playtime", "requesttime", "actiontime"),
        *("transactiondt", "createdutc", "watchedat", "listenedat", "boughtat", "viewedat"),
        *("purchasedat", "orderedat", "clickedat", "servertimestamp", "timestamputc", "dateachat"),
        *("logtime", "endtime", "eventdate", "occurredat", "date", "day", "tdat", "dt", "datum"),
    ),
    "rating": (
        *("rating", "stars", "score", "overall", "ratingvalue", "bookrating", "reviewoverall"),
        *("reviewrating", "ratingscore", "star", "starrating", "rate", "grade"),
    ),
}
"""What a column is -> usual names, best first, in lower case, letters and digits only."""
LISTS = (
    *("itemids", "items", "itemidlist", "itemlist", "itemseq", "itemsequence", "sequence"),
    *(
        "itemhistory",
        "history",
        "clickhistory",
        "itemidseq",
        "movieids",
        "productids",
        "articleids",
    ),
)
"""Usual names of a column that holds a user's items in one value."""
_PARTS = {
    "user": ("user", "customer", "client", "member", "person", "reviewer", "account", "visitor",
             "player", "author", "student", "session", "who", "client", "kunde", "buyer", "shopper",
             "listen", "watcher", "viewer", "card"),
    "item": ("item", "product", "movie", "track", "song", "artist", "book", "article", "video",
             "game", "stock", "sku", "content", "news", "recipe", "venue", "poi", "place", "what"),
    "time": ("time", "date", "datum", "stamp", "day", "when", "created", "moment", "edat"),
    "rating": ("rating", "score", "star"),
}  # fmt: skip
"""What a column's name may hold if it is the one: for a guess that is asked about, not used."""
_MONTHS = {"month", "mon", "mm", "monat"}
SHOWN = 24


@dataclass(frozen=True)
class Picked:
    """Positions of columns in a table."""

    user: int
    item: int
    time: int | None
    clock: int | None = None
    """Of the times of day, where ``time`` holds dates only."""
    rating: int | None = None
    keep: tuple[tuple[int, frozenset[str]], ...] = ()
    """Columns, and the values that are kept."""
    notes: tuple[str, ...] = ()
    beside: tuple[int, ...] = ()
    """Further columns that were asked for."""

    @property
    def used(self) -> list[int]:
        """All of them, each once, ascending."""
        some = (self.user, self.item, self.time, self.clock, self.rating)
        kept = {at for at, _ in self.keep} | {*self.beside}
        return sorted({at for at in some if at is not None} | kept)


class Header:
    """The names of a table's columns, and how they are found.

    Args:
        numbered: there is no header line: columns go by their number from 1.
    """

    def __init__(self, names: Sequence[str], where: str, *, numbered: bool = False) -> None:
        self.names = tuple(names)
        self.plain = [plain_name(name) for name in names]
        self.where = where
        self.numbered = numbered

    def there(self) -> str:
        """The columns, for messages."""
        if self.numbered:
            return f"there is no header line: columns go by number, 1 to {len(self.names)}"
        shown = ", ".join(repr(clipped(name)) for name in self.names[:SHOWN]) or "none"
        more = f" and {len(self.names) - SHOWN:,} more" if len(self.names) > SHOWN else ""
        return f"the columns there: {shown}{more}"

    def named(self, name: str) -> int:
        """The column of a name; RecBole's types may be left out of it.

        Raises:
            DataError: it is not there, or there twice.
        """
        found = [at for at, there in enumerate(self.names) if there == name]
        found = found or [
            at for at, there in enumerate(self.names) if there.partition(":")[0] == name
        ]
        if len(found) == 1:
            return found[0]
        what = (
            f"{len(found)} columns are called {clipped(name)!r}"
            if found
            else (f"no column {clipped(name)!r}")
        )
        raise DataError(what, where=self.where, allowed=self.there())

    def usual(self, role: str, names: Sequence[str]) -> list[int]:
        """The columns with usual names of a role, best first.

        Raises:
            DataError: one of them is there twice.
        """
        places: dict[str, list[int]] = {}
        for at, plain in enumerate(self.plain):
            places.setdefault(plain, []).append(at)
        found = [at for usual in names for at in places.get(usual, ())]
        if found:
            best = self.names[found[0]]
            if self.names.count(best) > 1:
                self.named(best)
        return found

    def guess(self, role: str) -> str:
        """The option that names a likely column."""
        likely = [
            name
            for part in _PARTS[role]
            for name, plain in zip(self.names, self.plain, strict=True)
            if part in plain
        ]
        return f"--{role}-column {quoted(likely[0])}" if likely else f"--{role}-column NAME"

    def unknown(self, role: str, settings: DataSettings) -> DataError:
        """The error where none looks like a role."""
        asked = {
            "user": settings.user_column,
            "item": settings.item_column,
            "time": settings.time_column,
        }
        missing = [
            other
            for other, name in asked.items()
            if other == role or (name == AUTO and not self.usual(other, USUAL[other]))
        ]
        options = " ".join(map(self.guess, dict.fromkeys([role, *missing])))
        none = (
            f"; or --time-column none (time_column = {NO_TIME!r}) if lines are in order"
            if "time" in missing
            else ""
        )
        return DataError(
            f"no column looks like the {role}",
            where=self.where,
            allowed=self.there(),
            remedy=f"name it: {options} ({role}_column in [data] of a study){none}",
        )


def pick(
    header: Header,
    settings: DataSettings,
    *,
    is_time: Callable[[int], str] = lambda at: "time",
    is_list: Callable[[int], bool] = lambda at: False,
) -> Picked:
    """Find the columns.

    Args:
        is_time: what a column holds, judged by its first values: ``time``, ``date`` (whole days),
            ``clock`` (times of day), ``hhmm`` (whole numbers that could be), or none of these.
        is_list: whether a column holds many items in one value.

    Raises:
        DataError: one is not there; lists those that are.
    """
    notes: list[str] = []
    users = [] if settings.user_column != AUTO else header.usual("user", USUAL["user"])
    user = _one(header, "user", settings, users)
    if users and plain_name(header.names[user]) in SESSIONS:
        notes.append(f"each {header.names[user]!r} is read as a user: no column names a person")
    notes += _others(header, "user", user, [at for at in users if header.plain[at] in PEOPLE])
    items = [] if settings.item_column != AUTO else header.usual("item", USUAL["item"])
    sequences = header.usual("item", LISTS) + [
        at for at, name in enumerate(header.names) if name.endswith(":token_seq")
    ]
    single = [at for at in items if not is_list(at)]
    item = _one(header, "item", settings, single or items or sequences[:1])
    notes += _others(header, "item", item, single)
    unread = [header.names[at] for at in dict.fromkeys(sequences) if at != item]
    if unread:
        named = ", ".join(repr(clipped(name)) for name in unread[:3])
        notes.append(f"not read, though it looks like sequences of items: {named}")
    time, clock = _time(header, settings, is_time, taken={user, item}, listed=is_list(item))
    rating = None
    if settings.min_rating is not None:
        found = [] if settings.rating_column != AUTO else header.usual("rating", USUAL["rating"])
        rating = _one(header, "rating", settings, found)
    keep: dict[int, set[str]] = {}
    for pair in settings.keep:
        name, _, value = pair.partition("=")
        keep.setdefault(header.named(name.strip()), set()).add(value.strip())
    if len({user, item, time}) < 3:
        raise DataError(
            f"column {header.names[item if item in (user, time) else user]!r} has two roles",
            where=header.where,
            allowed="one column each for user, item and time",
        )
    return Picked(
        user=user,
        item=item,
        time=time,
        clock=clock,
        rating=rating,
        keep=tuple((at, frozenset(values)) for at, values in keep.items()),
        notes=tuple(notes),
        beside=tuple(header.named(name) for name in settings.beside),
    )


def _one(header: Header, role: str, settings: DataSettings, usual: list[int]) -> int:
    name = getattr(settings, f"{role}_column")
    if name != AUTO:
        return header.named(name)
    if not usual:
        raise header.unknown(role, settings)
    return usual[0]


def _others(header: Header, role: str, chosen: int, usual: list[int]) -> list[str]:
    others = [header.names[at] for at in usual if at != chosen]
    if not others:
        return []
    named = ", ".join(repr(clipped(name)) for name in others[:3])
    return [
        f"the {role} is read from {header.names[chosen]!r}; there is {named} too: "
        f"--{role}-column says otherwise"
    ]


def _time(
    header: Header,
    settings: DataSettings,
    is_time: Callable[[int], str],
    *,
    taken: set[int],
    listed: bool,
) -> tuple[int | None, int | None]:
    """The column of times, and that of times of day where the first holds dates only."""
    asked = settings.time_column
    if asked == NO_TIME:
        return None, None
    if asked != AUTO:
        first, plus, second = asked.partition("+")
        if asked not in header.names and plus and first:
            return header.named(first), header.named(second)
        at = header.named(asked)
        if is_time(at) == "clock":
            dates = [n for n in range(len(header.names)) if n not in taken and is_time(n) == "date"]
            joined = f"{header.names[dates[0]]}+{header.names[at]}" if dates else ""
            raise DataError(
                f"column {asked!r} holds times of day, without a date",
                where=header.where,
                remedy=f"join it with a date: --time-column {quoted(joined or 'DATE+' + asked)}",
            )
        return at, None
    usual = [at for at in header.usual("time", USUAL["time"]) if at not in taken]
    kinds = {at: is_time(at) for at in usual}
    _refuse_days_of_months(header, [at for at in usual if kinds[at] == "hhmm"])
    dated = "date" in kinds.values()
    kinds = {
        at: ("clock" if dated else "time") if kind == "hhmm" else kind for at, kind in kinds.items()
    }
    for wanted in ("time", "date"):
        for at in usual:
            if kinds[at] == wanted:
                clocks = [n for n in usual if kinds[n] == "clock"]
                return at, clocks[0] if wanted == "date" and clocks else None
    if any(kind == "clock" for kind in kinds.values()):
        at = next(at for at in usual if kinds[at] == "clock")
        raise DataError(
            f"column {header.names[at]!r} holds times of day, without a date",
            where=header.where,
            allowed=header.there(),
            remedy="name the times, or join two columns: --time-column DATE+TIME",
        )
    if usual:
        return usual[0], None
    if listed:  # a list of items has an order of its own
        return None, None
    raise header.unknown("time", settings)


def _refuse_days_of_months(header: Header, small: Sequence[int]) -> None:
    """Days beside months say no order.

    Args:
        small: columns of small whole numbers, best first.

    Raises:
        DataError: the best is such a column.
    """
    at = small[0] if small else 0
    if small and header.plain[at] in ("day", "date", "dt") and _MONTHS & set(header.plain):
        raise DataError(
            f"column {header.names[at]!r} could be days of a month, which stands beside it",
            where=header.where,
            allowed=header.there(),
            remedy="make one column of year, month and day; or if it is a time after all: "
            f"--time-column {quoted(header.names[at])}",
        )


def clipped(name: str, length: int = 60) -> str:
    """A name that fits into a message."""
    return name if len(name) <= length else name[: length - 1] + "…"


def quoted(word: str) -> str:
    """A word as a shell takes it."""
    import shlex

    return shlex.quote(clipped(word, 200))


def plain_name(column: str) -> str:
    """``user_id:token`` (RecBole), ``User ID`` and ``userId`` are the same word."""
    return re.sub(r"[^a-z0-9]", "", column.partition(":")[0].lower())
