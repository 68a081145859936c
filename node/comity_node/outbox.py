"""Outgoing messages: signed, kept on disk, then handed to the courier of each recipient (OVER-001)."""

from collections.abc import Callable
from dataclasses import dataclass, field

import trio

from comity.directory import Directory
from comity.kinds import NOTICE
from comity.message import SignedMessage
from comity_node.attachments import Depot
from comity_node.errors import NotReadyError
from comity_node.gathering import Gathering
from comity_node.ledger import Ledger
from comity_node.overview import Overview, note_kept
from comity_node.records import Ending, Sent
from comity_node.relations import relations_out
from comity_node.signing import Draft, Scribe
from comity_node.store.proposals import sending
from comity_node.store.relations import related
from comity_node.store.store import Store, Values
from comity_node.trust import Trust
from comity_node.vault import Vault
from comity_node.world import World

Dispatch = Callable[[str, int, SignedMessage], None]


@dataclass(slots=True, eq=False)
class Ticket:
    """A draft on its way to the disk."""

    draft: Draft
    done: trio.Event = field(default_factory=trio.Event)
    outcome: Sent | Exception = field(default_factory=lambda: RuntimeError("not kept yet"))


class Outbox:
    """Joins drafts that arrive together into one commit."""

    def __init__(
        self,
        scribe: Scribe,
        trust: Trust,
        vault: Vault,
        store: Store,
        depot: Depot,
        overview: Overview,
        ledger: Ledger,
        world: World,
    ) -> None:
        self._scribe = scribe
        self._trust = trust
        self._vault = vault
        self._store = store
        self._depot = depot
        self._overview = overview
        self._ledger = ledger
        self._world = world
        self._tickets: Gathering[Ticket] = Gathering()
        self._dispatch: Dispatch | None = None
        self._passed_on: Callable[[], None] = lambda: None
        self._ended = False

    def deliver_with(self, dispatch: Dispatch) -> None:
        """Hand every kept message to `dispatch(recipient, delivery row, message)`."""
        self._dispatch = dispatch

    def tell_of_copies(self, passed_on: Callable[[], None]) -> None:
        """Call `passed_on` whenever a message that passes another one on has been kept."""
        self._passed_on = passed_on

    async def send(self, draft: Draft) -> Sent:
        """Return once the message is durable.

        Raises:
            RuleError: the treaty or the form forbids it.
            StorageError: it could not be kept; it was not sent.
            NotReadyError: the node is stopping; it was not sent.
        """
        if self._ended:
            raise stopping()
        ticket = Ticket(draft)
        self._tickets.put(ticket)
        await ticket.done.wait()
        if isinstance(ticket.outcome, Exception):
            raise ticket.outcome
        return ticket.outcome

    async def run(self) -> None:
        try:
            while True:
                batch = await self._tickets.take()
                with trio.CancelScope(shield=True):
                    await self._keep(batch)
        finally:
            self._ended = True
            for ticket in self._tickets.drain():
                ticket.outcome = stopping()
                ticket.done.set()

    async def _keep(self, tickets: list[Ticket]) -> None:
        self._scribe.begin_batch()
        signed = [(ticket, message) for ticket in tickets if (message := self._sign(ticket)) is not None]
        messages: list[Values] = []
        deliveries: list[Values] = []
        attachments: list[Values] = []
        relations: list[Values] = []
        handed: list[tuple[str, int, SignedMessage]] = []
        approved = [{"id_of": ticket.draft.id} for ticket, _ in signed if ticket.draft.id is not None]
        for _, message in signed:
            row = self._message_row(message)
            messages.append(row)
            attachments += self._depot.rows_out(row["n"], message.body)
            relations += relations_out(row["n"], message.body)
            for recipient in message.body.to:
                delivery = self._delivery_row(row["n"], recipient, message.body.urgency)
                deliveries.append(delivery)
                handed.append((recipient, delivery["n"], message))
        try:
            if messages:
                numbered = ((row["n"], message) for row, (_, message) in zip(messages, signed, strict=True))
                also = [*self._ledger.steps(numbered), *related(relations), *sending(approved)]
                await self._store.keep_outgoing(messages, deliveries, attachments, also)
        except Exception as fault:
            handed = []
            for ticket, _ in signed:
                ticket.outcome = fault
        else:
            self._ledger.kept(message.body for _, message in signed)
            for ticket, message in signed:
                ticket.outcome = Sent(message.body.id, message.hash, message.body.case)
                self._depot.kept(message.body)
                note_kept(self._overview, message.body)
            if messages:
                self._overview.saw(messages[-1]["n"])
            if relations:
                self._passed_on()
        self._scribe.lifecycle.kept(message for _, message in signed)
        for ticket in tickets:
            ticket.done.set()
        if self._dispatch is not None:
            for recipient, n, message in handed:
                self._dispatch(recipient, n, message)

    def _sign(self, ticket: Ticket) -> SignedMessage | None:
        try:
            directory: Directory = self._trust.require()
            return self._scribe.sign(ticket.draft, directory)
        except Exception as fault:
            ticket.outcome = fault
            return None

    def _message_row(self, message: SignedMessage) -> Values:
        return {
            "n": self._store.next_message(),
            "outgoing": 1,
            "sender": message.body.sender,
            "id": message.body.id,
            "hash": message.hash,
            "case_id": message.body.case,
            "seq": message.body.seq,
            "in_reply_to": message.body.in_reply_to,
            "notice": int(message.body.kind == NOTICE),
            "stored_us": self._world.now_us(),
            "expires_us": message.body.expires,
            "read_us": None,
            "code": 0,
            "receipt": None,
            "sealed": self._vault.seal(message.data, message.hash),
        }

    def _delivery_row(self, message_n: int, recipient: str, urgency: int) -> Values:
        return {
            "n": self._store.next_delivery(),
            "message_n": message_n,
            "recipient": recipient,
            "urgency": urgency,
            "state": int(Ending.WAITING),
            "attempts": 0,
            "last_us": None,
            "code": 0,
            "receipt": None,
            "settled": None,
        }


def stopping() -> NotReadyError:
    return NotReadyError("the node is stopping, and the message was not sent", "send it again once the node runs")
