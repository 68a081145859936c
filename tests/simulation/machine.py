"""The computer of one party: it starts, stops, crashes and stands still; on it run a node and the party's officers."""

import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import trio

from comity_node.errors import NodeError, StorageError
from comity_node.node import Node, open_node
from comity_node.records import Delivery, StoredMessage
from tests.simulation.calendar import Calendar
from tests.simulation.disk import Disk
from tests.simulation.homes import Place
from tests.simulation.journal import Journal
from tests.simulation.network import Network
from tests.simulation.schedule import OWNER, Gate
from tests.simulation.world import SimulatedWorld

Errand = Callable[["Machine", Node], Awaitable[None]]
FILES = ("", "-wal")  # of a database; the shared memory file is made anew
REBOOT_S = 5.0  # after a node that ended by itself


class Machine:
    """Call `live` in a task; the other methods may be called at any time.

    Attributes:
        on: whether the node is meant to run.
        running_s: virtual seconds in which the node ran, without the current life.
        seen, told: positions up to which the officers have dealt with messages and with the ends of deliveries.
        failed: why the node ended by itself, as long as nobody has asked.
    """

    def __init__(
        self,
        place: Place,
        seed: str,
        network: Network,
        calendar: Calendar,
        journal: Journal,
        gate: Gate,
        disks: dict[str, Disk],
        officer: "Officer",
    ) -> None:
        self.party = place.party
        self.place = place
        self.on = True
        self.slow_s = 0.0
        self.seen = self.told = 0
        self.starts = 0
        self.running_s = 0.0
        self.disk = Disk()
        self._seed = seed
        self._network = network
        self._calendar = calendar
        self._journal = journal
        self._gate = gate
        self._disks = disks
        self._officer = officer
        self._switch = trio.lowlevel.ParkingLot()
        self._scope = trio.CancelScope()
        self._errands: trio.MemorySendChannel[Errand] | None = None
        self._leave: trio.Event | None = None
        self._crashed = False
        self._living = False

    @property
    def up(self) -> bool:
        return self._errands is not None

    @property
    def stands(self) -> bool:
        return self._gate.stands(self.party)

    # --- what happens to it

    def start(self) -> None:
        self.on = True
        self._switch.unpark_all()

    def stop(self) -> None:
        """Stop the node in good order."""
        self.on = False
        if self._leave is not None:
            self._journal.note("stop", self.party)
            self._leave.set()

    def crash(self, silently: bool, restart: bool = True) -> None:
        """End the node at this instant: what is not on disk is lost, nothing more is sent."""
        self.on = restart
        if not self._living or self._crashed:
            return
        self._journal.note("crash", self.party, silently)
        self._crashed = True
        self.disk.gone = True
        for suffix in FILES:
            copy_if_there(self._file(suffix), self._file(suffix + ".crash"))
        self._network.unplug(self.party, silently)
        self._errands = self._leave = None
        self._gate.go(self.party)
        self._scope.cancel()

    def pause(self) -> None:
        """Stand still, like a process after SIGSTOP."""
        if self.up:
            self._journal.note("pause", self.party)
            self._gate.stop(self.party)

    def resume(self) -> None:
        if self.stands:
            self._journal.note("resume", self.party)
            self._gate.go(self.party)

    def do(self, errand: Errand) -> bool:
        """Let an officer do something at the node; False when it is not up."""
        if self._errands is None:
            return False
        self._errands.send_nowait(errand)
        return True

    # --- its life

    async def live(self) -> None:
        """Run the node whenever it is meant to run."""
        OWNER.set(self.party)
        while True:
            while not self.on:
                await self._switch.park()
            began = self._calendar.awake_s()
            await self._one_life()
            self.running_s += self._calendar.awake_s() - began

    async def _one_life(self) -> None:
        self.starts += 1
        self.disk = self._disks[str(self.place.database)] = Disk()
        seed = f"{self._seed} {self.party} {self.starts}"
        world = SimulatedWorld(self.party, seed, self._network, self._calendar, self.disk, self.slow_s)
        self._crashed, self._living = False, True
        self._journal.note("start", self.party, self.starts)
        try:
            with trio.CancelScope() as self._scope:
                async with open_node(self.place.config, self.place.keys, world) as node:
                    await self._serve(node)
        except Exception as fault:
            if not self._crashed:
                self._ended_by_itself(fault)
        self._errands = self._leave = None
        self._living = False
        self._network.unplug(self.party, silently=False)
        self._officer.life_ended(self.party)
        if self.disk.refusals and not self.disk.complaints and not self._crashed:
            self._journal.violated("HONEST", f"the disk of {self.party} failed and nobody was told")
        if self._crashed:
            self._restore()
        elif self.on:
            await trio.sleep(REBOOT_S)

    async def _serve(self, node: Node) -> None:
        send, receive = trio.open_memory_channel[Errand](1_000)
        self._errands, self._leave = send, trio.Event()
        leave = self._leave
        if not self.on:
            leave.set()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._run_errands, node, receive, nursery)
            nursery.start_soon(self._read_messages, node)
            nursery.start_soon(self._read_ends, node)
            await leave.wait()
            self._errands = self._leave = None
            nursery.cancel_scope.cancel()

    async def _run_errands(self, node: Node, errands: trio.MemoryReceiveChannel[Errand], nursery: trio.Nursery) -> None:
        async for errand in errands:
            nursery.start_soon(self._run_errand, node, errand)

    async def _run_errand(self, node: Node, errand: Errand) -> None:
        try:
            await errand(self, node)
        except NodeError as fault:
            if not self.disk.gone:
                self.disk.complaints += isinstance(fault, StorageError)
                self._officer.refused(self.party, fault)

    async def _read_messages(self, node: Node) -> None:
        async for message in node.messages(self.seen):
            if self.disk.gone:
                return
            self.seen = message.position
            self._officer.got(self, node, message)

    async def _read_ends(self, node: Node) -> None:
        async for delivery in node.receipts(self.told):
            if self.disk.gone:
                return
            self.told = delivery.position
            self._officer.ended(self.party, delivery)

    def _ended_by_itself(self, fault: Exception) -> None:
        names = sorted({type(each).__name__ for each in leaves(fault)})
        self._journal.note("ended", self.party, *names)
        self.disk.complaints += 1
        if not self.disk.refusals:
            self._journal.violated("ALIVE", f"the node of {self.party} ended by itself: {', '.join(names)}")

    def _restore(self) -> None:
        """Put back the files as they were when the computer died: closing the database has tidied them up."""
        for suffix in ("", "-wal", "-shm"):
            self._file(suffix).unlink(missing_ok=True)
        for suffix in FILES:
            crashed = self._file(suffix + ".crash")
            if crashed.exists():
                crashed.rename(self._file(suffix))

    def _file(self, suffix: str) -> Path:
        return self.place.database.with_name(self.place.database.name + suffix)


class Officer:
    """Who sits at the nodes. Subclasses say what they do."""

    def got(self, machine: Machine, node: Node, message: StoredMessage) -> None:
        """A message was handed over."""

    def ended(self, party: str, delivery: Delivery) -> None:
        """A delivery has ended."""

    def refused(self, party: str, fault: NodeError) -> None:
        """The node said no to what an officer wanted."""

    def life_ended(self, party: str) -> None:
        """The node has closed its database."""


def copy_if_there(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    if source.exists():
        shutil.copyfile(source, target)


def leaves(fault: BaseException) -> list[BaseException]:
    """Return what is inside a group of exceptions, however deep."""
    if isinstance(fault, BaseExceptionGroup):
        return [leaf for each in fault.exceptions for leaf in leaves(each)]
    return [fault]
