"""What came of a file: indicators in normal form, and a list of everything that could not be carried over."""

import json
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from comity.chapters.indicators import SUBJECTS, Indicator
from comity.encoding import convert, encode_record
from comity.errors import LocalError, MalformedError
from comity_node.checking import Checker
from comity_node.entering import MAKERS, entered
from comity_node.errors import NodeError
from comity_node.interchange.tlp import strictest, strictest_pap

MAX_INDICATORS: Final = 256  # of a message (spec page intelligence)
MAX_FORM_BYTES: Final = 200_000  # of the indicators of one form, so that the message fits into a body
MAX_CONTEXT: Final = 1_000
MAX_SUMMARY: Final = 4_000
MAX_CAVEATS: Final = 1_000
MAX_LINE: Final = 200
IDENTIFIERS: Final = {"wallet": "wallet", "crypto-transaction": "txid", "file-hash": "digest"}
HINTS: Final = {"wallet": "chain", "crypto-transaction": "chain", "file-hash": "algorithm"}
TELLING: Final = ("confidence", "context", "first_seen", "grade", "last_seen", "pap", "role", "subject", "valid_until")
Plain = dict[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class Left:
    """Something that was not carried over: where it stands in the source, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a file.

    Attributes:
        indicators: in the plain form of a form.
        tlp, pap: the strictest marking that the file has, None where it has none.
        caveats, summary: texts for the message, "" where the file has none.
        left: what was not carried over, in the order of paths.
    """

    indicators: tuple[Plain, ...]
    tlp: str | None
    pap: str | None
    caveats: str
    summary: str
    left: tuple[Left, ...]

    def forms(self, relevance: str = "", reference: str = "") -> Iterator[Plain]:
        """Yield forms of intelligence.spontaneous that hold all indicators; empty texts are for an officer to fill."""
        for part in _parts(self.indicators):
            yield {
                "caveats": self.caveats or None,
                "contact": None,
                "expected_feedback": None,
                "fraud_type": None,
                "further_types": [],
                "indicators": part,
                "legal_basis": None,
                "local_reference": reference,
                "relevance": relevance,
                "source": None,
                "summary": self.summary,
            }


def _parts(indicators: tuple[Plain, ...]) -> Iterator[list[Plain]]:
    part: list[Plain] = []
    size = 0
    for each in indicators:
        length = len(json.dumps(each, ensure_ascii=False).encode())
        if part and (len(part) == MAX_INDICATORS or size + length > MAX_FORM_BYTES):
            yield part
            part, size = [], 0
        part.append(each)
        size += length
    if part:
        yield part


@dataclass(slots=True)
class Gathering:
    """Collects what a file says. `role` is that of indicators about which the file says none."""

    role: str
    _indicators: dict[str, Plain] = field(default_factory=dict)
    _left: dict[Left, None] = field(default_factory=dict)
    _levels: list[str] = field(default_factory=list)
    _paps: list[str] = field(default_factory=list)
    _caveats: list[str] = field(default_factory=list)
    _summary: str = ""

    def leave(self, path: str, reason: str) -> None:
        """Note that something is not carried over."""
        self._left[Left(path, reason)] = None

    def mark(self, level: str) -> None:
        """Note a TLP level of something that is carried over."""
        self._levels.append(level)

    def allow(self, pap: str) -> None:
        """Note a PAP level of the whole."""
        self._paps.append(pap)

    def caveat(self, text: str) -> None:
        if text and text not in self._caveats:
            self._caveats.append(text)

    def summarise(self, path: str, text: str) -> None:
        """Take the text as the summary; a second one is left."""
        if self._summary and text:
            self.leave(path, "the message has one summary, and another text came first")
        elif text:
            self._summary = self.cut(path, text, MAX_SUMMARY)

    def cut(self, path: str, text: str, most: int) -> str:
        """Return the text in normal form C without NUL, cut to `most` characters; a cut is noted."""
        text = unicodedata.normalize("NFC", text.replace("\0", ""))
        if len(text) > most:
            self.leave(path, f"only the first {most} of {len(text)} characters are carried over")
        return text[:most]

    def tell(
        self, path: str, kind: str, typed: str, hint: str | None = None, /, about: Plain | None = None, **known: Any
    ) -> bool:
        """Add an indicator whose subject is the identifier `typed`; return whether it could be brought to normal form.

        `known` are further fields of the subject, `about` those of the indicator.
        """
        subject = {"kind": kind, IDENTIFIERS.get(kind, kind): typed} | known
        if kind in MAKERS:
            try:
                subject[IDENTIFIERS.get(kind, kind)] = entered(kind, typed, hint).text
            except NodeError as fault:
                self.leave(path, f"not in the normal form of the kind {kind}: {fault.cause}")
                return False
        if kind in HINTS:
            subject[HINTS[kind]] = hint
        return self.tell_subject(path, subject, about or {})

    def tell_subject(self, path: str, subject: Plain, about: Plain) -> bool:
        """Add an indicator about a subject in plain form, whose missing fields are None."""
        for name, value in subject.items():
            if isinstance(value, str) and name not in ("kind", "url", "wallet", "txid", "digest"):
                subject[name] = unicodedata.normalize("NFC", value)
        plain: Plain = dict.fromkeys(TELLING) | {"role": self.role} | about
        plain["subject"] = blank(subject["kind"]) | subject
        return self.tell_indicator(path, plain)

    def tell_indicator(self, path: str, plain: Plain) -> bool:
        """Add an indicator in plain form, if it is one."""
        fault = fault_in(plain)
        if fault is not None:
            self.leave(path, f"not an indicator: {fault}")
            return False
        self._indicators[json.dumps(plain, sort_keys=True)] = plain
        return True

    def gathered(self) -> Imported:
        """Return what was collected."""
        caveats = self.cut("caveats", "\n".join(self._caveats), MAX_CAVEATS)
        level = strictest(self._levels) if self._levels else None
        pap = strictest_pap(self._paps) if self._paps else None
        return Imported(tuple(self._indicators.values()), level, pap, caveats, self._summary, tuple(sorted(self._left)))


def blank(kind: str) -> Plain:
    """Return the fields of a subject of the kind, all None, and what is told where nothing is said."""
    names = {each.name: None for each in msgspec.structs.fields(SUBJECTS[kind])}
    return names | ({"spoofed": False} if kind == "phone" else {})


def fault_in(plain: Mapping[str, Any]) -> str | None:
    """Return what is wrong with an indicator in plain form, None where nothing is; values are not repeated."""
    checker = Checker(None, None)
    payload = checker.read_record(Indicator, plain)
    if checker.faults:
        return checker.faults[0].told("intelligence.spontaneous")[:200]
    try:
        encode_record(convert(Indicator, payload))
    except (MalformedError, LocalError) as fault:
        return str(fault)[:200]
    return None
