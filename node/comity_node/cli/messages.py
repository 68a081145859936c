"""Commands for messages: send, reply, inbox, outbox, show."""

import time
from pathlib import Path
from typing import Any

import click

from comity_node import render
from comity_node.cli.approval import as_author, print_proposed
from comity_node.cli.attachment import attach_option, perform_with
from comity_node.cli.marking import marking_from, marking_options
from comity_node.cli.options import FILE, Command, officer_options, passphrase_options
from comity_node.cli.session import Session
from comity_node.faults import UsageError
from comity_node.files import read_public
from comity_node.times import parse_duration
from comity_node.urgency import URGENCIES


def writing_options(command: Any) -> Any:
    """Add the options that say what a message contains and how it is handled."""
    for option in (
        click.option("--form", type=FILE, help="JSON file with the form of the kind; - reads standard input."),
        click.option("--text", help="Words, for the kind text."),
        attach_option,
        click.option("--urgency", type=click.Choice(URGENCIES), default="routine", show_default=True),
        marking_options,
        click.option("--exercise", is_flag=True, help="Begin a case that is an exercise; everybody sees that."),
        click.option("--lang", default="en", show_default=True, help="Language of the texts, as in fr or en-GB."),
        click.option("--expires", default="7d", show_default=True, help="When to give up: 90s, 30m, 12h, 7d, 2w."),
        officer_options,
        passphrase_options,
    ):
        command = option(command)
    return command


def sent(session: Session, op: str, options: dict[str, Any], **params: Any) -> None:
    """Send what the options say, or keep it for a second officer where one signs as author, and print the result."""
    files, name, key = (options.pop(option) for option in ("files", "officer", "officer_key"))
    perform = as_author(session, name, key)
    result = perform_with(session, op, files, perform, **params, **writing(**options))
    session.show(result, print_proposed if perform else print_sent)


def writing(
    kind: str,
    form: Path | None,
    text: str | None,
    urgency: str,
    lang: str,
    expires: str,
    exercise: bool,
    **marking: Any,
) -> dict[str, Any]:
    """Return the parameters of an operation that writes a message."""
    if (form is None) == (text is None):
        raise UsageError("a message needs either a form or a text", "give --form FILE or --text WORDS, one of them")
    from comity_node.forms import MAX_FORM_BYTES, payload_from, read_form

    content = {"text": text} if form is None else read_form(read_public(form, MAX_FORM_BYTES))
    payload_from(kind, content, now=time.time_ns() // 1_000)  # here a fault can be told with what stands in the form
    return {
        "kind": kind,
        "form": content,
        "urgency": URGENCIES.index(urgency),
        "marking": marking_from(marking),
        "exercise": exercise or None,
        "lang": lang,
        "lifetime_s": parse_duration(expires),
    }


@click.command(cls=Command)
@click.argument("kind")
@click.option(
    "--to", "recipients", multiple=True, required=True, metavar="PARTY...", help="Recipient; may be repeated."
)
@writing_options
@click.pass_obj
def send(session: Session, /, recipients: tuple[str, ...], **options: Any) -> None:
    """Sign a message and keep it; it is delivered as soon as the recipient can be reached.

    A kind that two officers must approve waits for the second one: see comity approval.

    \b
    comity send prevention.stop-payment --to bb.fiu --form stop-payment.json --urgency flash
    comity send text --to bb.fiu --text "Please call the duty officer." --attach statement.pdf
    comity send prevention.stop-payment --to bb.fiu --form stop-payment.json --officer ada
    """
    sent(session, "send", options, to=list(recipients))


@click.command(cls=Command)
@click.argument("message_id", metavar="ID")
@click.argument("kind")
@writing_options
@click.pass_obj
def reply(session: Session, /, message_id: str, **options: Any) -> None:
    """Answer the message whose id begins with ID, in the same case.

    \b
    comity reply 5f3a09 prevention.hold-result --form result.json
    """
    sent(session, "reply", options, id=message_id)


@click.command(cls=Command)
@click.argument("message_id", metavar="ID")
@click.option("--form", type=FILE, required=True, help="JSON file with the form, source and target left out.")
@click.option("--retract", is_flag=True, help="Take the whole message back; the form has only an explanation.")
@click.option("--urgency", type=click.Choice(URGENCIES), help="How soon it is delivered [as the message].")
@click.option("--lang", help="Language of the texts [as the message].")
@click.option("--expires", default="30d", show_default=True, help="When to give up: 12h, 7d, 2w.")
@passphrase_options
@click.pass_obj
def correct(
    session: Session,
    message_id: str,
    form: Path,
    retract: bool,
    urgency: str | None,
    lang: str | None,
    expires: str,
) -> None:
    """Correct or take back a message that you have sent: everyone who has it is told.

    Nodes that have passed it on tell those to whom they have passed it.

    \b
    comity correct 5f3a09 --form correction.json
    comity correct 5f3a09 --retract --form retraction.json
    """
    from comity_node.forms import MAX_FORM_BYTES, read_form

    result = session.perform(
        "correct",
        id=message_id,
        kind="intelligence.retraction" if retract else "intelligence.correction",
        form=read_form(read_public(form, MAX_FORM_BYTES)),
        urgency=None if urgency is None else URGENCIES.index(urgency),
        lang=lang,
        lifetime_s=parse_duration(expires),
    )
    session.show(result, print_sent)


def print_sent(result: dict[str, Any]) -> None:
    print(f"kept and on its way: {result['kind']} to {', '.join(result['to'])}")
    print(f"id    {result['id']}")
    print(f"case  {result['case']}")
    print(f"where it stands: comity show {result['id'][: render.SHORT_ID]}")


limit_option = click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)


@click.command(cls=Command)
@limit_option
@passphrase_options
@click.pass_obj
def inbox(session: Session, limit: int) -> None:
    """List what came in, newest first.

    \b
    comity inbox --limit 10
    """
    session.show(session.perform("inbox", limit=limit), lambda result: render.listing(result["messages"]))


@click.command(cls=Command)
@limit_option
@click.option("--undelivered", is_flag=True, help="Only what a recipient has refused or that has expired.")
@passphrase_options
@click.pass_obj
def outbox(session: Session, limit: int, undelivered: bool) -> None:
    """List what was sent and where it stands with each recipient, newest first.

    \b
    comity outbox
    comity outbox --undelivered
    """
    result = session.perform("outbox", limit=limit, undelivered=undelivered)
    session.show(result, lambda result: render.listing(result["messages"]))


@click.command(cls=Command)
@click.argument("message_id", metavar="ID")
@passphrase_options
@click.pass_obj
def show(session: Session, message_id: str) -> None:
    """Show a message: its form, its deliveries with cause and next step, and the timeline of its case.

    ID is the beginning of the message's id, 4 digits or more. A message that is shown counts as read,
    and its sender is told so.

    \b
    comity show 5f3a09
    """
    session.show(session.perform("show", id=message_id), render.message)


COMMANDS = (send, reply, correct, inbox, outbox, show)
