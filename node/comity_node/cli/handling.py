"""Commands for the handling of content: forward, handling change, consent, retention."""

from typing import Any, Final

import click

from comity_node import render
from comity_node.cli.marking import end_from, marking_from, marking_options
from comity_node.cli.messages import print_sent
from comity_node.cli.options import Command, Group, passphrase_options
from comity_node.cli.session import Result, Session
from comity_node.times import parse_duration
from comity_node.urgency import URGENCIES

ACTIONS: Final = ("act", "attach", "disclose", "export", "forward", "keep", "look-up", "use")
GROUNDS: Final = ("retention-ended", "purpose-ended", "retraction", "request")
urgency_option = click.option("--urgency", type=click.Choice(URGENCIES), default="routine", show_default=True)
limit_option = click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)


@click.command(cls=Command)
@click.argument("message_id", metavar="ID")
@click.option("--to", multiple=True, required=True, metavar="PARTY...", help="Recipient; may be repeated.")
@click.option("--for", "purpose", required=True, metavar="PURPOSE", help="What the recipient may use it for.")
@click.option("--note", help="Words to the recipient.")
@click.option("--case", metavar="CASE", help="Put it into this case, 32 digits [a new one].")
@marking_options
@urgency_option
@click.option("--expires", default="7d", show_default=True, help="When to give up: 90s, 30m, 12h, 7d, 2w.")
@passphrase_options
@click.pass_obj
def forward(
    session: Session,
    /,
    message_id: str,
    to: tuple[str, ...],
    purpose: str,
    note: str | None,
    case: str | None,
    urgency: str,
    expires: str,
    **marking: Any,
) -> None:
    """Pass a message on to another party, as its originator signed it, with its files.

    It is refused where the marking forbids it and its originator has not consented.

    \b
    comity forward 5f3a09 --to qm.prosecutor --for prosecution
    """
    given = {"purpose": purpose, "note": note, "case": case, "marking": marking_from(marking)}
    timing = {"urgency": URGENCIES.index(urgency), "lifetime_s": parse_duration(expires)}
    session.show(session.perform("forward", id=message_id, to=list(to), **given, **timing), print_sent)


@click.group(cls=Group)
def handling() -> None:
    """Change how a message that you have sent may be passed on and used."""


@handling.command()
@click.argument("message_id", metavar="ID")
@marking_options
@click.option("--keep-forever", is_flag=True, help="Take away the time at which every copy must be deleted.")
@click.option("--reason", help="Why it changes.")
@passphrase_options
@click.pass_obj
def change(session: Session, /, message_id: str, keep_forever: bool, reason: str | None, **marking: Any) -> None:
    """Give a message that you have sent another marking; everybody who has it is told.

    \b
    comity handling change 5f3a09 --tlp RED --reason "A witness is in danger."
    """
    given = {"marking": marking_from(marking), "forever": keep_forever, "reason": reason}
    session.show(session.perform("handling-change", id=message_id, **given), print_changed)


def print_changed(result: Result) -> None:
    print(f"now marked {result['words']}")
    print_sent(result)


@click.group(cls=Group)
def consent() -> None:
    """Ask for consent to do what a marking forbids; give it, refuse it, list it."""


@consent.command()
@click.argument("message_id", metavar="ID")
@click.option("--to", multiple=True, metavar="PARTY", help="Whom it is to be passed on to; may be repeated.")
@click.option("--purpose", required=True, help="What for.")
@click.option("--reason", required=True, help="Why it is needed.")
@click.option("--action", type=click.Choice(ACTIONS), default="forward", show_default=True)
@click.option("--case", metavar="CASE", help="The case that it is to be attached to, 32 digits.")
@urgency_option
@passphrase_options
@click.pass_obj
def request(session: Session, /, message_id: str, to: tuple[str, ...], urgency: str, **given: Any) -> None:
    """Ask the originator of a message for consent.

    \b
    comity consent request 5f3a09 --to qm.prosecutor --purpose prosecution --reason "It leads the proceedings."
    """
    found = session.perform("consent-request", id=message_id, to=list(to), urgency=URGENCIES.index(urgency), **given)
    session.show(found, print_sent)


@consent.command()
@click.argument("request_id", metavar="ID")
@click.option("--condition", "conditions", help="What binds whoever relies on it.")
@click.option("--expires", metavar="END", help="Until when it counts: 2027-06-30, or 30d [no end].")
@passphrase_options
@click.pass_obj
def grant(session: Session, request_id: str, conditions: str | None, expires: str | None) -> None:
    """Give consent to the request whose id begins with ID.

    \b
    comity consent grant 77b1c2 --expires 90d --condition "Not in open court."
    """
    result = session.perform("consent-grant", id=request_id, conditions=conditions, expires=end_from(expires))
    session.show(result, print_sent)


