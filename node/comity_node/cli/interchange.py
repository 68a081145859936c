"""Commands for files of other systems: import and export of STIX 2.1 and MISP."""

import json
import sys
from pathlib import Path
from typing import Any, Final

import click

from comity_node.cli.options import FILE, Group, passphrase_options
from comity_node.cli.session import Session
from comity_node.faults import UsageError
from comity_node.files import read_public, write_public
from comity_node.render import plain

FORMATS: Final = ("stix", "misp")
DEFAULT_ROLE: Final = "other"
format_option = click.option("--format", "kind", type=click.Choice(FORMATS), required=True, help="STIX 2.1, or MISP.")


@click.group(cls=Group)
def interchange() -> None:
    """Take indicators from files of STIX and MISP, and hand messages to such systems. What is left over is listed."""


@interchange.command("import")
@click.argument("file", type=FILE)
@format_option
@click.option(
    "--role", default=DEFAULT_ROLE, show_default=True, help="Role of indicators about which the file says none."
)
@click.option("--relevance", default="", help="Why it matters to the recipient; else you fill it in.")
@click.option("--reference", default="", help="Your file number; else you fill it in.")
@click.option("--out", type=FILE, help="Write the form here; of several, the next get -2, -3 and so on.")
@click.pass_obj
def import_(
    session: Session, file: Path, kind: str, role: str, relevance: str, reference: str, out: Path | None
) -> None:
    """Make forms of intelligence.spontaneous of a FILE, to be looked through and sent.

    \b
    comity interchange import bundle.json --format stix --out form.json
    comity send intelligence.spontaneous --to bb.fiu --form form.json --tlp AMBER
    """
    from comity.vocabulary import newest
    from comity_node.interchange.misp_in import read_misp
    from comity_node.interchange.source import MAX_SOURCE_BYTES, read_source
    from comity_node.interchange.stix_in import read_stix

    if not newest().has("person-role", role):
        raise UsageError(f"there is no role {role[:60]!r}", "see: comity vocabulary list person-role")
    source = read_source(read_public(file, MAX_SOURCE_BYTES + 1))
    found = (read_stix if kind == "stix" else read_misp)(source, role)
    forms = list(found.forms(relevance, reference))
    written = [str(path) for path in write_forms(out, forms)] if out is not None else []
    result = {
        "format": kind,
        "tlp": found.tlp,
        "pap": found.pap,
        "indicators": len(found.indicators),
        "forms": forms,
        "left": [{"path": each.path, "reason": each.reason} for each in found.left],
        "written": written,
    }
    session.show(result, print_imported)


def write_forms(out: Path, forms: list[dict[str, Any]]) -> list[Path]:
    """Return the files that hold the forms; existing ones are kept. Raises: FileError."""
    paths = [out if not number else out.with_stem(f"{out.stem}-{number + 1}") for number in range(len(forms))]
    for path, form in zip(paths, forms, strict=True):
        write_public(path, text_of(form).encode())
    return paths


def text_of(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def print_imported(result: dict[str, Any]) -> None:
    print(f"indicators  {result['indicators']}")
    print(f"marking     {'TLP:' + result['tlp'] if result['tlp'] else 'none: choose one when you send, with --tlp'}")
    if result["pap"]:
        print(f"actions     PAP:{result['pap']}")
    for path in result["written"]:
        print(f"form        {plain(path)}")
    print_left(result["left"], "not carried over")
    if result["forms"] and not result["written"]:
        print("write the forms with --out FILE, or print them with --json")


def print_left(left: list[dict[str, str]], words: str) -> None:
    print(f"{words}: {len(left)}" if left else "everything was carried over")
    for each in left:
        print(f"  {plain(each['path'])}: {plain(each['reason'])}")


@interchange.command()
@click.argument("message_id", metavar="ID")
@format_option
@click.option("--purpose", help="What it is exported for; needed where the marking lists purposes.")
@click.option("--out", type=FILE, help="Write the file here [standard output].")
@passphrase_options
@click.pass_obj
def export(session: Session, message_id: str, kind: str, purpose: str | None, out: Path | None) -> None:
    """Write the message whose id begins with ID as a bundle of STIX 2.1 or an event of MISP.

    What the marking of a message of another party forbids is refused, until its originator consents. What the format
    does not say is listed on standard error.

    \b
    comity interchange export 5f3a09 --format misp --out event.json
    """
    result = session.perform("interchange-export", id=message_id, format=kind, purpose=purpose)
    if kind == "stix":
        from comity_node.interchange.judging import judge

        judge(result["document"])
    if session.as_json:
        session.show(result, print)
        return
    text = text_of(result["document"])
    if out is None:
        sys.stdout.write(text)
    else:
        write_public(out, text.encode())
        click.echo(f"written: {plain(str(out))}", err=True)
    click.echo(f"told {result['indicators']} indicators, TLP:{result['tlp']}", err=True)
    for each in result["left"]:
        click.echo(f"  not told: {plain(each['path'])}: {plain(each['reason'])}", err=True)
