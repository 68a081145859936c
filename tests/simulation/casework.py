"""Officers work on cases beside their letters: what is legal next, at random; in the end both sides must agree."""

import random
from collections.abc import Iterator, Mapping
from typing import Any

from comity.case import Event, Side, State
from comity.encoding import decode, encode_record
from comity.kinds import FORMS, is_event
from comity.limits import MAX_BODY_BYTES
from comity_node.cases import TrackStatus
from comity_node.node import Node
from comity_node.records import Ending
from tests.simulation.journal import Journal
from tests.simulation.machine import Machine
from tests.simulation.observer import Observer
from tests.simulation.workload import KEPT_S
from tests.support.cases import payload_of_event

LOOKED_AT = 20  # tracks of a party, the newest
MOST_TRACKS = 100_000
LEAST_URGENT = 3
Place = tuple[bytes, str]  # hash of the request, and who was asked


class Casework:
    """What the officers do about requests. `judge` is asked once everything has arrived and all nodes run."""

    def __init__(self, seed: int, observer: Observer, journal: Journal) -> None:
        self._rng = random.Random(f"cases {seed}")
        self._observer = observer
        self._journal = journal
        self._seen: dict[str, dict[Place, TrackStatus]] = {}
        self._expired: set[Place] = set()
        self._accepted: dict[Place, set[bytes]] = {}

    def act(self, machines: Mapping[str, Machine]) -> None:
        """Let an officer of some party do what is legal next about some request."""
        chance, choice = self._rng.random(), self._rng.random()

        async def errand(machine: Machine, node: Node) -> None:
            tracks = [track for track in node.tracks(order="newest", limit=LOOKED_AT) if may_move(track)]
            if not tracks:
                return
            track = tracks[int(chance * len(tracks))]
            await self._say(machine, node, track, track.legal[int(choice * len(track.legal))])

        machines[self._rng.choice(list(machines))].do(errand)

    async def _say(self, machine: Machine, node: Node, status: TrackStatus, event: Event) -> None:
        track, request, disk = status.track, status.request.body, machine.disk
        payload = payload_of_event(event, node.now_us, track.proposal, min(LEAST_URGENT, track.urgency + 1))
        form = decode(encode_record(payload), MAX_BODY_BYTES)
        if not isinstance(form, dict):
            raise TypeError("a payload is a map")
        to = (status.requested,) if status.side is Side.REQUESTER else (request.sender,)
        place: dict[str, Any] = {"case": request.case, "in_reply_to": status.request.hash}
        sent = await node.send(to, f"case.{event}", form, urgency=request.urgency, lifetime_s=KEPT_S, **place)
        if not disk.gone:
            self._observer.promised(machine.party, sent, to)
            self._journal.note("event", machine.party, sent.id, event, to[0])

    # --- in the end

    def gather(self, machines: Mapping[str, Machine], now_us: int) -> None:
        """Ask all nodes how their tracks stand at a time; `judge` compares what they have said."""

        async def errand(machine: Machine, node: Node) -> None:
            cases = {track.request.body.case for track in node.tracks(limit=MOST_TRACKS)}
            tracks = [track for case in sorted(cases) for track in node.case_at(case, now_us).tracks]
            self._seen[machine.party] = {(each.request.hash, each.requested): each for each in tracks}
            for case in sorted(cases):
                self._deliveries(machine.party, node, case)

        for machine in machines.values():
            machine.do(errand)

    def _deliveries(self, party: str, node: Node, case: bytes) -> None:
        """Remember which tracks have something that expired on its way, and what was accepted in each."""
        for message in node.messages_of(case):
            if not message.outgoing or message.body.kind not in FORMS:
                continue
            request = message.body.in_reply_to or message.hash
            for delivery in node.deliveries(message.id):
                for place in ((message.hash, delivery.recipient), (request, delivery.recipient), (request, party)):
                    if delivery.ending is Ending.EXPIRED:
                        self._expired.add(place)
                    elif delivery.ending is Ending.ACCEPTED and is_event(message.body.kind):
                        self._accepted.setdefault(place, set()).add(message.hash)

    def judge(self) -> None:
        """Both sides of every track agree, and what was receipted as accepted took place (CASE-003, CASE-009).

        Where a message has expired on its way, its receipt may be what was lost: such a track is counted, not judged.
        """
        for party, tracks in self._seen.items():
            for place, ours in tracks.items():
                if ours.side is not Side.REQUESTER:
                    continue
                self._journal.counts["tracks"] += 1
                if place in self._expired:
                    self._journal.counts["tracks in doubt"] += 1
                    continue
                for line in differences(ours, self._seen.get(place[1], {}).get(place)):
                    self._journal.violated("AGREE", f"{ours.request.hash.hex()[:16]} of {party} to {place[1]}: {line}")
                took_place = {moment.message for moment in ours.track.history}
                if not self._accepted.get(place, set()) <= took_place:
                    where = f"{ours.request.hash.hex()[:16]} of {party} to {place[1]}"
                    self._journal.violated("AGREE", f"an event of {where} was accepted and did not take place")


def may_move(status: TrackStatus) -> bool:
    """Return whether this party may do something about it, and knows that the request has arrived."""
    return status.side is not None and status.track.received_us is not None and bool(status.legal)


def differences(ours: TrackStatus, theirs: TrackStatus | None) -> Iterator[str]:
    if theirs is None:
        if ours.track.state is not State.EXPIRED:
            yield f"it is {ours.track.state}, and the other side has none"
        return
    if ours.track != theirs.track:
        told = [", ".join(moment.event for moment in each.track.history) for each in (ours, theirs)]
        yield f"the requester tells {told[0]}; the requested {told[1]}"
    if ours.deadlines != theirs.deadlines:
        yield "the deadlines differ"
