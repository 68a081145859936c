"""The whole message in words, before it is signed: to whom, how it is marked, when answers are due, and every field."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from comity.encoding import shape
from comity.kinds import form_of
from comity_node.authoring.answers import Desk
from comity_node.authoring.fields import Spot, in_order, is_money
from comity_node.authoring.letter import Letter
from comity_node.authoring.paths import Form, Path
from comity_node.authoring.telling import script_note, value_text
from comity_node.phrases import Phrases
from comity_node.render import plain
from comity_node.times import iso
from comity_node.urgency import URGENCIES

MICROS: Final = 1_000_000
USUAL_TLP: Final = "AMBER"
FROM_DECISION: Final = "evidence"  # the one stage that counts from the decision (CASE-020)
UNITS: Final = ((86_400, "span.days"), (3_600, "span.hours"), (60, "span.minutes"), (1, "span.seconds"))


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the preview; one with a `number` can be edited by it. `text` is None for the heading of a part."""

    number: int | None
    path: Path
    depth: int
    label: str
    text: str | None
    note: str


def entries(form: Form, desk: Desk) -> list[Entry]:
    """Return the lines of the form, every field that holds something, in the order in which people are asked."""
    found: list[Entry] = []
    for each in _record(shape.shape_of(form_of(desk.kind).record), form, (), 0, desk):
        number = None if each.text is None else 1 + sum(other.text is not None for other in found)
        found.append(Entry(number, each.path, each.depth, each.label, each.text, each.note))
    return found


def _record(place: shape.Map, value: Mapping[str, Any], path: Path, depth: int, desk: Desk) -> Iterator[Entry]:
    for name in in_order(place):
        item = value.get(name)
        if item is not None and item != []:
            here = Spot((*path, name), place.fields[name], place.record, name)
            label = here.wording(desk.kind, desk.phrases.lang).label
            yield from _value(here.place, item, here.path, depth, label, desk)


def _value(place: shape.Shape, item: Any, path: Path, depth: int, label: str, desk: Desk) -> Iterator[Entry]:
    if isinstance(place, shape.Array) and isinstance(item, list):
        for number, each in enumerate(item):
            counted = f"{label} {number + 1}" if len(item) > 1 else label
            yield from _value(place.item, each, (*path, number), depth, counted, desk)
    elif isinstance(place, shape.Choice) and isinstance(item, dict):
        tag = item.get(place.tag)
        yield Entry(None, path, depth, label, value_text(place, tag, desk), "")
        chosen = place.options.get(str(tag))
        if chosen is not None:
            yield from _record(chosen, item, path, depth + 1, desk)
    elif isinstance(place, shape.Map) and isinstance(item, dict) and not is_money(place):
        yield Entry(None, path, depth, label, None, "")
        yield from _record(place, item, path, depth + 1, desk)
    else:
        yield Entry(None, path, depth, label, value_text(place, item, desk), script_note(place, item, desk))


def lines(letter: Letter, desk: Desk, context: Mapping[str, Any]) -> list[str]:
    """Return the lines of the preview. `context` is what the operation request-kinds says of the kind."""
    say = desk.phrases.say
    head = [say("preview.title"), *head_lines(letter, desk, context)]
    body = [line for entry in entries(letter.form, desk) for line in entry_lines(entry, desk.phrases)]
    files = [say("preview.file", name=plain(name)) for name in letter.files]
    return [*head, "", *body, *files]


