"""Incoming envelopes: checked, judged, kept with their log entries in one commit, then receipted (OVER-002)."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import trio

from comity import envelope as envelopes
from comity import receipt as receipts
from comity.acceptance import judge, open_envelope
from comity.delivery import Recognition, recognise
from comity.directory import Directory
from comity.envelope import OpeningEpochs
from comity.errors import EarlyEventError, EquivocationError, IdReusedError, IllegalEventError, RemoteError
from comity.keys import EnvelopeKey, SigningKey
from comity.kinds import NOTICE, is_answer, refuse_other_answer
from comity.limits import MAX_RECEIPTS_PER_FRAME
from comity.message import Body, SignedMessage
from comity.receipt import Entry, Receipt
from comity_node.archive import Archive
from comity_node.attachments import Depot
from comity_node.auditlog import AuditLog
from comity_node.errors import StorageError
from comity_node.exercises import Exercises
from comity_node.gathering import Gathering
from comity_node.incidents import Incident, Incidents
from comity_node.ledger import Ledger
from comity_node.lifecycle import Lifecycle
from comity_node.overview import Overview, note_kept
from comity_node.relations import relations_in
from comity_node.store.relations import related
from comity_node.store.store import Store, Values
from comity_node.transport import Session
from comity_node.trust import Trust
from comity_node.vault import Vault
from comity_node.world import World

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Arrival:
    """An envelope and the link that it came by."""

    session: Session
    peer: str
    envelope: bytes
    cost: int
    signed: SignedMessage | None = None
    receipt: Receipt | None = None


@dataclass(slots=True)
class Verdict:
    """What was decided about a new message; code 0 accepts it."""

    arrival: Arrival
    signed: SignedMessage
    code: int
    state: str | None = None


class Inbox:
    """The only one who appends receipts to the log, one batch after another."""

    def __init__(
        self,
        party: str,
        envelope_key: EnvelopeKey,
        log_key: SigningKey,
        trust: Trust,
        vault: Vault,
        store: Store,
        archive: Archive,
        lifecycle: Lifecycle,
        overview: Overview,
        depot: Depot,
        ledger: Ledger,
        exercises: Exercises,
        incidents: Incidents,
        world: World,
        publish: Callable[[], None],
        corrected: Callable[[], None],
    ) -> None:
        self._party = party
        self._keys: Mapping[bytes, EnvelopeKey] = {envelope_key.public.id: envelope_key}
        self._log_key = log_key
        self._trust = trust
        self._vault = vault
        self._store = store
        self._archive = archive
        self._lifecycle = lifecycle
        self._overview = overview
        self._depot = depot
        self._ledger = ledger
        self._exercises = exercises
        self._incidents = incidents
        self._world = world
        self._publish = publish
        self._corrected = corrected
        self._epochs = OpeningEpochs()
        self._audit: AuditLog | None = None
        self._arrivals: Gathering[Arrival] = Gathering()

    def arrive(self, session: Session, peer: str, envelope: bytes, cost: int) -> None:
        """Queue an envelope; the credit of its link bounds how many wait."""
        self._arrivals.put(Arrival(session, peer, envelope, cost), peer)

    @property
    def log_size(self) -> int:
        return self._log(self._trust.require()).size if self._trust.directory else 0

    async def run(self) -> None:
        while True:
            batch = await self._arrivals.take()
            with trio.CancelScope(shield=True):
                await self._take(batch)

    async def _take(self, batch: list[Arrival]) -> None:
        directory = self._trust.require()
        faults: list[tuple[Arrival, RemoteError]] = []
        opened = [arrival for arrival in batch if self._open(arrival, directory, faults)]
        now_us = self._world.now_us()  # of every judgement and receipt of the batch
        verdicts: list[Verdict] = []
        try:
            verdicts += self._judge(opened, directory, now_us)
            if verdicts:
                await self._keep(verdicts, directory, now_us)
        except StorageError as fault:
            # No receipt: the senders keep their messages and try again.
            log.error("nothing was accepted: %s", fault)
            for arrival in opened:
                arrival.receipt = None
        self._lifecycle.kept(verdict.signed for verdict in verdicts)
        self._answer(batch)
        await self._refuse(faults)

    def _open(self, arrival: Arrival, directory: Directory, faults: list[tuple[Arrival, RemoteError]]) -> bool:
        """Steps 1 to 8; what fails is added to the faults."""
        try:
            arrival.signed = open_envelope(arrival.envelope, arrival.peer, directory, self._keys, self._epochs)
        except RemoteError as fault:
            faults.append((arrival, fault))
            return False
        return True

    async def _refuse(self, faults: list[tuple[Arrival, RemoteError]]) -> None:
        """Record what cannot be used, all of a batch together, and answer it with frames ERROR (ACC-002, ACC-007)."""
        named = [(arrival, fault, id_of(arrival.envelope)) for arrival, fault in faults]
        await self._incidents.record_all(Incident(arrival.peer, fault, id) for arrival, fault, id in named)
        for arrival, fault, message_id in named:
            if arrival.session.link.is_open:
                arrival.session.link.send_error(fault.code, message_id)
                arrival.session.wake()

    def _judge(self, opened: list[Arrival], directory: Directory, now_us: int) -> list[Verdict]:
        """Steps 9 to 25. What is known gets its first receipt again (ACC-005)."""
        known = self._store.known(arrival.signed.body.id for arrival in opened if arrival.signed)
        fresh: dict[tuple[str, bytes], bytes] = {}
        verdicts: list[Verdict] = []
        promised: dict[str, int] = {}
        self._exercises.begin_batch()
        for arrival in opened:
            signed = arrival.signed
            if signed is None:
                continue
            key = (signed.body.sender, signed.body.id)
            seen_hash, first_receipt = known.get(key, (fresh.get(key), None))
            match recognise(seen_hash, signed.hash):
                case Recognition.NEW:
                    verdict = self._verdict(arrival, signed, directory, promised, now_us)
                    if verdict is not None:
                        fresh[key] = signed.hash
                        verdicts.append(verdict)
                case Recognition.REPEATED if first_receipt is not None:
                    arrival.receipt = receipts.read(first_receipt)
                case Recognition.REUSED:
                    verdicts.append(Verdict(arrival, signed, IdReusedError.code))
        return verdicts

    def _verdict(
        self,
        arrival: Arrival,
        signed: SignedMessage,
        directory: Directory,
        promised: dict[str, int],
        now_us: int,
    ) -> Verdict | None:
        """Return what is decided about a new message, None where its sender must try again later (CASE-006)."""
        try:
            payload = judge(signed, directory, self._party, now_us, self._trust.vocabulary(now_us))
            if is_answer(signed.body.kind):
                answered = self._archive.kind_of(signed.body.case, signed.body.in_reply_to)
                refuse_other_answer(signed.body.kind, answered)
            self._exercises.refuse_mixture(signed.body)
            self._depot.refuse_excess(signed.body, promised)
            self._lifecycle.judge(signed, payload, now_us)
        except EarlyEventError as fault:
            if arrival.session.link.is_open:
                arrival.session.link.send_error(fault.code, signed.body.id)
            return None
        except RemoteError as fault:
            log.debug("refused a message of %s: %s", signed.body.sender, fault)  # a peer must not fill the log
            return Verdict(arrival, signed, fault.code, fault.state if isinstance(fault, IllegalEventError) else None)
        self._exercises.accepted(signed.body)
        return Verdict(arrival, signed, 0)

    async def _keep(self, verdicts: list[Verdict], directory: Directory, now_us: int) -> None:
        """Commit messages, log entries and receipts together."""
        audit = self._log(directory)
        appended = audit.append([self._entry(verdict, directory, now_us) for verdict in verdicts])
        rows: list[Values] = []
        attachments: list[Values] = []
        relations: list[Values] = []
        accepted: list[tuple[int, SignedMessage]] = []
        refused: list[tuple[int, SignedMessage]] = []
        for verdict, receipt in zip(verdicts, appended.receipts, strict=True):
            if verdict.code != IdReusedError.code:  # the id belongs to the first message; this one is only logged
                rows.append(self._row(verdict, receipt, now_us))
                (refused if verdict.code else accepted).append((rows[-1]["n"], verdict.signed))
            if not verdict.code:
                attachments += self._depot.rows_in(rows[-1]["n"], verdict.signed.body)
                relations += relations_in(rows[-1]["n"], verdict.signed.body)
        also = [*self._ledger.steps(accepted), *self._ledger.terms(refused), *related(relations)]
        await self._store.keep_incoming(rows, appended.leaves, appended.checkpoint, attachments, also)
        audit.advance(appended)
        self._ledger.kept(signed.body for _, signed in accepted)
        for verdict, receipt in zip(verdicts, appended.receipts, strict=True):
            verdict.arrival.receipt = receipt
        self._note(rows, verdicts)
        self._publish()
        if relations:
            self._corrected()
        await self._compare([verdict.signed.body for verdict in verdicts if not verdict.code])

    def _note(self, rows: list[Values], verdicts: list[Verdict]) -> None:
        for verdict in verdicts:
            if not verdict.code:
                note_kept(self._overview, verdict.signed.body)
        if rows:
            self._overview.saw(rows[-1]["n"])

    async def _compare(self, bodies: list[Body]) -> None:
        """Alarm when a sender has told a case in two ways: two messages with one number (DELIV-014)."""
        fresh = {(body.case, body.sender, body.seq): body.id for body in bodies if body.kind != NOTICE}
        found: list[Incident] = []
        for row in self._store.told_twice({case for case, _, _ in fresh}, {seq for _, _, seq in fresh}):
            place = (row.case_id, row.sender, row.seq)
            if place in fresh:
                ids = f"{row.first_id.hex()}, {row.last_id.hex()}"
                text = f"{row.sender} has signed two messages as number {row.seq} of case {row.case_id.hex()}: {ids}"
                found.append(Incident(row.sender, EquivocationError(text), fresh[place]))
        await self._incidents.record_all(found)

    def _entry(self, verdict: Verdict, directory: Directory, now_us: int) -> Entry:
        body = verdict.signed.body
        return Entry(
            v=1,
            event="receipt",
            treaty=directory.treaty_id,
            sender=body.sender,
            to=self._party,
            id=body.id,
            message=verdict.signed.hash,
            state=verdict.state,
            status="refused" if verdict.code else "accepted",
            code=verdict.code,
            time=now_us,
        )

    def _row(self, verdict: Verdict, receipt: Receipt, now_us: int) -> Values:
        signed = verdict.signed
        return {
            "n": self._store.next_message(),
            "outgoing": 0,
            "sender": signed.body.sender,
            "id": signed.body.id,
            "hash": signed.hash,
            "case_id": signed.body.case,
            "seq": signed.body.seq,
            "in_reply_to": signed.body.in_reply_to,
            "notice": int(signed.body.kind == NOTICE),
            "stored_us": now_us,
            "expires_us": signed.body.expires,
            "read_us": None,
            "code": verdict.code,
            "receipt": receipt.encode(),
            "sealed": self._vault.seal(signed.data, signed.hash),
        }

    def _answer(self, batch: list[Arrival]) -> None:
        """Send the receipts, joined by link and checkpoint, and give the credit back (FRAME-011)."""
        groups: dict[tuple[int, bytes], tuple[Session, list[Receipt]]] = {}
        for arrival in batch:
            if not arrival.session.link.is_open:
                continue
            arrival.session.link.release(arrival.cost)
            if arrival.receipt is not None:
                key = (id(arrival.session), arrival.receipt.checkpoint)
                groups.setdefault(key, (arrival.session, []))[1].append(arrival.receipt)
        for session, given in groups.values():
            for start in range(0, len(given), MAX_RECEIPTS_PER_FRAME):
                session.link.send_receipts(receipts.to_frame(given[start : start + MAX_RECEIPTS_PER_FRAME]))
        for session in {id(arrival.session): arrival.session for arrival in batch}.values():
            session.wake()

    def _log(self, directory: Directory) -> AuditLog:
        if self._audit is None:
            self._audit = AuditLog(self._party, directory.treaty_id, self._log_key, self._store, self._world)
        return self._audit


def id_of(envelope: bytes) -> bytes | None:
    """Return the message id in the header of an envelope, None where it cannot be read (FRAME-019)."""
    try:
        return envelopes.read(envelope).id
    except RemoteError:
        return None
