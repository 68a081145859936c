"""The other end of the control socket, for commands. Plain sockets: a command starts faster without an event loop."""

import json
import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from comity.encoding import decode, encode
from comity.errors import ComityError
from comity_node.bounds import MAX_ANSWER_BYTES
from comity_node.faults import AnsweredError, Fault, UnreachableError, UsageError

CONNECT_S: Final = 5.0
ANSWER_S: Final = 60.0
LENGTH_BYTES: Final = 4


def connect(path: Path) -> socket.socket | None:
    """Return a connection to the daemon of this home, None when nobody listens. The caller closes it."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(CONNECT_S)
    try:
        connection.connect(os.fspath(path))
    except OSError:
        connection.close()
        return None
    return connection


def call(connection: socket.socket, op: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result of one operation.

    Raises:
        AnsweredError: the daemon says that it failed, and why.
        UnreachableError: the daemon went away, or does not answer.
        UsageError: the parameters cannot be sent.
    """
    try:
        request = encode({"op": op, "params": json.dumps(params)})
    except ComityError as fault:
        raise UsageError(f"the call cannot be sent: {fault}", "correct its parameters") from None
    try:
        connection.settimeout(ANSWER_S)
        with suppress(BrokenPipeError, ConnectionResetError):  # a daemon that is busy answers before it reads
            connection.sendall(len(request).to_bytes(LENGTH_BYTES, "big") + request)
        answer = decode(receive(connection), MAX_ANSWER_BYTES)
    except (OSError, ComityError) as fault:
        raise gone(fault) from None
    return result_of(answer)


def receive(connection: socket.socket) -> bytes:
    length = int.from_bytes(receive_exactly(connection, LENGTH_BYTES), "big")
    if length > MAX_ANSWER_BYTES:
        raise ConnectionError("an answer that is too long")
    return receive_exactly(connection, length)


def receive_exactly(connection: socket.socket, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        part = connection.recv(min(count - len(data), 65_536))
        if not part:
            raise ConnectionError("no answer")
        data += part
    return bytes(data)


def result_of(answer: Any) -> dict[str, Any]:
    try:
        if "ok" in answer:
            result: dict[str, Any] = json.loads(answer["ok"])
            return result
        fault = Fault(**json.loads(answer["error"]))
    except (ValueError, KeyError, TypeError) as error:
        raise gone(error) from None
    raise AnsweredError(fault)


def gone(fault: Exception) -> UnreachableError:
    cause = "the daemon does not answer" + (f": {fault}" if str(fault) else "")
    return UnreachableError(cause, "look at its log, then start it again: comity serve")
