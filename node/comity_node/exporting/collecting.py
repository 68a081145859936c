"""From what a node says of a case to the evidence file: page by page, with little memory."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from comity.attachment import Attachment, Opening
from comity.errors import RemoteError
from comity.evidence import MANIFEST, README, Verdict, Verification, verify
from comity_node.attachments.shelf import Shelf
from comity_node.attachments.unsealer import damaged
from comity_node.errors import StorageError
from comity_node.exporting.writer import EvidenceWriter
from comity_verify.source import FileSource

Perform = Callable[..., dict[str, Any]]
Tell = Callable[[int], None]
USUAL_PURPOSE: Final = "prosecution"

NOTE: Final = """\
This is an evidence file of comity: a case between agencies, with everything that proves it.

To check it, on any machine with Python, without a network:

    pip install comity
    comity-verify FILE --treaty-id ID

ID is the id of the treaty. Ask a party of the treaty for it, or the office that keeps the treaty: an id that is taken
from this file proves nothing. To read messages and attachments: comity-verify FILE --treaty-id ID --extract DIRECTORY

What is in it: treaty (all versions that the parties signed), bundles (the keys of each party), messages (signed),
receipts (signed proofs that a message was accepted or refused), attachments (named by SHA-256 of their content),
vocabulary (the meaning of codes), manifest (the list of all this, signed by the party that exported it).
"""


class Collector:
    """Writes the evidence file of one case: open(), then collect(). `purpose` is what it is disclosed for.

    Attributes:
        forbidden: the ids of the messages that their marking does not let this party disclose.
    """

    def __init__(self, perform: Perform, shelf: Shelf, writer: EvidenceWriter, purpose: str = USUAL_PURPOSE) -> None:
        self._perform = perform
        self._shelf = shelf
        self._writer = writer
        self._purpose = purpose
        self.forbidden: list[str] = []
        self._case = ""
        self._with_files = True
        self._files: dict[str, Attachment] = {}
        self._left_out: list[tuple[str, str, str]] = []
        self._count = 0
        self._tell: Tell = lambda count: None

    @property
    def size(self) -> int:
        """How many bytes of attachments are to be written, once the case is open."""
        return sum(attachment.size for attachment in self._files.values())

    def open(self, case: str, with_files: bool) -> dict[str, Any]:
        """Write all but the attachments and the list; return `case` and `treaty`, the ids in hexadecimal.

        Raises:
            NodeError: as the operations say.
        """
        opened = self._perform("export-open", case=case)
        self._case, self._with_files = opened["case"], with_files
        self._add(README, NOTE.encode())
        for name, data in opened["documents"]:
            self._add(name, bytes.fromhex(data))
        start: int | None = 0
        while start is not None:
            page = self._perform("export-page", case=self._case, start=start, purpose=self._purpose)
            for held in page["messages"]:
                self._take(held)
            start = page["next"]
        return opened

    def collect(self, by: str | None, reason: str | None, tell: Tell) -> None:
        """Write the attachments and the signed list. `tell` hears how many bytes of attachments were written.

        Raises:
            NodeError: as the operations say, or an attachment was altered on the disk.
        """
        self._tell = tell
        for digest, attachment in self._files.items():
            self._writer.add(f"attachments/{digest}", attachment.size, self._content(attachment))
        parts = [(part.name, part.size, part.hash.hex()) for part in self._writer.parts]
        away = [each for each in self._left_out if each[0] != "attachment" or each[1] not in self._files]
        listed = {"parts": parts, "left_out": away, "by": by, "reason": reason}
        signed = self._perform("export-sign", case=self._case, **listed)
        self._add(MANIFEST, bytes.fromhex(signed["data"]))
        self._writer.complete()

    def _add(self, name: str, data: bytes) -> None:
        self._writer.add(name, len(data), [data])

    def _take(self, held: dict[str, Any]) -> None:
        """Write a message and its receipts; note its attachments, and what is left out (EVID-020, EVID-021)."""
        if held["left_out"]:
            self._left_out.append(("message", held["hash"], held["left_out"]))
            if held["left_out"] == "handling":
                self.forbidden.append(held["id"])
        else:
            self._count += 1
            self._add(f"messages/{self._count:06}.message", bytes.fromhex(held["data"]))
            for party, data in sorted(held["receipts"].items()):
                self._add(f"receipts/{self._count:06}/{party}.receipt", bytes.fromhex(data))
        for file in held["files"]:
            if held["left_out"]:
                self._left_out.append(("attachment", file["hash"], held["left_out"]))
            elif not self._with_files:
                self._left_out.append(("attachment", file["hash"], "omitted"))
            elif not file["held"]:
                self._left_out.append(("attachment", file["hash"], "not-held"))
            else:
                self._files.setdefault(file["hash"], attachment_of(file["file"]))

    def _content(self, attachment: Attachment) -> Iterator[bytes]:
        """Yield the content, opened and proved chunk by chunk. Raises StorageError where it was altered."""
        opening = Opening(attachment)
        try:
            while not opening.ended:
                data = opening.open(self._shelf.read(attachment.sealed, *opening.due))
                self._tell(len(data))
                yield data
            opening.verify()
        except (FileNotFoundError, RemoteError) as fault:
            raise damaged(attachment, fault) from None


def attachment_of(view: dict[str, Any]) -> Attachment:
    secrets = {field: bytes.fromhex(view[field]) for field in ("hash", "key", "sealed")}
    return Attachment(name=view["name"], media=view["media"], size=view["size"], **secrets)


def proved(path: Path, treaty: str, tell: Tell = lambda count: None) -> Verification:
    """Return what the finished file proves (EVID-022).

    Raises:
        StorageError: bytes of it are not those that were signed.
    """
    with FileSource(path) as source:
        try:
            found = verify(source, bytes.fromhex(treaty), tell)
        except RemoteError as fault:
            raise broken(str(fault)) from None
    for finding in found.having(Verdict.ALTERED):
        raise broken(f"{finding.check.value} {finding.part}")
    return found


def broken(what: str) -> StorageError:
    return StorageError(f"the evidence file would not verify: {what}", "check the disk, then export again")
