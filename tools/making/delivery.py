"""spec/vectors/delivery.json: states, pauses, gaps and order of deliveries, and notices that break a rule."""

from itertools import product
from typing import Any

from comity.delivery import Due, Queue, gaps, pause_s, state_of
from tools.making.cases import Case, Old, Vectors, case, fault
from tools.making.parties import NOW_US, SECOND_US

FACTS = ("sent", "expired", "accepted", "read", "answered")
KEPT = ((3, 1), (1, 2), (0, 3), (3, 4), (2, 5), (0, 6), (1, 7))  # urgency, position


def make(old: Old) -> Vectors:
    """Return the vectors."""
    return Vectors(
        page="17-delivery.md",
        format="`form` says what a case is. state: `facts` about a delivery (`accepted` is what the receipt says, null"
        " for none) and its `state`. pause: `attempts` made, and from `least` to `most` seconds until the next. gaps:"
        " `numbers` of a sender that were accepted in a case, and the `gaps`, first and last. order: `kept` is"
        " [urgency, position, expires] of what waits for one recipient at `now`, and `leaves` the positions in their"
        " order. notice: a message of `kind` and `seq` that answers one of kind `answered` (null for none).",
        verify="Compute what a valid case states. An invalid one, a notice, is refused with `code`.",
        valid=[*states(), *pauses(), *missing(), *orders(), *notices()],
        invalid=wrong_notices(),
        shared={},
    )


def states() -> list[Case]:
    made = []
    for sent, expired, accepted, read, answered in product(
        (False, True), (False, True), (None, False, True), (False, True), (False, True)
    ):
        facts = dict(zip(FACTS, (sent, expired, accepted, read, answered), strict=True))
        name = "state: " + (
            ", ".join(f"{fact} {value}" for fact, value in facts.items() if value is not False) or "new"
        )
        state = state_of(sent=sent, expired=expired, accepted=accepted, read=read, answered=answered)
        made.append(case(name, "DELIV-002", form="state", facts=facts, state=state.value))
    return made


def pauses() -> list[Case]:
    return [
        case(
            f"the pause after {attempts} attempts",
            "DELIV-007",
            form="pause",
            attempts=attempts,
            least=pause_s(attempts, 0.0),
            most=pause_s(attempts, 1.0),
        )
        for attempts in (1, 2, 3, 4, 5, 6, 7, 100, 2**40)
    ]


def missing() -> list[Case]:
    rows: dict[str, list[int]] = {
        "nothing came": [],
        "the first came": [0],
        "all came, in any order": [2, 0, 1],
        "the first is missing": [1],
        "one in the middle": [0, 2],
        "two gaps": [9, 1, 2, 3, 7],
        "one came twice": [0, 0, 3],
    }
    return [
        case(name, "DELIV-013", form="gaps", numbers=numbers, gaps=[[gap.first, gap.last] for gap in gaps(numbers)])
        for name, numbers in rows.items()
    ]


def orders() -> list[Case]:
    lasting = [(urgency, position, NOW_US + SECOND_US) for urgency, position in KEPT]
    some_over = [(u, p, NOW_US + (SECOND_US if p % 2 else 0)) for u, p in KEPT]
    rows = {"the more urgent first": lasting, "what has expired does not leave": some_over, "nothing waits": []}
    return [
        case(name, "DELIV-003", "DELIV-009", form="order", now=NOW_US, kept=kept, leaves=leaving(kept))
        for name, kept in rows.items()
    ]


def leaving(kept: list[tuple[int, int, int]]) -> list[int]:
    """Return the positions in the order in which the queue gives them out."""
    queue: Queue[None] = Queue()
    leaves = []
    while True:
        while (wanted := queue.wanted()) is not None:
            urgency, after = wanted
            queue.fill(urgency, [due_of(*row) for row in kept if row[0] == urgency and row[1] > after])
        due = queue.first(NOW_US)
        if due is not None:
            leaves.append(due.position)
            queue.sent(due, 0.0, NOW_US, 0.5)
        elif queue.wanted() is None:
            return leaves


def due_of(urgency: int, position: int, expires_us: int) -> Due[None]:
    return Due(position, urgency, bytes(16), position.to_bytes(16, "big"), bytes(32), expires_us, 0, None)


def notice(**fields: Any) -> Case:
    return {"form": "notice", "kind": "read", "seq": 0, "answered": "text"} | fields


def notices() -> list[Case]:
    return [case("a notice", "KIND-007", "KIND-008", **notice())]


def wrong_notices() -> list[Case]:
    return [
        fault("a notice of a notice", "KIND-007", 25, **notice(answered="read")),
        fault("a notice of nothing", "KIND-007", 25, **notice(answered=None)),
        fault("a notice with a number", "KIND-008", 25, **notice(seq=1)),
    ]


def example(vectors: Vectors) -> list[str]:
    """Return the block of the page."""
    lines = ["attempt   pause before the next, seconds"]
    for attempts in (1, 2, 3, 4, 5, 6, 7):
        lines.append(f"{attempts:>4}      {pause_s(attempts, 0.0):>5.0f} to {pause_s(attempts, 1.0):.0f}")
    lines += ["", "kept, oldest first         leaves in the order"]
    names = ("flash", "urgent", "priority", "routine")
    order = leaving([(urgency, position, NOW_US + 1) for urgency, position in KEPT])
    urgencies = {position: urgency for urgency, position in KEPT}
    for (urgency, position), leaves in zip(KEPT, order, strict=True):
        lines.append(f"{position}  {names[urgency]:<22}  {leaves}  {names[urgencies[leaves]]}")
    lines += ["", "accepted of one sender in a case: 0 1 2 5 7    gaps: 3 to 4, 6"]
    return lines
