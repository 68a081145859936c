"""What may be done with content under a marking: permitted, or refused with every rule that stands against it.

The rules, in the order in which they are told (spec page handling):

- `retention`: after `retain_until` nothing may be done any more; only its originator can move the end.
- `exercise`: content of an exercise stays in exercises, and other content out of them; nothing lifts that.
- `tlp`: content reaches the audience of its colour and no further.
- `h0`: only to prevent and combat crime. `h1`: not in judicial proceedings. `h2`: no dissemination. `h3`: not beyond
  its case.
- `purpose`: only for the purposes that the marking lists.
- `pap`: only actions that its colour permits.

The consent of the originator lifts a rule unless the list above says otherwise.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

from comity.handling.marking import NO_PURPOSE, Handling

#: Purposes that H0 allows.
COMBATING_CRIME: Final = frozenset(
    {
        "asset-recovery",
        "deconfliction",
        "intelligence",
        "investigation",
        "prevention",
        "prosecution",
        "victim-protection",
    }
)


class Action(StrEnum):
    """What a holder wants to do with content; the values are terms of the group `handling-action`."""

    #: Measures that their target may notice: to block, to call, to log in.
    ACT = "act"
    #: Put it into another case.
    ATTACH = "attach"
    #: Disclose it in judicial proceedings.
    DISCLOSE = "disclose"
    #: Take it out of comity, into a file or another system.
    EXPORT = "export"
    #: Pass it on to another party.
    FORWARD = "forward"
    #: Keep it after its end.
    KEEP = "keep"
    #: Look it up with services of third parties, unseen by its target.
    LOOK_UP = "look-up"
    #: Use it for a purpose, within one's own organisation.
    USE = "use"


class Audience(IntEnum):
    """Whom an action lets see the content; each is wider than the one before."""

    #: Only those who have it already.
    RECIPIENTS = 0
    #: People of the holder's own organisation who need to know.
    ORGANISATION = 1
    #: Also those whom it serves and who need to know: a court, a bank, a victim.
    CLIENTS = 2
    #: Other members of the treaty.
    MEMBERS = 3
    #: Anybody.
    ANYONE = 4


AUDIENCE_OF: Final = {
    "CLEAR": Audience.ANYONE,
    "GREEN": Audience.MEMBERS,
    "AMBER": Audience.CLIENTS,
    "AMBER+STRICT": Audience.ORGANISATION,
    "RED": Audience.RECIPIENTS,
}
REACHES: Final = {
    Action.ATTACH: Audience.ORGANISATION,
    Action.DISCLOSE: Audience.CLIENTS,
    Action.EXPORT: Audience.ORGANISATION,
    Action.FORWARD: Audience.MEMBERS,
}
BEYOND_THE_CASE: Final = frozenset({Action.ATTACH, Action.DISCLOSE, Action.EXPORT, Action.FORWARD})
NEEDED_PAP: Final = {Action.ACT: ("CLEAR", "GREEN"), Action.LOOK_UP: ("CLEAR", "GREEN", "AMBER")}


class Rule(StrEnum):
    """What stands against an action."""

    RETENTION = "retention"
    EXERCISE = "exercise"
    TLP = "tlp"
    H0 = "h0"
    H1 = "h1"
    H2 = "h2"
    H3 = "h3"
    PURPOSE = "purpose"
    PAP = "pap"


class Remedy(StrEnum):
    """What would lift a rule."""

    CONSENT = "consent"
    #: The originator gives another marking.
    CHANGE = "change"
    NOTHING = "nothing"


REMEDIES: Final = {Rule.RETENTION: Remedy.CHANGE, Rule.EXERCISE: Remedy.NOTHING}


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody wants to do, and with whom.

    Attributes:
        purpose: a term of the group `purpose`; None where none is stated, which a list of purposes does not allow.
        audience: who will see the content; None for what the action itself implies.
        exercise: the place that it goes to is an exercise; None where it goes to no case.
        time: when, in micros.
    """

    action: Action
    time: int
    purpose: str | None = None
    audience: Audience | None = None
    exercise: bool | None = None

    @property
    def reach(self) -> Audience:
        """Who will see the content."""
        return REACHES.get(self.action, Audience.RECIPIENTS) if self.audience is None else self.audience


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A rule that stands against a deed, in words for an officer, and what would lift it."""

    rule: Rule
    text: str

    @property
    def remedy(self) -> Remedy:
        """What would lift the rule."""
        return REMEDIES.get(self.rule, Remedy.CONSENT)


def obstacles(marking: Handling, deed: Deed, exercise: bool) -> tuple[Obstacle, ...]:
    """Return every rule that stands against the deed (HAND-003 to HAND-009); () where it is permitted.

    `exercise` says whether the content belongs to an exercise.
    """
    return tuple(_against(marking, deed, exercise))


def _against(marking: Handling, deed: Deed, exercise: bool) -> Iterator[Obstacle]:
    if marking.retain_until is not None and deed.time >= marking.retain_until:
        yield Obstacle(Rule.RETENTION, "the time has passed at which every copy must be deleted")
    if deed.exercise not in (None, exercise):
        yield Obstacle(Rule.EXERCISE, "an exercise and what is no exercise never mix")
    yield from _by_audience(marking, deed)
    yield from _by_code(marking, deed)
    yield from _by_purpose(marking, deed)
    if marking.pap not in NEEDED_PAP.get(deed.action, (marking.pap,)):
        yield Obstacle(Rule.PAP, f"PAP:{marking.pap} permits no such action")


def _by_audience(marking: Handling, deed: Deed) -> Iterator[Obstacle]:
    words = {
        "RED": "TLP:RED is for those who received it and nobody else",
        "AMBER+STRICT": "TLP:AMBER+STRICT stays within one's own organisation",
        "AMBER": "TLP:AMBER stays within one's own organisation and those whom it serves",
        "GREEN": "TLP:GREEN stays among the members of the treaty",
    }
    if deed.reach > AUDIENCE_OF[marking.tlp]:
        yield Obstacle(Rule.TLP, words[marking.tlp])


def _by_code(marking: Handling, deed: Deed) -> Iterator[Obstacle]:
    if deed.purpose is not None and deed.purpose not in COMBATING_CRIME:
        yield Obstacle(Rule.H0, "it is only to be used to prevent and combat crime (H0)")
    if "H1" in marking.codes and deed.action is Action.DISCLOSE:
        yield Obstacle(Rule.H1, "it is not to be disclosed in judicial proceedings (H1)")
    if "H2" in marking.codes and deed.reach > Audience.ORGANISATION:
        yield Obstacle(Rule.H2, "it is not to be disseminated (H2)")
    if "H3" in marking.codes and deed.action in BEYOND_THE_CASE:
        yield Obstacle(Rule.H3, "it is not to be used beyond its case (H3)")


def _by_purpose(marking: Handling, deed: Deed) -> Iterator[Obstacle]:
    if not marking.purposes or deed.action is Action.KEEP or deed.purpose in marking.purposes:
        return
    if marking.purposes == (NO_PURPOSE,):
        yield Obstacle(Rule.PURPOSE, "it is for its own case and no other purpose")
    elif deed.purpose is None:
        yield Obstacle(Rule.PURPOSE, f"a purpose must be stated; allowed: {', '.join(marking.purposes)}")
    else:
        yield Obstacle(Rule.PURPOSE, f"it is not to be used for {deed.purpose}, only for {', '.join(marking.purposes)}")
