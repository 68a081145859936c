"""A recorded frame is sent again, by a peer that may send frames, in a chosen situation: nothing may come of it.

The node never prunes what it knows of ids, so there is no situation "after pruning".
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import trio

from comity import envelope as envelopes
from comity import receipt as receipts
from comity_node.node import Node
from tests.simulation.alliance import Alliance, Result, simulate
from tests.simulation.calendar import DAY_S, SECOND_US
from tests.simulation.machine import Machine
from tests.simulation.meddler import Recorded
from tests.simulation.network import Network
from tests.simulation.plan import plan_of
from tests.simulation.schedule import VirtualClock
from tests.simulation.storm import Storm
from tests.simulation.workload import REQUEST, RESULT, STOP, STOPPED

Kind = Literal["text", "request", "result", "refused", "read", "receipt"]
Situation = Literal[
    "after a restart",
    "through another party",
    "to another party",
    "on the same link",
    "on a new link",
    "after 40 days",
    "with the clock set back",
]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
SITUATIONS: Final[tuple[Situation, ...]] = get_args(Situation)
PATIENCE_S: Final = 120.0
WEEK_S: Final = 604_800


@dataclass(frozen=True, slots=True)
class Replay:
    """Which frame is sent again, and when."""

    seed: int
    kind: Kind
    situation: Situation


class ReplayAlliance(Alliance):
    """Three parties: one sends, one receives, the third gets or carries what is not its own."""

    def __init__(self, replay: Replay, *parts: Any) -> None:
        super().__init__(*parts)
        self._replay = replay
        self._a, self._b, self._c = self._places

    async def rage(self, storm: Storm, network: Network, clock: VirtualClock) -> None:
        await trio.sleep(10.0)
        message_id = await self._record()
        source, target = (self._b, self._a) if self._replay.kind == "receipt" else (self._a, self._b)
        copied = self._copied(self.meddler.recorded(source, target), message_id)
        await self._bring_about(network, clock, target)
        source, target = self._ends(source, target)
        before = self._effects(target, message_id)
        answers = self.observer.answers[self._b, self._a, message_id]
        self.meddler.order(source, target, copied)
        await self._trigger(source, target)
        await trio.sleep(10.0)
        self._check(before, self._effects(target, message_id), answers, message_id, target)

    def _copied(self, frames: Recorded, message_id: bytes) -> Recorded:
        """Return of these frames the one that carries the message, or its receipt."""
        if self._replay.kind == "receipt":
            theirs = [row for row in frames.receipts if message_id in ids_in(row)]
            return Recorded([], theirs[-1:])
        return Recorded([row for row in frames.messages if envelopes.read(row[0]).id == message_id][-1:], [])

    def _check(self, before: list[int], after: list[int], answers: int, message_id: bytes, target: str) -> None:
        """Nothing has changed; a known message got its receipt again, what was not for the party was recorded."""
        if before[:2] != after[:2]:
            self.journal.violated("ONCE", f"{self._replay}: rows {before[:2]} became {after[:2]}")
        if self._replay.kind == "receipt":
            return
        foreign = self._replay.situation in ("to another party", "through another party")
        answered = self.observer.answers[self._b, self._a, message_id] > answers
        if not foreign and not answered:
            self.journal.violated("CONVERGE", f"{self._replay}: {target} did not answer with the receipt")
        if foreign and (answered or after[2] == before[2]):
            self.journal.violated("HONEST", f"{self._replay}: {target} took a message that is not its own")

    def _effects(self, party: str, message_id: bytes) -> list[int]:
        """Return what the party holds: rows of the message, ends of deliveries of it, incidents."""
        queries = (
            ("SELECT COUNT(*) FROM message WHERE id = ? AND outgoing = 0", (message_id,)),
            ("SELECT SUM(settled) FROM delivery d JOIN message m ON m.n = message_n WHERE m.id = ?", (message_id,)),
            ("SELECT COUNT(*) FROM incident", ()),
        )
        return [self.observer.records.rows(party, query, *values)[0][0] or 0 for query, values in queries]

    # --- what is recorded

    async def _record(self) -> bytes:
        """Let the first party send a message of the kind to the second, and return its id once its receipt is there."""
        kind = self._replay.kind
        if kind == "refused":
            self._calendar.set_clock(self._a, int(DAY_S * SECOND_US))
        if kind == "result":
            asked = await self._send(self._b, self._a, REQUEST)
            sent = await self._do(self._a, lambda node: self._result(node, asked))
        elif kind == "read":
            asked = await self._send(self._b, self._a, "text")
            await self._do(self._a, lambda node: node.mark_read(asked))
            return await self._settled(self._a, None)
        else:
            sent = await self._do(self._a, lambda node: self._message(node, self._b, kind))
        self._calendar.set_clock(self._a, 0)
        return await self._settled(self._a, sent.id)

    async def _result(self, node: Node, asked: bytes) -> Any:
        """Return the result that the officers have given already, and else give one: a request has one final reply."""
        request = node.find(asked.hex())
        given = [each for each in node.outbox() if each.body.kind == RESULT and each.body.in_reply_to == request.hash]
        return given[0] if given else await node.reply(asked, RESULT, STOPPED)

    async def _message(self, node: Node, to: str, kind: str) -> Any:
        if kind == "request" or kind == REQUEST:
            return await node.send(to, REQUEST, STOP, lifetime_s=WEEK_S)
        return await node.send(to, "text", {"text": "Are you working on this account?"}, lifetime_s=WEEK_S)

    async def _send(self, sender: str, to: str, kind: str) -> bytes:
        sent = await self._do(sender, lambda node: self._message(node, to, kind))
        return await self._settled(sender, sent.id)

    async def _trigger(self, sender: str, to: str) -> None:
        """Send something new, for the frame to travel with."""
        await self._do(sender, lambda node: self._message(node, to, "text"))

    async def _do(self, party: str, what: Callable[[Node], Any]) -> Any:
        """Let an officer of the party do something, and return what comes of it."""
        done, results = trio.Event(), []

        async def errand(machine: Machine, node: Node) -> None:
            results.append(await what(node))
            done.set()

        with trio.fail_after(PATIENCE_S):
            while not self.machines[party].do(errand):
                await trio.sleep(1.0)
            await done.wait()
        return results[0]

    async def _settled(self, sender: str, message_id: bytes | None) -> bytes:
        """Return the id once the delivery has ended; None stands for the newest message of the sender."""
        query = "SELECT m.id FROM message m JOIN delivery d ON d.message_n = m.n WHERE d.state != 0 AND m.sender = ?"
        with trio.fail_after(PATIENCE_S):
            while True:
                ids = [row["id"] for row in self.observer.records.rows(sender, query + " ORDER BY m.n", sender)]
                if message_id in ids or (message_id is None and ids):
                    return message_id or bytes(ids[-1])
                await trio.sleep(1.0)

    # --- when it is sent again

    async def _bring_about(self, network: Network, clock: VirtualClock, target: str) -> None:
        match self._replay.situation:
            case "after a restart":
                self.machines[target].crash(silently=False)
            case "on a new link":
                network.cut(network.connections)
            case "after 40 days":
                self._calendar.stop_all(clock, 40 * DAY_S)
            case "with the clock set back":
                self._calendar.set_clock(
                    target, int(-DAY_S * SECOND_US / 288)
                )  # as far as the treaty lets clocks differ
        await trio.sleep(30.0)

    def _ends(self, source: str, target: str) -> tuple[str, str]:
        """Return who sends the frame again, and to whom."""
        if self._replay.situation == "to another party":
            return source, self._c
        if self._replay.situation == "through another party":
            return self._c, target
        return source, target


def ids_in(payload: bytes) -> set[bytes]:
    """Return the ids of the messages that the receipts in a frame are about."""
    return {receipt.read_entry().id for receipt in receipts.read_frame(payload)}


def replay(chosen: Replay, show: Callable[[str], None] | None = None) -> Result:
    """Return what came of it."""
    return simulate(plan_of(chosen.seed, 3, 1.0, frozenset()), show, lambda *parts: ReplayAlliance(chosen, *parts))


def replay_of(number: int) -> Replay:
    """Return the replay with the number: every kind in every situation, then again with another seed."""
    situation = SITUATIONS[number // len(KINDS) % len(SITUATIONS)]
    return Replay(number, KINDS[number % len(KINDS)], situation)
