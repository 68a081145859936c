"""MISP events in: attributes and objects to indicators, with a list of all that is not carried over."""

import re
from collections.abc import Iterator
from typing import Any, Final

from comity.chapters.grading import graded
from comity.encoding import decode, encode
from comity_node.interchange.drafts import MAX_CONTEXT, MAX_LINE, Gathering, Imported, Plain
from comity_node.interchange.misp_objects import OBJECTS, Attributes
from comity_node.interchange.misp_tables import (
    COMMON,
    CREDIBILITY,
    ELSEWHERE,
    HASHES,
    NOT_INDICATORS,
    PLATFORMS,
    RELIABILITY,
    TYPES,
)
from comity_node.interchange.source import SourceError
from comity_node.interchange.tlp import level_named, pap_named, strictest_pap
from comity_node.times import RFC_3339

USED: Final = frozenset({"Tag", "comment", "first_seen", "last_seen", "type", "value"})
EMPTY: Final[tuple[Any, ...]] = (None, "", [], {}, False, "0")
Node = dict[str, Any]


def read_misp(source: Node, role: str) -> Imported:
    """Return what came of an event, or of several as the API of MISP returns them.

    `role` is that of every indicator, for MISP does not say it.

    Raises:
        SourceError: there is no event.
    """
    into = Gathering(role)
    events = list(_events(into, source))
    if not events:
        raise SourceError("the file is no event of MISP: it has no info", "export the event as JSON")
    for path, event in events:
        _Reader(into, path).event(event)
    return into.gathered()


def _events(into: Gathering, source: Node, path: str = "") -> Iterator[tuple[str, Node]]:
    response = source.get("response")
    if isinstance(response, list):
        for number, each in enumerate(response):
            place = f"response[{number}]"
            if isinstance(each, dict) and isinstance(each.get("Event"), dict):
                yield from _events(into, each, f"{place}.")
            else:
                into.leave(place, "this is no event")
        return
    event = source.get("Event", source)
    if isinstance(event, dict) and isinstance(event.get("info"), str):
        for name in source.keys() - {"Event"} if "Event" in source else ():
            into.leave(f"{path}{name}", "stands beside the event")
        yield f"{path}Event", event
    elif path:
        into.leave(f"{path}Event", "an event without info")


