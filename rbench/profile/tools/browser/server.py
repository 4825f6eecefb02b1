"""The page's server: on loopback, behind a path that nobody guesses, isolated, gone with its round.

It sends what a page needs for a clock of fine steps: no other page shares its process.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

import msgspec

ISOLATED = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""What makes a page ``crossOriginIsolated``."""
TYPES = {"html": "text/html; charset=utf-8", "js": "text/javascript", "wasm": "application/wasm"}
MOST_BYTES = 1 << 28

Heard = Callable[[str, Any], Mapping[str, Any]]
"""Is told what the page says, and a document; what the page is answered."""


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that is ended leaves its connections open: nobody has to hear of it."""


class Server:
    """Serves some files while it is entered.

    Args:
        files: path below the page's -> content.
        heard: called for each document that the page sends, in a thread of the server's.
        headers: sent with everything.
    """

    def __init__(
        self, files: Mapping[str, bytes], heard: Heard, headers: Mapping[str, str] = ISOLATED
    ) -> None:
        token = secrets.token_urlsafe(16)
        self._server = _Quiet(("127.0.0.1", 0), _handler(token, files, heard, headers))
        self.url = f"http://127.0.0.1:{self._server.server_port}/{token}/"
        """Of the page."""

    def __enter__(self) -> Server:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(
    token: str, files: Mapping[str, bytes], heard: Heard, headers: Mapping[str, str]
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            name = self._name()
            content = None if name is None else files.get(name or "index.html")
            if content is None:
                self._answer(404, b"", "text/plain")
                return
            end = "html" if name == "" else (name or "").rpartition(".")[2]
            self._answer(200, content, TYPES.get(end, "application/octet-stream"))

        def do_POST(self) -> None:
            name, size = self._name(), int(self.headers.get("Content-Length") or 0)
            if name is None or size > MOST_BYTES:
                self._answer(404, b"", "text/plain")
                return
            document = msgspec.json.decode(self.rfile.read(size))
            self._answer(200, msgspec.json.encode(heard(name, document)), "application/json")

        def _name(self) -> str | None:
            before, here, name = self.path.partition(f"/{token}/")
            return name if here and not before else None

        def _answer(self, code: int, content: bytes, kind: str) -> None:
            self.send_response(code)
            for header, value in headers.items():
                self.send_header(header, value)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    return Handler
