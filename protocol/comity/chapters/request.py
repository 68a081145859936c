"""What every request says, whatever it asks for."""

from typing import Annotated

from comity.chapters.parts import Contact, Deadline, FraudType, Page, Passage
from comity.encoding import Bytes32, Meta, Record


class Request(Record, frozen=True):
    """The fields of every request; each kind adds its own.

    Attributes:
        contact: who answers day and night, also to confirm that the request is authentic.
        fraud_type: what sort of fraud it is about, None where it is about something else.
        further_types: other sorts that it is about as well, in ascending order.
        legal_basis: provision, treaty article or consent that the request rests on.
        parent: hash of an earlier request that this one supplements or repeats.
        summary: the facts, without more personal data than needed; a kind that cannot do without narrows it to text.
        until: when an answer is of no more use and the request ends by itself; None leaves it to the lifecycle.
        urgency_reason: why it is not routine.
        wanted_by: when an answer is wished for; the deadlines of the lifecycle hold all the same.
    """

    contact: Contact
    fraud_type: FraudType | None
    further_types: Annotated[tuple[FraudType, ...], Meta(max_length=8)]
    legal_basis: Passage
    parent: Bytes32 | None
    summary: Page | None
    until: Deadline | None
    urgency_reason: Passage | None
    wanted_by: Deadline | None
