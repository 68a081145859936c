"""What this node does with content of others, and what it refuses its users (HAND-023)."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from comity.chapters.consent import CHANGE, FORWARD
from comity.consent import Content
from comity.handling import Action, Audience, Deed, Handling, Obstacle, Remedy, obstacles, stricter, widened
from comity.message import SignedMessage
from comity_node.attachments import Depot
from comity_node.contents import Contents, newest_change
from comity_node.exercises import Exercises
from comity_node.ledger import ITSELF
from comity_node.marked import as_map, words
from comity_node.outbox import Outbox
from comity_node.records import Sent, StoredMessage
from comity_node.signing import Draft, RuleError
from comity_node.store.store import Store
from comity_node.world import World

log = logging.getLogger(__name__)
WEEK_S = 604_800
SHORT_ID = 12
USUAL = Handling(tlp="AMBER")  # of a message that nobody has marked
PASSING_ON = frozenset({"intelligence.reply", "intelligence.spontaneous"})
FREE = "handling."  # kinds that are about content and not content themselves (HAND-024)


class HandlingError(RuleError):
    """The marking of some content forbids it; the text names rule, marking and originator."""


@dataclass(frozen=True, slots=True)
class Permission:
    """Whether something may be done with content; `why` and `lift` say what stands against it and what would help."""

    action: Action
    allowed: bool
    why: str
    lift: str


class Markings:
    """Content of others: passed on, attached, exported, judged."""

    def __init__(
        self,
        party: str,
        store: Store,
        contents: Contents,
        exercises: Exercises,
        outbox: Outbox,
        depot: Depot,
        world: World,
    ) -> None:
        self._party = party
        self._store = store
        self._contents = contents
        self._exercises = exercises
        self._outbox = outbox
        self._depot = depot
        self._world = world

    def content(self, message: StoredMessage) -> Content:
        """Return what the message is, or carries of another party, with its marking. Raises: NotFoundError."""
        return self._contents.of(message)

    def marking(self, message: StoredMessage) -> Handling:
        """Return the marking that holds now of what the message is or carries."""
        return self._contents.marking(message)

    # --- what a message is marked ---------------------------------------------------------------------------------

    def for_message(self, kind: str, wanted: Handling | None, answered: StoredMessage | None) -> Handling:
        """Return the marking of a message that is to be sent: that of what it answers, unless a stricter one is wanted.

        Raises:
            HandlingError: what is wanted is less strict (HAND-024).
        """
        if answered is None or kind.startswith(FREE):
            return wanted or USUAL
        base = self._contents.marking(answered)
        if wanted is None:
            return base
        wider = widened(wanted, base)
        if wider:
            raise HandlingError(
                f"a reply is marked at least as strictly as what it answers, {words(base)}; it is not in:"
                f" {', '.join(wider)}",
                f"leave that out; only {answered.sender} can change the marking",
            )
        return wanted

    def refuse_reuse(self, draft: Draft) -> None:
        """Return when what the message uses of others may be used so (HAND-003 to HAND-008, HAND-028).

        Files are recognised by their content, and messages of which it passes on what they say by `source`.

        Raises:
            HandlingError: something came from another party whose marking forbids it.
            NotFoundError: what it passes on was destroyed.
        """
        for attachment in draft.attachments:
            for row in self._store.keeping.received(self._depot.fingerprint(attachment)):
                what = f"the file {attachment.name!r}"
                if row.gone is not None:
                    raise HandlingError(f"{what} came with a message that was destroyed", "use another file")
                self._refuse_use(what, self._contents.of(self._contents.at(row.n)), draft)
        source = draft.payload.get("source") if draft.kind in PASSING_ON else None
        for row in self._store.keeping.speaking_of(source, ITSELF) if isinstance(source, bytes) else ():
            if not row.outgoing:
                self._refuse_use("what it passes on", self._contents.of(self._contents.at(row.n)), draft)

    def _refuse_use(self, what: str, content: Content, draft: Draft) -> None:
        strangers = [party for party in draft.to if not content.had_by(party)]
        if draft.case == content.original.body.case and not strangers:
            return
        purposes = draft.handling.purposes
        deed = Deed(
            Action.FORWARD if strangers and draft.case is None else Action.ATTACH,
            self._world.now_us(),
            purposes[0] if len(purposes) == 1 else None,
            Audience.MEMBERS if strangers else None,
            draft.exercise,
        )
        found = content.against(deed, self._party, draft.to, draft.case)
        self._refuse(content, deed, found, what, draft.to, draft.case)
        wider = widened(draft.handling, content.marking)
        if wider:
            raise HandlingError(
                f"{what} is of {content.originator}, marked {words(content.marking)}; the message is less strict in:"
                f" {', '.join(wider)}",
                "mark it so: --tlp, --pap, --code, --purpose, --retain-until",
            )

    # --- passing on -----------------------------------------------------------------------------------------------

    async def forward(
        self,
        message: StoredMessage,
        to: Sequence[str],
        purpose: str,
        *,
        note: str | None = None,
        handling: Handling | None = None,
        case: bytes | None = None,
        urgency: int = 3,
        lifetime_s: int = WEEK_S,
    ) -> Sent:
        """Return once the content is on its way to other parties, with what proves that it may be passed on.

        It goes as its originator signed it, with its files, in a new case unless one is named.

        Raises:
            HandlingError: its marking forbids it, and no consent that is held covers it.
            NotFoundError: it was destroyed. IncompleteError: a file has not come yet.
            RuleError: the treaty does not allow it.
        """
        content = self._contents.of(message)
        recipients = tuple(sorted(set(to)))
        exercise = self._flag(content, case)
        deed = Deed(Action.FORWARD, self._world.now_us(), purpose, exercise=exercise)
        self._refuse(content, deed, content.against(deed, self._party, recipients), "it", recipients, None)
        files = [await self._depot.complete(message, each.name) for each in message.body.attachments]
        change = newest_change(content)
        draft = Draft(
            to=recipients,
            kind=FORWARD,
            payload={
                "changes": [] if change is None else [change.data],
                "consents": [each.data for each in self._evidence(content, deed, message, recipients)],
                "note": note,
                "purpose": purpose,
                "signed": content.original.data,
            },
            lang=content.original.body.lang,
            handling=content.marking if handling is None else stricter(content.marking, handling),
            urgency=urgency,
            lifetime_s=lifetime_s,
            case=case,
            in_reply_to=None,
            attachments=await self._depot.pack(files),
            exercise=exercise,
        )
        return await self._outbox.send(draft)

    def _flag(self, content: Content, case: bytes | None) -> bool:
        """Return whether the case that the content goes to is an exercise; a new one is what the content is."""
        own = content.original.body.exercise
        return self._exercises.flag_for(case, None if case is not None else own)

    def _evidence(
        self, content: Content, deed: Deed, message: StoredMessage, recipients: Sequence[str]
    ) -> list[SignedMessage]:
        """Return the consents by which the content came here, and those that cover its recipients."""
        covering = [
            found
            for party in recipients
            if not content.had_by(party) and (found := content.consent_for(deed, self._party, party)) is not None
        ]
        carried = self._contents.carried_consents(message)
        return list({each.hash: each for each in (*carried, *covering)}.values())

    def refuse_export(
        self, message: StoredMessage, purpose: str | None, audience: Audience = Audience.ORGANISATION
    ) -> None:
        """Return when the message may be taken out of comity, into a file or another system (HAND-003 to HAND-008).

        `audience` is who will be able to read it there.

        Raises:
            HandlingError: its marking forbids it, and no consent that is held covers it.
            NotFoundError: it was destroyed.
        """
        content = self._contents.of(message)
        deed = Deed(Action.EXPORT, self._world.now_us(), purpose, audience)
        self._refuse(content, deed, content.against(deed, self._party), "it", (), None)

    # --- telling --------------------------------------------------------------------------------------------------

    def _refuse(
        self,
        content: Content,
        deed: Deed,
        found: Sequence[Obstacle],
        what: str,
        to: Sequence[str],
        case: bytes | None,
    ) -> None:
        """Raise HandlingError where something stands against the deed. Every decision is logged, without content."""
        about = content.original.body.id.hex()[:SHORT_ID]
        log.info("%s of message %s: %s", deed.action, about, "refused" if found else "permitted")
        if not found:
            return
        rules = "; ".join(f"{each.text} [{each.rule}]" for each in found)
        raise HandlingError(
            f"{what} may not be used so: {rules}. It is of {content.originator}, marked {words(content.marking)}",
            self._next_step(content, deed, found, to, case),
        )

    def _next_step(
        self, content: Content, deed: Deed, found: Sequence[Obstacle], to: Sequence[str], case: bytes | None
    ) -> str:
        remedies = {each.remedy for each in found}
        if Remedy.NOTHING in remedies:
            return "nothing: keep exercises and live cases apart"
        if Remedy.CHANGE in remedies:
            return f"ask {content.originator} for a later end; only it can change the marking"
        strangers = "".join(f" --to {party}" for party in to if not content.had_by(party))
        place = ""
        if deed.action is Action.ATTACH:
            place = " --case CASE" if case is None else f" --case {case.hex()}"
        purpose = deed.purpose or "PURPOSE"
        about = content.original.body.id.hex()[:SHORT_ID]
        kind = "" if deed.action is Action.FORWARD else f" --action {deed.action}"
        command = f"comity consent request {about}{kind}{strangers}{place} --purpose {purpose} --reason WHY"
        return f"ask {content.originator} for consent: {command}"

    def permissions(self, message: StoredMessage) -> list[Permission]:
        """Return what may be done with the content now, for a purpose that its marking allows."""
        content = self._contents.of(message)
        marking = content.marking
        purpose = next(iter(marking.purposes), "investigation")
        now_us = self._world.now_us()
        asked = (each for each in Action if each not in (Action.KEEP, Action.USE))
        return [self._permission(content, Deed(action, now_us, purpose)) for action in asked]

    def _permission(self, content: Content, deed: Deed) -> Permission:
        if content.originator == self._party:
            return Permission(deed.action, True, "", "")
        found = obstacles(content.marking, deed, content.original.body.exercise)
        why = "; ".join(each.text for each in found)
        lifts = {
            Remedy.CONSENT: f"consent of {content.originator}",
            Remedy.CHANGE: f"another marking by {content.originator}",
            Remedy.NOTHING: "nothing",
        }
        return Permission(deed.action, not found, why, lifts[found[0].remedy] if found else "")

    async def change(self, message: StoredMessage, handling: Handling, reason: str | None) -> Sent:
        """Return once another marking of one's own message is on its way to all that have the content (HAND-016).

        Raises:
            HandlingError: the message is of another party.
        """
        content = self._contents.of(message)
        if content.originator != self._party:
            raise HandlingError(
                f"only {content.originator} can change the marking", f"ask {content.originator} to change it"
            )
        body = content.original.body
        payload = {"handling": as_map(handling), "message": content.original.hash, "reason": reason}
        return await self._outbox.send(
            Draft(
                to=tuple(sorted(content.reached() - {self._party})),
                kind=CHANGE,
                payload=payload,
                lang=body.lang,
                handling=USUAL,
                urgency=body.urgency,
                lifetime_s=WEEK_S,
                case=body.case,
                in_reply_to=None,
                exercise=body.exercise,
            )
        )
