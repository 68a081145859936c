"""Commands for the treaty: draft, sign, add-signature, verify, import, show."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import click

from comity_node import render
from comity_node.cli.options import FILE, Group, passphrase_options, root_options
from comity_node.cli.session import Session
from comity_node.faults import DocumentError, UsageError
from comity_node.files import read_public, write_public
from comity_node.times import parse_duration, parse_time

if TYPE_CHECKING:
    from comity.treaty import SignedTreaty

Status = Literal["active", "suspended", "withdrawn"]
MAX_LEGAL_TEXT_BYTES = 67_108_864
NONE: Final = "none"
STATUSES: Final[dict[str, Status]] = {"suspend": "suspended", "withdraw": "withdrawn", "reinstate": "active"}


@click.group(cls=Group)
def treaty() -> None:
    """Draft, sign, verify and import versions of the treaty."""


@treaty.command()
@click.option("--title", help="Title of the treaty.")
@click.option("--text", type=FILE, help="File with the legal text; the treaty holds its SHA-256.")
@click.option("--member", "members", type=FILE, multiple=True, help="PARTY.member of a party; repeat for each.")
@click.option("--previous", type=FILE, help="The signed version that this one amends.")
@click.option("--out", type=FILE, required=True, help="Where to write the draft.")
@click.option("--send", multiple=True, metavar="[PARTY=]PATTERN", help="Kinds a new member may send [*].")
@click.option("--accept", multiple=True, metavar="[PARTY=]PATTERN", help="Kinds a new member may accept [*].")
@click.option("--coercive", multiple=True, metavar="PATTERN", help="Kinds that two officers must approve, or none.")
@click.option("--deadline", "deadlines", multiple=True, metavar="STAGE:URGENCY=TIME", help="As acknowledge:flash=15m.")
@click.option("--vocabulary", type=click.IntRange(1), help="Version of the vocabulary [an amendment keeps it].")
@click.option("--suspend", multiple=True, metavar="PARTY", help="Member of the previous version to suspend.")
@click.option("--withdraw", multiple=True, metavar="PARTY", help="Member that leaves for good.")
@click.option("--reinstate", multiple=True, metavar="PARTY", help="Suspended member to make active again.")
@click.option("--rule", "rules", multiple=True, metavar="NAME=N", help="admit, amend, suspend, expel: how many sign.")
@click.option("--effective", help="From when it is in force, RFC 3339 [now].")
@click.option("--validity", help="For how long it is in force [52w; an amendment keeps the end].")
@click.option("--lifetime", help="Longest life of a message [30d; an amendment keeps it].")
@click.option("--skew", help="Tolerated difference of clocks [2m; an amendment keeps it].")
@click.pass_obj
def draft(session: Session, /, out: Path, previous: Path | None, **options: Any) -> None:
    """Draw up version 1 from member requests, or an amendment of --previous. Every member then signs the file.

    \b
    comity treaty draft --title "Anti-fraud alliance" --text treaty.pdf \\
        --member aa.police.member --member bb.fiu.member --out treaty.draft
    """
    from comity_node import drafting

    before = version_in(previous) if previous else None
    body = drafting.draft(terms_from(options, session.home), before)
    write_public(out, body)
    session.show({"out": str(out), **version_view(drafting.open_version(body, str(out)))}, print_version)


def terms_from(options: dict[str, Any], home: Path) -> Any:
    from comity_node.allowances import promises
    from comity_node.drafting import Terms
    from comity_node.papers import MAX_PAPER_BYTES, MemberPaper, read_paper
    from comity_node.vocabularies import Vocabularies

    now_us = time.time_ns() // 1_000
    text: Path | None = options["text"]
    vocabulary: int | None = options["vocabulary"]
    papers = [read_paper(MemberPaper, read_public(p, MAX_PAPER_BYTES), str(p)) for p in options["members"]]
    return Terms(
        title=options["title"],
        text=None if text is None else read_public(text, MAX_LEGAL_TEXT_BYTES),
        members=papers,
        send=by_party(options["send"]),
        accept=by_party(options["accept"]),
        status={party: STATUSES[name] for name in STATUSES for party in options[name]},
        rules=rules_from(options["rules"]),
        issued=now_us,
        effective=parse_time(options["effective"]) if options["effective"] else now_us,
        validity_s=duration(options["validity"]),
        lifetime_s=duration(options["lifetime"]),
        skew_s=duration(options["skew"]),
        coercive=coercive_from(options["coercive"]),
        deadlines=promises(options["deadlines"]),
        vocabulary=None if vocabulary is None else Vocabularies(home).version(vocabulary).pin,
    )


def coercive_from(words: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the patterns, () for the word none, None where nothing is said."""
    if NONE in words and len(words) > 1:
        raise UsageError("--coercive none stands beside a pattern", "give none alone, or the patterns")
    return None if not words else () if NONE in words else words


def duration(text: str | None) -> int | None:
    return None if text is None else parse_duration(text)


