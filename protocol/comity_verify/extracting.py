"""The contents of an evidence file as plain files: attachments under the names that were signed, messages as JSON."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from comity import message as messages
from comity.errors import RemoteError
from comity.evidence import Fact, Source, Verdict, Verification, iso, read_layout
from comity.evidence.container import Entry, content, pieces
from comity.message import MAX_SIGNED_BYTES

MAX_NAME_BYTES: Final = 255  # what common file systems take


class TargetError(Exception):
    """The directory cannot be used; the text says why."""


def extract(source: Source, found: Verification, target: Path) -> list[str]:
    """Return the names that were written into the directory, which is made; nothing that is not proven is written.

    Raises:
        TargetError: the directory exists and is not empty.
        OSError: it cannot be written.
    """
    try:
        target.mkdir(mode=0o700, exist_ok=True)
        if any(target.iterdir()):
            raise TargetError(f"{target} is not empty")
    except (FileExistsError, NotADirectoryError):
        raise TargetError(f"{target} is no directory") from None
    entries = {entry.name: entry for entry in read_layout(source).entries}
    bad = {finding.part for finding in found.having(Verdict.ALTERED, Verdict.NOT_PROVEN)}
    written: list[str] = []
    for fact in found.facts:
        if fact.part not in bad:
            written += _message(source, entries, bad, fact, target)
    return written


def _message(source: Source, entries: dict[str, Entry], bad: set[str], fact: Fact, target: Path) -> Iterator[str]:
    number = fact.part.removeprefix("messages/").removesuffix(".message")
    name = f"{number}.json"
    write(target / name, [readable(content(source, entries[fact.part], MAX_SIGNED_BYTES))])
    yield name
    for file in fact.files:
        if file.part and file.part not in bad:
            name = f"{number}-{file.name}"
            if len(os.fsencode(name)) > MAX_NAME_BYTES:
                name = f"{number}-{file.hash.hex()}"
            write(target / name, pieces(source, entries[file.part]))
            yield name


def write(path: Path, data: Any) -> None:
    """Write the pieces into a new file, never through a link."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        for piece in data:
            file.write(piece)


def readable(data: bytes) -> bytes:
    """Return a signed message as JSON: bytes in hexadecimal, and beside the time of signing its text."""
    try:
        signed = messages.read(data)
    except RemoteError as fault:  # what was proven a moment ago was replaced on the disk
        raise TargetError(f"the file changed while it was read: {fault}") from None
    body = signed.body
    shown = {
        "from": body.sender,
        "to": list(body.to),
        "kind": body.kind,
        "created": iso(body.created),
        "expires": iso(body.expires),
        "lang": body.lang,
        "payload": jsonable(body.payload),
        "attachments": [{"name": each.name, "size": each.size, "sha256": each.hash.hex()} for each in body.attachments],
        "hash": signed.hash.hex(),
    }
    return json.dumps(shown, ensure_ascii=False, indent=1).encode() + b"\n"


def jsonable(value: Any) -> Any:
    """Return a decoded value with its bytes in hexadecimal."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {name: jsonable(item) for name, item in value.items()}
    return [jsonable(item) for item in value] if isinstance(value, list | tuple) else value
