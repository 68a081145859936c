"""What is asked next: first what the kind cannot do without, then what the answers have made necessary."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from comity.encoding import shape
from comity.kinds import form_of
from comity_node.authoring.answers import Desk
from comity_node.authoring.fields import Spot, in_order, is_money, is_single, spot
from comity_node.authoring.judging import Broken, broken_rules, record_at
from comity_node.authoring.paths import Form, Path, get, has, may_lack, remove

MAX_ROUNDS: Final = 12  # how often rules that are broken are asked about before the preview tells them


@dataclass(frozen=True, slots=True)
class Question:
    """A question that one answer settles.

    Attributes:
        spot: what is asked for.
        optional: an empty answer goes on.
        ends: an empty answer says that a list has no more entries.
    """

    spot: Spot
    optional: bool = False
    ends: bool = False

    @property
    def path(self) -> Path:
        return self.spot.path


@dataclass(frozen=True, slots=True)
class Menu:
    """Which of these fields to fill in, any number of them or none.

    Attributes:
        spots: the fields.
        why: the rule that one of them would satisfy; None where all may be left out.
    """

    spots: tuple[Spot, ...]
    why: Broken | None = None


Step: TypeAlias = Question | Menu
#: A walk over steps. Its driver puts what was answered into the form before it asks for the next step, and sends back
#: what was chosen from a menu.
Walk: TypeAlias = Generator[Step, tuple[Path, ...] | None, Any]


class Course:
    """The steps of one form, which depend on what the form holds by then."""

    def __init__(self, form: Form, desk: Desk) -> None:
        self.form = form
        self._desk = desk

    def whole(self) -> Walk:
        """Walk over everything that is needed, then over what is offered."""
        yield from self.needed()
        yield from self.rules()
        yield from self.offered()

    def needed(self) -> Walk:
        """Walk over what the kind cannot do without and the form lacks."""
        yield from self._map(shape.shape_of(form_of(self._desk.kind).record), (), deep=False, ends=False)

    def offered(self) -> Walk:
        """Offer what may be left out, until nothing is chosen."""
        while True:
            found = self.optional()
            chosen = (yield Menu(tuple(found))) if found else None
            if not chosen:
                return
            for path in chosen:
                yield from self.at(path)
            yield from self.rules()

    def at(self, path: Path) -> Walk:
        """Walk over one field and what is in it, whatever may be left out included."""
        found = spot(self._desk.kind, self.form, path)
        if found is not None:
            yield from self._value(found, deep=True, optional=True, ends=False)

    def rules(self) -> Walk:
        """Ask for what rules over several fields need, until they hold or nobody wants to mend them now."""
        for _ in range(MAX_ROUNDS):
            found = broken_rules(self.form, self._desk)
            if not found or not (yield from self._mend(found[0])):
                return

    def optional(self) -> list[Spot]:
        """Return the fields that the form lacks and may lack, those of the parts that it has included."""
        record = shape.shape_of(form_of(self._desk.kind).record)
        return list(self._lacking(record, ()))

    def _lacking(self, place: shape.Shape, path: Path) -> Iterator[Spot]:
        """Yield what the value at a path lacks and may lack, and what the parts in it do."""
        value = get(self.form, path)
        if isinstance(place, shape.Array) and isinstance(value, list):
            for index in range(len(value)):
                yield from self._lacking(place.item, (*path, index))
        elif isinstance(place, shape.Choice) and isinstance(value, dict):
            chosen = place.options.get(str(value.get(place.tag)))
            yield from self._lacking(chosen, path) if chosen is not None else ()
        elif isinstance(place, shape.Map) and not is_money(place):
            for name in in_order(place):
                below, inner = (*path, name), place.fields[name]
                if has(self.form, below) and get(self.form, below) != []:
                    yield from self._lacking(inner, below)
                elif may_lack(inner):
                    yield Spot(below, inner, place.record, name)

    def _mend(self, broken: Broken) -> Walk:
        names = self._candidates(broken)
        found = [each for name in names if (each := spot(self._desk.kind, self.form, (*broken.path, name))) is not None]
        chosen = (yield Menu(tuple(found), broken)) if found else None
        for path in chosen or ():
            remove(self.form, path)
            yield from self.at(path)
        return bool(chosen)

    def _candidates(self, broken: Broken) -> Sequence[str]:
        """Return the fields that the rule speaks of; where all are answered, also others of their sort that are."""
        record = record_at(self.form, broken.path, self._desk)
        answered = [name for name in in_order(record) if has(self.form, (*broken.path, name))] if record else []
        if record is None or not set(broken.fields) <= set(answered):
            return broken.fields
        sorts = {sort_of(record.fields[name]) for name in broken.fields or answered}
        return [name for name in answered if sort_of(record.fields[name]) in sorts]

    def _map(self, place: shape.Map, path: Path, *, deep: bool, ends: bool) -> Walk:
        deep = deep or all(may_lack(inner) for inner in place.fields.values())  # else nothing would be asked at all
        for name in sorted(in_order(place), key=lambda each: may_lack(place.fields[each])):
            inner = place.fields[name]
            here = Spot((*path, name), inner, place.record, name)
            given = has(self.form, here.path)
            if not given and may_lack(inner) and not (deep and is_single(inner)):
                continue
            yield from self._value(here, deep=deep, optional=may_lack(inner), ends=ends)
            if ends and not has(self.form, here.path) and not may_lack(inner):
                return
            ends = ends and not has(self.form, here.path)

    def _value(self, here: Spot, *, deep: bool, optional: bool, ends: bool) -> Walk:
        place = here.place
        if isinstance(place, shape.Map) and not is_money(place):
            yield from self._map(place, here.path, deep=deep, ends=ends)
        elif isinstance(place, shape.Array):
            yield from self._array(here, place, deep=deep, optional=optional, ends=ends)
        elif isinstance(place, shape.Choice):
            yield from self._choice(here, place, deep=deep, optional=optional, ends=ends)
        elif not has(self.form, here.path):
            yield Question(here, optional, ends)

    def _choice(self, here: Spot, place: shape.Choice, *, deep: bool, optional: bool, ends: bool) -> Walk:
        tag = (*here.path, place.tag)
        if not has(self.form, tag):
            yield Question(Spot(tag, place, here.record, here.name), optional, ends)
        chosen: Any = get(self.form, tag)
        if has(self.form, tag) and chosen in place.options:
            yield from self._map(place.options[chosen], here.path, deep=deep, ends=False)

    def _array(self, here: Spot, place: shape.Array, *, deep: bool, optional: bool, ends: bool) -> Walk:
        given = get(self.form, here.path)
        count = len(given) if isinstance(given, list) else 0
        for index in range(count):
            yield from self._value(self._item(here, place, index), deep=deep, optional=False, ends=False)
        if count and not place.least > count:
            return
        while place.most is None or count < place.most:
            last = count >= max(place.least, 0 if optional else 1) or (ends and not count)
            yield from self._value(self._item(here, place, count), deep=deep, optional=False, ends=last)
            if not has(self.form, (*here.path, count)):
                return
            count += 1

    def _item(self, here: Spot, place: shape.Array, index: int) -> Spot:
        return Spot((*here.path, index), place.item, here.record, here.name)


def sort_of(place: shape.Shape) -> tuple[str, str]:
    """Return what fields have in common that a rule may compare: texts with texts, times with times."""
    return type(place).__name__, place.marks.get("unit", "")
