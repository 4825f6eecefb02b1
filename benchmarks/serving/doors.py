"""The doors: a server of each kind, a program of its own; and how a client knocks at it.

    python -P benchmarks/serving/doors.py KIND MODEL

prints the port that it listens on, of this machine alone. All run the model where the request is
read, without a queue or a batch: the quickest that the kind can do for one tap.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[2]))

from benchmarks.serving.model import Model, Shape

HOST = "127.0.0.1"
KEPT_S = 3600
"""A connection waits for its turn, whatever uvicorn does by default (5 s)."""
GRPC_METHOD = "/rbench.Recommender/Recommend"


def raw(model: Model) -> None:
    """Bytes in, bytes out over TCP: what no framework can undercut."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while True:
                writer.write(
                    b"".join(model.answer(await reader.readexactly(4 * model.shape.length)))
                )
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def main() -> None:
        server = await asyncio.start_server(serve, HOST, 0)
        _listening(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


def fastapi(model: Model) -> None:
    """JSON over HTTP: FastAPI on uvicorn, one worker, as its documentation shows it."""
    import uvicorn
    from fastapi import FastAPI

    app = FastAPI()

    async def recommend(body: dict[str, list[int]]) -> dict[str, list[Any]]:
        items, scores = model.answer(array("i", body["context"]).tobytes())
        return {"items": array("i", items).tolist(), "scores": array("f", scores).tolist()}

    app.post("/recommend")(recommend)
    # asyncio switches Nagle's algorithm off on sockets that it opens itself, and on others if they
    # name their protocol; else an answer's second part waits 40 ms for an acknowledgement.
    free = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    free.bind((HOST, 0))
    _listening(free.getsockname()[1])
    settings = uvicorn.Config(app, log_level="warning", access_log=False, timeout_keep_alive=KEPT_S)
    uvicorn.Server(settings).run(sockets=[free])


def grpc(model: Model) -> None:
    """Bytes over gRPC, Python's asyncio server, without a message type: the least it can carry."""
    import grpc as library

    async def recommend(request: bytes, _: Any) -> bytes:
        return b"".join(model.answer(request))

    async def main() -> None:
        server = library.aio.server()
        service, method = GRPC_METHOD.strip("/").split("/")
        handlers = {method: library.unary_unary_rpc_method_handler(recommend)}
        server.add_generic_rpc_handlers(
            (library.method_handlers_generic_handler(service, handlers),)
        )
        port = server.add_insecure_port(f"{HOST}:0")
        await server.start()
        _listening(port)
        await server.wait_for_termination()

    asyncio.run(main())


SERVERS: dict[str, Callable[[Model], None]] = {"raw": raw, "fastapi": fastapi, "grpc": grpc}
NEEDS = {"raw": (), "fastapi": ("fastapi", "uvicorn"), "grpc": ("grpc",)}
"""Kind -> the modules that it needs beside the runtime."""

Knock = Callable[[bytes], tuple[bytes, int]]
"""A context -> the items' bytes, and how many bytes went over the connection, both ways."""


def knock_raw(port: int, shape: Shape) -> Knock:
    """At the raw socket."""
    line = _connected(port)
    answer = 8 * shape.k

    def knock(context: bytes) -> tuple[bytes, int]:
        line.sendall(context)
        said = _exactly(line, answer)
        return said[: 4 * shape.k], len(context) + answer

    return knock


def knock_fastapi(port: int, shape: Shape) -> Knock:
    """By the shortest request that HTTP allows, on a connection that stays open."""
    line = _connected(port)

    def knock(context: bytes) -> tuple[bytes, int]:
        body = json.dumps({"context": array("i", context).tolist()}, separators=(",", ":")).encode()
        head = (
            f"POST /recommend HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode()
        line.sendall(head + body)
        said = b""
        while b"\r\n\r\n" not in said:
            said += _some(line)
        fields, _, begun = said.partition(b"\r\n\r\n")
        length = next(
            int(field.split(b":")[1])
            for field in fields.split(b"\r\n")
            if field.lower().startswith(b"content-length:")
        )
        rest = begun + _exactly(line, length - len(begun))
        items = json.loads(rest)["items"]
        return array("i", items).tobytes(), len(head) + len(body) + len(fields) + 4 + length

    return knock


def knock_grpc(port: int, shape: Shape) -> Knock:
    """By Python's own client; of its frames the payload alone is counted."""
    import grpc as library

    call = library.insecure_channel(f"{HOST}:{port}").unary_unary(GRPC_METHOD)

    def knock(context: bytes) -> tuple[bytes, int]:
        said: bytes = call(context)
        return said[: 4 * shape.k], len(context) + len(said)

    return knock


KNOCKS: dict[str, Callable[[int, Shape], Knock]] = {
    "raw": knock_raw,
    "fastapi": knock_fastapi,
    "grpc": knock_grpc,
}


def _connected(port: int) -> socket.socket:
    line = socket.create_connection((HOST, port), timeout=60)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return line


def _some(line: socket.socket) -> bytes:
    got = line.recv(1 << 16)
    if not got:
        raise ConnectionError("the server hung up")
    return got


def _exactly(line: socket.socket, count: int) -> bytes:
    said = b""
    while len(said) < count:
        said += _some(line)
    return said


def _listening(port: int) -> None:
    print(port, flush=True)


if __name__ == "__main__":
    SERVERS[sys.argv[1]](Model(Path(sys.argv[2])))
