"""What a verification says, for people and for programs. Text of others is shown with its hidden characters escaped."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from comity.evidence import Check, Fact, Finding, NamedFile, Verdict, Verification, iso
from comity.evidence.wording import phrases, sentence

ORDER: Final = (Verdict.ALTERED, Verdict.NOT_PROVEN, Verdict.NOTE, Verdict.PROVEN)
LIMITS: Final = ("truth", "time", "complete", "person")
HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
SHORT_DIGITS: Final = 12
View = dict[str, Any]


def plain(text: str) -> str:
    """Return the text on one line, with every character that could deceive its reader as `\\u{..}`."""
    return "".join(f"\\u{{{ord(c):x}}}" if unicodedata.category(c) in HIDDEN else c for c in text)


def conclusion(found: Verification, language: str) -> str:
    """Return in one or two sentences what the whole file proves."""
    return phrases(language)[f"conclusion.{conclusion_name(found)}"]


def conclusion_name(found: Verification) -> str:
    """Return which of the conclusions holds: altered, not-proven, anchor or proven."""
    if any(found.having(Verdict.ALTERED)):
        return Verdict.ALTERED.value
    others = [finding for finding in found.having(Verdict.NOT_PROVEN) if finding.check != "anchor-missing"]
    if others:
        return Verdict.NOT_PROVEN.value
    return "proven" if found.compared else "anchor"


def text(found: Verification, name: str, size: int, sha256: str, language: str) -> Iterator[str]:
    """Yield the lines for people."""
    words = phrases(language)
    yield from _head(found, name, size, sha256, words)
    yield from ("", words["label.messages"])
    said = _said_of(found, language)
    for number, fact in enumerate(found.facts, 1):
        yield from _message(found, number, fact, words, said.get(fact.part, ()))
    yield from ("", words["label.findings"])
    for verdict in ORDER:
        for finding in found.having(verdict):
            yield f"  {words[f'verdict.{verdict.value}']}  {place(finding, words)}"
            yield f"      {sentence(finding, language, plain)}"
    yield from ("", conclusion(found, language), "", words["limits.title"])
    yield from (f"  - {words[f'limits.{limit}']}" for limit in LIMITS)


def _head(found: Verification, name: str, size: int, sha256: str, words: Mapping[str, str]) -> Iterator[str]:
    yield f"{words['label.file']}: {plain(name)}, {size} bytes"
    yield f"SHA-256: {sha256}"
    manifest = found.manifest
    if manifest is not None:
        by = f", {manifest.by}" if manifest.by else ""
        yield f"{words['label.case']}: {manifest.case.hex()}"
        yield f"{words['label.exporter']}: {plain(named(found, manifest.sender) + by)}, {iso(manifest.created)}"
        yield f"{words['label.reason']}: {plain(manifest.reason or '-')}"
    if found.treaty_id is not None:
        yield f"{words['label.treaty']}: {found.treaty_id.hex()}"


def _said_of(found: Verification, language: str) -> dict[str, list[str]]:
    """Return what receipts say of each message, by the part that holds it."""
    said: dict[str, list[str]] = {}
    for finding in found.findings:
        if finding.check in (Check.ACCEPTED, Check.REFUSED):
            said.setdefault(finding.values["message"], []).append(sentence(finding, language, plain))
    return said


def _message(
    found: Verification, number: int, fact: Fact, words: Mapping[str, str], said: Sequence[str]
) -> Iterator[str]:
    to = ", ".join(named(found, party) for party in fact.to)
    yield f"  {number}. {iso(fact.created)}  {plain(named(found, fact.sender))} {words['label.to']} {plain(to)}"
    exercise = f"  {words['label.exercise']}" if fact.exercise else ""
    yield f"      {fact.kind}{exercise}  {fact.id.hex()[:SHORT_DIGITS]}  ({fact.part})"
    yield from (f"      {line}" for line in said)
    for file in fact.files:
        yield f"      {words['label.files']}: {plain(file.name)}, {file.size} bytes"


def named(found: Verification, party: str) -> str:
    """Return a party with the name that the treaty states."""
    return f"{found.names[party]} ({party})" if party in found.names else party


def place(finding: Finding, words: Mapping[str, str]) -> str:
    """Return the part that a finding is about, short enough to read."""
    if not finding.part:
        return words["label.whole"]
    directory, _, name = finding.part.partition("/")
    return f"{directory}/{name[:SHORT_DIGITS]}" if directory == "attachments" else finding.part


def view(found: Verification, name: str, size: int, sha256: str, language: str) -> View:
    """Return what a program reads; bytes are hexadecimal, times micros and RFC 3339."""
    return {
        "file": name,
        "size": size,
        "sha256": sha256,
        "proven": found.is_proven,
        "conclusion": conclusion_name(found),
        "text": conclusion(found, language),
        "treaty": None if found.treaty_id is None else found.treaty_id.hex(),
        "treaty_compared": found.compared,
        "list": _list(found),
        "messages": [_fact(fact) for fact in found.facts],
        "receipts": [
            {"part": r.part, "message": r.message.hex(), "party": r.party, **_time("time", r.time), "code": r.code}
            for r in found.receipts
        ],
        "findings": [
            {
                "verdict": finding.verdict.value,
                "check": finding.check.value,
                "part": finding.part,
                "text": sentence(finding, language),
                "values": dict(finding.values),
            }
            for finding in found.findings
        ],
    }


def _list(found: Verification) -> View | None:
    manifest = found.manifest
    if manifest is None:
        return None
    return {
        "case": manifest.case.hex(),
        "from": manifest.sender,
        "by": manifest.by,
        **_time("created", manifest.created),
        "reason": manifest.reason,
        "vocabulary": manifest.vocabulary,
        "parts": [{"name": part.name, "size": part.size, "sha256": part.hash.hex()} for part in manifest.parts],
        "left_out": [
            {"what": each.what, "sha256": each.hash.hex(), "reason": each.reason} for each in manifest.left_out
        ],
    }


def _fact(fact: Fact) -> View:
    return {
        "part": fact.part,
        "id": fact.id.hex(),
        "hash": fact.hash.hex(),
        "case": fact.case.hex(),
        "from": fact.sender,
        "to": list(fact.to),
        "kind": fact.kind,
        **_time("created", fact.created),
        "exercise": fact.exercise,
        "seq": fact.seq,
        "in_reply_to": None if fact.in_reply_to is None else fact.in_reply_to.hex(),
        "attachments": [_file(file) for file in fact.files],
    }


def _file(file: NamedFile) -> View:
    return {"name": file.name, "media": file.media, "size": file.size, "sha256": file.hash.hex(), "part": file.part}


def _time(name: str, micros: int) -> View:
    return {f"{name}_us": micros, name: iso(micros)}
