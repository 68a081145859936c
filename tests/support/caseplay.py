"""Officers of several nodes play cases by a script: legal and illegal events, cut links, stops and long waits."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Final
from unittest.mock import patch

import trio
from trio.testing import MockClock

from comity.case import Event, Side, Track
from comity.chapters import case as payloads
from comity.encoding import Record, decode, encode_record
from comity.kinds import FORMS
from comity.limits import MAX_BODY_BYTES
from comity_node.casebook import history_of
from comity_node.cases import TrackStatus
from comity_node.node import Node, RuleError
from comity_node.records import Delivery, Ending, Sent
from tests.support.alliances import Alliance
from tests.support.bakedhomes import fresh
from tests.support.cases import payload_of_event
from tests.support.examples import example, without_files

KINDS: Final = (
    "intelligence.query",
    "cooperation.preserve",
    "cooperation.joint-operation",
    "prevention.stop-payment",
    "prevention.victim-warning",
)
PARTIES: Final = ("aa.police", "bb.fiu", "qm.prosecutor")
EVENTS: Final = tuple(event for event in Event if f"case.{event}" in FORMS)
HOUR_S, DAY_S = 3_600, 86_400
PAUSES_S: Final = (0.2, 1.0, 30.0, 300.0)  # while the nodes run, and ping each other
LEAPS_S: Final = (HOUR_S, 9 * HOUR_S, 2 * DAY_S, 5 * DAY_S)  # while no node runs
MOST_LEAPT_S: Final = 21 * DAY_S  # nothing expires on its way, save what is to
LIFETIME_S: Final = 29 * DAY_S
SHORT_LIFE_S: Final = HOUR_S
LIVES_S: Final = (None, 2 * DAY_S, 8 * DAY_S)  # `until` of a request, from when it is sent
SETTLE_S: Final = 3_000  # after the links are mended, everything has arrived within so many virtual seconds
LOOK_S: Final = 5
WHAT: Final = (
    "request",
    *("legal",) * 10,
    "illegal",
    "forge",
    "everybody",
    *("cut",) * 2,
    "switch",
    "kill",
    *("wait",) * 4,
    "leap",
)
ENDING: Final = frozenset({Event.WITHDRAW, Event.REFUSE, Event.TRANSFER})  # chosen less often than the others

#: One step: what is done, by whom, and two numbers that choose among what there is.
Step = tuple[str, int, int, int]


@dataclass(frozen=True)
class Asked:
    """A request that was sent: by whom, to whom, of which kind."""

    sent: Sent
    kind: str
    sender: str
    to: tuple[str, ...]


@dataclass(frozen=True)
class Said:
    """An event that was sent, about a request; a forged one past the checks of the node that sent it."""

    sent: Sent
    event: Event
    sender: str
    to: tuple[str, ...]
    asked: Asked
    forged: bool = False


@dataclass
class Play:
    """The nodes and what their officers have sent. Make it with `perform`.

    Attributes:
        wrong: one line for each thing that did not go as it must while the script was played.
        running: the nodes that run, by party.
        dying: those of them that were killed as far as their overview goes, and stop later.
    """

    group: Alliance
    nursery: trio.Nursery
    running: dict[str, Node] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    dying: set[str] = field(default_factory=set)
    _stops: dict[str, tuple[trio.Event, trio.Event]] = field(default_factory=dict)
    _leapt_s: float = 0.0

    @property
    def parties(self) -> tuple[str, ...]:
        return tuple(self.group.homes)

    # --- nodes and links

    async def start(self, party: str) -> None:
        if party not in self.running:
            await self.nursery.start(self._live, party)

    async def _live(self, party: str, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        stop, stopped = self._stops[party] = trio.Event(), trio.Event()
        async with self.group.run(party) as node:
            self.running[party] = node
            task_status.started()
            await stop.wait()
            del self.running[party]
        self.dying.discard(party)
        stopped.set()

    async def stop(self, party: str) -> None:
        if party in self.running:
            stop, stopped = self._stops[party]
            stop.set()
            await stopped.wait()

    def kill(self, party: str) -> None:
        """Let nothing reach the overview of cases any more until the node has started again.

        So it is when a process is killed after messages and receipts were committed, and before their tracks are.
        """
        if party in self.running:
            self.dying.add(party)
            vars(self.running[party]._overview)["_write"] = never

    async def leap(self, seconds: float) -> None:
        """Let time pass while no node runs."""
        if self._leapt_s + seconds > MOST_LEAPT_S:
            return
        self._leapt_s += seconds
        were = tuple(self.running)
        for party in were:
            await self.stop(party)
        await trio.sleep(seconds)
        for party in were:
            await self.start(party)

    async def cut(self, yes: bool) -> None:
        for home in self.group.homes.values():
            self.group.network.reachable(home.port, not yes)
        if yes:
            await self.group.network.break_all()

    # --- what officers do

    async def act(self, step: Step) -> None:
        what, who, one, two = step
        party = self.parties[who % len(self.parties)]
        if what == "cut":
            await self.cut(one % 3 == 0)
        elif what == "switch":
            await (self.stop(party) if party in self.running else self.start(party))
        elif what == "kill":
            self.kill(party)
        elif what == "wait":
            await trio.sleep(PAUSES_S[one % len(PAUSES_S)])
        elif what == "leap":
            await self.leap(LEAPS_S[one % len(LEAPS_S)])
        elif party in self.running:
            if what == "request":
                await self.request(party, one, two)
            else:
                await self.say(party, what, one, two)

    async def request(self, party: str, one: int, two: int) -> None:
        node, others = self.running[party], [each for each in self.parties if each != party]
        kind, to = KINDS[one % len(KINDS)], tuple(others if two % 2 else others[:1])
        payload = without_files(kind, example(kind, node.now_us))
        life_s = LIVES_S[two // 2 % len(LIVES_S)]
        payload |= {"until": None if life_s is None else node.now_us + life_s * 1_000_000, "wanted_by": None}
        lifetime_s = SHORT_LIFE_S if two % 11 == 0 else LIFETIME_S
        sent = await node.send(to, kind, payload, urgency=two % 4, lifetime_s=lifetime_s)
        self.asked.append(Asked(sent, kind, party, to))

    async def say(self, party: str, what: str, one: int, two: int) -> None:
        """Let the party send an event about one of the tracks that it takes part in, to the other side or to all."""
        node = self.running[party]
        mine = [(asked, track) for asked in self.asked for track in self.tracks(node, asked) if track.side]
        if not mine:
            return
        asked, track = mine[one % len(mine)]
        legal = track.legal
        choices = [event for event in EVENTS if (event in legal) is not (what in ("illegal", "forge"))]
        if what == "legal" and two % 5:
            choices = [event for event in choices if event not in ENDING] or choices
        event = choices[two % len(choices)] if choices else None
        if event is None or (event is Event.CHANGE_URGENCY and track.track.urgency == 3):
            return
        to: tuple[str, ...] = (track.requested,) if party == asked.sender else (asked.sender,)
        if what == "everybody" and party == asked.sender:
            to = asked.to
            if not all(event in each.legal for each in self.tracks(node, asked)) or event in NAMING:
                return
        payload = self.payload(event, node, asked, track.track, two)
        await self.send(node, asked, event, to, payload, track, what)

    async def send(
        self,
        node: Node,
        asked: Asked,
        event: Event,
        to: tuple[str, ...],
        payload: Record,
        before: TrackStatus,
        what: str,
    ) -> None:
        form = decode(encode_record(payload), MAX_BODY_BYTES)
        assert isinstance(form, dict)
        about: dict[str, Any] = {"case": asked.sent.case, "in_reply_to": asked.sent.hash, "lifetime_s": LIFETIME_S}
        other = len(self.said) % 6 == 5  # it may overtake, or be overtaken (CASE-017)
        urgency = len(self.said) % 4 if other else before.request.body.urgency
        party = node.status().party
        try:
            with unchecked(node, before) if what == "forge" else nullcontext():
                sent = await node.send(to, f"case.{event}", form, urgency=urgency, **about)
        except RuleError as fault:
            now = next(each for each in self.tracks(node, asked) if each.requested == before.requested)
            if what != "illegal" and now.legal == before.legal:
                self.wrong.append(f"{party} may not {event} although it is legal: {fault.cause}")
            if what == "illegal" and not all(f"{each}" in fault.cause for each in now.legal):
                self.wrong.append(f"{party} is not told what is legal: {fault.cause}")
            return
        self.said.append(Said(sent, event, party, to, asked, what == "forge"))
        if what == "illegal":
            self.wrong.append(f"{party} has sent {event} in the state {before.track.state}, where it is not legal")

    def payload(self, event: Event, node: Node, asked: Asked, track: Track, two: int) -> Record:
        payload = payload_of_event(event, node.now_us, track.proposal, min(3, track.urgency + 1))
        if isinstance(payload, payloads.PartialReply | payloads.FinalReply) and FORMS[asked.kind].measure and two % 2:
            later_us = node.now_us + (1 + two % 9) * DAY_S * 1_000_000
            measure = payloads.PlacedMeasure(reference=None, review=later_us, until=later_us)
            values = {name: getattr(payload, name) for name in payload.__struct_fields__}
            return type(payload)(**(values | {"measure": measure}))
        return payload

    def tracks(self, node: Node, asked: Asked, now_us: int | None = None) -> Sequence[TrackStatus]:
        """Return how the tracks of a request stand at a node, by default now."""
        status = node.case_at(asked.sent.case, node.now_us if now_us is None else now_us)
        return [track for track in status.tracks if track.request.hash == asked.sent.hash]

    def look(self) -> None:
        """What a requester has accepted stands in its history at any time (CASE-006)."""
        for asked in self.asked:
            node = self.running.get(asked.sender)
            if node is not None:
                told = node._lifecycle.messages(asked.sent.case)
                for track in self.tracks(node, asked):
                    seen = {moment.message for moment in track.track.history}
                    self.wrong += [
                        f"{asked.sender} has accepted {known.body.kind} of {track.requested} and does not see it"
                        for known in told
                        if (known.body.sender, known.body.in_reply_to) == (track.requested, asked.sent.hash)
                        and not known.void
                        and known.hash not in seen
                    ]

    # --- the end

    async def settle(self) -> None:
        """Mend all links, run all nodes, and return when nothing is on its way any more."""
        await self.cut(False)
        for party in self.parties:
            if party in self.dying:
                await self.stop(party)
            await self.start(party)
        for _ in range(SETTLE_S // LOOK_S):
            if not any(map(self.waits, self.asked)) and not any(map(self.waits, self.said)):
                return
            await trio.sleep(LOOK_S)
        self.wrong.append("the messages do not arrive")

    def end_of(self, sender: str, message_id: bytes, recipient: str) -> Delivery:
        """Return how the delivery of a message stands."""
        found = self.running[sender].deliveries(message_id)
        return next(each for each in found if each.recipient == recipient)

    def waits(self, said: "Asked | Said") -> bool:
        """Return whether a message is on its way and can arrive: its request has not expired."""
        ends = [(to, self.end_of(said.sender, said.sent.id, to).ending) for to in said.to]
        return any(end is Ending.WAITING and not self.is_lost(said, to) for to, end in ends)

    def is_lost(self, said: "Asked | Said", recipient: str) -> bool:
        """Return whether it is about a request that has expired on its way to this recipient."""
        if isinstance(said, Asked) or said.sender != said.asked.sender:
            return False
        return self.end_of(said.sender, said.asked.sent.id, recipient).ending is Ending.EXPIRED


async def never(*_: object) -> None:
    await trio.sleep_forever()


@contextmanager
def unchecked(node: Node, before: TrackStatus) -> Iterator[None]:
    """Let the node send what its lifecycle forbids."""
    lifecycle, about = node._lifecycle, before.request
    mine = before.side is Side.REQUESTED
    head = history_of(about, before.requested, lifecycle.messages(about.body.case)).head if mine else None
    with patch.object(lifecycle, "allow", lambda *_: head):
        yield


NAMING: Final = (Event.ACCEPT_CONDITIONS, Event.DECLINE_CONDITIONS)  # they name the proposal of one party


def perform(parties: tuple[str, ...], script: Sequence[Step], judge: Callable[[Play], Any]) -> None:
    """Play the script with these parties, let everything arrive, and call `judge` while all nodes run."""

    async def play(group: Alliance) -> None:
        async with trio.open_nursery() as nursery:
            stage = Play(group, nursery)
            for party in parties:
                await stage.start(party)
            for step in script:
                await stage.act(step)
                stage.look()
            await stage.settle()
            await trio.sleep(2)
            judge(stage)
            for party in parties:
                await stage.stop(party)

    with fresh(parties) as group:
        trio.run(play, group, clock=MockClock(autojump_threshold=0))
