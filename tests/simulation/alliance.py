"""One seed from beginning to end: faults rage while the observer looks, then everything must settle."""

import random
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

import trio

from comity_node.records import Ending
from tests.simulation import schedule
from tests.simulation.calendar import Calendar
from tests.simulation.casework import Casework
from tests.simulation.complaints import Complaints, listening
from tests.simulation.disk import Disk, disks
from tests.simulation.files import Files
from tests.simulation.homes import Place, places
from tests.simulation.journal import Journal
from tests.simulation.machine import Machine
from tests.simulation.meddler import Meddler
from tests.simulation.network import Network
from tests.simulation.observer import Observer
from tests.simulation.plan import Episode, Plan
from tests.simulation.storm import Storm
from tests.simulation.verdict import Verdict
from tests.simulation.workload import Desk

SETTLE_S = 900.0  # after the faults have stopped, everything has an end within so many virtual seconds
LOOK_S = 5.0
WEEK_S = 604_800
WAITING = f"SELECT 1 FROM delivery WHERE state = {int(Ending.WAITING)} LIMIT 1"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one seed.

    Attributes:
        days: simulated days of wall time.
        running_s: virtual seconds in which the nodes ran, all of them added up.
        counts: events by kind, and deliveries by how they ended.
        settled_s: how long after the end of the faults everything had an end.
        violations: one line for each invariant that did not hold.
        digest: hash of all events, the same in every process.
    """

    seed: int
    days: float
    running_s: float
    counts: Mapping[str, int]
    settled_s: float
    violations: tuple[str, ...]
    digest: str
    wall_s: float

    @property
    def exchanges(self) -> int:
        """Deliveries that ended with a receipt."""
        return self.counts["accepted"] + self.counts["refused"]

    @property
    def faults(self) -> int:
        """Strikes, and frames lost or sent again."""
        return self.counts["strike"] + self.counts["message-again"] + self.counts["receipt-again"]


def simulate(
    plan: Plan, show: Callable[[str], None] | None = None, make: "Callable[..., Alliance] | None" = None
) -> Result:
    """Return what came of the plan; `show` is given every event as a line, `make` makes another kind of alliance."""
    began = time.perf_counter()
    with ExitStack() as stack:
        found = stack.enter_context(places(plan.parties))
        known = stack.enter_context(disks())
        alliance = (make or Alliance)(plan, found, known, Journal(show))
        stack.callback(alliance.observer.records.close_all)
        stack.enter_context(alliance.meddler.between())
        stack.enter_context(listening(alliance.complaints))
        try:
            schedule.run(f"schedule {plan.seed}", alliance.run)
        except schedule.DeadlockError as fault:
            alliance.journal.violations.append(f"ALIVE: {fault}; a node does not end")
        return alliance.result(time.perf_counter() - began)


class Alliance:
    """All parts of one simulation."""

    def __init__(self, plan: Plan, found: dict[str, Place], known: dict[str, Disk], journal: Journal) -> None:
        self._plan = plan
        self._places = found
        self._disks = known
        self.journal = journal
        self._calendar = Calendar()
        self.machines: dict[str, Machine] = {}
        self.observer = Observer(found, self._calendar, journal)
        self.meddler = Meddler(self.observer, journal, random.Random(f"meddler {plan.seed}"))
        self.complaints = Complaints(self.machines, journal)
        self.files = Files(next(iter(found.values())).config.home.parent / "files", self.observer, journal)
        self.desk = Desk(plan.seed, self.observer, self.files, journal)
        self.casework = Casework(plan.seed, self.observer, journal)
        self._verdict = Verdict(found, self.observer, journal)
        self._rng = random.Random(f"driver {plan.seed}")
        self.settled_s = 0.0
        self._days = 0.0

    async def run(self, clock: schedule.VirtualClock) -> None:
        gate = schedule.gate()
        ports = {place.port: party for party, place in self._places.items()}
        network = Network(ports, self.journal, random.Random(f"network {self._plan.seed}"), self.observer.dialled)
        for party, place in self._places.items():
            self.machines[party] = Machine(
                place, str(self._plan.seed), network, self._calendar, self.journal, gate, self._disks, self.desk
            )
        async with trio.open_nursery() as nursery:
            for machine in self.machines.values():
                nursery.start_soon(machine.live)
            storm = Storm(self._plan, self.machines, network, self._calendar, self.journal, nursery)
            await self.rage(storm, network, clock)
            storm.calm()
            await self.settle(network)
            self.files.judge(self.machines)
            self.casework.gather(self.machines, self._calendar.true_us())
            await trio.sleep(LOOK_S)
            self._verdict.judge()
            self.casework.judge()
            self._days = self._calendar.elapsed_s() / 86_400
            for machine in self.machines.values():
                machine.stop()
            await trio.sleep(30)
            nursery.cancel_scope.cancel()

    # --- faults rage

    async def rage(self, storm: Storm, network: Network, clock: schedule.VirtualClock) -> None:
        self.meddler.loss, self.meddler.repeat = self._plan.loss, self._plan.repeat
        for episode in self._plan.episodes:
            storm.next_episode()
            network.tidy()
            await self._one_episode(storm, episode)
            self.journal.note("night", episode.night, f"{episode.night_s:.3f}")
            if episode.night == "stopped":
                self._calendar.stop_all(clock, episode.night_s)
            else:
                self._calendar.leap(episode.night_s)

    async def _one_episode(self, storm: Storm, episode: Episode) -> None:
        end = trio.current_time() + episode.running_s
        strike = trio.current_time() + self._next(self._plan.strike_every_s)
        send = trio.current_time() + self._next(self._plan.send_every_s)
        while min(strike, send) < end:
            await trio.sleep_until(min(strike, send))
            if strike <= send:
                storm.strike()
                strike += self._next(self._plan.strike_every_s)
            else:
                self.desk.send_something(self.machines)
                self.casework.act(self.machines)
                send += self._next(self._plan.send_every_s)
        self.desk.look(self.machines)
        await trio.sleep_until(end)

    def _next(self, mean_s: float) -> float:
        return self._rng.expovariate(1 / mean_s)

    # --- then everything must settle

    async def settle(self, network: Network) -> None:
        self.meddler.loss = self.meddler.repeat = 0.0
        self.journal.note("calm")
        began = trio.current_time()
        await trio.sleep(LOOK_S)
        parties = list(self.machines)
        for place, party in enumerate(parties):
            self.desk.send(self.machines[party], (parties[place - 1],), "text", 2, WEEK_S)
        await trio.sleep(LOOK_S)  # for the last messages to be kept; links come back within half a minute
        while self._waits() and trio.current_time() < began + SETTLE_S:
            await trio.sleep(LOOK_S)
        self.settled_s = trio.current_time() - began
        await trio.sleep(LOOK_S)  # for the officers to be told

    def _waits(self) -> bool:
        rows = self.observer.records.rows
        return any(rows(party, WAITING) or self.files.still_move(party) for party in self._places)

    def result(self, wall_s: float) -> Result:
        return Result(
            self._plan.seed,
            self._days,
            sum(machine.running_s for machine in self.machines.values()),
            self.journal.counts + self._verdict.counts,
            self.settled_s,
            tuple(self.journal.violations),
            self.journal.digest,
            wall_s,
        )
