"""STIX 2.0 and 2.1 in: bundles and single objects to indicators, with a list of all that is not carried over."""

from collections.abc import Iterator
from typing import Any, Final

from comity_node.interchange.drafts import MAX_CONTEXT, Gathering, Imported, Plain, fault_in
from comity_node.interchange.observables import TOGETHER, tell_observable
from comity_node.interchange.pattern import Comparison, PatternError, alternatives
from comity_node.interchange.source import SourceError
from comity_node.interchange.stix_out import pattern_for
from comity_node.interchange.stix_tables import EXTENSION, MAKER, OBJECTS, REASONS, SIMPLE, SOURCE_NAMES
from comity_node.interchange.tlp import LEVEL_OF_ID, level_of_marking, pap_named

OBSERVABLES: Final = frozenset({*SIMPLE, "file", "mac-addr", "user-account"})
INDICATOR_USED: Final = frozenset(
    {"type", "name", "description", "pattern", "pattern_type", "valid_until", "confidence", "object_marking_refs"}
)
DEFAULT_REASON: Final = "comity has no field for it"
Object = dict[str, Any]


def read_stix(source: Object, role: str) -> Imported:
    """Return what came of a bundle or a single object; `role` is that of indicators of which the file says none.

    Raises:
        SourceError: it is no STIX.
    """
    kind = source.get("type")
    if not isinstance(kind, str):
        raise SourceError("the file is no STIX: it has no type", "check that it is the right file")
    objects = source.get("objects", []) if kind == "bundle" else [source]
    if not isinstance(objects, list):
        raise SourceError("the objects of the bundle are no list", "have it made again")
    reader = _Reader(Gathering(role), objects)
    if kind == "bundle":
        for name in source.keys() - {"type", "objects"}:
            reader.into.leave(name, "names the bundle at its source")
    reader.read()
    return reader.into.gathered()


