"""The marking that an originator gives to content, and how two markings become one (spec page handling)."""

from typing import Annotated, Final

from comity.documents import refuse_disorder
from comity.encoding import Meta, Micros, Record

COLOURS: Final = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")  # each stricter than the one before
ACTIONS_PERMITTED: Final = ("CLEAR", "GREEN", "AMBER", "RED")  # of the Permissible Actions Protocol, likewise
NO_PURPOSE: Final = "none"
IMPLIED_CODE: Final = "H0"  # holds for all content, whether it is written or not

Tlp = Annotated[str, Meta(pattern=r"\A(CLEAR|GREEN|AMBER|AMBER\+STRICT|RED)\Z", extra={"group": "tlp"})]
Pap = Annotated[str, Meta(pattern=r"\A(CLEAR|GREEN|AMBER|RED)\Z", extra={"group": "pap"})]
HandlingCode = Annotated[str, Meta(pattern=r"\AH[0-3]\Z", extra={"group": "handling-code"})]
HandlingPurpose = Annotated[str, Meta(pattern=r"\A[a-z][a-z0-9-]{0,47}\Z", extra={"group": "purpose"})]
HandlingCodes = Annotated[tuple[HandlingCode, ...], Meta(max_length=4)]
HandlingPurposes = Annotated[tuple[HandlingPurpose, ...], Meta(max_length=8)]


class Handling(Record, frozen=True, kw_only=True):
    """A marking.

    Attributes:
        codes: H0 to H3, in ascending order; none means H0.
        pap: Permissible Actions Protocol.
        purposes: what the content may be used for, in ascending order; empty means whatever the codes allow, and
            `none`, which stands alone, nothing but the case itself (HAND-001).
        retain_until: when every copy must be deleted, in micros; None sets no end.
        tlp: Traffic Light Protocol 2.0.
    """

    codes: HandlingCodes = ()
    pap: Pap = "GREEN"
    purposes: HandlingPurposes = ()
    retain_until: Micros | None = None
    tlp: Tlp

    def __post_init__(self) -> None:
        refuse_disorder("handling codes", self.codes)
        refuse_disorder("purposes", self.purposes)
        if NO_PURPOSE in self.purposes and len(self.purposes) > 1:
            raise ValueError(f"the purpose {NO_PURPOSE} stands beside others (HAND-001)")


def stricter(first: Handling, second: Handling) -> Handling:
    """Return the least strict marking that is at least as strict as both (HAND-002).

    The order of the two does not matter, nor how more than two are grouped, nor how often one occurs.
    """
    return Handling(
        codes=tuple(sorted({*first.codes, *second.codes})),
        pap=max(first.pap, second.pap, key=ACTIONS_PERMITTED.index),
        purposes=common(first.purposes, second.purposes),
        retain_until=earlier(first.retain_until, second.retain_until),
        tlp=max(first.tlp, second.tlp, key=COLOURS.index),
    )


def common(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    """Return the purposes that both lists allow; an empty list allows every purpose."""
    if not first or not second:
        return first or second
    return tuple(sorted(set(first) & set(second))) or (NO_PURPOSE,)


def earlier(first: int | None, second: int | None) -> int | None:
    """Return the earlier of two ends; None is no end."""
    if first is None or second is None:
        return second if first is None else first
    return min(first, second)


def widened(marking: Handling, base: Handling) -> tuple[str, ...]:
    """Return the fields in which the marking is less strict than the base, in alphabetical order; () where in none."""
    both = stricter(marking, base)
    implied = {IMPLIED_CODE}
    wider = {
        "codes": not {*base.codes} - implied <= {*marking.codes},
        "pap": both.pap != marking.pap,
        "purposes": both.purposes != marking.purposes,
        "retain_until": both.retain_until != marking.retain_until,
        "tlp": both.tlp != marking.tlp,
    }
    return tuple(field for field, is_wider in wider.items() if is_wider)
