"""Commands for writing messages: request new, request kinds."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from comity_node import render
from comity_node.cli.attachment import attach_option
from comity_node.cli.marking import marking_from, marking_options
from comity_node.cli.options import FILE, Group, officer_options, passphrase_options
from comity_node.cli.session import Result, Session
from comity_node.cli.surroundings import context_of, desk_of, is_interactive, phrases_for, vocabulary_for
from comity_node.cli.writing import Writing
from comity_node.faults import UsageError
from comity_node.files import read_public
from comity_node.times import parse_duration
from comity_node.urgency import URGENCIES

if TYPE_CHECKING:
    from comity_node.authoring.letter import Letter

lang_option = click.option("--lang", help="Language of questions and labels: ar, en, es, fr, pt, ru, th or zh [lang].")


@click.group(cls=Group)
def request() -> None:
    """Write messages with questions and checks, and list the kinds there are."""


@request.command()
@click.argument("kind")
@click.option("--to", "recipients", multiple=True, metavar="PARTY", help="Recipient; may be repeated.")
@click.option("--reply-to", default="", metavar="ID", help="Answer the message whose id begins so, in its case.")
@click.option("--template", "template_name", metavar="NAME", help="Begin with a template: comity template list.")
@click.option("--form", type=FILE, help="Begin with a JSON file, which may lack fields; - reads standard input.")
@click.option("--set", "values", multiple=True, metavar="PATH=VALUE", help="Fill in a field, as in amount='5 EUR'.")
@attach_option
@click.option("--urgency", type=click.Choice(URGENCIES), help="How soon an answer is needed [routine].")
@marking_options
@click.option("--exercise", is_flag=True, help="Begin a case that is an exercise; everybody sees that.")
@lang_option
@click.option("--text-lang", help="Language of what is written, where it is another one than --lang.")
@click.option("--expires", default="7d", show_default=True, help="When to give up: 90s, 30m, 12h, 7d, 2w.")
@officer_options
@click.option("--yes", is_flag=True, help="Ask nothing and send it.")
@click.option("--save", is_flag=True, help="Ask nothing and keep it as a draft, complete or not.")
@passphrase_options
@click.pass_obj
def new(session: Session, /, kind: str, yes: bool, save: bool, lang: str | None, **options: Any) -> None:
    """Write a message: asked field by field at a terminal, or from --form, --template and --set.

    Every fault is told at once, with what would be right. Answers are kept as a draft after each one.

    \b
    comity request new prevention.stop-payment --to bb.fiu --template stop-payment-investment
    comity request new text --to bb.fiu --set text="Please call the duty officer." --yes
    """
    if yes and save:
        raise UsageError("--yes sends and --save keeps", "give one of them")
    phrases = phrases_for(session, lang)
    context = context_of(session, kind)
    desk = desk_of(session, kind, phrases, [str(name) for name in options["files"]], context)
    letter, faults = begun(session, context, desk, options)
    writing = Writing(session, letter, desk, context, officer_key=options["officer_key"])
    if faults:
        raise refused(writing, faults)
    finish(writing, yes, save, is_request(context) and options["urgency"] is None and letter.urgency == 3)


def begun(session: Session, context: Result, desk: Any, options: dict[str, Any]) -> "tuple[Letter, list[Any]]":
    """Return the letter as the options begin it, and what is wrong with the values that they set."""
    from comity_node.authoring.letter import Letter
    from comity_node.authoring.setting import merged, own_values, set_all
    from comity_node.authoring.templates import Templates, resolved

    form = own_values(desk.kind, session.config.name, session.config.contact)
    marking = {name: value for name, value in marking_from(options).items() if value is not None}
    urgency = options["urgency"]
    if options["template_name"] is not None:
        template = Templates(session.config.home).get(options["template_name"]).template
        if template.kind != desk.kind:
            raise UsageError(f"that template is for {template.kind}", "name one of this kind: comity template list")
        form = merged(form, template.form)
        urgency = urgency or (None if template.urgency is None else URGENCIES[template.urgency])
        marking = ({} if template.tlp is None else {"tlp": template.tlp}) | marking
    if options["form"] is not None:
        from comity_node.bounds import MAX_FORM_BYTES, MAX_FORM_DEPTH
        from comity_node.forms import normal, read_form

        form = merged(form, normal(read_form(read_public(options["form"], MAX_FORM_BYTES)), MAX_FORM_DEPTH))
    faults = set_all(form, options["values"], desk)
    letter = Letter(
        kind=desk.kind,
        form=resolved(desk.kind, form, desk.now_us),
        to=sorted(set(options["recipients"])),
        lang=options["text_lang"] or desk.phrases.lang,
        marking=marking,
        exercise=options["exercise"],
        urgency=URGENCIES.index(urgency or "routine"),
        lifetime_s=parse_duration(options["expires"]),
        reply_to=options["reply_to"],
        officer=options["officer"] or "",
        files=[str(Path(name).absolute()) for name in options["files"]],
    )
    return letter, faults


def refused(writing: Writing, faults: list[Any]) -> Exception:
    """Return the error that lists these faults and all others of the letter."""
    from comity_node.authoring.setting import LetterError, listed

    known = {each.path for each in faults}
    more = [each for each in listed(writing.letter.form, writing.desk) if each.path not in known]
    return LetterError(writing.letter.kind, [*writing.around_faults(), *faults, *more])


def is_request(context: Result) -> bool:
    return bool(context["kinds"][0]["role"] == "request")


def finish(writing: Writing, yes: bool, save: bool, ask_urgency: bool) -> None:
    """Ask the person at the terminal, or do what the options say; print what became of it."""
    session = writing.session
    if save:
        kept = {"draft": writing.keep()}
        session.show(kept, lambda found: print(writing.desk.phrases.say("said.kept", id=found["draft"][:8])))
    elif yes:
        writing.refuse_faults()
        session.show(writing.send(), writing.print_sent)
    elif session.as_json or not is_interactive():
        writing.refuse_faults()
        raise UsageError("nobody can be asked here", "say --yes to send it, or --save to keep it as a draft")
    else:
        result = writing.converse(ask_urgency)
        if result is not None:
            writing.print_sent(result)


@request.command()
@click.option("--chapter", help="Only the kinds of this chapter: cooperation, prevention, intelligence, case.")
@lang_option
@passphrase_options
@click.pass_obj
def kinds(session: Session, chapter: str | None, lang: str | None) -> None:
    """List the kinds of messages: what each is for, whether you may send it, and who accepts it.

    \b
    comity request kinds --chapter prevention --lang th
    """
    phrases, result = phrases_for(session, lang), session.perform("request-kinds", chapter=chapter)
    vocabulary = vocabulary_for(session, result)
    for each in result["kinds"]:
        each["label"] = vocabulary.label("kind", each["kind"], phrases.lang)
        each["definition"] = vocabulary.definition("kind", each["kind"], phrases.lang)
    session.show(result, lambda found: print_kinds(found, phrases))


def print_kinds(result: Result, phrases: Any) -> None:
    if not result["kinds"]:
        print(phrases.say("kinds.none"))
        return
    for each in result["kinds"]:
        label = "" if each["label"] == each["kind"] else f"  {phrases.isolated(render.plain(each['label']))}"
        print(f"{each['kind']}{label}")
        if each["definition"]:
            print(f"    {phrases.isolated(render.plain(each['definition']))}")
        two = f"; {phrases.say('kinds.two')}" if each["coercive"] else ""
        print(f"    {phrases.say('kinds.send')}: {phrases.say('value.yes' if each['may_send'] else 'value.no')}{two}")
        print(f"    {phrases.say('kinds.accept')}: {', '.join(each['accepted_by']) or '-'}")
