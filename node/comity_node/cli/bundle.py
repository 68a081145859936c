"""Commands for key bundles: publish, import, show."""

import time
from pathlib import Path
from typing import Any

import click

from comity_node import render
from comity_node.cli.options import FILE, Group, passphrase_options, root_options
from comity_node.cli.session import Session
from comity_node.files import read_public, write_public


@click.group(cls=Group)
def bundle() -> None:
    """Publish one's own key bundle, import and show those of others."""


@bundle.command()
@click.option("--out", type=FILE, help="Where to write it [PARTY.bundle in the home].")
@click.option(
    "--endpoint", "endpoints", multiple=True, metavar="HOST:PORT", help="Where others reach the node [listen]."
)
@click.option("--days", type=click.IntRange(1, 90), default=90, show_default=True, help="For how long it is valid.")
@passphrase_options
@root_options
@click.pass_obj
def publish(session: Session, out: Path | None, endpoints: tuple[str, ...], days: int, root_key: Path | None) -> None:
    """Make the next bundle with the root key, the node's keys and the officers of the home, import it here, and
    write it for the others.

    \b
    comity bundle publish --endpoint node.police.example:7411
    """
    from comity_node.config import Listen
    from comity_node.officers import Cabinet
    from comity_node.publishing import Base, next_bundle

    config, ring = session.config, session.keys
    places = [Listen.parse(text) for text in endpoints] or config.listen
    root = session.root_key(root_key)
    found = session.perform("bundle-base")
    base = Base(
        bytes.fromhex(found["treaty_id"]), found["serial"], bytes.fromhex(found["hash"]) if found["hash"] else None
    )
    officers = Cabinet.of(config).papers()
    data = next_bundle(config, ring, root, base, places, time.time_ns() // 1_000, days, officers)
    result = session.perform("bundle-import", data=data.hex())
    path = out or config.home / f"{config.party}.bundle"
    write_public(path, data, replace=True)
    session.show({"out": str(path), **result}, print_bundle)


@bundle.command("import")
@click.argument("file", type=FILE)
@passphrase_options
@click.pass_obj
def import_(session: Session, file: Path) -> None:
    """Take a bundle into the node, after all checks.

    \b
    comity bundle import bb.fiu.bundle
    """
    from comity.limits import MAX_FRAME_BYTES

    result = session.perform("bundle-import", data=read_public(file, MAX_FRAME_BYTES).hex())
    session.show(result, print_bundle)


@bundle.command()
@click.argument("party", required=False)
@click.option("--out", type=FILE, help="Write the bundle to this file as well.")
@passphrase_options
@click.pass_obj
def show(session: Session, party: str | None, out: Path | None) -> None:
    """Show the newest bundle of a party, by default one's own: contact, addresses, keys, reservations.

    \b
    comity bundle show bb.fiu
    """
    result = session.perform("bundle-show", party=party)
    if out:
        write_public(out, bytes.fromhex(result["data"]), replace=True)
    session.show(result, lambda found: render.document(found["bundle"]))


def print_bundle(result: dict[str, Any]) -> None:
    found = result["bundle"]
    print(f"{result['outcome']}: serial {found['serial']} of {found['party']}, until {found['times']['until']}")
    if "out" in result:
        print(f"wrote {result['out']}  (give it to the other parties)")
