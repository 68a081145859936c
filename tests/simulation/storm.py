"""Faults as they strike: each begins at some moment, lasts for seconds or for days, and is undone."""

import random
from collections.abc import Callable, Mapping, Sequence
from itertools import permutations

import trio

from tests.simulation.calendar import SECOND_US, Calendar
from tests.simulation.journal import Journal
from tests.simulation.machine import Machine
from tests.simulation.network import Network
from tests.simulation.plan import Plan

LONG = 0.15  # share of the faults that outlast the episode in which they begin
MAX_EPISODES = 4  # and by how many
JUMPS_S = (1.0, 3_600.0, 86_400.0, 315_360_000.0)
SECONDS = (0.5, 60.0)  # how long the other faults last
Undo = Callable[[], None]


class Storm:
    """Strikes with what the plan has. `calm` undoes everything."""

    def __init__(
        self,
        plan: Plan,
        machines: Mapping[str, Machine],
        network: Network,
        calendar: Calendar,
        journal: Journal,
        nursery: trio.Nursery,
    ) -> None:
        self._plan = plan
        self._machines = machines
        self._network = network
        self._calendar = calendar
        self._journal = journal
        self._nursery = nursery
        self._rng = random.Random(f"storm {plan.seed}")
        self._episode = 0
        self._later: list[tuple[int, Undo]] = []
        self._pending: dict[int, tuple[Undo, trio.CancelScope]] = {}
        self._count = 0
        self._skew_us = {party: int(self._uniform(plan.skew_s) * SECOND_US) for party in machines}
        for party, ahead_us in self._skew_us.items():
            calendar.set_clock(party, ahead_us)
        for pair in permutations(machines, 2):
            path = network.paths[pair]
            path.delay_s = self._rng.uniform(0, plan.delay_s) ** 2 / 2.0
            path.segments = plan.segments
        for machine in machines.values():
            machine.slow_s = plan.slow_disk_s

    def strike(self) -> None:
        """Let one fault begin."""
        strikes = self._plan.strikes
        if strikes:
            name = self._rng.choices(list(strikes), list(strikes.values()))[0]
            self._journal.note("strike", name)
            getattr(self, name)()

    def next_episode(self) -> None:
        """A new episode begins: end what was to last until now."""
        self._episode += 1
        due = [undo for episode, undo in self._later if episode <= self._episode]
        self._later = [row for row in self._later if row[0] > self._episode]
        for undo in due:
            undo()

    def calm(self) -> None:
        """End every fault: the network is whole and quick, the clocks are right, every node is meant to run."""
        for undo, scope in list(self._pending.values()):
            scope.cancel()
            undo()
        self._pending.clear()
        for _, undo in self._later:
            undo()
        self._later.clear()
        pairs = list(permutations(self._machines, 2))
        self._network.change(pairs, blocked=False, refused=False, segments=0.0, delay_s=0.0)
        for party, machine in self._machines.items():
            self._calendar.set_clock(party, 0)
            machine.slow_s = 0.0
            machine.resume()
            machine.disk.full = False
            if machine.disk.failing:
                machine.crash(silently=False)
            machine.start()

    # --- strikes

    def cut(self) -> None:
        """Connections break at some byte."""
        open_now = self._network.connections
        count = self._rng.choice((1, 1, 1, 2, 2, 4, 4, 8, len(open_now)))
        self._network.cut(self._rng.sample(open_now, min(count, len(open_now))))

    def partition(self) -> None:
        """Two halves do not reach each other: what is under way waits, new connections find a black hole."""
        left, right = self._halves()
        self._block([*pairs(left, right), *pairs(right, left)])

    def one_way(self) -> None:
        """One half reaches the other, but not the other way round."""
        left, right = self._halves()
        self._block(pairs(left, right))

    def refuse(self) -> None:
        """Two halves lose their connections and are refused new ones."""
        left, right = self._halves()
        between = [*pairs(left, right), *pairs(right, left)]
        self._network.change(between, refused=True)
        split = set(between)
        self._network.cut([each for each in self._network.connections if (each.caller, each.callee) in split])
        self._lasts(lambda: self._network.change(between, refused=False))

    def swizzle(self) -> None:
        """Parties fall silent one after another, and come back in another order."""
        chosen = self._rng.sample(list(self._machines), self._rng.randint(1, len(self._machines)))
        for number, party in enumerate(chosen):
            others = [other for other in self._machines if other != party]
            both = [*pairs([party], others), *pairs(others, [party])]
            self._after(number * 2.0, self._blocker(both))

    def pause(self) -> None:
        machine = self._one()
        machine.pause()
        self._lasts(machine.resume, (1.0, 600.0))

    def crash(self) -> None:
        self._die(silently=False)

    def power(self) -> None:
        """Power fails: no other computer hears of it."""
        self._die(silently=True)

    def stop(self) -> None:
        machine = self._one()
        machine.stop()
        self._lasts(machine.start)

    def disk_full(self) -> None:
        disk = self._one().disk
        disk.full = True

        def space() -> None:
            disk.full = False

        self._lasts(space)

    def disk_fails(self) -> None:
        """The disk reports errors until the computer is started again."""
        machine = self._one()
        disk = machine.disk
        disk.failing = True

        def restart() -> None:
            if machine.disk is disk:
                machine.crash(silently=False)

        self._after(self._rng.uniform(1.0, 30.0), restart)

    def clock(self) -> None:
        """The clock of one party jumps, and is put right later."""
        party = self._one().party
        jump_s = self._rng.choice(JUMPS_S) * self._rng.choice((-1, 1))
        self._journal.note("clock", party, jump_s)
        self._calendar.set_clock(party, int(jump_s * SECOND_US))

        def put_right() -> None:
            self._calendar.set_clock(party, self._skew_us[party])

        self._lasts(put_right)

    # --- how long things last

    def _lasts(self, undo: Undo, seconds: tuple[float, float] = SECONDS) -> None:
        """Undo it after some seconds, or some episodes later."""
        if self._rng.random() < LONG:
            self._later.append((self._episode + self._rng.randint(1, MAX_EPISODES), undo))
        else:
            self._after(self._rng.uniform(*seconds), undo)

    def _after(self, seconds: float, act: Undo) -> None:
        self._count += 1
        scope = trio.CancelScope()
        self._pending[self._count] = act, scope
        self._nursery.start_soon(self._wait, self._count, seconds, scope)

    async def _wait(self, number: int, seconds: float, scope: trio.CancelScope) -> None:
        with scope:
            await trio.sleep(seconds)
            act, _ = self._pending.pop(number, (None, scope))
            if act is not None:  # None: calm() was quicker
                act()

    # --- whom they strike

    def _one(self) -> Machine:
        return self._rng.choice(list(self._machines.values()))

    def _halves(self) -> tuple[list[str], list[str]]:
        shuffled = self._rng.sample(list(self._machines), len(self._machines))
        size = self._rng.randint(1, len(shuffled) - 1)
        return shuffled[:size], shuffled[size:]

    def _block(self, between: Sequence[tuple[str, str]]) -> None:
        self._blocker(between)()

    def _blocker(self, between: Sequence[tuple[str, str]]) -> Undo:
        def block() -> None:
            self._network.change(between, blocked=True)
            self._lasts(lambda: self._network.change(between, blocked=False))

        return block

    def _die(self, silently: bool) -> None:
        machine = self._one()
        at_once = self._rng.random() < 0.5
        machine.crash(silently, restart=at_once)
        if not at_once:
            self._lasts(machine.start)

    def _uniform(self, bound: float) -> float:
        return self._rng.uniform(-bound, bound)


def pairs(left: Sequence[str], right: Sequence[str]) -> list[tuple[str, str]]:
    return [(one, other) for one in left for other in right]