class _Reader:
    def __init__(self, into: Gathering, objects: list[Any]) -> None:
        self.into = into
        self._objects = objects
        markings = (each for each in objects if isinstance(each, dict) and each.get("type") == "marking-definition")
        self._markings: dict[str, Object] = {str(each.get("id")): each for each in markings}
        self._used_markings: set[str] = set()

    def read(self) -> None:
        for number, each in enumerate(self._objects):
            path = f"objects[{number}]"
            if not isinstance(each, dict):
                self.into.leave(path, "this is no object")
                continue
            kind = str(each.get("type"))
            if kind == "indicator":
                self._indicator(path, each)
            elif kind in OBSERVABLES:
                self._observable(path, kind, each)
            elif kind == "observed-data" and isinstance(each.get("objects"), dict):
                self._observed(path, each)
            elif kind in ("report", "grouping"):
                self._report(path, each)
            elif kind != "marking-definition" and each.get("id") not in (EXTENSION, MAKER):
                reason = OBJECTS.get(kind, f"comity has no such object: {kind[:60]}")
                self.into.leave(path, reason)
        self._leave_markings()

    def _leave_markings(self) -> None:
        for number, each in enumerate(self._objects):
            unused = isinstance(each, dict) and each.get("type") == "marking-definition"
            if unused and str(each.get("id")) not in self._used_markings:
                self.into.leave(f"objects[{number}]", "nothing that is carried over has this marking")

    # --- one object -----------------------------------------------------------------------------------------------

    def _indicator(self, path: str, each: Object) -> None:
        if each.get("revoked") is True:
            self.into.leave(path, "it is revoked")
            return
        if self._whole(path, each):
            return
        about = self._about(path, each)
        told = self._pattern(f"{path}.pattern", each, about)
        if told:
            self._marked(path, each)
        self._leave_rest(path, each, INDICATOR_USED)

    def _whole(self, path: str, each: Object) -> bool:
        """Take the indicator from the extension of comity, where it says the same as the pattern."""
        extensions = each.get("extensions")
        ours = extensions.get(EXTENSION) if isinstance(extensions, dict) else None
        plain = ours.get("indicator") if isinstance(ours, dict) else None
        if not isinstance(plain, dict):
            return False
        if fault_in(plain) is not None or pattern_for(plain["subject"]) != each.get("pattern"):
            self.into.leave(f"{path}.extensions", "the extension of comity is not valid or contradicts the pattern")
            return False
        self.into.tell_indicator(path, plain)
        self._marked(path, each)
        self._leave_rest(path, each, INDICATOR_USED | {"valid_from", "extensions"})
        return True

    def _about(self, path: str, each: Object) -> Plain:
        """Return the fields of the indicator that stand in the STIX object."""
        about: Plain = {}
        texts = [each[name] for name in ("name", "description") if isinstance(each.get(name), str) and each[name]]
        if texts:
            about["context"] = self.into.cut(f"{path}.description", "\n".join(texts), MAX_CONTEXT)
        if isinstance(each.get("confidence"), int):
            about["confidence"] = each["confidence"]
        if isinstance(each.get("valid_until"), str):
            about["valid_until"] = each["valid_until"]
        return about

    def _pattern(self, path: str, each: Object, about: Plain) -> bool:
        pattern, language = each.get("pattern"), each.get("pattern_type", "stix")
        if not isinstance(pattern, str) or language != "stix":
            self.into.leave(path, "the pattern is not in the language of STIX")
            return False
        try:
            found = alternatives(pattern)
        except PatternError as fault:
            self.into.leave(path, str(fault))
            return False
        results = [self._group(path, group, about) for group in found]
        return any(results)

    def _group(self, path: str, group: tuple[Comparison, ...], about: Plain) -> bool:
        kinds = {each.type for each in group}
        names = [each.path for each in group]
        if len(kinds) > 1:
            self.into.leave(path, "several objects that must be seen together are no single indicator")
            return False
        if len(set(names)) < len(names):
            self.into.leave(path, TOGETHER)
            return False
        properties = {each.path: each.value for each in group}
        return tell_observable(self.into, path, kinds.pop(), properties, about)

    def _observable(self, path: str, kind: str, each: Object, about: Plain | None = None) -> None:
        if each.get("defanged") is False:
            each = {name: value for name, value in each.items() if name != "defanged"}
        rest = dict(flattened({name: value for name, value in each.items() if name not in OF_EVERY_OBJECT}))
        if tell_observable(self.into, path, kind, rest, about or {}):
            self._marked(path, each)
        self._leave_rest(path, each, frozenset(each) - OF_EVERY_OBJECT | {"type", "object_marking_refs"})

    def _observed(self, path: str, each: Object) -> None:
        """Read observed-data of STIX 2.0, which holds its observables inside."""
        about = {"first_seen": each.get("first_observed"), "last_seen": each.get("last_observed")}
        about = {name: value for name, value in about.items() if isinstance(value, str)}
        for key, inner in each["objects"].items():
            place = f"{path}.objects.{key[:20]}"
            if not isinstance(inner, dict):
                self.into.leave(place, "this is no object")
            else:
                self._observable(place, str(inner.get("type")), inner, about)
        self._marked(path, each)
        used = frozenset({"type", "objects", "first_observed", "last_observed", "object_marking_refs"})
        self._leave_rest(path, each, used)

    def _report(self, path: str, each: Object) -> None:
        texts = [each[name] for name in ("name", "description") if isinstance(each.get(name), str) and each[name]]
        self.into.summarise(path, "\n".join(texts))
        self._marked(path, each)
        self._leave_rest(path, each, frozenset({"type", "name", "description", "object_refs", "object_marking_refs"}))

    # --- what is left, and markings -------------------------------------------------------------------------------

    def _leave_rest(self, path: str, each: Object, used: frozenset[str]) -> None:
        for name in each.keys() - used:
            place = f"objects[*].{name}" if name in SOURCE_NAMES else f"{path}.{name}"
            reason = "names the object at its source" if name in SOURCE_NAMES else REASONS.get(name, DEFAULT_REASON)
            self.into.leave(place, reason)

    def _marked(self, path: str, each: Object) -> None:
        for place, reference in self._references(path, each):
            marking = self._markings.get(reference)
            level = LEVEL_OF_ID.get(reference) or (level_of_marking(marking) if marking else None)
            self._used_markings.add(reference)
            statement = (marking or {}).get("definition")
            if level is not None:
                self.into.mark(level)
            elif isinstance(statement, dict) and isinstance(statement.get("statement"), str):
                self._stated(statement["statement"])
            else:
                self.into.mark("RED")
                self.into.leave(place, "the marking is not known, so nothing may be passed on: marked RED")

    def _stated(self, text: str) -> None:
        pap = pap_named(text)
        if pap is None:
            self.into.caveat(text)
        else:
            self.into.allow(pap)

    def _references(self, path: str, each: Object) -> Iterator[tuple[str, str]]:
        whole = each.get("object_marking_refs")
        for reference in whole if isinstance(whole, list) else ():
            yield f"{path}.object_marking_refs", str(reference)
        parts = each.get("granular_markings")
        for part in parts if isinstance(parts, list) else ():
            if isinstance(part, dict) and "marking_ref" in part:
                yield f"{path}.granular_markings", str(part["marking_ref"])


OF_EVERY_OBJECT: Final = SOURCE_NAMES | REASONS.keys() | {"type", "object_marking_refs"}


def flattened(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every value inside objects by its path, for example `hashes.MD5`; a list counts as one value."""
    if not isinstance(value, dict):
        yield path, value
        return
    for name, inner in value.items():
        yield from flattened(inner, f"{path}.{name}" if path else name)
