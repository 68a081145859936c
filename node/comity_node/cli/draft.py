"""Commands for drafts: list, show, edit, send, discard."""

from pathlib import Path
from typing import Any

import click

from comity_node import render
from comity_node.cli.options import Group, officer_options, passphrase_options
from comity_node.cli.request import finish, lang_option
from comity_node.cli.session import Result, Session
from comity_node.cli.surroundings import context_of, desk_of, phrases_for
from comity_node.cli.writing import SHORT_DRAFT, Writing


@click.group(cls=Group)
def draft() -> None:
    """Go on with messages that were begun: they lie sealed in the home."""


@draft.command("list")
@lang_option
@passphrase_options
@click.pass_obj
def list_(session: Session, lang: str | None) -> None:
    """List the drafts, the one that was changed last first, each with how many faults it has.

    \b
    comity draft list
    """
    phrases = phrases_for(session, lang)
    session.show(session.perform("draft-list"), lambda found: print_drafts(found, phrases))


def print_drafts(result: Result, phrases: Any) -> None:
    if not result["drafts"]:
        print(phrases.say("drafts.none"))
        return
    headings = [phrases.say(f"drafts.{name}") for name in ("id", "kind", "to", "changed", "lacks")]
    render.table(headings, [draft_row(each, phrases) for each in result["drafts"]])


def draft_row(each: Result, phrases: Any) -> tuple[str, ...]:
    if each["damaged"]:
        return each["id"][:SHORT_DRAFT], phrases.say("drafts.damaged"), "", "", ""
    to = ", ".join(each["to"]) or each["reply_to"]
    faults = "" if each["faults"] is None else str(each["faults"])
    return each["id"][:SHORT_DRAFT], each["kind"], to, render.to_the_second(each["changed"]), faults


@draft.command()
@click.argument("draft_id", metavar="ID")
@lang_option
@passphrase_options
@click.pass_obj
def show(session: Session, draft_id: str, lang: str | None) -> None:
    """Show a draft as it would be signed.

    \b
    comity draft show 5f3a
    """
    found = session.perform("draft-show", id=draft_id)
    session.show(found, lambda _: opened(session, found, lang).preview())


@draft.command()
@click.argument("draft_id", metavar="ID")
@lang_option
@officer_options
@passphrase_options
@click.pass_obj
def edit(session: Session, draft_id: str, lang: str | None, officer: str | None, officer_key: Path | None) -> None:
    """Go on with a draft at the terminal: what it lacks is asked for, then it is shown.

    \b
    comity draft edit 5f3a
    """
    finish(with_officer(session, draft_id, lang, officer, officer_key), False, False, False)


@draft.command()
@click.argument("draft_id", metavar="ID")
@click.option("--yes", is_flag=True, help="Send it without asking.")
@lang_option
@officer_options
@passphrase_options
@click.pass_obj
def send(
    session: Session, draft_id: str, yes: bool, lang: str | None, officer: str | None, officer_key: Path | None
) -> None:
    """Send a draft; at a terminal it is shown first. It is gone from the drafts once it is sent.

    \b
    comity draft send 5f3a --yes
    """
    writing = with_officer(session, draft_id, lang, officer, officer_key)
    writing.refuse_faults()
    finish(writing, yes, False, False)


@draft.command()
@click.argument("draft_id", metavar="ID")
@passphrase_options
@click.pass_obj
def discard(session: Session, draft_id: str) -> None:
    """Remove a draft.

    \b
    comity draft discard 5f3a
    """
    session.show(session.perform("draft-discard", id=draft_id), lambda found: print(f"discarded {found['id']}"))


def with_officer(
    session: Session, draft_id: str, lang: str | None, officer: str | None, officer_key: Path | None
) -> Writing:
    """Return a draft so that it can be gone on with, by the officer who writes it where one is named."""
    found = session.perform("draft-show", id=draft_id)
    if officer is not None:
        found["letter"]["officer"] = officer
    writing = opened(session, found, lang)
    writing.officer_key = officer_key
    return writing


def opened(session: Session, found: Result, lang: str | None) -> Writing:
    """Return the draft so that it can be gone on with."""
    from comity_node.authoring.letter import Letter

    letter = Letter(**found["letter"])
    context = context_of(session, letter.kind)
    return Writing(
        session,
        letter,
        desk_of(session, letter.kind, phrases_for(session, lang), letter.files, context),
        context,
        found["id"],
    )
