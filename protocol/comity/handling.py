"""How content may be passed on and used: the marking that its originator has given it (spec page handling)."""

from typing import Annotated

from comity.documents import refuse_disorder
from comity.encoding import Meta, Micros, Record

Tlp = Annotated[str, Meta(pattern=r"\A(CLEAR|GREEN|AMBER|AMBER\+STRICT|RED)\Z", extra={"group": "tlp"})]
Pap = Annotated[str, Meta(pattern=r"\A(CLEAR|GREEN|AMBER|RED)\Z", extra={"group": "pap"})]
HandlingCode = Annotated[str, Meta(pattern=r"\AH[0-3]\Z", extra={"group": "handling-code"})]
HandlingPurpose = Annotated[str, Meta(pattern=r"\A[a-z][a-z0-9-]{0,47}\Z", extra={"group": "purpose"})]


class Handling(Record, frozen=True, kw_only=True):
    """A marking.

    Attributes:
        codes: H0 to H3, in ascending order; none means H0.
        pap: Permissible Actions Protocol.
        purposes: what the content may be used for, in ascending order; none means whatever the codes allow.
        retain_until: when every copy must be deleted, in micros; None sets no end.
        tlp: Traffic Light Protocol 2.0.
    """

    codes: Annotated[tuple[HandlingCode, ...], Meta(max_length=4)] = ()
    pap: Pap = "GREEN"
    purposes: Annotated[tuple[HandlingPurpose, ...], Meta(max_length=8)] = ()
    retain_until: Micros | None = None
    tlp: Tlp

    def __post_init__(self) -> None:
        refuse_disorder("handling codes", self.codes)
        refuse_disorder("purposes", self.purposes)
