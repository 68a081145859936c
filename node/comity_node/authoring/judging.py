"""What is wrong in a form that a person is filling in: of one answer, of a record, of the whole."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from comity.encoding import shape
from comity.kinds import form_of
from comity_node.authoring.answers import Desk
from comity_node.authoring.fields import Spot, in_order, spot
from comity_node.authoring.paths import Form, Path, completed, dotted, get, has
from comity_node.formfaults import FormFault, Sort
from comity_node.forms import checked

LATER: Final = frozenset(
    {Sort.MISSING, Sort.ITEMS}
)  # a form that is not complete lacks something: no fault of an answer


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule over several fields that does not hold.

    Attributes:
        path: the record whose rule it is.
        fault: the words.
        fields: the fields of that record which the rule speaks of, in the order in which people are asked for them.
    """

    path: Path
    fault: FormFault
    fields: tuple[str, ...]


def faults_of(form: Mapping[str, Any], desk: Desk) -> list[FormFault]:
    """Return every fault of the form; fields that may be left out may be."""
    _, faults, _ = checked(desk.kind, completed(desk.kind, form), terms=desk.vocabulary, now=desk.now_us)
    return faults


def faults_at(form: Form, path: Path, desk: Desk) -> list[FormFault]:
    """Return the faults of what stands at the path, without what is only not there yet."""
    here = dotted(path)
    return [
        fault
        for fault in faults_of(form, desk)
        if (fault.path == here or fault.path.startswith(f"{here}.")) and fault.sort not in LATER
    ]


def faults_of_answer(form: Form, path: Path, desk: Desk) -> list[FormFault]:
    """Return what is wrong with the answer at the path, and with its record where only this answer could mend it."""
    found = faults_at(form, path, desk)
    rules = [] if found else [each for each in broken_rules(form, desk) if each.path and each.path == path[:-1]]
    return found + [each.fault for each in rules if is_about(each, path, form, desk)]


def is_about(broken: Broken, path: Path, form: Form, desk: Desk) -> bool:
    """Return whether a rule of a record is to be told with this answer.

    Check digits are. Another rule is for later where fields may satisfy it that nobody has been asked for.
    """
    if broken.fault.sort is Sort.CHECK_DIGIT or broken.fields == (path[-1],):
        return True
    record = record_at(form, broken.path, desk)
    return record is not None and all(has(form, (*broken.path, name)) for name in record.fields)


def broken_rules(form: Form, desk: Desk) -> list[Broken]:
    """Return the rules over several fields that do not hold, innermost records first."""
    found = [broken(fault, form, desk) for fault in faults_of(form, desk) if "clause" in fault.params]
    return sorted(found, key=lambda each: -len(each.path))


def broken(fault: FormFault, form: Form, desk: Desk) -> Broken:
    path: Path = tuple(int(step) if step.isdecimal() else step for step in fault.path.split(".") if step)
    record = record_at(form, path, desk)
    names = in_order(record) if record is not None else []
    return Broken(path, fault, tuple(name for name in names if speaks_of(fault.params.get("rule", ""), name)))


def record_at(form: Form, path: Path, desk: Desk) -> shape.Map | None:
    """Return the shape of the record at a path, of a choice the one that was chosen."""
    if not path:
        return shape.shape_of(form_of(desk.kind).record)
    found: Spot | None = spot(desk.kind, form, path)
    if found is None:
        return None
    if isinstance(found.place, shape.Choice):
        inner = form_at(form, path)
        return found.place.options.get(str(inner.get(found.place.tag)))
    return found.place if isinstance(found.place, shape.Map) else None


def form_at(form: Form, path: Path) -> Mapping[str, Any]:
    found = get(form, path)
    return found if isinstance(found, dict) else {}


def speaks_of(rule: str, name: str) -> bool:
    """Return whether a rule names the field, perhaps one of several, or does so in other words: `reviewed`."""
    single = re.sub(r"ies$", "y", name) if name.endswith("ies") else name.removesuffix("s")
    stem = "[ _-]".join(map(re.escape, single.split("_")))
    return re.search(rf"(?<![A-Za-z]){stem}", rule, re.IGNORECASE) is not None
