"""What `comity case` prints for people, in their language: a list sorted by deadline, and a case as a story."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from comity_node.render import SHORT_ID, plain, to_the_second
from comity_node.urgency import URGENCIES

if TYPE_CHECKING:
    from comity.vocabulary import Vocabulary
    from comity_node.phrases import Phrases

View = Mapping[str, Any]
MICROS: Final = 1_000_000
UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
COLUMNS: Final = (
    "case.column.case",
    "case.column.with",
    "case.column.kind",
    "case.column.state",
    "case.column.urgency",
    "case.column.due",
    "case.column.late",
    "case.column.turn",
)
ATTENTION: Final = {"urgent": "case.attention.urgent", "soon": "case.attention.soon"}
ARRIVED: Final = frozenset({"at-peer", "read", "answered"})
INDENT: Final = " " * 24


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


@dataclass(frozen=True, slots=True)
class CaseText:
    """Tells cases in the words of a language and of a vocabulary."""

    phrases: "Phrases"
    words: "Vocabulary"

    def label(self, group: str, code: str) -> str:
        return plain(self.words.label(group, code, self.phrases.lang))

    def headings(self) -> tuple[str, ...]:
        return tuple(self.phrases.say(key) for key in COLUMNS)

    def row(self, each: View, now_us: int) -> tuple[str, ...]:
        """Return one line of the list."""
        mark = f"{self.phrases.say('case.mark')} " if each["exercise"] else ""
        due = each["due_us"]
        return (
            mark + each["case"][:SHORT_ID],
            each["asked"] if each["side"] == "requester" else each["from"],
            self.label("kind", each["kind"]),
            self.label("case-state", each["state"]),
            self.label("urgency", URGENCIES[each["urgency"]]),
            "" if due is None or each["late_s"] else span((due - now_us) // MICROS),
            span(each["late_s"]) if each["late_s"] else "",
            each["turn"] or "",
        )

    def lines(self, view: View) -> Iterator[str]:
        """Yield the lines of a case."""
        say = self.phrases.say
        if view["exercise"]:
            yield f"*** {say('case.exercise')} ***"
        yield f"{say('case.case')}: {view['case']}"
        yield f"{say('case.members')}: {', '.join(view['members'])}"
        for each in view["requests"]:
            yield ""
            yield from self.request(each, view["now_us"])
        yield ""
        yield say("case.happened")
        for line in view["story"]:
            yield from self.happened(line)
        for gap in view["missing"]:
            yield "  " + say("case.missing", first=gap["first"], last=gap["last"], party=gap["sender"])
        for each in view["requests"]:
            yield from self.next_steps(view, each)

    def request(self, each: View, now_us: int) -> Iterator[str]:
        """Yield where one request stands."""
        say = self.phrases.say
        yield say("case.asks", kind=self.label("kind", each["kind"]), asking=each["from"], asked=each["asked"])
        if each["summary"]:
            yield "  " + self.phrases.isolated(plain(each["summary"]))
        turn = f", {say('case.turn', party=each['turn'])}" if each["turn"] else ""
        yield f"  {say('case.state')}: {self.label('case-state', each['state'])}{turn}"
        urgency, asked = (self.label("urgency", URGENCIES[each[name]]) for name in ("urgency", "asked_urgency"))
        changed = "" if urgency == asked else f" ({say('case.urgency-asked', urgency=asked)})"
        yield f"  {say('case.urgency')}: {urgency}{changed}"
        for event in each["pending"]:
            yield "  " + say("case.pending", event=self.label("kind", f"case.{event}"))
        for deadline in each["deadlines"]:
            yield f"  {self.label('deadline-stage', deadline['stage'])}: {self.deadline(deadline, now_us)}"
        if each["measure"] is not None:
            yield "  " + self.measure(each["measure"])

    def measure(self, measure: View) -> str:
        return self.phrases.say(
            "case.measure",
            state=self.label("measure-state", measure["state"]),
            until=to_the_second(measure["until"]),
            review=to_the_second(measure["review"]),
            reference=plain(measure["reference"] or "-"),
        )

    def deadline(self, deadline: View, now_us: int) -> str:
        """Return how one stage stands."""
        say = self.phrases.say
        late = f", {say('case.late', span=span(deadline['late_s']))}" if deadline["late_s"] else ""
        match deadline["state"]:
            case "met":
                return say("case.met", time=to_the_second(deadline["met"])) + late
            case "ended":
                return say("case.ended")
            case "paused":
                return say("case.paused", percent=deadline["used_percent"]) + late
            case "late":
                return say("case.overdue", time=to_the_second(deadline["due"])) + late
        left = span((deadline["due_us"] - now_us) // MICROS)
        key = ATTENTION.get(deadline["attention"])
        warning = f" ({say(key)})" if key else ""
        return say("case.due", time=to_the_second(deadline["due"]), span=left) + warning

    def happened(self, line: View) -> Iterator[str]:
        """Yield one thing that happened, and where it left the requests."""
        say = self.phrases.say
        what = self.what(line)
        notes = [say("case.signed", count=line["approved_by"])] if line["approved_by"] else []
        notes += [say("case.refused")] if line["refused"] else []
        told = what + "".join(f", {note}" for note in notes)
        to = ", ".join(line["to"])
        said = say("case.tells", party=line["party"], to=to, what=told) if to else say(
            "case.says", party=line["party"], what=told
        )  # fmt: skip
        yield f"  {to_the_second(line['time'])}  {said}"
        if line["words"] and line["message_id"]:
            yield INDENT + self.phrases.isolated(plain(line["words"]))
        if line["files"]:
            yield INDENT + say("case.files", names=plain(", ".join(line["files"])))
        for party, state in line["states"].items():
            yield f"{INDENT}{party}: {self.label('case-state', state)}"
        for party, fate in line["fate"].items():
            if fate not in ARRIVED:
                yield INDENT + say("case.delivery", party=party, state=fate)

    def what(self, line: View) -> str:
        """Return what a line is about: a message, what a time has brought, or what became of a measure."""
        if line["message_id"]:
            return self.label("kind", line["kind"])
        if line["kind"] == "measure":
            group = plain(self.words.group_label("measure-state", self.phrases.lang))
            return f"{group}: {self.label('measure-state', line['words'])}"
        return self.label("node-event", line["kind"])

    def next_steps(self, view: View, each: View) -> Iterator[str]:
        """Yield what this party may do next about a request, each with the command for it."""
        if not each["legal"]:
            return
        yield ""
        yield self.phrases.say("case.next", asking=each["from"], asked=each["asked"])
        for event in each["legal"]:
            yield f"  {self.label('kind', f'case.{event}')}: comity case act {view['case'][:SHORT_ID]} {event}"
