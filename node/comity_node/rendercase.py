"""What `comity case` prints for people: a list that is sorted by deadline, and a case as a story."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from comity_node.render import SHORT_ID, plain, to_the_second
from comity_node.urgency import URGENCIES

if TYPE_CHECKING:
    from comity.vocabulary import Vocabulary

View = Mapping[str, Any]
EXERCISE: Final = "EXERCISE"
UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
ATTENTION: Final = {"late": "LATE", "urgent": "over 80 %", "soon": "over 50 %", "none": ""}


def span(seconds: int) -> str:
    """Return a duration in its two largest units."""
    parts: list[str] = []
    left = abs(seconds)
    for size, unit in UNITS:
        if left >= size or (unit == "s" and not parts):
            parts.append(f"{left // size} {unit}")
            left %= size
        if len(parts) == 2:
            break
    return " ".join(parts)


def list_row(each: View, now_us: int, words: "Vocabulary", lang: str) -> tuple[str, ...]:
    """Return one line of the list."""
    other = each["asked"] if each["side"] == "requester" else each["from"]
    kind = words.label("kind", each["kind"], lang)
    due = "" if each["due_us"] is None else f"in {span((each['due_us'] - now_us) // 1_000_000)}"
    late = f"{span(each['late_s'])}" if each["late_s"] else ""
    return (
        f"{EXERCISE} {each['case'][:SHORT_ID]}" if each["exercise"] else each["case"][:SHORT_ID],
        other,
        kind,
        words.label("case-state", each["state"], lang),
        words.label("urgency", URGENCIES[each["urgency"]], lang),
        "" if each["late_s"] else due,
        late,
        each["turn"] or "",
    )


def case_lines(view: View, words: "Vocabulary", lang: str) -> Iterator[str]:
    """Yield the lines of a case."""
    if view["exercise"]:
        yield f"*** {EXERCISE} *** everything in this case is practice ***"
    yield f"case     {view['case']}"
    yield f"members  {', '.join(view['members'])}"
    for each in view["requests"]:
        yield ""
        yield from request_lines(each, view["now_us"], words, lang)
    yield ""
    yield "what happened"
    for line in view["story"]:
        yield from story_lines(line, words, lang)
    for gap in view["missing"]:
        yield f"  missing: number {gap['first']} to {gap['last']} of {gap['sender']}"
    for each in view["requests"]:
        yield from next_lines(view, each, words, lang)


def request_lines(each: View, now_us: int, words: "Vocabulary", lang: str) -> Iterator[str]:
    """Yield where one request stands."""
    state = words.label("case-state", each["state"], lang)
    yield plain(f"request  {words.label('kind', each['kind'], lang)}: {each['from']} asks {each['asked']}")
    yield plain(f"         {each['summary'][:200]}")
    yield f"state    {state}" + (f", it is the turn of {each['turn']}" if each["turn"] else "")
    urgency = words.label("urgency", URGENCIES[each["urgency"]], lang)
    asked = words.label("urgency", URGENCIES[each["asked_urgency"]], lang)
    yield f"urgency  {urgency}" + (f" (asked for: {asked})" if urgency != asked else "")
    for event in each["pending"]:
        yield f"         on its way: {words.label('kind', f'case.{event}', lang)}"
    for deadline in each["deadlines"]:
        yield deadline_line(deadline, now_us, words, lang)
    measure = each["measure"]
    if measure is not None:
        yield plain(
            f"measure  {measure['state']}, until {to_the_second(measure['until'])},"
            f" review {to_the_second(measure['review'])}, reference {measure['reference'] or 'none'}"
        )


def deadline_line(deadline: View, now_us: int, words: "Vocabulary", lang: str) -> str:
    stage = words.label("deadline-stage", deadline["stage"], lang)
    late = f", {span(deadline['late_s'])} late" if deadline["late_s"] else ""
    match deadline["state"]:
        case "met":
            told = f"done {to_the_second(deadline['met'])}{late}"
        case "ended":
            told = "no longer due"
        case "paused":
            told = f"stands still, {deadline['used_percent']} % used{late}"
        case "late":
            told = f"due since {to_the_second(deadline['due'])}{late}"
        case _:
            left = span((deadline["due_us"] - now_us) // 1_000_000)
            warning = ATTENTION[deadline["attention"]]
            told = f"due {to_the_second(deadline['due'])}, in {left}" + (f" ({warning})" if warning else "")
    return f"  {stage}: {told}"


def story_lines(line: View, words: "Vocabulary", lang: str) -> Iterator[str]:
    """Yield one thing that happened, and where it left the requests."""
    time = to_the_second(line["time"])
    what = words.label("kind", line["kind"], lang) if line["message_id"] else line["kind"]
    to = f" to {', '.join(line['to'])}" if line["to"] else ""
    approved = f", signed by {line['approved_by']} officers" if line["approved_by"] else ""
    refused = " (REFUSED)" if line["refused"] else ""
    yield plain(f"  {time}  {line['party']}{to}: {what}{approved}{refused}")
    if line["words"]:
        yield plain(f"{'':24}{line['words']}")
    if line["files"]:
        yield plain(f"{'':24}files: {', '.join(line['files'])}")
    for party, state in line["states"].items():
        yield f"{'':24}{party}: {words.label('case-state', state, lang)}"
    for party, fate in line["fate"].items():
        if fate not in ("answered", "read", "at-peer"):
            yield f"{'':24}delivery to {party}: {fate}"


def next_lines(view: View, each: View, words: "Vocabulary", lang: str) -> Iterator[str]:
    """Yield what this party may do next about a request, each with the command for it."""
    if not each["legal"]:
        return
    yield ""
    yield f"what may happen next ({each['from']} asks {each['asked']})"
    for event in each["legal"]:
        label = words.label("kind", f"case.{event}", lang)
        yield f"  {label}: comity case act {view['case'][:SHORT_ID]} {event}"
