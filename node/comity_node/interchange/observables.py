"""STIX observables, as objects or as patterns, to subjects of indicators."""

from collections.abc import Mapping
from typing import Any, Final

from comity.chapters.indicators import SUBJECTS
from comity_node.entering import MAKERS
from comity_node.interchange.drafts import HINTS, IDENTIFIERS, MAX_LINE, Gathering, Plain
from comity_node.interchange.stix_tables import DISPLAY_NAMES, HASHES, MACHINE_ACCOUNTS, PREFIX, SIMPLE

TOGETHER: Final = "two values of one property that must hold together"
Properties = Mapping[str, Any]


def tell_observable(into: Gathering, path: str, kind: str, properties: Properties, about: Plain) -> bool:
    """Add the indicators that an observable of the STIX type `kind` is; properties that are not carried over are left.

    `properties` go by their path, for example `hashes.MD5`. Return whether anything was added.
    """
    if kind == "file":
        used, told = _file(into, path, properties, about)
    elif kind == "mac-addr":
        used, told = _mac(into, path, properties, about)
    elif kind == "user-account":
        used, told = _account(into, path, properties, about)
    elif kind.startswith(PREFIX):
        used, told = _own(into, path, kind.removeprefix(PREFIX), properties, about)
    elif kind in SIMPLE:
        used, told = _simple(into, path, kind, properties, about)
    else:
        into.leave(path, f"no kind of indicator is a {kind[:60]}")
        return False
    for name in properties:
        if name not in used:
            into.leave(f"{path}.{name}", "the kind of indicator has no such field")
    return told


def _text(properties: Properties, name: str) -> str | None:
    value = properties.get(name)
    return value if isinstance(value, str) and value else None


def _line(into: Gathering, path: str, properties: Properties, name: str) -> str | None:
    """Return a text of the observable as a line, cut where it is too long."""
    value = _text(properties, name)
    return None if value is None else into.cut(f"{path}.{name}", value, MAX_LINE)


def _simple(into: Gathering, path: str, kind: str, properties: Properties, about: Plain) -> tuple[set[str], bool]:
    used, told = set(), False
    known: Plain = {}
    if kind in DISPLAY_NAMES:
        theirs, ours = DISPLAY_NAMES[kind]
        known = {ours: _line(into, path, properties, theirs)}
        used.add(theirs)
    for name, subject in SIMPLE[kind].items():
        value = _text(properties, name)
        if value is not None:
            used.add(name)
            told |= into.tell(f"{path}.{name}", subject, value, about=about, **known)
    return used, told


def _file(into: Gathering, path: str, properties: Properties, about: Plain) -> tuple[set[str], bool]:
    used, told = set(), False
    size = properties.get("size")
    known = {"file_name": _line(into, path, properties, "name"), "size": size if _is_size(size) else None}
    for name in properties:
        algorithm = HASHES.get(name.removeprefix("hashes.")) if name.startswith("hashes.") else None
        value = _text(properties, name)
        if algorithm is not None and value is not None:
            used.add(name)
            told |= into.tell(f"{path}.{name}", "file-hash", value, algorithm, about=about, **known)
    if told:
        used |= {"name"} | ({"size"} if _is_size(size) else set())
    return used, told


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def _mac(into: Gathering, path: str, properties: Properties, about: Plain) -> tuple[set[str], bool]:
    value = _text(properties, "value")
    if value is None:
        return set(), False
    subject = {"kind": "device", "identifier": value.lower(), "identifier_type": "mac"}
    return {"value"}, into.tell_subject(f"{path}.value", subject, about)


def _account(into: Gathering, path: str, properties: Properties, about: Plain) -> tuple[set[str], bool]:
    platform, login, user = (_text(properties, name) for name in ("account_type", "account_login", "user_id"))
    if platform is None or platform in MACHINE_ACCOUNTS:
        into.leave(path, "an account of a machine or of a platform that is not named is no indicator")
        return set(properties), False
    subject = {
        "kind": "social-account",
        "display_name": _line(into, path, properties, "display_name"),
        "handle": None if login is None else login.removeprefix("@"),
        "platform": platform.lower(),
        "user_id": user,
    }
    used = {"account_type", "account_login", "user_id", "display_name"}
    return used, into.tell_subject(path, subject, about)


def _own(into: Gathering, path: str, kind: str, properties: Properties, about: Plain) -> tuple[set[str], bool]:
    """Read the pattern by which comity itself names a kind that STIX has not."""
    if kind not in SUBJECTS or any("." in name for name in properties):
        into.leave(path, "this kind is told in the extension of comity only, which is not there")
        return set(properties), False
    field = IDENTIFIERS.get(kind, kind)
    typed, hint = _text(properties, field), _text(properties, HINTS.get(kind, ""))
    if kind in MAKERS and typed is not None:
        return {field, HINTS.get(kind, field)}, into.tell(path, kind, typed, hint, about=about)
    return set(properties), into.tell_subject(path, {"kind": kind, **properties}, about)
