"""What the report says, made from a verified evidence file: messages are read one at a time."""

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from comity import message as messages
from comity import vocabulary
from comity.encoding import marked
from comity.errors import RemoteError
from comity.evidence import Check, Entry, Fact, Finding, Source, Verdict, Verification, iso, read_layout
from comity.evidence.container import content
from comity.evidence.wording import FIRST_STRONG, POP, sentence
from comity.handling import Handling
from comity.kinds import payload_of
from comity.message import MAX_SIGNED_BYTES
from comity.vocabulary import Vocabulary
from comity.wording import field
from comity_node.render import HIDDEN, escaped
from comity_node.report.words import RIGHT_TO_LEFT, words
from comity_node.times import MAX_MICROS
from comity_verify.showing import ORDER, conclusion, conclusion_name, named, place

FIRST_MICROS: Final = 10**15  # 2001; a smaller number is no time but a duration or a count
Label = Callable[[str], str]
URGENCIES: Final = ("flash", "urgent", "priority", "routine")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a form: how deep it is nested, the name of its field, and its value."""

    depth: int
    label: str
    text: str

    @property
    def direction(self) -> str:
        """`rtl` or `ltr`, as the first letter of the value has it."""
        return direction_of(self.text)


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as the report shows it; `rows` is None where its content cannot be read."""

    number: int
    fact: Fact
    sender: str
    to: str
    time: str
    kind: str
    urgency: str
    marking: str
    answers: str
    receipts: tuple[str, ...]
    files: tuple[tuple[str, bool], ...]
    rows: tuple[Row, ...] | None


@dataclass(frozen=True, slots=True)
class Checked:
    """A finding as the report shows it."""

    verdict: Verdict
    word: str
    place: str
    text: str


class Report:
    """The whole report in one language. The source is read while it is rendered."""

    def __init__(
        self,
        source: Source,
        found: Verification,
        name: str,
        sha256: str,
        language: str,
        vocabulary: Vocabulary,
    ) -> None:
        self.found = found
        self.name = name
        self.size = source.size
        self.sha256 = sha256
        self.language = language
        self.direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
        self.words = words(language)
        self._source = source
        self._entries: Mapping[str, Entry] = {entry.name: entry for entry in read_layout(source).entries}
        self._vocabulary = vocabulary
        self._places = {fact.part: number for number, fact in enumerate(found.facts, 1)}
        self._numbers = {fact.hash: number for number, fact in enumerate(found.facts, 1)}

    @staticmethod
    def visible(text: str) -> str:
        """Return text of others with its hidden characters spelled out."""
        return visible(text)

    @staticmethod
    def direction_of(text: str) -> str:
        """Return how text of others is written."""
        return direction_of(text)

    @property
    def is_exercise(self) -> bool:
        """Whether a message of the file belongs to an exercise."""
        return any(fact.exercise for fact in self.found.facts)

    @property
    def conclusion(self) -> tuple[str, str]:
        """The name of what was concluded, and the sentence."""
        return conclusion_name(self.found), conclusion(self.found, self.language)

    @property
    def made(self) -> str:
        """When the list of contents was signed."""
        return iso(self.found.manifest.created) if self.found.manifest is not None else "-"

    def parties(self) -> Iterator[tuple[str, str]]:
        """Yield id and name of each party of the case."""
        ids = {party for fact in self.found.facts for party in (fact.sender, *fact.to)}
        yield from ((party, visible(self.found.names.get(party, "-"))) for party in sorted(ids))

    def exporter(self) -> str:
        """Return who made the file."""
        manifest = self.found.manifest
        return "-" if manifest is None else visible(named(self.found, manifest.sender))

    def messages(self) -> Iterator[Shown]:
        """Yield the messages, each with its content."""
        said: dict[str, list[str]] = {}
        for finding in self.found.findings:
            if finding.check in ("accepted", "refused"):
                values = dict(finding.values) | {"message": self._numbered(finding.values["message"])}
                line = self._sentence(Finding(finding.check, finding.part, values))
                said.setdefault(finding.values["message"], []).append(line)
        for number, fact in enumerate(self.found.facts, 1):
            yield self._shown(number, fact, tuple(said.get(fact.part, ())))

    def checks(self) -> Iterator[Checked]:
        """Yield the findings, the gravest first."""
        for verdict in ORDER:
            for finding in self.found.having(verdict):
                word, text = self.words[f"verdict.{verdict.value}"], self._sentence(finding)
                yield Checked(verdict, word, visible(place(finding, self.words)), text)

    def left_out(self) -> Iterator[str]:
        """Yield what the exporter left out, and why."""
        for finding in self.found.findings:
            if finding.check == "left-out":
                yield self._sentence(finding)

    def _sentence(self, finding: Finding) -> str:
        return sentence(finding, self.language, visible, isolated=True)

    def _numbered(self, part: str) -> str:
        """Return what the report calls the message of a part."""
        number = self._places.get(part)
        return part if number is None else self.words["message.number"].format(number=number)

    def _shown(self, number: int, fact: Fact, receipts: tuple[str, ...]) -> Shown:
        try:
            body = messages.read(content(self._source, self._entries[fact.part], MAX_SIGNED_BYTES)).body
        except RemoteError:
            rows, marking = None, "-"
        else:
            rows = tuple(self._rows(fact.kind, body.payload))
            marking = self._marking(body.handling)
        return Shown(
            number=number,
            fact=fact,
            sender=visible(named(self.found, fact.sender)),
            to=visible(", ".join(named(self.found, party) for party in fact.to)),
            time=iso(fact.created),
            kind=self._term("kind", fact.kind),
            urgency=self._term("urgency", URGENCIES[fact.urgency]),
            marking=marking,
            answers=self._answered(fact),
            receipts=receipts,
            files=tuple(self._files(fact)),
            rows=rows,
        )

    def _answered(self, fact: Fact) -> str:
        if fact.in_reply_to is None:
            return ""
        number = self._numbers.get(fact.in_reply_to)
        return self.words["answers.absent"] if number is None else str(number)

    def _files(self, fact: Fact) -> Iterator[tuple[str, bool]]:
        for file in fact.files:
            values = {"name": visible(file.name), "count": str(file.size), "hash": file.hash.hex()}
            values = {name: f"{FIRST_STRONG}{value}{POP}" for name, value in values.items()}
            yield self.words["attachment.size"].format(**values), bool(file.part)

    def _term(self, group: str, code: str) -> str:
        label = self._vocabulary.label(group, code, self.language)
        return code if label == code else f"{label} ({code})"

    def _marking(self, handling: Handling) -> str:
        marks = [f"TLP:{handling.tlp}", f"PAP:{handling.pap}", *handling.codes]
        return ", ".join([*marks, *(self._term("purpose", purpose) for purpose in handling.purposes)])

    def _rows(self, kind: str, payload: Mapping[str, Any]) -> Iterator[Row]:
        try:
            record = payload_of(kind, payload)
        except RemoteError:  # of a version of comity that is not this one: shown as it stands
            terms = {}
        else:
            terms = {path: self._term(group, value) for path, group, value in marked(record, "group")}

        def label(path: str) -> str:
            try:
                return field(kind, path, self.language).label
            except (LookupError, RemoteError):
                return path.rpartition(".")[2].replace("_", " ")

        yield from rows_of(payload, "", 0, terms, label)


