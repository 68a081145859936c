"""Commands for cases: list, show, act."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from comity_node.cli.options import FILE, Group, passphrase_options
from comity_node.cli.request import new
from comity_node.cli.session import Session
from comity_node.cli.surroundings import phrases_for, vocabulary_for
from comity_node.faults import UsageError
from comity_node.files import read_public

if TYPE_CHECKING:
    from comity_node.cli.casetext import CaseText

#: The field that --text fills, for events whose form is mostly words.
WORDS: Final = {
    "accept": "note",
    "comment": "text",
    "confirm": "note",
    "note": "note",
    "resume": "note",
    "settle": "note",
    "start": "note",
    "status-query": "note",
    "withdraw": "reasons",
}
EMPTY: Final = {"accept": {"estimate": None}, "resume": {"estimate": None}, "start": {"estimate": None}}

lang_option = click.option("--lang", help="Language of what is told: ar, en, es, fr, pt, ru, th or zh [lang].")


@click.group(cls=Group)
def case() -> None:
    """See where requests stand and what is due, and move them on."""


@case.command("list")
@click.option("--all", "everything", is_flag=True, help="Also what is closed or expired.")
@click.option("--state", help="Only requests in this state, for example acknowledged.")
@click.option("--with", "party", metavar="PARTY", help="Only requests with this party.")
@click.option("--side", type=click.Choice(["requester", "requested"]), help="Only what we ask, or what we are asked.")
@click.option("--late", is_flag=True, help="Only what is late.")
@click.option("--exercise/--live", default=None, help="Only exercises, or only live cases.")
@click.option("--sort", type=click.Choice(["deadline", "newest"]), default="deadline", show_default=True)
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@lang_option
@passphrase_options
@click.pass_obj
def list_(session: Session, /, everything: bool, lang: str | None, **options: Any) -> None:
    """List requests, those first that are due first: with whom, in which state, what is due when and how late.

    \b
    comity case list --late --side requested
    """
    found = session.perform("case-list", open=None if everything else True, **options)
    text = text_for(session, lang)
    session.show(found, lambda view: print_list(view, text))


@case.command()
@click.argument("case_id", metavar="CASE")
@lang_option
@passphrase_options
@click.pass_obj
def show(session: Session, case_id: str, lang: str | None) -> None:
    """Show a case: who is in it, where each request stands, all that happened, and what may happen next.

    CASE is the beginning of the id of the case, 4 digits or more.

    \b
    comity case show 3f9a --lang fr
    """
    found = session.perform("case-show", case=case_id)
    text = text_for(session, lang)
    session.show(found, lambda view: print_case(view, text))


@case.command()
@click.argument("case_id", metavar="CASE")
@click.argument("event")
@click.option("--form", type=FILE, help="JSON file with the form of the event; - reads standard input.")
@click.option("--text", help="Words, for an event that needs nothing else.")
@click.option("--request", metavar="ID", help="Which request, where the case has several.")
@click.option("--asked", metavar="PARTY", help="Which of those who were asked.")
@lang_option
@passphrase_options
@click.pass_context
def act(
    context: click.Context, /, case_id: str, event: str, form: Path | None, text: str | None, lang: str | None,
    **options: Any,
) -> None:  # fmt: skip
    """Move a request on: EVENT is one that `comity case show` lists, for example acknowledge or withdraw.

    At a terminal the form is asked for field by field, unless --form or --text gives it.

    \b
    comity case act 3f9a acknowledge
    comity case act 3f9a refuse --form refuse.json
    comity case act 3f9a withdraw --text "The money has come back."
    """
    session = context.ensure_object(Session)
    params = {"case": case_id, "kind": f"case.{event}", **options}
    if form is None and text is None:
        about = session.perform("case-form", form={}, **params)["request"]
        context.invoke(new, kind=params["kind"], reply_to=about, lang=lang)
        return
    result = session.perform("case-act", form=content_of(event, form, text), **params)
    session.show(result, lambda view: print(f"kept and on its way: {view['kind']} to {', '.join(view['to'])}"))


def content_of(event: str, form: Path | None, text: str | None) -> dict[str, Any]:
    """Return the form of the event: from the file, or with the words in the field that tells most."""
    if form is not None and text is not None:
        raise UsageError("both a form and a text are given", "give one of them")
    if form is not None:
        from comity_node.forms import MAX_FORM_BYTES, read_form

        return read_form(read_public(form, MAX_FORM_BYTES))
    if event not in WORDS:
        raise UsageError(f"{event[:40]} needs a form", f"see its fields: comity schema case.{event[:40]}")
    return {**EMPTY.get(event, {}), WORDS[event]: text}


def text_for(session: Session, lang: str | None) -> "CaseText":
    """Return what tells cases: labels are those of the vocabulary that the treaty names."""
    from comity_node.cli.casetext import CaseText

    return CaseText(phrases_for(session, lang), vocabulary_for(session, session.perform("request-kinds", kind="text")))


def print_list(view: dict[str, Any], text: "CaseText") -> None:
    from comity_node.render import table

    if not view["requests"]:
        print(text.phrases.say("case.none"))
        return
    table(text.headings(), [text.row(each, view["now_us"]) for each in view["requests"]])


def print_case(view: dict[str, Any], text: "CaseText") -> None:
    for line in text.lines(view):
        print(line)
