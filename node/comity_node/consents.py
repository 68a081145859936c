"""Asking an originator for consent, and giving, refusing and listing it."""

from collections.abc import Sequence
from dataclasses import dataclass

from comity.chapters.consent import CONSENT, REQUEST, Consent, ConsentRequest
from comity.consent import consent_in, stands
from comity.handling import Action
from comity.kinds import payload_of
from comity.message import SignedMessage
from comity_node.archive import Archive
from comity_node.contents import Contents
from comity_node.errors import NotFoundError
from comity_node.markings import USUAL, WEEK_S, HandlingError
from comity_node.outbox import Outbox
from comity_node.records import Sent, StoredMessage
from comity_node.signing import Draft
from comity_node.store.store import Store
from comity_node.world import World


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for consent and what came of it: state is open, granted, refused or expired."""

    message: StoredMessage
    request: ConsentRequest
    answer: Consent | None
    state: str


class Consents:
    """Both sides: what this node asks of originators, and what holders ask of it."""

    def __init__(
        self, party: str, store: Store, archive: Archive, contents: Contents, outbox: Outbox, world: World
    ) -> None:
        self._party = party
        self._store = store
        self._archive = archive
        self._contents = contents
        self._outbox = outbox
        self._world = world

    async def request(
        self,
        message: StoredMessage,
        action: Action,
        recipients: Sequence[str],
        purpose: str,
        reason: str,
        *,
        case: bytes | None = None,
        urgency: int = 3,
    ) -> Sent:
        """Return once the originator of the content is asked; `case` is where it is to be attached to.

        Raises:
            HandlingError: the content is one's own.
            RuleError: the treaty does not allow it, or a field is not valid.
        """
        content = self._contents.of(message)
        if content.originator == self._party:
            raise HandlingError("the content is of this party, so no consent is needed", "use it")
        body = content.original.body
        payload = {
            "action": action.value,
            "case": case,
            "message": content.original.hash,
            "purpose": purpose,
            "reason": reason,
            "recipients": sorted(set(recipients)),
        }
        return await self._outbox.send(
            Draft((content.originator,), REQUEST, payload, body.lang, USUAL, urgency, WEEK_S, body.case, None,
                  exercise=body.exercise)
        )  # fmt: skip

    async def answer(
        self,
        request: StoredMessage,
        grant: bool,
        *,
        conditions: str | None = None,
        expires_us: int | None = None,
        reason: str | None = None,
    ) -> Sent:
        """Return once consent is given, or refused or taken back, to the one who asked; the newest answer counts.

        Raises:
            NotFoundError: the message asks for no consent, or about content that is not of this party.
            RuleError: a field is not valid.
        """
        asked = self._asked_in(request)
        if asked is None or request.outgoing or not self._is_own(request.body.case, asked.message):
            cause = f"message {request.id.hex()[:12]} asks for no consent to content of this party"
            raise NotFoundError(cause, "see: comity consent list")
        scope = {name: getattr(asked, name) for name in ("action", "case", "message", "purpose")}
        answer = {"conditions": conditions, "expires": expires_us, "grant": grant, "reason": reason}
        payload = scope | {"recipients": list(asked.recipients)} | answer
        body = request.body
        return await self._outbox.send(
            Draft((request.sender,), CONSENT, payload, body.lang, USUAL, body.urgency, WEEK_S, body.case, request.hash,
                  exercise=body.exercise)
        )  # fmt: skip

    def _is_own(self, case: bytes, content: bytes) -> bool:
        rows = self._store.in_case_with_hash(case, content)
        return bool(rows) and bool(rows[0].outgoing)

    def _asked_in(self, message: StoredMessage) -> ConsentRequest | None:
        if message.body.kind != REQUEST or message.code or message.destroyed is not None:
            return None
        payload = payload_of(REQUEST, message.body.payload)
        return payload if isinstance(payload, ConsentRequest) else None

    def list(self, limit: int = 50) -> list[Asked]:
        """Return requests for consent, of this party and of others, newest first."""
        messages = [self._archive.message(row) for row in self._store.keeping.of_kind(REQUEST, limit)]
        return [self._state(each, asked) for each in messages if (asked := self._asked_in(each)) is not None]

    def _state(self, message: StoredMessage, asked: ConsentRequest) -> Asked:
        rows = self._store.keeping.speaking_of(asked.message, CONSENT)
        signed = [each for row in rows if (each := self._archive.signed(row)) is not None]
        answers = [each for each in signed if self._answers(each, message)]
        newest = max(answers, key=lambda each: (each.body.created, each.hash), default=None)
        answer = None if newest is None else consent_in(newest)
        if answer is None:
            return Asked(message, asked, None, "open")
        state = "refused" if not answer.grant else "granted" if stands(answer, self._world.now_us()) else "expired"
        return Asked(message, asked, answer, state)

    def _answers(self, signed: SignedMessage, request: StoredMessage) -> bool:
        return signed.body.in_reply_to == request.hash and signed.body.sender in request.body.to
