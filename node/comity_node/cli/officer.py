"""Commands for officers: new, list, export, add, remove. What they sign stands in `approval`."""

import os
from pathlib import Path
from typing import Any

import click

from comity_node import render
from comity_node.cli.options import FILE, Group, officer_passphrase_options
from comity_node.cli.session import Result, Session

ROLES = ("caseworker", "releaser", "duty-officer", "decision-maker", "data-protection-officer", "auditor")
NEXT = "counts from the next bundle on: comity bundle publish"


@click.group(cls=Group)
def officer() -> None:
    """Keep the officers who write and approve messages; each has a key under a passphrase of his or her own."""


@officer.command()
@click.argument("name")
@click.option("--role", "roles", type=click.Choice(ROLES), multiple=True, required=True, help="May be repeated.")
@click.option("--out", type=FILE, help="Directory for key and paper [officers in the home].")
@click.option("--party", help="The party, on a machine that has no home of it.")
@officer_passphrase_options
@click.pass_obj
def new(session: Session, name: str, roles: tuple[str, ...], out: Path | None, party: str | None) -> None:
    """Make the key of an officer, and the paper that introduces the officer to the others.

    NAME need not be the true one: small letters, digits and hyphens. The passphrase is the officer's own.

    \b
    comity officer new ben --role caseworker --role releaser
    """
    from comity_node.officers import Cabinet

    cabinet = Cabinet(out, party or session.config.party) if out else Cabinet.of(session.config)
    paper = cabinet.make(name, roles, session.officer_passphrase.get_new, os.urandom)
    result = {**view(paper), "key_file": str(cabinet.key_path(name)), "paper": str(cabinet.paper_path(name))}
    session.show(result, print_new)


def view(paper: Any) -> Result:
    return {
        "officer": paper.id,
        "party": paper.party,
        "roles": list(paper.roles),
        "key_id": paper.entry(0, 1).public.id.hex(),
    }


def print_new(result: Result) -> None:
    print(f"made the key of {result['officer']} ({', '.join(result['roles'])}): {result['key_file']}")
    print(f"paper    {result['paper']}  (where the home is elsewhere: comity officer add FILE)")
    print(f"key id   {result['key_id']}")
    print(NEXT)


@officer.command("list")
@click.pass_obj
def list_(session: Session) -> None:
    """List the officers of the home. Which of them count now: comity bundle show.

    \b
    comity officer list
    """
    from comity_node.officers import Cabinet

    cabinet = Cabinet.of(session.config)
    found = [{**view(paper), "key_here": cabinet.has_key(paper.id)} for paper in cabinet.papers()]
    session.show({"officers": found}, print_list)


def print_list(result: Result) -> None:
    if not result["officers"]:
        print("no officers; make one: comity officer new NAME --role caseworker")
        return
    rows = [
        (each["officer"], ", ".join(each["roles"]), "here" if each["key_here"] else "elsewhere", each["key_id"])
        for each in result["officers"]
    ]
    render.table(("officer", "roles", "key", "key id"), rows)


@officer.command()
@click.argument("name")
@click.option("--out", type=FILE, help="Where to write it [NAME.officer in this directory].")
@click.pass_obj
def export(session: Session, name: str, out: Path | None) -> None:
    """Write the paper of an officer to a file, for the home of the agency's node.

    \b
    comity officer export ben --out /media/stick/ben.officer
    """
    from comity_node.files import write_public
    from comity_node.officers import PAPER, Cabinet

    paper = Cabinet.of(session.config).paper(name)
    path = out or Path.cwd() / f"{name}{PAPER}"
    write_public(path, paper.data())
    session.show({**view(paper), "out": str(path)}, print_export)


def print_export(result: Result) -> None:
    print(f"wrote {result['out']}: {result['officer']} ({', '.join(result['roles'])})")
    print(f"key id to compare by telephone: {result['key_id']}")


@officer.command()
@click.argument("file", type=FILE)
@click.pass_obj
def add(session: Session, file: Path) -> None:
    """Take in the paper of an officer whose key lies elsewhere.

    \b
    comity officer add /media/stick/ben.officer
    """
    from comity_node.officers import Cabinet

    session.show(view(Cabinet.of(session.config).add(file)), print_added)


def print_added(result: Result) -> None:
    print(f"added {result['officer']} ({', '.join(result['roles'])}), {NEXT}")
    print(f"key id to compare by telephone: {result['key_id']}")


@officer.command()
@click.argument("name")
@click.pass_obj
def remove(session: Session, name: str) -> None:
    """Take an officer out of the next bundle; a key that lies in the home is deleted.

    What the officer has signed stays valid. What waits with that signature can no longer be sent once the next bundle
    is published.

    \b
    comity officer remove ben
    """
    from comity_node.officers import Cabinet

    result = view(Cabinet.of(session.config).remove(name))
    session.show(
        result, lambda done: print(f"removed {done['officer']}; {done['officer']} signs until the next bundle")
    )
