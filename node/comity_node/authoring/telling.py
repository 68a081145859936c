"""Faults and values in words, in the language of the one who writes; nothing in them can move a cursor."""

import unicodedata
from typing import Any, Final

from comity.encoding import shape
from comity_node.authoring.answers import Desk
from comity_node.authoring.fields import is_money, way
from comity_node.authoring.paths import Path
from comity_node.formfaults import FormFault
from comity_node.letters import mixed, script_of, words
from comity_node.render import plain

ONE_LINE: Final = 254  # characters: texts up to here are names and numbers that somebody compares
CODE: Final = 64


def path_of_fault(fault: FormFault) -> Path:
    return tuple(int(step) if step.isdecimal() else step for step in fault.path.split(".") if step)


def fault_line(fault: FormFault, desk: Desk) -> str:
    """Return one fault on one line: what is wrong, what would be right, and what stands there where that helps."""
    said = desk.phrases.say(
        "fault.line", what=plain(fault.what(desk.phrases.lang)), right=plain(fault.right(desk.kind, desk.phrases.lang))
    )
    return said if not fault.value else f"{said} {desk.phrases.say('fault.there', value=plain(fault.value))}"


def fault_place(fault: FormFault, form: Any, desk: Desk) -> str:
    """Return the labels on the way to a fault, the path where there are none."""
    labels = way(desk.kind, form, path_of_fault(fault), desk.phrases.lang)
    return " > ".join(desk.phrases.isolated(plain(label)) for label in labels) or plain(fault.path)


def value_text(place: shape.Shape, value: Any, desk: Desk) -> str:
    """Return a value as a person reads it, escaped; lines stay lines."""
    if isinstance(value, bool):
        return desk.phrases.say("value.yes" if value else "value.no")
    if is_money(place) and isinstance(value, dict):
        return plain(f"{value.get('value', '')} {value.get('currency', value.get('asset', ''))}")
    text = str(value)
    if isinstance(place, shape.Number) and place.marks.get("unit") == "micros":
        return plain(text.replace("T", " ").removesuffix("Z") + (" UTC" if text.endswith("Z") else ""))
    group = "indicator-kind" if isinstance(place, shape.Choice) else place.marks.get("group")
    if group:
        label = desk.vocabulary.label(group, text, desk.phrases.lang)
        return plain(text) if label == text else f"{plain(label)} ({plain(text)})"
    return "\n".join(plain(line) for line in text.split("\n"))


def script_note(place: shape.Shape, value: Any, desk: Desk) -> str:
    """Return a note where a name or number is written in another script than Latin, or mixes letters that look alike.

    What is compared by eye, such as an account number or a domain, is told as what it is.
    """
    most = place.most if isinstance(place, shape.Text) else None
    if not isinstance(value, str) or value.isascii() or most is None or most > ONE_LINE:
        return ""
    if found := mixed(value):
        return desk.phrases.say("note.mixed", letters=plain(found))
    scripts = sorted({script_of(letter).capitalize() for word in words(value) for letter in word})
    foreign = [script for script in scripts if script and script != "Latin"]
    if foreign or (most <= CODE and any(not c.isascii() and unicodedata.category(c)[0] in "LN" for c in value)):
        return desk.phrases.say("note.script", scripts=", ".join(scripts))
    return ""
