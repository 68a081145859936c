"""The parts of an evidence file against its signed list: each is read once, a mebibyte at a time."""

import hashlib
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from comity.errors import LimitError, MalformedError, RemoteError
from comity.evidence import manifest as manifests
from comity.evidence.container import MANIFEST, Entry, Source, content, has_header, pieces, read_layout
from comity.evidence.findings import Check, Finding
from comity.evidence.manifest import MAX_MANIFEST_BYTES, MAX_SIGNATURE_BYTES, SignedManifest
from comity.limits import MAX_FRAME_BYTES

MAX_SMALL_BYTES: Final = MAX_FRAME_BYTES  # what is read whole; attachments and vocabularies are not
Tell = Callable[[int], None]


@dataclass(slots=True)
class Parts:
    """What was found. `hashes` are SHA-256 of the contents by name; `sound` the parts that are as they were listed."""

    source: Source
    entries: dict[str, Entry]
    listed: SignedManifest | None
    findings: list[Finding] = field(default_factory=list)
    hashes: dict[str, bytes] = field(default_factory=dict)
    sound: set[str] = field(default_factory=set)

    def under(self, directory: str) -> Iterator[str]:
        """Return the names of the parts in a directory of the container, ascending."""
        return iter(sorted(name for name in self.entries if name.startswith(directory + "/")))

    def read(self, name: str) -> bytes:
        """Return the content of a small part. Raises LimitError where it is not small."""
        return content(self.source, self.entries[name], MAX_SMALL_BYTES)

    def find(self, check: Check, part: str = "", **values: str) -> None:
        """Add a finding."""
        self.findings.append(Finding(check, part, values))


def read_parts(source: Source, tell: Tell) -> Parts:
    """Return the parts, each compared with the list (EVID-004, EVID-005, EVID-007). `tell` hears of each byte read.

    Raises:
        MalformedError: this is no evidence file at all.
    """
    layout = read_layout(source)
    parts = Parts(source, {entry.name: entry for entry in layout.entries}, None)
    if layout.fault:
        parts.find(Check.DIRECTORY, detail=layout.fault)
    parts.listed = _listed(parts)
    for entry in layout.entries:
        _judge(parts, entry, tell)
    _compare(parts)
    return parts


def _listed(parts: Parts) -> SignedManifest | None:
    entry = parts.entries.get(MANIFEST)
    if entry is None:
        parts.find(Check.LIST_ABSENT)
        return None
    try:
        return manifests.read(content(parts.source, entry, MAX_MANIFEST_BYTES + MAX_SIGNATURE_BYTES + 16))
    except (MalformedError, LimitError) as fault:
        parts.find(Check.FORM, MANIFEST, detail=str(fault))
        return None


def _judge(parts: Parts, entry: Entry, tell: Tell) -> None:
    """Hash the content, and compare header and check sum."""
    digest, crc, count = hashlib.sha256(), 0, 0
    for piece in pieces(parts.source, entry):
        digest.update(piece)
        crc = zlib.crc32(piece, crc)
        count += len(piece)
        tell(len(piece))
    parts.hashes[entry.name] = digest.digest()
    whole = count == entry.size
    if not has_header(parts.source, entry) or crc != entry.crc or not whole:
        parts.find(Check.HEADER, entry.name)
    elif entry.name == MANIFEST and parts.listed is not None:
        parts.sound.add(MANIFEST)


def _compare(parts: Parts) -> None:
    """Compare the parts with the list: none more, none less, in its order, each with its hash and size."""
    if parts.listed is None:
        return
    listed = {part.name: part for part in parts.listed.manifest.parts}
    headers = {finding.part for finding in parts.findings if finding.check is Check.HEADER}
    for name, entry in parts.entries.items():
        if name == MANIFEST:
            continue
        if name not in listed:
            parts.find(Check.UNLISTED, name)
        elif (listed[name].size, listed[name].hash) != (entry.size, parts.hashes[name]):
            parts.find(Check.CONTENT, name, party=parts.listed.manifest.sender)
        elif name not in headers:
            parts.sound.add(name)
    for name in listed.keys() - parts.entries.keys():
        parts.find(Check.ABSENT, name)
    wanted = [*(name for name in listed if name in parts.entries), MANIFEST]
    if [name for name in parts.entries if name in listed or name == MANIFEST] != wanted:
        parts.find(Check.ORDER)


def tried(parts: Parts, name: str, fault: RemoteError) -> None:
    """Add what a fault of form in a part means."""
    parts.find(Check.FORM, name, detail=str(fault))
