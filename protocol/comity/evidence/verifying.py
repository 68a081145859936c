"""The verification of an evidence file, by what it holds alone: no clock, no network, in any order of years later."""

from comity import vocabulary
from comity.errors import AuthenticationError, LimitError, MalformedError
from comity.evidence.container import MANIFEST, Source, content
from comity.evidence.exchange import Exchange, read_exchange
from comity.evidence.findings import Check, Fact, Verification, iso
from comity.evidence.papers import Papers
from comity.evidence.parts import Parts, Tell, read_parts
from comity.keys import PublicKey


def verify(source: Source, treaty_id: bytes | None = None, tell: Tell = lambda count: None) -> Verification:
    """Return what the file proves (EVID-007 to EVID-014).

    treaty_id: the id of the treaty, known from another road; without it nothing ties the file to the real parties.
    tell: hears how many bytes were read, as it goes on.

    Raises:
        MalformedError: this is no evidence file at all.
        LimitError: it is beyond a bound of the page.
    """
    parts = read_parts(source, tell)
    papers = Papers(parts)
    manifest = parts.listed.manifest if parts.listed is not None else None
    _judge_list(parts, papers)
    _compare_anchor(parts, papers, treaty_id)
    found = read_exchange(parts, papers, manifest.case if manifest is not None else None)
    _judge_files(parts, found)
    _judge_vocabulary(parts, papers)
    for item in manifest.left_out if manifest is not None else ():
        parts.find(Check.LEFT_OUT, "", what=item.what, hash=item.hash.hex(), reason=item.reason)
    receipts = tuple(each for said in found.receipts.values() for each in said)
    return Verification(
        manifest=manifest,
        treaty_id=papers.treaty_id,
        compared=treaty_id is not None and papers.treaty_id == treaty_id,
        names=papers.names(),
        facts=tuple(sorted(found.facts, key=lambda fact: (fact.created, fact.part))),
        receipts=receipts,
        findings=tuple(parts.findings),
    )


def _judge_list(parts: Parts, papers: Papers) -> None:
    """Say whether the exporter has signed the list, with a key that was its own at that time (EVID-006)."""
    if parts.listed is None:
        return
    manifest = parts.listed.manifest
    party, time = manifest.sender, iso(manifest.created)
    key = papers.key(party, manifest.from_key, "signing", manifest.created)
    revoked = papers.revoked(party, manifest.from_key)
    if manifest.treaty != papers.treaty_id:
        parts.find(Check.OTHER_TREATY, MANIFEST)
    if key is None:
        parts.find(Check.KEY, MANIFEST, party=party, time=time)
    elif revoked is not None and revoked <= manifest.created:
        parts.find(Check.REVOKED, MANIFEST, party=party, time=iso(revoked))
    elif _verifies(parts, key):
        parts.find(Check.LIST, MANIFEST, party=party, time=time, count=str(len(manifest.parts)))
    else:
        parts.find(Check.SIGNATURE, MANIFEST, party=party)


def _verifies(parts: Parts, key: PublicKey) -> bool:
    if parts.listed is None:
        return False
    try:
        parts.listed.verify(key)
    except AuthenticationError:
        return False
    return True


def _compare_anchor(parts: Parts, papers: Papers, treaty_id: bytes | None) -> None:
    shown = papers.treaty_id.hex() if papers.treaty_id is not None else "-"
    if treaty_id is None:
        parts.find(Check.ANCHOR_MISSING, "", id=shown)
    elif treaty_id != papers.treaty_id:
        parts.find(Check.ANCHOR_OTHER, "", id=shown, wanted=treaty_id.hex())
    else:
        parts.find(Check.ANCHOR, "", id=shown)


def _judge_files(parts: Parts, found: Exchange) -> None:
    """Compare each attachment with what signed messages say of it, and name those that are not here (EVID-014)."""
    listed = parts.listed
    away = {each.hash for each in listed.manifest.left_out} if listed is not None else set[bytes]()
    named: dict[str, list[tuple[Fact, str, int]]] = {}
    for fact in found.facts:
        for file in fact.files:
            named.setdefault(f"attachments/{file.hash.hex()}", []).append((fact, file.name, file.size))
            if not file.part and file.hash not in away:
                parts.find(Check.FILE_ABSENT, fact.part, name=file.name, hash=file.hash.hex())
    for part in parts.under("attachments"):
        naming = named.get(part, [])
        sizes = {size for _, _, size in naming}
        if not naming:
            parts.find(Check.FILE_UNNAMED, part)
        elif part != f"attachments/{parts.hashes[part].hex()}" or sizes != {parts.entries[part].size}:
            parts.find(Check.FILE_OTHER, part, name=naming[0][1], message=naming[0][0].part)
        else:
            parts.find(Check.FILE, part, name=naming[0][1], message=", ".join(fact.part for fact, _, _ in naming))


def _judge_vocabulary(parts: Parts, papers: Papers) -> None:
    """Compare the vocabulary of the file with the one that the list names, and with those that the treaty names."""
    number = parts.listed.manifest.vocabulary if parts.listed is not None else None
    wanted = f"vocabulary/{number:06}.json" if number is not None else None
    for part in parts.under("vocabulary"):
        if part in parts.sound:
            sound = part == wanted and _is_pinned(parts, papers, part)
            parts.find(Check.VOCABULARY if sound else Check.VOCABULARY_OTHER, part)
    if wanted is not None and wanted not in parts.entries:
        parts.find(Check.VOCABULARY_OTHER, wanted)


def _is_pinned(parts: Parts, papers: Papers, part: str) -> bool:
    """Return whether the part is a vocabulary that a version of the treaty names by its hash (EVID-025)."""
    try:
        found = vocabulary.read(content(parts.source, parts.entries[part], vocabulary.MAX_FILE_BYTES))
    except (MalformedError, LimitError):
        return False
    pins = {version.treaty.vocabulary for version in papers.versions}
    return found.pin in pins and part == f"vocabulary/{found.version:06}.json"
