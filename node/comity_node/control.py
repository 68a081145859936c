"""The control socket: how a command talks to the node that runs as a daemon.

A Unix socket in the home, for its owner only. Request and answer are u32 length, then canonical MessagePack: the map
`op` str, `params` str (JSON), answered by a map with the one key `ok` or `error` (JSON). JSON inside, because the
bounds of canonical MessagePack are those of the wire and a long list of small numbers would exceed them.
"""

import json
import os
import socket
import stat
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import trio

from comity.encoding import Record, decode_as, encode
from comity.errors import ComityError
from comity_node.bounds import CONTROL_IDLE_S, MAX_CONTROL_CONNECTIONS, MAX_REQUEST_BYTES
from comity_node.faults import Exit, UsageError, fault, fault_of

LENGTH_BYTES: Final = 4
Perform = Callable[[str, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]


class Request(Record, frozen=True):
    op: str
    params: str


class ControlServer:
    """Answers on the socket with what `perform(operation, parameters)` returns or raises."""

    def __init__(self, path: Path, perform: Perform) -> None:
        self._path = path
        self._perform = perform
        self._places = trio.CapacityLimiter(MAX_CONTROL_CONNECTIONS)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled; it has started once the socket accepts. Removes the socket at the end."""
        listener = await listen(self._path)
        try:
            async with trio.open_nursery() as nursery:
                task_status.started()
                await trio.serve_listeners(self._serve, [listener], handler_nursery=nursery)
        finally:
            with suppress(FileNotFoundError):
                self._path.unlink()

    async def _serve(self, stream: trio.SocketStream) -> None:
        async with stream:
            try:
                self._places.acquire_on_behalf_of_nowait(stream)
            except trio.WouldBlock:
                busy = fault(Exit.UNREACHABLE, "too many commands talk to the node", "try again in a moment")
                await answer(stream, "error", asdict(busy))
                return
            try:
                await self._converse(stream)
            finally:
                self._places.release_on_behalf_of(stream)

    async def _converse(self, stream: trio.SocketStream) -> None:
        while True:
            try:
                with trio.move_on_after(CONTROL_IDLE_S) as idle:
                    data = await receive(stream)
                if idle.cancelled_caught or data is None:
                    return
                result = await self._perform(*request_of(data))
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                return
            except Exception as error:  # whatever it is, the one who asked is told
                await answer(stream, "error", asdict(fault_of(error)))
                if isinstance(error, OversizeError):
                    return
            else:
                await answer(stream, "ok", result)


class OversizeError(UsageError):
    """A length above the bound: what follows it cannot be read, so the connection ends."""


def request_of(data: bytes) -> tuple[str, dict[str, Any]]:
    """Return operation and parameters. Raises: UsageError."""
    try:
        request = decode_as(Request, data, MAX_REQUEST_BYTES)
        params = json.loads(request.params)
    except (ComityError, ValueError, RecursionError) as error:
        raise UsageError(f"no request: {str(error)[:200]}", "send the map op, params") from None
    if not isinstance(params, dict):
        raise UsageError("no request: params is no JSON object", "send the map op, params")
    return request.op, params


async def receive(stream: trio.SocketStream) -> bytes | None:
    """Return one request, None at the end. Raises: OversizeError."""
    head = await receive_exactly(stream, LENGTH_BYTES)
    if head is None:
        return None
    length = int.from_bytes(head, "big")
    if length > MAX_REQUEST_BYTES:
        raise OversizeError(f"the request is longer than {MAX_REQUEST_BYTES} bytes", "send less at once")
    return await receive_exactly(stream, length)


async def receive_exactly(stream: trio.SocketStream, count: int) -> bytes | None:
    data = bytearray()
    while len(data) < count:
        part = await stream.receive_some(min(count - len(data), 65_536))
        if not part:
            return None
        data += part
    return bytes(data)


async def answer(stream: trio.SocketStream, key: str, value: Mapping[str, Any]) -> None:
    with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
        await stream.send_all(framed({key: json.dumps(value)}))


def framed(value: Mapping[str, str]) -> bytes:
    data = encode(dict(value))
    return len(data).to_bytes(LENGTH_BYTES, "big") + data


async def listen(path: Path) -> trio.SocketListener:
    """Return a listener on a new socket that only the owner can open. The caller holds the lock of the home."""
    with suppress(FileNotFoundError):
        if stat.S_ISSOCK(path.lstat().st_mode):
            path.unlink()
    sock = trio.socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        await sock.bind(os.fspath(path))
    except OSError:
        sock.close()
        raise
    finally:
        os.umask(before)
    sock.listen(MAX_CONTROL_CONNECTIONS)
    return trio.SocketListener(sock)
