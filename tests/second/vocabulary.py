"""Vocabularies (page vocabulary): a reader of files, the hash, labels, and what may follow what."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from tests.second import codec
from tests.second.codec import Value
from tests.second.forms import Fields, Form, array, is_bool, matching, one_of, or_nil, record, spelled, text, uint
from tests.second.keys import labelled
from tests.second.refusal import LIMIT, RefusedError, require

MOST = 4_194_304
EXCLUDED = (
    (0x00, 0x1F), (0x7F, 0x9F), (0xAD, 0xAD), (0x61C, 0x61C), (0x180E, 0x180E), (0x200B, 0x200F), (0x2028, 0x202E),
    (0x2060, 0x206F), (0xFEFF, 0xFEFF), (0xFFF9, 0xFFFB), (0xE0000, 0xE007F),
)  # fmt: skip
LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}")
GROUP = re.compile(r"[a-z][a-z0-9-]{0,30}")
SCHEME = re.compile(r"[a-z][a-z0-9.-]{0,30}")
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9+.-]{0,62}")
COUNTRY, CURRENCY = re.compile(r"[A-Z]{2}"), re.compile(r"[A-Z]{3}")


def mapping(key: re.Pattern[str], form: Form, most: int, least: int = 0) -> Form:
    """Return the form of a map whose keys match."""

    def check(value: Value) -> None:
        require(type(value) is dict and least <= len(value) <= most, "no map of the right size")
        assert isinstance(value, dict)
        for name, inner in value.items():
            matching(key)(name)
            form(inner)

    return check


def both(*forms: Form) -> Form:
    def check(value: Value) -> None:
        for form in forms:
            form(value)

    return check


def clean(value: Value) -> None:
    """Refuse what VOCAB-006 excludes."""
    assert isinstance(value, str)
    bad = any(low <= ord(letter) <= high for letter in value for low, high in EXCLUDED)
    require(not bad and "  " not in value and value.strip(" ") == value, "an excluded character or space")


def rule(holds: Callable[[Any], bool], why: str) -> Form:
    def check(value: Value) -> None:
        require(holds(value), why)

    return check


def no_code_twice(terms: Any) -> bool:
    return len({term["code"] for term in terms}) == len(terms)


LABEL, SENTENCE = (both(text(most), clean) for most in (80, 400))
TERM = record(
    code=matching(CODE),
    crosswalk=mapping(SCHEME, array(text(100), 1, 16), 16),
    definition=mapping(LANGUAGE, SENTENCE, 32),
    deprecated=is_bool,
    label=mapping(LANGUAGE, LABEL, 32),
)
CONTENT = record(
    countries=array(matching(COUNTRY), 0, 1_024, spelled),
    currencies=mapping(CURRENCY, or_nil(uint(0, 4)), 1_024),
    groups=mapping(
        GROUP,
        record(
            label=mapping(LANGUAGE, LABEL, 32),
            terms=both(array(TERM, 1, 1_024), rule(no_code_twice, "a code twice")),
        ),
        256,
    ),
    languages=mapping(LANGUAGE, record(direction=one_of("ltr", "rtl"), name=LABEL), 32, 1),
    type=one_of("vocabulary"),
    v=one_of(1),
    version=uint(1, 65_535),
)


def read(data: bytes) -> tuple[Any, bytes]:
    """Return the content of a file, and its hash."""
    require(len(data) <= MOST, "a file that is too long", LIMIT)
    try:
        content = json.loads(data.decode(), object_pairs_hook=once, parse_float=no_number, parse_constant=no_number)
        CONTENT(content)
        spelling = codec.encode(content)
        codec.decode(spelling, MOST)
    except (ValueError, RecursionError) as fault:
        raise RefusedError(1, f"no vocabulary: {type(fault).__name__}") from None
    require("en" in content["languages"], "no English")
    require(not {"country", "currency"} & content["groups"].keys(), "a list of codes as a group")
    require(all(each.keys() == content["languages"].keys() for each in texts(content)), "a text in other languages")
    return content, hashlib.sha256(labelled("comity-v1 vocabulary", spelling)).digest()


def once(pairs: list[tuple[str, Any]]) -> Fields:
    require(len(dict(pairs)) == len(pairs), "a key twice")
    return dict(pairs)


def no_number(spelling: str) -> None:
    raise RefusedError(1, "a number that is no int")


def texts(content: Any) -> Iterator[Any]:
    for group in content["groups"].values():
        yield group["label"]
        for term in group["terms"]:
            yield from (term["label"], term["definition"])


def codes(content: Any, group: str) -> set[str]:
    if group in ("country", "currency"):
        return set(content["countries" if group == "country" else "currencies"])
    return {term["code"] for term in content["groups"].get(group, {"terms": []})["terms"]}


def label(content: Any, group: str, code: str, lang: str) -> str:
    """Return what is shown for a code (VOCAB-012)."""
    terms = content["groups"].get(group, {"terms": []})["terms"]
    by_lang: dict[str, str] = next((term["label"] for term in terms if term["code"] == code), {})
    subtags = lang.lower().split("-")
    tags = ["-".join(subtags[:count]) for count in range(len(subtags), 0, -1)]
    return next((by_lang[tag] for tag in [*tags, "en"] if tag in by_lang), code)


def follow(older: Any, newer: Any) -> None:
    """Return when the newer version keeps all of the older one (VOCAB-013)."""
    require(newer["version"] > older["version"], "not a later version")
    for group in ("country", "currency", *older["groups"]):
        require(codes(older, group) <= codes(newer, group), f"{group} has lost a code")
    require(older["languages"].keys() <= newer["languages"].keys(), "a language is gone")