def by_party(words: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for word in words:
        party, _, pattern = word.rpartition("=")
        found[party] = (*found.get(party, ()), pattern)
    return found


def rules_from(words: tuple[str, ...]) -> dict[str, int]:
    rules: dict[str, int] = {}
    for word in words:
        name, _, number = word.partition("=")
        if name not in ("admit", "amend", "suspend", "expel") or not (number.isascii() and number.isdigit()):
            raise UsageError(f"{word[:40]!r} is no rule", "write it like admit=2")
        rules[name] = int(number[:9])
    return rules


@treaty.command()
@click.argument("file", type=FILE)
@click.option("--out", type=FILE, required=True, help="Where to write the signature.")
@passphrase_options
@root_options
@click.pass_obj
def sign(session: Session, file: Path, out: Path, root_key: Path | None) -> None:
    """Sign a draft or version with the root key. Read it first: comity treaty show FILE.

    \b
    comity treaty sign treaty.draft --out aa.police.signature
    """
    from comity_node import drafting
    from comity_node.papers import signature_paper

    version = version_in(file)
    root = session.root_key(root_key)
    signature = drafting.sign(version, root)
    write_public(out, signature_paper(root.party, version.hash, signature))
    result = {"out": str(out), "party": root.party, "hash": version.hash.hex(), "key_id": signature.key_id.hex()}
    session.show(result, lambda done: print(f"signed version {done['hash']} for {done['party']}: {done['out']}"))


@treaty.command("add-signature")
@click.argument("file", type=FILE)
@click.argument("signatures", type=FILE, nargs=-1, required=True, metavar="SIGFILE...")
@click.option("--out", type=FILE, help="Where to write the signed version [FILE itself].")
@click.pass_obj
def add_signature(session: Session, file: Path, signatures: tuple[Path, ...], out: Path | None) -> None:
    """Add signatures to a draft or version.

    \b
    comity treaty add-signature treaty.draft aa.police.signature bb.fiu.signature --out treaty.signed
    """
    from comity_node import drafting

    version = version_in(file)
    signed = drafting.with_signatures(version, [row_in(path, version.hash) for path in signatures])
    write_public(out or file, signed, replace=out is None)
    session.show({"out": str(out or file), **version_view(drafting.open_version(signed, str(file)))}, print_version)


def row_in(path: Path, treaty_hash: bytes) -> Any:
    from comity_node.papers import MAX_PAPER_BYTES, SignaturePaper, read_paper

    paper = read_paper(SignaturePaper, read_public(path, MAX_PAPER_BYTES), str(path))
    if paper.hash != treaty_hash.hex():
        raise DocumentError(f"{path} signs another version", "ask that party to sign this one")
    return paper.row()


@treaty.command("import")
@click.argument("file", type=FILE)
@passphrase_options
@click.pass_obj
def import_(session: Session, file: Path) -> None:
    """Take a signed version into the node, after all checks.

    \b
    comity treaty import treaty.signed
    """
    from comity_node.drafting import MAX_VERSION_BYTES

    result = session.perform("treaty-import", data=read_public(file, MAX_VERSION_BYTES).hex())
    session.show(result, lambda done: print(f"{done['outcome']}: version {done['treaty']['version']} is held"))


@treaty.command()
@click.argument("file", type=FILE, required=False)
@passphrase_options
@click.pass_obj
def show(session: Session, file: Path | None) -> None:
    """Show the version in a file, or the newest that the node holds.

    \b
    comity treaty show treaty.draft
    """
    view = version_view(version_in(file)) if file else session.perform("treaty-show")
    session.show(view, lambda found: render.document(found["treaty"]))


@treaty.command()
@click.argument("file", type=FILE)
@click.option("--previous", type=FILE, help="The version before, where FILE is not the first.")
@click.pass_obj
def verify(session: Session, file: Path, previous: Path | None) -> None:
    """Say whether a version is valid, and who must still sign. Exit code 5 when it is not.

    \b
    comity treaty verify treaty.signed
    """
    from comity_node import drafting

    version = version_in(file)
    drafting.verify(version, version_in(previous) if previous else None)
    session.show({"valid": True, **version_view(version)}, lambda found: print(f"valid: {found['treaty']['title']}"))


def version_in(path: Path) -> "SignedTreaty":
    from comity_node.drafting import MAX_VERSION_BYTES, open_version

    return open_version(read_public(path, MAX_VERSION_BYTES), str(path))


def version_view(version: "SignedTreaty") -> dict[str, Any]:
    from comity_node.drafting import treaty_id
    from comity_node.views import treaty_view

    return {"treaty_id": treaty_id(version).hex(), "treaty": treaty_view(version)}


def print_version(result: dict[str, Any]) -> None:
    found = result["treaty"]
    print(f"wrote {result['out']}: version {found['version']} of {json.dumps(found['title'])}")
    print(f"members     {', '.join(member['id'] for member in found['members'])}")
    print(f"coercive    {', '.join(found['coercive']) or 'none'}")
    print(f"vocabulary  version {found['vocabulary']['version']}, {found['vocabulary']['hash']}")
    print(f"hash        {found['hash']}")
    print(f"signatures  {found['signatures']}")
