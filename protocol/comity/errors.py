"""What can go wrong, sorted by whose fault it is (spec page errors).

The code of a RemoteError may travel; its text is for the log of one's own node and never does (ERR-003).
"""

from typing import ClassVar


class ComityError(Exception):
    """Everything that this library raises on purpose."""


class LocalError(ComityError):
    """You asked for what the protocol forbids now. Nothing was sent or changed; mend the call."""


class RemoteError(ComityError):
    """The peer or the input broke the protocol. Only the subclasses are raised, one for each code."""

    code: ClassVar[int]
    name: ClassVar[str]


class MalformedError(RemoteError):
    """Bytes that are not what the specification allows."""

    code = 1
    name = "malformed"


class OutOfTurnError(RemoteError):
    """A good frame or message at the wrong moment."""

    code = 2
    name = "out-of-turn"


class UnsupportedError(RemoteError):
    """A version, critical frame or document that is not supported or not held."""

    code = 3
    name = "unsupported"


class LimitError(RemoteError):
    """A limit was exceeded."""

    code = 4
    name = "limit"


class IdleError(RemoteError):
    """Nothing was heard for too long."""

    code = 5
    name = "timeout"


class AuthenticationError(RemoteError):
    """A signature, tag or padding does not verify."""

    code = 6
    name = "unauthenticated"


class SupersededError(RemoteError):
    """Another link takes over."""

    code = 7
    name = "superseded"


class StoppingError(RemoteError):
    """The node stops."""

    code = 8
    name = "stopping"


class InternalError(RemoteError):
    """The side that sends this code met a fault of its own."""

    code = 9
    name = "internal"


class WrongTreatyError(RemoteError):
    """Another treaty, or a version of it that is not known here."""

    code = 16
    name = "wrong-treaty"


class WrongRecipientError(RemoteError):
    """Meant for another party or key."""

    code = 17
    name = "wrong-recipient"


class WrongSenderError(RemoteError):
    """Signed by another party than the peer."""

    code = 18
    name = "wrong-sender"


class KeyNotValidError(RemoteError):
    """The signing key is old, not yet valid or revoked."""

    code = 19
    name = "key-not-valid"


class ExpiredError(RemoteError):
    """`expires` has passed."""

    code = 20
    name = "expired"


class FromFutureError(RemoteError):
    """`created` is later than now and the tolerance."""

    code = 21
    name = "from-future"


class LifetimeError(RemoteError):
    """The message lives longer than the treaty allows."""

    code = 22
    name = "lifetime"


class KindNotAllowedError(RemoteError):
    """The sender may not send this kind."""

    code = 23
    name = "kind-not-allowed"


class KindNotAcceptedError(RemoteError):
    """The recipient does not accept or know this kind."""

    code = 24
    name = "kind-not-accepted"


class PayloadError(RemoteError):
    """The payload does not have the form of its kind."""

    code = 25
    name = "payload"


class IdReusedError(RemoteError):
    """The id belongs to another message."""

    code = 26
    name = "id-reused"


class NotActiveError(RemoteError):
    """The party may not speak now."""

    code = 27
    name = "not-active"


class SuiteError(RemoteError):
    """The treaty does not allow the suite."""

    code = 28
    name = "wrong-suite"


class QuotaError(RemoteError):
    """The attachments are beyond what the recipient keeps for the sender."""

    code = 29
    name = "quota"


class IllegalEventError(RemoteError):
    """An event that the lifecycle does not allow in the state of the request; `state` names it (CASE-008)."""

    code = 30
    name = "illegal-event"

    def __init__(self, text: str, state: str | None = None) -> None:
        super().__init__(text)
        self.state = state


class ApprovalMissingError(RemoteError):
    """Two officers must approve the kind, and one of them, or both, have not."""

    code = 31
    name = "approval-missing"


class ApprovalError(RemoteError):
    """An approval does not verify, or its officer may not give it."""

    code = 32
    name = "approval-not-valid"


class MarkingError(RemoteError):
    """The marking of some content forbids the message, or an exercise and what is none would mix."""

    code = 33
    name = "marking"


class EarlyEventError(RemoteError):
    """An event before the one that it follows; the sender tries again (CASE-006)."""

    code = 34
    name = "early-event"


class ThresholdError(RemoteError):
    """Too few valid signatures on a treaty version or bundle."""

    code = 40
    name = "threshold"


class SuccessorError(RemoteError):
    """A gap, a wrong predecessor or a wrong treaty."""

    code = 41
    name = "not-the-successor"


class RollbackError(RemoteError):
    """Older than what is held."""

    code = 42
    name = "rollback"


class PossessionError(RemoteError):
    """A new key has not signed."""

    code = 43
    name = "possession"


class EquivocationError(RemoteError):
    """Two different valid versions."""

    code = 44
    name = "equivocation"


class ValidityError(RemoteError):
    """A treaty version or bundle is not in force, or its times are impossible."""

    code = 45
    name = "validity"


class RosterError(RemoteError):
    """Contradictory or forbidden content of a treaty version or bundle."""

    code = 46
    name = "roster"


_BY_CODE: dict[int, type[RemoteError]] = {error.code: error for error in RemoteError.__subclasses__()}


def error_by_code(code: int) -> type[RemoteError] | None:
    """Return the class for a code of the table, None for a code that is not in it (ERR-002)."""
    return _BY_CODE.get(code)
