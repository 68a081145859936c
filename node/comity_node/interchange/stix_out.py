"""STIX 2.1 out: a bundle that other platforms read, and in which a comity node finds the indicators whole."""

from typing import Any, Final

from comity_node.interchange.drafts import Left, Plain
from comity_node.interchange.naming import uuid_of
from comity_node.interchange.outgoing import Outgoing
from comity_node.interchange.pattern import Comparison, pattern_of
from comity_node.interchange.stix_tables import EXTENSION, IDENTITY, OUT, PREFIX, STIX_HASHES, definition
from comity_node.interchange.tlp import marking
from comity_node.times import iso, parse_time

ONLY_INSIDE: Final = "told in the extension of comity only; other tools do not show it"
Object = dict[str, Any]


def write_stix(message: Outgoing) -> tuple[Object, list[Left]]:
    """Return a bundle and what other tools will not see of the message."""
    left = list(message.left)
    markings = [marking(message.tlp), *(_statement(message, text) for text in message.conditions)]
    refs = [each["id"] for each in markings]
    indicators = [_indicator(message, number, plain, refs, left) for number, plain in enumerate(message.indicators)]
    objects = [*definition(), *markings, *indicators]
    objects.append(_report(message, [each["id"] for each in indicators], refs))
    bundle = {"type": "bundle", "id": _id(message, "bundle", "bundle"), "objects": objects}
    return bundle, list(dict.fromkeys(left))


def _id(message: Outgoing, kind: str, *names: object) -> str:
    return f"{kind}--{uuid_of(message.hash, 'stix', *names)}"


def milliseconds(micros: int) -> str:
    """Return the time as STIX writes it, cut to milliseconds."""
    text = iso(micros - micros % 1_000).removesuffix("Z")
    return f"{text[:23]}Z" if "." in text else f"{text}.000Z"


def _statement(message: Outgoing, text: str) -> Object:
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": _id(message, "marking-definition", text),
        "created": milliseconds(message.created_us),
        "definition_type": "statement",
        "definition": {"statement": text},
    }


def _indicator(message: Outgoing, number: int, plain: Plain, refs: list[str], left: list[Left]) -> Object:
    created = milliseconds(message.created_us)
    subject = plain["subject"]
    found: Object = {
        "type": "indicator",
        "spec_version": "2.1",
        "id": _id(message, "indicator", number),
        "created": created,
        "modified": created,
        "name": f"{subject['kind']} ({plain['role']})",
        "pattern": pattern_for(subject),
        "pattern_type": "stix",
        "valid_from": _valid_from(plain, message.created_us),
        "object_marking_refs": refs,
        "extensions": {EXTENSION: {"extension_type": "property-extension", "indicator": plain}},
    }
    if plain["context"] is not None:
        found["description"] = plain["context"]
    if plain["confidence"] is not None:
        found["confidence"] = plain["confidence"]
    if plain["valid_until"] is not None:
        end = milliseconds(parse_time(plain["valid_until"]))
        if end > found["valid_from"]:
            found["valid_until"] = end
    path = f"indicators[{number}]"
    for name in ("first_seen", "grade", "last_seen", "pap"):
        if plain[name] is not None:
            left.append(Left(f"indicators[*].{name}", ONLY_INSIDE))
    shown = {each.path.removeprefix(f"{subject['kind']}.") for each in comparisons_for(subject)}
    told = shown | {"kind", *((subject["kind"],) if subject["kind"] in OUT or subject["kind"] == "ip" else ())}
    left += [Left(f"{path}.subject.{name}", ONLY_INSIDE) for name in sorted(_hidden(subject, told))]
    return found


def _hidden(subject: Plain, told: set[str]) -> set[str]:
    standard = {"file-hash": {"algorithm", "digest"}, "device": {"identifier", "identifier_type"}}
    names = {name for name, value in subject.items() if value not in (None, False)}
    social = {"platform", "handle", "user_id"} if subject["kind"] == "social-account" else set()
    return names - told - standard.get(subject["kind"], set()) - social - {"person", "entity"}


def _valid_from(plain: Plain, created_us: int) -> str:
    seen = plain["first_seen"]
    return milliseconds(created_us if seen is None else min(parse_time(seen), created_us))


def _report(message: Outgoing, ids: list[str], refs: list[str]) -> Object:
    created = milliseconds(message.created_us)
    return {
        "type": "report",
        "spec_version": "2.1",
        "id": _id(message, "report", "report"),
        "created": created,
        "modified": created,
        "name": message.title,
        "description": message.summary,
        "published": created,
        "object_refs": ids,
        "object_marking_refs": refs,
    }


def pattern_for(subject: Plain) -> str:
    """Return the pattern that looks for the subject."""
    return pattern_of(comparisons_for(subject))


def comparisons_for(subject: Plain) -> tuple[Comparison, ...]:
    """Return what an object must have to be the subject: a standard object where STIX has one."""
    kind = subject["kind"]
    if kind == "ip":
        return (Comparison("ipv6-addr" if ":" in subject["ip"] else "ipv4-addr", "value", subject["ip"]),)
    if kind in OUT:
        return (Comparison(OUT[kind], "value", subject[kind]),)
    if kind == "file-hash" and subject["algorithm"] in STIX_HASHES:
        return (Comparison("file", f"hashes.{STIX_HASHES[subject['algorithm']]}", subject["digest"]),)
    if kind == "device" and subject["identifier_type"] == "mac":
        return (Comparison("mac-addr", "value", subject["identifier"]),)
    if kind == "social-account":
        named = (("account_type", "platform"), ("account_login", "handle"), ("user_id", "user_id"))
        present = [(theirs, subject[ours]) for theirs, ours in named if subject[ours] is not None]
        return tuple(Comparison("user-account", theirs, value) for theirs, value in present)
    values = ((name, _inside(subject, name)) for name in IDENTITY[kind])
    return tuple(Comparison(PREFIX + kind, name, value) for name, value in values if value is not None)


def _inside(subject: Plain, path: str) -> Any:
    value: Any = subject
    for step in path.split("."):
        value = value[step]
    return value