def head_lines(letter: Letter, desk: Desk, context: Mapping[str, Any]) -> Iterator[str]:
    say, lang = desk.phrases.say, desk.phrases.lang
    names = {member["party"]: member["name"] for member in context["members"]}
    kind = context["kinds"][0] if context["kinds"] else {}
    yield say("preview.kind", kind=plain(desk.vocabulary.label("kind", letter.kind, lang)), code=letter.kind)
    yield say("preview.from", party=plain(f"{context['name']} ({context['party']})"))
    if letter.reply_to:
        yield say("preview.answers", id=plain(letter.reply_to))
    for party in letter.to:
        yield say("preview.to", party=plain(f"{names[party]} ({party})" if party in names else party))
    if letter.exercise:
        yield say("preview.exercise")
    yield say("preview.tlp", tlp=plain(label_of(desk, "tlp", str(letter.marking.get("tlp", USUAL_TLP)))))
    yield from marking_lines(letter.marking, desk)
    yield say("preview.urgency", urgency=plain(label_of(desk, "urgency", URGENCIES[letter.urgency])))
    yield say("preview.language", lang=plain(letter.lang))
    yield say("preview.signed", party=plain(context["party"]))
    if kind.get("coercive"):
        officer = plain(letter.officer)
        yield say("preview.two-officers") if not officer else say("preview.author", officer=officer)
    expires = iso(desk.now_us // MICROS * MICROS + letter.lifetime_s * MICROS)
    yield say("preview.expires", time=expires.replace("T", " ").replace("Z", " UTC"))
    yield from due_lines(letter, desk, kind.get("due", []))


def marking_lines(marking: Mapping[str, Any], desk: Desk) -> Iterator[str]:
    """Yield what is said of the marking beside its traffic light."""
    if marking.get("pap"):
        yield desk.phrases.say("preview.pap", pap=plain(label_of(desk, "pap", str(marking["pap"]))))
    for name, group in (("codes", "handling-code"), ("purposes", "purpose")):
        if marking.get(name):
            labels = ", ".join(plain(label_of(desk, group, str(code))) for code in marking[name])
            yield desk.phrases.say(f"preview.{name}", labels=labels)
    if marking.get("retain_until") is not None:
        yield desk.phrases.say("preview.retain", time=iso(int(marking["retain_until"])))


def label_of(desk: Desk, group: str, code: str) -> str:
    label = desk.vocabulary.label(group, code, desk.phrases.lang)
    return code if label == code else f"{label} ({code})"


def due_lines(letter: Letter, desk: Desk, stages: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield when the recipients must have done what; nothing where no deadline counts."""
    for party in letter.to if stages else ():
        yield desk.phrases.say("preview.due", party=plain(party))
        for each in stages:
            seconds = each["promised"].get(party, each["seconds"])[letter.urgency]
            yield f"  {stage_line(each['stage'], seconds, desk)}"


def stage_line(stage: str, seconds: int, desk: Desk) -> str:
    said = {
        "stage": plain(desk.vocabulary.label("deadline-stage", stage, desk.phrases.lang)),
        "span": span(seconds, desk.phrases),
    }
    if stage == FROM_DECISION:
        return desk.phrases.say("preview.decision", **said)
    time = iso((desk.now_us // MICROS + seconds) * MICROS)
    return desk.phrases.say("preview.stage", **said, time=f"{time[:16].replace('T', ' ')} UTC")


def span(seconds: int, phrases: Phrases) -> str:
    """Return a duration in the largest unit that it is a whole number of."""
    size, key = next(pair for pair in UNITS if seconds % pair[0] == 0)
    return phrases.say(key, count=f"{seconds // size}")


def entry_lines(entry: Entry, phrases: Phrases) -> Iterator[str]:
    """Yield the lines of an entry: number, label and value; a text over several lines stands below its label."""
    number = "    " if entry.number is None else f"{entry.number:>3} "
    pad = "  " * entry.depth
    label = phrases.isolated(plain(entry.label))
    if entry.text is None:
        yield f"{number} {pad}{label}"
        return
    first, *more = entry.text.split("\n")
    note = f"  [{entry.note}]" if entry.note else ""
    if more:
        yield f"{number} {pad}{label}:{note}"
        for line in (first, *more):
            yield f"     {pad}  {phrases.isolated(line)}"
    else:
        yield f"{number} {pad}{label}: {phrases.isolated(first)}{note}"
