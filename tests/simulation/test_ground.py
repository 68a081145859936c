"""What the simulation stands on: virtual time, tasks that stand still, the network, disks that fail."""

import random
import sqlite3
from pathlib import Path

import pytest
import trio

from comity_node.errors import StorageError
from comity_node.store import Database
from tests.simulation import schedule
from tests.simulation.calendar import Calendar
from tests.simulation.disk import Disk, disks
from tests.simulation.journal import Journal
from tests.simulation.network import Network
from tests.simulation.schedule import OWNER, VirtualClock
from tests.support.simulated import START_US

PORTS = {1: "aa.police", 2: "bb.fiu"}
THERE, BACK = ("aa.police", "bb.fiu"), ("bb.fiu", "aa.police")


def network() -> Network:
    return Network(dict(PORTS), Journal(), random.Random(1), lambda caller, callee: None)


async def connected(net: Network) -> tuple[trio.abc.Stream, trio.abc.Stream]:
    listener = net.listen(2)
    ours = await net.connect("aa.police", 2)
    return ours, await listener.accept()


def test_a_timer_runs_out_at_once_and_at_its_time() -> None:
    async def main(clock: VirtualClock) -> float:
        await trio.sleep(86_400)
        return trio.current_time()

    assert schedule.run("1", main) == 86_400


def test_a_run_in_which_nothing_can_happen_any_more_ends_with_an_error() -> None:
    async def main(clock: VirtualClock) -> None:
        await trio.sleep_forever()

    with pytest.raises(schedule.DeadlockError):
        schedule.run("1", main)


def test_a_party_that_stands_still_does_nothing_and_then_everything_that_was_due() -> None:
    seen: list[tuple[str, float]] = []

    async def tick(party: str) -> None:
        OWNER.set(party)
        for _ in range(3):
            await trio.sleep(1)
            seen.append((party, trio.current_time()))

    async def main(clock: VirtualClock) -> None:
        gate = schedule.gate()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(tick, "aa.police")
            nursery.start_soon(tick, "bb.fiu")
            await trio.sleep(0.5)
            gate.stop("bb.fiu")
            await trio.sleep(9.5)
            gate.go("bb.fiu")

    schedule.run("1", main)
    assert [at for party, at in seen if party == "aa.police"] == [1, 2, 3]
    assert [at for party, at in seen if party == "bb.fiu"] == [10, 11, 12]


def test_what_is_sent_over_a_blocked_path_arrives_once_it_is_open_again() -> None:
    async def main(clock: VirtualClock) -> None:
        net = network()
        ours, theirs = await connected(net)
        net.change([THERE], blocked=True)
        await ours.send_all(b"request")
        await theirs.send_all(b"the other direction")
        assert await ours.receive_some() == b"the other direction"
        with trio.move_on_after(60) as scope:
            await theirs.receive_some()
        assert scope.cancelled_caught
        net.change([THERE], blocked=False)
        assert await theirs.receive_some() == b"request"

    schedule.run("1", main)


def test_a_cut_loses_what_is_under_way_from_some_byte_on() -> None:
    async def main(clock: VirtualClock) -> None:
        net = network()
        ours, theirs = await connected(net)
        sent = bytes(range(200))
        await ours.send_all(sent)
        net.cut(net.connections)
        got = await theirs.receive_some()
        assert sent.startswith(got)
        assert len(got) < len(sent)
        with pytest.raises(trio.BrokenResourceError):
            await theirs.receive_some()
        with pytest.raises(trio.BrokenResourceError):
            await ours.send_all(b"more")

    schedule.run("1", main)


def test_a_connection_into_a_black_hole_waits_and_one_to_a_closed_port_is_refused() -> None:
    async def main(clock: VirtualClock) -> None:
        net = network()
        with pytest.raises(OSError, match="refused"):
            await net.connect("aa.police", 2)
        net.listen(2)
        net.change([BACK], blocked=True)
        with trio.move_on_after(5) as scope:
            await net.connect("aa.police", 2)
        assert scope.cancelled_caught

    schedule.run("1", main)


def test_a_computer_without_power_tells_nobody() -> None:
    async def main(clock: VirtualClock) -> None:
        net = network()
        ours, theirs = await connected(net)
        net.unplug("bb.fiu", silently=True)
        await theirs.send_all(b"from beyond")
        with trio.move_on_after(60) as scope:
            await ours.receive_some()
        assert scope.cancelled_caught

    schedule.run("1", main)


def test_the_latest_time_that_a_clock_has_shown_counts_from_the_time_asked_for() -> None:
    async def main(clock: VirtualClock) -> None:
        calendar = Calendar()
        calendar.set_clock("aa.police", 3_600_000_000)
        assert calendar.read("aa.police") == START_US + 3_600_000_000
        calendar.set_clock("aa.police", 0)
        await trio.sleep(10)
        calendar.read("aa.police")
        assert calendar.latest_us("aa.police", START_US) == START_US + 3_600_000_000
        assert calendar.latest_us("aa.police", START_US + 1) == START_US + 10_000_000

    schedule.run("1", main)


def test_a_full_disk_refuses_to_write_and_a_dead_one_everything(tmp_path: Path) -> None:
    path = tmp_path / "comity.db"
    with disks() as known:
        disk = known[str(path)] = Disk()
        database = Database(path)
        raw = database.reading.connection.dbapi_connection
        assert raw is not None
        disk.full = True
        with pytest.raises(sqlite3.OperationalError, match="full"):
            raw.cursor().execute("INSERT INTO leaf VALUES (1, x'00')")
        raw.cursor().execute("SELECT * FROM leaf")
        disk.gone = True
        with pytest.raises(sqlite3.OperationalError, match="I/O"):
            raw.cursor().execute("SELECT * FROM leaf")
        with pytest.raises(StorageError):
            Database(path)
        disk.gone = False
        database.close()
    assert disk.refusals == 1
