"""Downloads: one file, by its URL, into a place that the caller makes final."""

from __future__ import annotations

import hashlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rbench.errors import RbenchError
from rbench.progress import Progress, Reporter
from rbench.system.writing import writing

TIMEOUT_S = 30.0
BLOCK_BYTES = 1 << 18
REFUSED = "try again later, or name a --mirror"
Fault = type[RbenchError]


def download(
    url: str,
    to: Path,
    report: Reporter,
    *,
    fault: Fault,
    offline: str,
    place: Path,
    algorithm: str = "sha256",
    most_bytes: int = 0,
) -> str:
    """Write what lies at a URL to a file.

    Args:
        fault: the error to raise where the network is at fault.
        offline: what to do without a network, for that error.
        place: what the user named, for an error about writing.
        most_bytes: a download that is larger is no longer what was asked for; 0: any size.

    Returns:
        The content's digest in hex.

    Raises:
        RbenchError: ``fault``, or `OutputError` where the file cannot be written.
    """
    digest = hashlib.new(algorithm, usedforsecurity=False)
    done = 0
    with to.open("wb") as file, _network(url, fault, offline), _open(url) as answer:
        total = int(answer.headers.get("Content-Length") or 0)
        while block := answer.read(BLOCK_BYTES):
            if most_bytes and max(done + len(block), total) > most_bytes:
                raise fault(
                    f"{max(done + len(block), total):,} bytes and more come",
                    where=url,
                    allowed=f"at most {most_bytes:,} bytes",
                    remedy="not what it should be: name another --mirror",
                )
            with writing(place, "--to"):
                file.write(block)
            digest.update(block)
            done += len(block)
            report(Progress(done=done, total=total or done, text=url.rpartition("/")[2]))
    if done < total:
        raise fault(f"{done} of {total} bytes came", where=url, remedy="try again")
    return digest.hexdigest()


def read(url: str, most_bytes: int, *, fault: Fault, offline: str) -> bytes:
    """The beginning of what lies at a URL; errors as with `download`."""
    with _network(url, fault, offline), _open(url) as answer:
        return answer.read(most_bytes)


@contextmanager
def _open(url: str) -> Iterator[http.client.HTTPResponse]:
    request = urllib.request.Request(url, headers={"User-Agent": "rbench"})
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
        yield answer


@contextmanager
def _network(url: str, fault: Fault, offline: str) -> Iterator[None]:
    try:
        yield
    except urllib.error.HTTPError as error:
        what = f"the server answers {error.code} {error.reason}"
        raise fault(what, where=url, remedy=REFUSED) from error
    except urllib.error.URLError as error:
        what = str(getattr(error.reason, "strerror", None) or error.reason)
        raise fault(f"cannot download: {what}", where=url, remedy=offline) from error
    except (http.client.HTTPException, OSError, ValueError) as error:
        what = str(error) or type(error).__name__
        raise fault(f"cannot download: {what}", where=url, remedy=offline) from error