@consent.command()
@click.argument("request_id", metavar="ID")
@click.option("--reason", required=True, help="Why not.")
@passphrase_options
@click.pass_obj
def refuse(session: Session, request_id: str, reason: str) -> None:
    """Refuse the request whose id begins with ID, or take back the consent that was given to it.

    \b
    comity consent refuse 77b1c2 --reason "It would warn the suspect."
    """
    session.show(session.perform("consent-refuse", id=request_id, reason=reason), print_sent)


@consent.command("list")
@limit_option
@passphrase_options
@click.pass_obj
def consent_list(session: Session, limit: int) -> None:
    """List requests for consent, of this party and of others, newest first.

    \b
    comity consent list
    """
    session.show(session.perform("consent-list", limit=limit), print_consents)


def print_consents(result: Result) -> None:
    if not result["consents"]:
        print("no requests for consent")
        return
    headings = ("id", "from", "to", "action", "recipients", "purpose", "state", "until")
    render.table(headings, [consent_row(each) for each in result["consents"]])
    for each in result["consents"]:
        for label, words in (("conditions", each["conditions"]), ("refused because", each["refused_because"])):
            if words:
                print(render.plain(f"{each['id'][: render.SHORT_ID]}  {label}: {words}"))


def consent_row(each: Result) -> tuple[str, ...]:
    state = f"{render.EXERCISE} {each['state']}" if each["exercise"] else each["state"]
    parties = (each["from"], ", ".join(each["to"]), each["action"], ", ".join(each["recipients"]))
    return (each["id"][: render.SHORT_ID], *parties, each["purpose"], state, render.to_the_second(each["expires"]))


@click.group(cls=Group)
def retention() -> None:
    """See what must be destroyed and when, put a case on hold, destroy by hand."""


@retention.command("list")
@limit_option
@passphrase_options
@click.pass_obj
def retention_list(session: Session, limit: int) -> None:
    """List what must be destroyed and when, what was destroyed, and which cases are on hold.

    \b
    comity retention list
    """
    session.show(session.perform("retention-list", limit=limit), print_retention)


def print_retention(result: Result) -> None:
    due = [(*render.listing_row({**each, "deliveries": []})[:4], each["due"], held(each)) for each in result["due"]]
    if due:
        render.table(("id", "from", "to", "kind", "due", ""), due)
    else:
        print("nothing is due")
    for each in result["holds"]:
        print(render.plain(f"on hold since {each['since']}: case {each['case']}: {each['reason']}"))
    for each in result["destroyed"]:
        told = "its originator was told" if each["told"] else "nobody was told"
        print(render.plain(f"destroyed {each['done'] or 'soon'}: {each['hash']} of {each['originator']}, "
                           f"{each['files']} files, {each['ground']}; {told}"))  # fmt: skip


def held(each: Result) -> str:
    return "on hold" if each["held"] else ""


@retention.command()
@click.argument("case")
@click.option("--reason", required=True, help="What obliges you to keep it.")
@passphrase_options
@click.pass_obj
def hold(session: Session, case: str, reason: str) -> None:
    """Keep the content of a case beyond its end, while the law obliges you to. CASE is the beginning of its id.

    \b
    comity retention hold 9c01 --reason "Order 7/2026 of the court."
    """
    session.show(session.perform("retention-hold", case=case, reason=reason), print_hold)


@retention.command()
@click.argument("case")
@passphrase_options
@click.pass_obj
def release(session: Session, case: str) -> None:
    """End the hold of a case; what is due is destroyed within a minute.

    \b
    comity retention release 9c01
    """
    session.show(session.perform("retention-release", case=case), print_hold)


def print_hold(result: Result) -> None:
    print(f"case {result['case']} is {'on hold' if result['held'] else 'not on hold any more'}")


@retention.command()
@click.argument("message_id", metavar="ID")
@click.option("--ground", type=click.Choice(GROUNDS), required=True)
@passphrase_options
@click.pass_obj
def destroy(session: Session, message_id: str, ground: str) -> None:
    """Destroy the content of a message now; its originator is told. There is no way back.

    \b
    comity retention destroy 5f3a09 --ground purpose-ended
    """
    session.show(session.perform("retention-destroy", id=message_id, ground=ground), print_destroyed)


def print_destroyed(result: Result) -> None:
    gone = result["destroyed"]
    print(f"destroyed {result['id'][: render.SHORT_ID]} on {gone['time']}, ground: {gone['ground']}")


COMMANDS = (forward,)
GROUPS = (handling, consent, retention)
