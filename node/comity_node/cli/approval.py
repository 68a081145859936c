"""Commands for the four eyes: list, show, give, refuse, withdraw; and how `send` and `reply` sign as author.

The key of an officer is opened here, in the process of the officer, and never handed to the node.
"""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from comity_node import render
from comity_node.cli.options import Group, officer_options, passphrase_options
from comity_node.cli.session import Result, Session
from comity_node.faults import DocumentError, UsageError
from comity_node.urgency import URGENCIES

if TYPE_CHECKING:
    from comity.approval import Approval
    from comity.message import Body

COMPOSE: Final = {"send": "compose", "reply": "compose-reply"}


@click.group(cls=Group)
def approval() -> None:
    """Approve what another officer has written, before it is sent."""


@approval.command("list")
@click.option("--ended", is_flag=True, help="Also what was refused, withdrawn or not approved in time.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@passphrase_options
@click.pass_obj
def list_(session: Session, ended: bool, limit: int) -> None:
    """List the messages that wait for a second officer, newest first.

    \b
    comity approval list
    """
    session.show(session.perform("approval-list", limit=limit, ended=ended), print_list)


@approval.command()
@click.argument("message_id", metavar="ID")
@passphrase_options
@click.pass_obj
def show(session: Session, message_id: str) -> None:
    """Show the whole content of a message that waits: all that its officers answer for.

    ID is the beginning of the message's id, 4 digits or more.

    \b
    comity approval show 5f3a09
    """
    session.show(session.perform("approval-show", id=message_id), print_pending)


@approval.command()
@click.argument("message_id", metavar="ID")
@officer_options
@passphrase_options
@click.pass_obj
def give(session: Session, message_id: str, officer: str | None, officer_key: Path | None) -> None:
    """Show the content, then sign it as approver; the message is sent. The officer who wrote it cannot approve it.

    The passphrase of the officer's key is asked for once the content has been shown.

    \b
    comity approval give 5f3a09 --officer ben
    """
    from comity.message import content_of

    name, found = named(officer), session.perform("approval-show", id=message_id)
    body = body_of(found)
    if not session.as_json:
        print_content(body)
        print()
    key = session.officer_key(name, officer_key)
    signed = key.sign(content_of(body), "approver", now_us())
    result = session.perform("approval-give", id=body.id.hex(), approval=plain(signed))
    session.show({**result, "approver": name}, print_given)


@approval.command()
@click.argument("message_id", metavar="ID")
@click.option("--reason", required=True, help="Why; the one who wrote it sees it.")
@officer_options
@passphrase_options
@click.pass_obj
def refuse(session: Session, message_id: str, reason: str, officer: str | None, officer_key: Path | None) -> None:
    """End a message that waits, as an officer. It is not sent.

    \b
    comity approval refuse 5f3a09 --officer ben --reason "The legal basis is missing."
    """
    name = named(officer)
    full_id = bytes.fromhex(session.perform("approval-show", id=message_id)["id"])
    word = session.officer_key(name, officer_key).refuse(full_id, reason)
    params = {"key": word.key.hex(), "reason": word.reason, "signature": word.signature.hex()}
    session.show(session.perform("approval-refuse", id=full_id.hex(), **params), print_ended)


@approval.command()
@click.argument("message_id", metavar="ID")
@click.option("--reason", default="", help="Why.")
@passphrase_options
@click.pass_obj
def withdraw(session: Session, message_id: str, reason: str) -> None:
    """Take back a message that waits. It is not sent.

    \b
    comity approval withdraw 5f3a09
    """
    session.show(session.perform("approval-withdraw", id=message_id, reason=reason), print_ended)


# --- signing as author ------------------------------------------------------------------------------------------------


def as_author(session: Session, officer: str | None, path: Path | None) -> Callable[..., Result] | None:
    """Return what performs `send` and `reply` for an officer, who signs as author; None where none is named."""
    if officer is None:
        if path is not None:
            named(officer)
        return None
    return partial(propose, session, officer, path)


def propose(session: Session, officer: str, path: Path | None, op: str, **params: Any) -> Result:
    """Let the officer sign a message as author, and the node keep it until another approves it."""
    from comity.message import content_of

    body = body_of(session.perform(COMPOSE[op], **params))
    refuse_other(body, params)
    signed = session.officer_key(officer, path).sign(content_of(body), "author", now_us())
    return session.perform("propose", body=encoded(body), approval=plain(signed))


def refuse_other(body: "Body", params: Result) -> None:
    """Return when the body says what was asked for: nobody signs what the node makes up. Raises: DocumentError."""
    from comity_node.forms import payload_from

    asked = {
        "kind": params["kind"],
        "payload": payload_from(params["kind"], params["form"]),
        "urgency": params["urgency"],
        "lang": params["lang"],
        "to": tuple(sorted(set(params.get("to", body.to)))),
        "tlp": params.get("tlp", body.handling.tlp),
    }
    for field, wanted in asked.items():
        if (body.handling.tlp if field == "tlp" else getattr(body, field)) != wanted:
            raise DocumentError(
                f"the node composed another {field} than was asked for", "do not sign; look at the node"
            )


def named(officer: str | None) -> str:
    if officer is None:
        raise UsageError("no officer is named", "give --officer NAME")
    return officer


def body_of(result: Result) -> "Body":
    from comity_node.approving import body_in

    return body_in(result["body"])


def encoded(body: "Body") -> str:
    from comity_node.approving import body_hex

    return body_hex(body)


def plain(signed: "Approval") -> Result:
    """Return an approval as the node takes it."""
    words = {"key": signed.key.hex(), "signature": signed.signature.hex()}
    return {"role": signed.role, "time": signed.time, **words}


def now_us() -> int:
    return time.time_ns() // 1_000


# --- for people -------------------------------------------------------------------------------------------------------


def print_proposed(result: Result) -> None:
    print(f"waits for a second officer: {result['kind']} to {', '.join(result['to'])}, written by {result['author']}")
    print(f"id    {result['id']}")
    print(f"case  {result['case']}")
    print(f"until {result['expires']}")
    print(f"next: comity approval give {result['id'][: render.SHORT_ID]} --officer ANOTHER")


def print_list(result: Result) -> None:
    if not result["pending"]:
        print("nothing waits for approval")
        return
    for each in result["pending"]:
        to, files = ", ".join(each["to"]), f", {each['files']} files" if each["files"] else ""
        exercise = "EXERCISE, " if each["exercise"] else ""
        print(f"{each['id'][: render.SHORT_ID]}  {exercise}{each['kind']} to {to}, {URGENCIES[each['urgency']]}{files}")
        print(f"  written by {each['author']}, {render.to_the_second(each['created'])}")
        print_state(each, "  ")


def print_pending(result: Result) -> None:
    print_content(body_of(result))
    print(f"\nauthor      {result['author']}, {result['created']}")
    print_state(result)


def print_content(body: "Body") -> None:
    """Print all that is signed, made from what is signed and not from what the node says of it (APPR-012)."""
    from comity_node.approving import content_view

    found = content_view(body)
    if found["exercise"]:
        print("EXERCISE: this is no live case")
    for name in ("id", "case", "from", "to", "kind", "urgency", "tlp", "pap", "lang", "treaty"):
        print(f"{name:<12}{render.field_text(name, found[name])}")
    print(f"{'codes':<12}{', '.join(found['codes']) or 'none'}")
    print(f"{'purposes':<12}{', '.join(found['purposes']) or 'any that the codes allow'}")
    print(f"{'keep until':<12}{found['retain_until'] or 'no end is set'}")
    print(f"{'in reply to':<12}{found['in_reply_to'] or 'nothing'}")
    print("\npayload")
    for line in render.tree(found["payload"], 2):
        print(line)
    for each in found["attachments"]:
        print(f"\nfile {render.plain(each['name'])}  {each['size']:,} bytes  {render.plain(each['media'])}")
        print(f"  sha256 {each['hash']}")


def print_state(result: Result, indent: str = "") -> None:
    if result["state"] == "waiting":
        print(f"{indent}waits until {render.to_the_second(result['expires'])}")
        return
    by = f" by {result['by']}" if result["by"] else ""
    reason = f": {render.plain(result['reason'])}" if result["reason"] else ""
    print(f"{indent}{result['state']}{by}, {render.to_the_second(result['ended'])}{reason}")


def print_given(result: Result) -> None:
    print(f"approved by {result['approver']}, kept and on its way: {result['kind']} to {', '.join(result['to'])}")
    print(f"where it stands: comity show {result['id'][: render.SHORT_ID]}")


def print_ended(result: Result) -> None:
    print(f"not sent: {result['kind']} to {', '.join(result['to'])}, written by {result['author']}")
    print_state(result)