def vocabulary_of(source: Source, found: Verification) -> Vocabulary:
    """Return the vocabulary that the file holds and that is proven, else the newest that comes with comity."""
    for finding in found.findings:
        if finding.check is Check.VOCABULARY:
            entries = {entry.name: entry for entry in read_layout(source).entries}
            return vocabulary.read(content(source, entries[finding.part], vocabulary.MAX_FILE_BYTES))
    return vocabulary.newest()


def rows_of(
    value: Mapping[str, Any] | Sequence[Any], path: str, depth: int, terms: Mapping[str, str], label: Label
) -> Iterator[Row]:
    """Yield the lines of a form; `terms` are the words for codes by their path, `label` names a field by its path."""
    fields = isinstance(value, Mapping)
    items = value.items() if isinstance(value, Mapping) else ((str(n), item) for n, item in enumerate(value))
    for name, item in items:
        here = f"{path}.{name}" if path else name
        if item is None or item == [] or item == {}:
            continue
        said = visible(label(here) if fields else f"{int(name) + 1}.")
        if isinstance(item, dict | list):
            yield Row(depth, said, "")
            yield from rows_of(item, here, depth + 1, terms, label)
        else:
            yield Row(depth, said, visible(terms.get(here) or scalar(item)))


def scalar(value: Any) -> str:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, int) and not isinstance(value, bool) and FIRST_MICROS <= value <= MAX_MICROS:
        return iso(value)
    return str(value)


def visible(text: str) -> str:
    """Return the text with every character that could deceive its reader spelled out; line feeds stay."""
    return "".join(
        escaped(c) if c != "\n" and unicodedata.category(c) in HIDDEN else c for c in text.replace("\r\n", "\n")
    )


def direction_of(text: str) -> str:
    """Return `rtl` or `ltr`, as the first letter of the text has it."""
    for character in text:
        found = unicodedata.bidirectional(character)
        if found in ("L", "R", "AL"):
            return "ltr" if found == "L" else "rtl"
    return "ltr"
