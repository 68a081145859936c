"""Evidence for a court: one file that holds a case and proves itself offline (spec page evidence).

Layout: `container` (the ZIP archive of one form), `manifest` (the signed list of contents), `findings` (what a
verification says), `parts` (contents against the list), `papers` (treaty and bundles), `approvals` (officers),
`exchange` (messages and receipts), `verifying` (all of it), `wording` (the sentences in eight languages). No file is
opened here: the caller hands in a source of bytes, and writes what container and manifest make.
"""

from comity.evidence.container import MANIFEST, README, Entry, Source, header, header_size, read_layout, tail
from comity.evidence.findings import (
    Acknowledgement,
    Check,
    Fact,
    Finding,
    NamedFile,
    Verdict,
    Verification,
    iso,
    verdict_of,
)
from comity.evidence.manifest import LeftOut, Manifest, Part, left_out, sign
from comity.evidence.verifying import verify

__all__ = [
    "MANIFEST",
    "README",
    "Acknowledgement",
    "Check",
    "Entry",
    "Fact",
    "Finding",
    "LeftOut",
    "Manifest",
    "NamedFile",
    "Part",
    "Source",
    "Verdict",
    "Verification",
    "header",
    "header_size",
    "iso",
    "left_out",
    "read_layout",
    "sign",
    "tail",
    "verdict_of",
    "verify",
]
