"""Commands for templates: list, show, save, remove."""

from typing import Any

import click

from comity_node import render
from comity_node.cli.options import Group, passphrase_options
from comity_node.cli.request import lang_option
from comity_node.cli.session import Result, Session
from comity_node.cli.surroundings import phrases_for
from comity_node.errors import NotFoundError
from comity_node.urgency import URGENCIES


@click.group(cls=Group)
def template() -> None:
    """What many messages have in common, so that nobody types it twice."""


@template.command("list")
@lang_option
@click.pass_obj
def list_(session: Session, lang: str | None) -> None:
    """List the templates of this home and those that come with comity.

    \b
    comity template list
    """
    from comity_node.authoring.templates import Templates

    phrases = phrases_for(session, lang)
    found = [
        {"name": each.name, "kind": each.template.kind, "own": each.own, "form": each.template.form}
        for each in Templates(session.config.home).list()
    ]
    session.show({"templates": found}, lambda result: print_templates(result["templates"], phrases))


def print_templates(found: list[Result], phrases: Any) -> None:
    from comity.vocabulary import newest

    rows = []
    for each in found:
        fraud = each["form"].get("fraud_type")
        about = newest().label("fraud-type", fraud, phrases.lang) if isinstance(fraud, str) else ""
        where = phrases.say("templates.home" if each["own"] else "templates.stock")
        rows.append((each["name"], each["kind"], about, where))
    render.table([phrases.say(f"templates.{name}") for name in ("name", "kind", "about", "own")], rows)


@template.command()
@click.argument("name")
@click.pass_obj
def show(session: Session, name: str) -> None:
    """Show what a template fills in.

    \b
    comity template show stop-payment-investment
    """
    from comity_node.authoring.templates import Templates

    found = Templates(session.config.home).get(name)
    urgency = None if found.template.urgency is None else URGENCIES[found.template.urgency]
    result = {
        "name": name,
        "kind": found.template.kind,
        "urgency": urgency,
        "tlp": found.template.tlp,
        "own": found.own,
        "form": found.template.form,
    }
    session.show(result, lambda shown: print("\n".join(render.tree(shown, 0))))


@template.command()
@click.argument("source", metavar="DRAFT-OR-MESSAGE")
@click.argument("name")
@click.option("--keep", multiple=True, metavar="PATH", help="Keep this field as well, though it belongs to one case.")
@click.option("--force", is_flag=True, help="Replace the template of this name.")
@lang_option
@passphrase_options
@click.pass_obj
def save(session: Session, source: str, name: str, keep: tuple[str, ...], force: bool, lang: str | None) -> None:
    """Make a template of a draft or of a message: the beginning of its id, and a name.

    Only what is the same from case to case is kept; what names a person, an account or a file is left out and listed.

    \b
    comity template save 5f3a stop-payment-own-bank
    """
    from comity_node.authoring.templates import Template, Templates, kept_of

    phrases = phrases_for(session, lang)
    found = source_of(session, source)
    form, dropped = kept_of(found["kind"], found["form"], keep)
    kept = Template(kind=found["kind"], form=form, urgency=found["urgency"], tlp=found["tlp"])
    path = Templates(session.config.home).save(name, kept, replace=force)
    result = {"name": name, "path": str(path), "dropped": dropped}
    session.show(result, lambda shown: print_saved(shown, phrases))


def source_of(session: Session, source: str) -> Result:
    """Return kind, form, urgency and marking of a draft, or else of a message, whose id begins so."""
    try:
        letter = session.perform("draft-show", id=source)["letter"]
    except Exception as fault:
        if not is_absent(fault):
            raise
        from comity.encoding import shape
        from comity.kinds import form_of

        message = session.perform("show", id=source, mark_read=False)["message"]
        form = readable(shape.shape_of(form_of(message["kind"]).record), message["payload"])
        return {"kind": message["kind"], "form": form, "urgency": message["urgency"], "tlp": message["tlp"]}
    return {**{name: letter[name] for name in ("kind", "form", "urgency")}, "tlp": letter["marking"].get("tlp")}


def is_absent(fault: Exception) -> bool:
    from comity_node.faults import Exit, fault_of

    return isinstance(fault, NotFoundError) or fault_of(fault).exit == Exit.NOT_FOUND


def readable(place: Any, value: Any) -> Any:
    """Return a payload as a form: times as text."""
    from comity.encoding import shape
    from comity_node.times import iso

    if isinstance(place, shape.Choice) and isinstance(value, dict):
        return {**readable(place.options[value[place.tag]], value), place.tag: value[place.tag]}
    if isinstance(place, shape.Map) and isinstance(value, dict):
        return {name: readable(inner, value.get(name)) for name, inner in place.fields.items()}
    if isinstance(place, shape.Array) and isinstance(value, list):
        return [readable(place.item, item) for item in value]
    is_time = isinstance(place, shape.Number) and place.marks.get("unit") == "micros" and isinstance(value, int)
    return iso(value) if is_time else value


def print_saved(result: Result, phrases: Any) -> None:
    print(phrases.say("templates.saved", name=render.plain(result["name"])))
    if result["dropped"]:
        print(phrases.say("templates.dropped", fields=", ".join(map(render.plain, result["dropped"]))))


@template.command()
@click.argument("name")
@lang_option
@click.pass_obj
def remove(session: Session, name: str, lang: str | None) -> None:
    """Remove a template of this home.

    \b
    comity template remove stop-payment-own-bank
    """
    from comity_node.authoring.templates import Templates

    phrases = phrases_for(session, lang)
    path = Templates(session.config.home).remove(name)
    session.show({"name": name, "path": str(path)}, lambda _: print(phrases.say("templates.removed", name=name)))
