"""Filling in a form without asking anybody: what the home knows, what a command names, and all faults at once."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from comity.encoding import shape
from comity.kinds import form_of
from comity_node.authoring.answers import AnswerError, Desk, read
from comity_node.authoring.fields import is_single, spot, way
from comity_node.authoring.judging import faults_of
from comity_node.authoring.paths import Form, Path, dotted, leaves, path_of, put
from comity_node.authoring.telling import path_of_fault
from comity_node.bounds import MAX_FORM_DEPTH
from comity_node.config import ContactCard
from comity_node.errors import NodeError
from comity_node.faults import RefusedError
from comity_node.formfaults import FormFault, Sort
from comity_node.forms import normal
from comity_node.letters import shown
from comity_node.render import plain

PHONE: Final = re.compile(r"\+[1-9][0-9]{6,14}")
JSON: Final = ("{", "[")


@dataclass(frozen=True, slots=True)
class Listed:
    """A fault as people and programs are told it, in the language of the one who writes.

    Attributes:
        path, label: where; the path is as in `beneficiary.number`.
        code: what sort of fault, the same in every language.
        value: what stands there, escaped and cut; "" where nothing does.
        what, right: what is wrong, and what would be right.
    """

    path: str
    label: str
    code: str
    value: str
    what: str
    right: str

    def view(self, kind: str = "", lang: str = "") -> dict[str, str]:
        return asdict(self)


class LetterError(RefusedError):
    """A message cannot be sent as it was given; `faults` has every fault."""

    def __init__(self, kind: str, faults: Sequence[Listed]) -> None:
        places = "one place" if len(faults) == 1 else f"{len(faults)} places"
        super().__init__(f"the message {kind} is not right in {places}", "correct what is listed, then try again")
        self.kind = kind
        self.faults = tuple(faults)


def own_values(kind: str, name: str, contact: ContactCard) -> Form:
    """Return what the home knows of itself: contact and name of the authority, where the kind needs them."""
    fields = shape.shape_of(form_of(kind).record).fields
    found: Form = {}
    if is_needed(fields.get("contact")):
        found["contact"] = {"name": contact.name}
        if PHONE.fullmatch(contact.phone):
            found["contact"]["phone"] = contact.phone
        if contact.email:
            found["contact"]["email"] = contact.email
    if is_needed(fields.get("authority")):
        found["authority"] = {"name": name}
    return found


def is_needed(place: shape.Shape | None) -> bool:
    return isinstance(place, shape.Map) and not place.optional


def usual_values(kind: str, now: str) -> dict[Path, Any]:
    """Return what an empty answer means where nobody has said anything else: a measure begins now."""
    fields = shape.shape_of(form_of(kind).record).fields
    return {("measure_from",): now} if "measure_from" in fields else {}


def merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> Form:
    """Return both forms; what `over` says goes before, objects are joined field by field."""
    joined: Form = dict(under)
    for name, value in over.items():
        below = joined.get(name)
        joined[name] = merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return joined


def set_all(form: Form, values: Iterable[str], desk: Desk) -> list[Listed]:
    """Put each `path=value` into the form, and return the faults of those that cannot be read.

    What decides which fields there are, the kind of a subject, may come in any place among them.
    """
    waiting = list(values)
    while waiting:
        left = [text for text in waiting if not is_placed(form, text, desk)]
        ready = [text for text in waiting if text not in left]
        if not ready:
            return [unplaced(text, desk) for text in left]
        faults = [fault for text in ready if (fault := set_one(form, text, desk)) is not None]
        if faults:
            return faults + [fault for text in left if (fault := unplaced(text, desk))]
        waiting = left
    return []


def is_placed(form: Form, text: str, desk: Desk) -> bool:
    path = path_of(text.partition("=")[0].strip())
    return path is not None and "=" in text and spot(desk.kind, form, path) is not None


def unplaced(text: str, desk: Desk) -> Listed:
    name, _, value = text.partition("=")
    say = desk.phrases.say
    return Listed(shown(name), "", "unknown-field", shown(value), say("fault.not-a-place"), say("right.place"))


def set_one(form: Form, text: str, desk: Desk) -> Listed | None:
    """Put one value into the form. Return its fault, None where it was put; bounds are checked with all others."""
    name, _, typed = text.partition("=")
    path = path_of(name.strip()) or ()
    found = spot(desk.kind, form, path)
    assert found is not None  # noqa: S101 - the caller asks for places only
    try:
        if typed == "":
            put(form, path, None)
        elif is_single(found.place) or (isinstance(found.place, shape.Choice) and path[-1] == found.place.tag):
            put(form, path, read(found.place, found.name, typed, desk))
        else:
            put(form, path, json_of(typed))
    except AnswerError as fault:
        help_text = found.wording(desk.kind, desk.phrases.lang).help
        label = " > ".join(way(desk.kind, form, path, desk.phrases.lang))
        right = plain(help_text) or desk.phrases.say("right.json")
        said = desk.phrases.say(fault.key, **fault.params)
        return Listed(dotted(path), plain(label), fault.key.partition(".")[2], shown(typed), said, right)
    except LookupError:
        return unplaced(text, desk)
    return None


def json_of(text: str) -> Any:
    """Return the value of an object or list in JSON. Raises: AnswerError."""
    if not text.lstrip().startswith(JSON):
        raise AnswerError("fault.several")
    try:
        return normal(json.loads(text, parse_float=str), MAX_FORM_DEPTH)
    except (ValueError, RecursionError, NodeError):
        raise AnswerError("fault.json") from None


def listed(form: Form, desk: Desk) -> list[Listed]:
    """Return every fault of the form; what was written wrongly comes before what is missing."""
    faults = sorted(faults_of(form, desk), key=is_missing)
    return [*not_attached(form, desk), *(in_words(fault, form, desk) for fault in faults)]


def not_attached(form: Form, desk: Desk) -> list[Listed]:
    """Return a fault for each file that the form names and that does not go with the message."""
    say, found = desk.phrases.say, []
    for path, value in leaves(form):
        place = spot(desk.kind, form, path)
        is_name = place is not None and place.place.marks.get("names") == "attachment"
        if is_name and isinstance(value, str) and value not in desk.files:
            label = plain(" > ".join(way(desk.kind, form, path, desk.phrases.lang)))
            what, right = say("fault.not-attached"), say("right.attach")
            found.append(Listed(dotted(path), label, "not-attached", shown(value), what, right))
    return found


def is_missing(fault: FormFault) -> bool:
    return fault.sort is Sort.MISSING


def in_words(fault: FormFault, form: Form, desk: Desk) -> Listed:
    lang = desk.phrases.lang
    label = " > ".join(way(desk.kind, form, path_of_fault(fault), lang))
    what, right = plain(fault.what(lang)), plain(fault.right(desk.kind, lang))
    return Listed(plain(fault.path), plain(label), str(fault.sort), fault.value, what, right)
