"""The control socket: any bytes give an answer or a close, and the node goes on."""

import json
import os
import socket
import stat
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.encoding import decode, encode
from comity_node import caller
from comity_node.bounds import CONTROL_IDLE_S, MAX_CONTROL_CONNECTIONS, MAX_REQUEST_BYTES
from comity_node.control import ControlServer
from comity_node.errors import NotFoundError
from comity_node.faults import AnsweredError, UnreachableError, UsageError
from comity_node.lock import HomeLock


async def perform(op: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Stand in for the node."""
    if op == "echo":
        return {"params": dict(params)}
    if op == "absent":
        raise NotFoundError("there is no message 5f3a", "see the inbox")
    if op == "group":
        raise ExceptionGroup("", [NotFoundError("it is gone", "look elsewhere")])
    raise RuntimeError("secret words that nobody may read")


@asynccontextmanager
async def served(directory: Path) -> AsyncIterator[Path]:
    path = directory / "control.sock"
    async with trio.open_nursery() as nursery:
        await nursery.start(ControlServer(path, perform).run)
        yield path
        nursery.cancel_scope.cancel()


def call(path: Path, op: str, **params: Any) -> dict[str, Any]:
    connection = caller.connect(path)
    assert connection is not None
    with connection:
        return caller.call(connection, op, params)


def framed(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def request(op: object, params: object) -> bytes:
    return framed(encode({"op": op, "params": params}))


def exchange(path: Path, data: bytes) -> list[Any]:
    """Send bytes, say that no more come, and return the answers up to the close."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(10)
        connection.connect(os.fspath(path))
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        received = bytearray()
        with suppress(ConnectionResetError):  # how a Unix socket says that the server read no further
            while part := connection.recv(65_536):
                received += part
    return list(answers_in(bytes(received)))


def answers_in(data: bytes) -> list[Any]:
    found = []
    while data:
        length = int.from_bytes(data[:4], "big")
        found.append(decode(data[4 : 4 + length], 1 << 20))
        data = data[4 + length :]
    return found


def error_of(answer: Any) -> dict[str, Any]:
    fault: dict[str, Any] = json.loads(answer["error"])
    return fault


async def in_thread(function: Any, *arguments: Any) -> Any:
    return await trio.to_thread.run_sync(partial(function, *arguments))


async def test_an_operation_is_answered(tmp_path: Path) -> None:
    async with served(tmp_path) as path:
        text = "e\u0301 \u202e \ud800 \0"  # whatever a file name may bring
        assert await in_thread(partial(call, path, "echo", text=text, many=list(range(1_000)))) == {
            "params": {"text": text, "many": list(range(1_000))}
        }


async def test_a_fault_is_answered_with_code_cause_and_next_step(tmp_path: Path) -> None:
    async with served(tmp_path) as path:
        with pytest.raises(AnsweredError) as caught:
            await in_thread(call, path, "absent")
        assert (caught.value.fault.code, caught.value.fault.exit) == ("not-found", 6)
        assert str(caught.value.fault) == "there is no message 5f3a. See the inbox."
        with pytest.raises(AnsweredError, match="it is gone"):
            await in_thread(call, path, "group")


@pytest.mark.clause("CONV-008")
async def test_an_unexpected_fault_is_answered_without_its_words(tmp_path: Path) -> None:
    async with served(tmp_path) as path:
        with pytest.raises(AnsweredError) as caught:
            await in_thread(call, path, "crash")
        assert "RuntimeError" in str(caught.value)
        assert "secret" not in str(caught.value)
        assert await in_thread(call, path, "echo") == {"params": {}}


async def test_many_requests_share_a_connection(tmp_path: Path) -> None:
    async with served(tmp_path) as path:
        data = b"".join(request("echo", json.dumps({"n": n})) for n in range(20))
        answers = await in_thread(exchange, path, data)
        assert [json.loads(answer["ok"])["params"]["n"] for answer in answers] == list(range(20))


@pytest.mark.parametrize(
    "data",
    [
        framed(b""),
        framed(b"\xff" * 10),
        framed(encode([])),
        framed(encode({"op": "echo"})),
        request("echo", 5),
        request("echo", "[]"),
        request("echo", "{"),
        request("echo", "[" * 100_000),
        request("echo", "1" * 100_000),
        framed(encode({"op": "echo", "params": "{}", "more": 1})),
    ],
)
async def test_what_is_no_request_is_answered_and_the_connection_goes_on(tmp_path: Path, data: bytes) -> None:
    async with served(tmp_path) as path:
        first, second = await in_thread(exchange, path, data + request("echo", "{}"))
        assert error_of(first)["code"] == "usage"
        assert json.loads(second["ok"]) == {"params": {}}


async def test_a_length_beyond_the_bound_is_answered_and_ends_the_connection(tmp_path: Path) -> None:
    async with served(tmp_path) as path:
        (answer,) = await in_thread(exchange, path, (MAX_REQUEST_BYTES + 1).to_bytes(4, "big"))
        assert "longer than" in error_of(answer)["message"]
        assert await in_thread(call, path, "echo") == {"params": {}}


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=60) | st.binary(max_size=40).map(framed))
def test_any_bytes_give_answers_and_the_server_lives(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    async def main() -> None:
        directory = tmp_path_factory.mktemp("c")
        async with served(directory) as path:
            with trio.fail_after(20):
                for answer in await in_thread(exchange, path, data):
                    assert error_of(answer)["code"] == "usage"
                assert await in_thread(call, path, "echo") == {"params": {}}

    trio.run(main)


async def test_a_crowd_is_bounded_and_told(tmp_path: Path) -> None:
    async with served(tmp_path) as path:
        streams = [await trio.open_unix_socket(os.fspath(path)) for _ in range(MAX_CONTROL_CONNECTIONS)]
        for stream in streams:
            await stream.send_all(request("echo", "{}"))
            assert await stream.receive_some(4)  # it has its place
        with pytest.raises(AnsweredError, match="too many"):
            await in_thread(call, path, "echo")
        for stream in streams:
            await stream.aclose()
        with trio.fail_after(10):
            while not await answers_again(path):
                await trio.sleep(0.01)


async def answers_again(path: Path) -> bool:
    try:
        return bool(await in_thread(call, path, "echo"))
    except AnsweredError:
        return False


async def test_an_idle_connection_is_closed(tmp_path: Path, autojump_clock: trio.testing.MockClock) -> None:
    async with served(tmp_path) as path:
        with trio.fail_after(CONTROL_IDLE_S + 10):
            async with await trio.open_unix_socket(os.fspath(path)) as stream:
                assert await stream.receive_some(1) == b""


async def test_the_socket_is_for_its_owner_only_and_goes_with_the_server(tmp_path: Path) -> None:
    async with served(tmp_path) as path:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not path.exists()


async def test_a_socket_left_behind_by_a_crash_is_replaced(tmp_path: Path) -> None:
    left = socket.socket(socket.AF_UNIX)
    left.bind(os.fspath(tmp_path / "control.sock"))
    left.close()
    async with served(tmp_path) as path:
        assert await in_thread(call, path, "echo") == {"params": {}}


async def test_a_file_in_the_place_of_the_socket_is_kept(tmp_path: Path) -> None:
    (tmp_path / "control.sock").write_text("precious")
    with pytest.raises(BaseExceptionGroup):
        async with served(tmp_path):
            pass
    assert (tmp_path / "control.sock").read_text() == "precious"


def test_nobody_listening_is_told_from_a_daemon(tmp_path: Path) -> None:
    assert caller.connect(tmp_path / "control.sock") is None


ANSWERS = (
    b"",
    b"\0\0",
    b"\xff" * 8,
    framed(b"\xff"),
    framed(encode({"neither": "x"})),
    framed(encode(5)),
    framed(encode({"ok": "{"})),
    framed(encode({"error": "{}"})),
)


@pytest.mark.parametrize("said", ANSWERS)
def test_whatever_the_daemon_says_the_caller_has_one_error(said: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(said)
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(UnreachableError):
            caller.call(ours, "status", {})


def test_a_call_that_cannot_be_said_is_refused_before_it_is_sent() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(UsageError):
        caller.call(ours, "\ud800", {})


def test_the_lock_of_a_home_has_one_holder(tmp_path: Path) -> None:
    path = tmp_path / "node.lock"
    with HomeLock.take(path):
        assert HomeLock.try_take(path) is None
        with pytest.raises(UnreachableError, match="another comity process"):
            HomeLock.take(path)
    with HomeLock.take(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
