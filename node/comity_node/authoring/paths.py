"""Places in a form: `hops.0.account.number` is the number of the account of the first hop."""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, Final, TypeAlias

from comity.encoding import shape
from comity.kinds import form_of

Path: TypeAlias = tuple[str | int, ...]
Form: TypeAlias = dict[str, Any]

STEP: Final = re.compile(r"[a-z][a-z0-9_]{0,63}|0|[1-9][0-9]{0,3}")
NOTHING: Final = object()


def path_of(text: str) -> Path | None:
    """Return the path that a text such as `hops.0.amount` names, None where it has another form."""
    steps = text.split(".")
    if len(steps) > 16 or not all(STEP.fullmatch(step) for step in steps):
        return None
    return tuple(int(step) if step.isdecimal() else step for step in steps)


def dotted(path: Path) -> str:
    return ".".join(map(str, path))


def get(form: Any, path: Path) -> Any:
    """Return what stands at the path, NOTHING where nothing does."""
    for step in path:
        if isinstance(step, int):
            form = form[step] if isinstance(form, list) and step < len(form) else NOTHING
        else:
            form = form.get(step, NOTHING) if isinstance(form, dict) else NOTHING
    return form


def has(form: Any, path: Path) -> bool:
    """Return whether anything but null stands at the path."""
    return get(form, path) not in (NOTHING, None)


def put(form: Form, path: Path, value: Any) -> None:
    """Let the value stand at the path, in objects and lists that are made where they lack.

    Raises:
        LookupError: something else stands on the way, or the index is beyond the next free one.
    """
    place: Any = form
    for step, following in zip(path, (*path[1:], None), strict=True):
        fresh = value if following is None else [] if isinstance(following, int) else {}
        if isinstance(step, int):
            if not isinstance(place, list) or step > len(place):
                raise LookupError("no such place in a list")
            if step == len(place):
                place.append(fresh)
        elif not isinstance(place, dict):
            raise LookupError("no such place in an object")
        elif place.get(step) is None:
            place[step] = fresh
        if following is None:
            place[step] = value
        else:
            place = place[step]


def remove(form: Form, path: Path) -> None:
    """Take away what stands at the path; the items behind one of a list move up."""
    around, step = get(form, path[:-1]), path[-1]
    if isinstance(around, dict):
        around.pop(step, None)
    elif isinstance(around, list) and isinstance(step, int) and step < len(around):
        del around[step]


def completed(kind: str, form: Mapping[str, Any]) -> Form:
    """Return the form with null, or an empty list, wherever a field may be left out and is."""
    whole: Form = _completed(shape.shape_of(form_of(kind).record), deepcopy(dict(form)))
    return whole


def _completed(place: shape.Shape, value: Any) -> Any:
    if isinstance(place, shape.Choice) and isinstance(value, dict):
        chosen = place.options.get(str(value.get(place.tag)))
        return value if chosen is None else _completed(chosen, value)
    if isinstance(place, shape.Array) and isinstance(value, list):
        return [_completed(place.item, item) for item in value]
    if isinstance(place, shape.Map) and isinstance(value, dict):
        for name, inner in place.fields.items():
            if name in value and (value[name] is not None or inner.optional):
                value[name] = _completed(inner, value[name])
            elif may_lack(inner):
                value[name] = [] if isinstance(inner, shape.Array) and not inner.optional else None
    return value


def may_lack(place: shape.Shape) -> bool:
    """Return whether a form is right without a value in this place."""
    return place.optional or (isinstance(place, shape.Array) and place.least == 0)


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every value of a form that contains no others, with its path."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from leaves(item, (*path, name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from leaves(item, (*path, number))
    else:
        yield path, value