class _Reader:
    def __init__(self, into: Gathering, path: str) -> None:
        self.into = into
        self._path = path

    def event(self, event: Node) -> None:
        self.into.summarise(f"{self._path}.info", event["info"])
        about = self.tags(self._path, event)
        if "pap" in about:
            self.into.allow(about.pop("pap"))
        for number, attribute in enumerate(listed(event, "Attribute")):
            self.attribute(f"{self._path}.Attribute[{number}]", f"{self._path}.Attribute[*]", attribute, about)
        for number, each in enumerate(listed(event, "Object")):
            self.object(f"{self._path}.Object[{number}]", each, about)
        self.rest(self._path, self._path, event, frozenset({"Attribute", "Object", "Tag", "info"}))

    def attribute(self, path: str, any_path: str, attribute: object, event_about: Plain) -> None:
        """Add the indicators that an attribute is."""
        if not isinstance(attribute, dict) or not isinstance(attribute.get("value"), str):
            self.into.leave(path, "this is no attribute")
            return
        if attribute.get("deleted") not in EMPTY:
            self.into.leave(path, "it is deleted")
            return
        about = event_about | self.about(path, attribute)
        self.typed(f"{path}.value", str(attribute.get("type")), attribute["value"], about)
        self.rest(path, any_path, attribute, USED)

    def typed(self, path: str, kind: str, value: str, about: Plain) -> None:
        """Add the indicators that a value of an attribute type is; two values are joined by `|`."""
        first, bar, second = kind.partition("|")
        left, _, right = value.partition("|")
        if first in ("filename", "malware-sample") and bar and second in HASHES:
            name = self.into.cut(path, left, MAX_LINE) or None
            self.into.tell(path, "file-hash", right, HASHES[second], about=about, file_name=name)
        elif kind == "domain|ip":
            self.into.tell(path, "domain", left, about=about)
            self.into.tell(path, "ip", right, about=about)
        elif kind in ("ip-src|port", "ip-dst|port"):
            self.address(path, kind, left, right, about)
        elif kind == "hostname|port":
            self.into.tell(path, "domain", left, about=about)
            self.into.leave(path, "a domain has no port")
        elif kind in HASHES:
            self.into.tell(path, "file-hash", value, HASHES[kind], about=about)
        elif kind in TYPES:
            subject, hint = TYPES[kind]
            self.into.tell(path, subject, value, hint, about=about)
        else:
            self.odd(path, kind, value, about)

    def address(self, path: str, kind: str, address: str, port: str, about: Plain) -> None:
        is_source = kind == "ip-src|port" and port.isascii() and port.isdigit() and len(port) < 6
        self.into.tell(path, "ip", address, about=about, port=int(port) if is_source else None)
        if not is_source:
            self.into.leave(path, "only the source port of an address is carried over")

    def odd(self, path: str, kind: str, value: str, about: Plain) -> None:
        if kind in PLATFORMS:
            subject = {"kind": "social-account", "handle": value.removeprefix("@"), "platform": PLATFORMS[kind]}
            self.into.tell_subject(path, subject, about)
        elif kind == "mac-address":
            subject = {"kind": "device", "identifier": value.lower(), "identifier_type": "mac"}
            self.into.tell_subject(path, subject, about)
        elif kind == "bank-account-nr":
            number = re.sub(r"[\s-]+", "", value)
            subject = {"kind": "account", "account_scheme": "unknown", "number": number}
            self.into.tell_subject(path, subject, about)
        else:
            known = NOT_INDICATORS.get(kind.partition("|")[0])
            self.into.leave(path, known or f"no kind of indicator is a {kind[:60]}")

    def object(self, path: str, each: object, event_about: Plain) -> None:
        """Add the indicators that an object is: by its template where that is known, else by its attributes."""
        if not isinstance(each, dict):
            self.into.leave(path, "this is no object")
            return
        if each.get("deleted") not in EMPTY:
            self.into.leave(path, "it is deleted")
            return
        about = event_about | self.about(path, each)
        inner = listed(each, "Attribute")
        maker = OBJECTS.get(str(each.get("name")))
        used: set[int] = set()
        if maker is not None:
            used = maker(self.into, path, Attributes.of(inner), self.joined(path, inner, about))
        for number, attribute in enumerate(inner):
            place = f"{path}.Attribute[{number}]"
            if number not in used:
                self.attribute(place, f"{self._path}.Object[*].Attribute[*]", attribute, about)
            elif isinstance(attribute, dict):
                self.rest(place, f"{self._path}.Object[*].Attribute[*]", attribute, USED)
        self.rest(
            path,
            f"{self._path}.Object[*]",
            each,
            frozenset({"Attribute", "name", "comment", "first_seen", "last_seen"}),
        )

    def joined(self, path: str, inner: list[Any], about: Plain) -> Plain:
        """Return what is told of an object and of its attributes, as of one thing."""
        found = [self.about(f"{path}.Attribute[{n}]", each) for n, each in enumerate(inner) if isinstance(each, dict)]
        contexts = [each["context"] for each in (about, *found) if "context" in each]
        together: Plain = {}
        for each in reversed(found):
            together |= each
        paps = [each["pap"] for each in (about, *found) if "pap" in each]
        together |= about | ({"pap": strictest_pap(paps)} if paps else {})
        if contexts:
            together["context"] = self.into.cut(f"{path}.comment", "\n".join(dict.fromkeys(contexts)), MAX_CONTEXT)
        return together

    # --- what stands around the value -----------------------------------------------------------------------------

    def about(self, path: str, each: Node) -> Plain:
        found = self.tags(path, each)
        if isinstance(each.get("comment"), str) and each["comment"]:
            found["context"] = self.into.cut(f"{path}.comment", each["comment"], MAX_CONTEXT)
        for name in ("first_seen", "last_seen"):
            time = each.get(name)
            if isinstance(time, str) and RFC_3339.fullmatch(time):
                found[name] = time
            elif time not in EMPTY:
                self.into.leave(f"{path}.{name}", "not a time of RFC 3339")
        return found

    def tags(self, path: str, each: Node) -> Plain:
        """Take TLP, PAP and the admiralty scale from the tags; leave the others."""
        found: Plain = {}
        pair = ["", ""]
        for number, tag in enumerate(listed(each, "Tag")):
            name = tag.get("name") if isinstance(tag, dict) else None
            name = name if isinstance(name, str) else ""
            pap = pap_named(name)
            level = level_named(name) if name.lower().startswith("tlp:") else None
            if level is not None:
                self.into.mark(level)
            elif pap is not None:
                found["pap"] = strictest_pap([pap, found.get("pap", pap)])
            elif name.startswith(RELIABILITY):
                pair[0] = name.removeprefix(RELIABILITY).rstrip('"').upper()
            elif name.startswith(CREDIBILITY):
                pair[1] = name.removeprefix(CREDIBILITY).rstrip('"')
            else:
                self.into.leave(f"{path}.Tag[{number}]", "only TLP, PAP and the admiralty scale have a field")
        if any(pair):
            try:
                found["grade"] = decode(encode(graded("admiralty", *pair)), 1_000)
            except ValueError:
                self.into.leave(f"{path}.Tag", "a grade needs both codes of the admiralty scale, A to F and 1 to 6")
        return found

    def rest(self, path: str, any_path: str, each: Node, used: frozenset[str]) -> None:
        for name, value in each.items():
            if name in used or (value in EMPTY and name in ELSEWHERE):
                continue
            if name in COMMON:
                self.into.leave(f"{any_path}.{name}", COMMON[name])
            else:
                self.into.leave(f"{path}.{name}", ELSEWHERE.get(name, "comity has no field for it"))


def listed(each: Node, name: str) -> list[Any]:
    value = each.get(name)
    return value if isinstance(value, list) else []
