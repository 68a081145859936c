"""A vocabulary: its records, how it is read from a file, and its hash (spec page vocabulary)."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from comity.encoding import Bytes32, Meta, Record, convert, encode
from comity.errors import LimitError, LocalError, MalformedError
from comity.labels import VOCABULARY, labelled

MAX_FILE_BYTES: Final = 4_194_304  # bytes
MAX_TERMS: Final = 1_024  # terms of a group
FALLBACK: Final = "en"
COUNTRY: Final = "country"
CURRENCY: Final = "currency"
#: Controls, characters that change how what stands around them is read, and spaces out of place (VOCAB-006).
UNFIT: Final = re.compile(
    r"\A | \Z|  |"
    "[\0-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)

Ordinal = Annotated[int, Meta(ge=1, le=65_535)]
Language = Annotated[str, Meta(pattern=r"\A[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}\Z")]  # in lower case
GroupName = Annotated[str, Meta(pattern=r"\A[a-z][a-z0-9-]{0,30}\Z")]
Code = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9][A-Za-z0-9+.-]{0,62}\Z")]
Label = Annotated[str, Meta(min_length=1, max_length=80)]
Sentence = Annotated[str, Meta(min_length=1, max_length=400)]
Scheme = Annotated[str, Meta(pattern=r"\A[a-z][a-z0-9.-]{0,30}\Z")]
Elsewhere = Annotated[str, Meta(min_length=1, max_length=100)]
CountryCode = Annotated[str, Meta(pattern=r"\A[A-Z]{2}\Z")]
CurrencyCode = Annotated[str, Meta(pattern=r"\A[A-Z]{3}\Z")]
MinorUnits = Annotated[int, Meta(ge=0, le=4)]


class Pin(Record, frozen=True):
    """How a treaty names the vocabulary that is in force (VOCAB-009)."""

    hash: Bytes32
    version: Ordinal


class Tongue(Record, frozen=True):
    """A language of the labels: the direction that it is written in, and what its speakers call it."""

    direction: Literal["ltr", "rtl"]
    name: Label


class Term(Record, frozen=True):
    """One choice of a group.

    Attributes:
        code: what travels.
        crosswalk: names of the same thing in classifications of others, by classification.
        definition: one sentence for each language.
        deprecated: nobody should choose it any more.
        label: a few words for each language.
    """

    code: Code
    crosswalk: Annotated[dict[Scheme, Annotated[tuple[Elsewhere, ...], Meta(min_length=1, max_length=16)]],
                         Meta(max_length=16)]  # fmt: skip
    definition: dict[Language, Sentence]
    deprecated: bool
    label: dict[Language, Label]


class Group(Record, frozen=True):
    """A closed list of terms, in the order in which people read them."""

    label: dict[Language, Label]
    terms: Annotated[tuple[Term, ...], Meta(min_length=1, max_length=MAX_TERMS)]

    def __post_init__(self) -> None:
        codes = [term.code for term in self.terms]
        if len(set(codes)) != len(codes):
            raise ValueError("a code occurs twice in a group (VOCAB-003)")


class Content(Record, frozen=True, kw_only=True):
    """What a file says."""

    countries: Annotated[tuple[CountryCode, ...], Meta(max_length=MAX_TERMS)]
    currencies: Annotated[dict[CurrencyCode, MinorUnits | None], Meta(max_length=MAX_TERMS)]
    groups: Annotated[dict[GroupName, Group], Meta(max_length=256)]
    languages: Annotated[dict[Language, Tongue], Meta(min_length=1, max_length=32)]
    type: Literal["vocabulary"] = "vocabulary"
    v: Literal[1] = 1
    version: Ordinal

    def __post_init__(self) -> None:
        if list(self.countries) != sorted(set(self.countries)):
            raise ValueError("countries are not in ascending order, each once (VOCAB-003)")
        if {COUNTRY, CURRENCY} & self.groups.keys():
            raise ValueError("country and currency are lists of codes and no groups (VOCAB-007)")
        if FALLBACK not in self.languages:
            raise ValueError("no labels in en (VOCAB-005)")
        for texts in texts_of(self):
            if texts.keys() != self.languages.keys():
                raise ValueError("a text is not there in every language, and only in those (VOCAB-004)")
            for text in texts.values():
                refuse_unfit(text)
        for tongue in self.languages.values():
            refuse_unfit(tongue.name)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A vocabulary that keeps every rule of its page; `hash` names its content."""

    content: Content
    hash: bytes
    terms: Mapping[str, Mapping[str, Term]]

    @property
    def version(self) -> int:
        return self.content.version

    @property
    def pin(self) -> Pin:
        """What a treaty says to name it."""
        return Pin(hash=self.hash, version=self.version)

    def groups(self) -> list[str]:
        """Return the names of all groups, the two lists of codes included, in ascending order."""
        return sorted([COUNTRY, CURRENCY, *self.terms])

    def codes(self, group: str) -> tuple[str, ...]:
        """Return the codes of a group in the order in which people read them; empty where there is no such group."""
        if group == COUNTRY:
            return self.content.countries
        return tuple(sorted(self.content.currencies)) if group == CURRENCY else tuple(self.terms.get(group, ()))

    def has(self, group: str, code: str) -> bool:
        """Return whether the group contains the code (VOCAB-010)."""
        if group == CURRENCY:
            return code in self.content.currencies
        return code in (self.content.countries if group == COUNTRY else self.terms.get(group, ()))

    def label(self, group: str, code: str, lang: str) -> str:
        """Return a few words for people; the code itself where there are none (VOCAB-012)."""
        term = self.terms.get(group, {}).get(code)
        return code if term is None else in_language(term.label, lang, code)

    def definition(self, group: str, code: str, lang: str) -> str:
        """Return the sentence that says what the term means, "" where there is none."""
        term = self.terms.get(group, {}).get(code)
        return "" if term is None else in_language(term.definition, lang, "")

    def group_label(self, group: str, lang: str) -> str:
        """Return what people call the group; its name where there are no words for it."""
        found = self.content.groups.get(group)
        return group if found is None else in_language(found.label, lang, group)

    def direction(self, lang: str) -> str:
        """Return `rtl` or `ltr`: how labels in this language are written."""
        tongue = next((self.content.languages[tag] for tag in fallbacks(lang) if tag in self.content.languages), None)
        return "ltr" if tongue is None else tongue.direction

    def minor_units(self, currency: str) -> int | None:
        """Return how many decimals the currency has, None where that is not defined or the currency not there."""
        return self.content.currencies.get(currency)


def texts_of(content: Content) -> Iterator[Mapping[str, str]]:
    """Yield every label and definition: the texts of one thing by language."""
    for group in content.groups.values():
        yield group.label
        for term in group.terms:
            yield term.label
            yield term.definition


def fallbacks(lang: str) -> Iterator[str]:
    """Yield the tags under which to look for a text: the tag, each shorter one, and English (VOCAB-012)."""
    tag = lang.lower()
    while tag:
        yield tag
        tag = tag.rpartition("-")[0]
    yield FALLBACK


def in_language(texts: Mapping[str, str], lang: str, otherwise: str) -> str:
    return next((texts[tag] for tag in fallbacks(lang) if tag in texts), otherwise)


def refuse_unfit(text: str) -> None:
    if UNFIT.search(text):
        raise ValueError("a text has controls, or spaces at an end or twice (VOCAB-006)")


def read(data: bytes) -> Vocabulary:
    """Return the vocabulary that a file states (VOCAB-001 to VOCAB-008).

    Raises:
        LimitError: longer than 4,194,304 bytes.
        MalformedError: any other fault; the text says where.
    """
    if len(data) > MAX_FILE_BYTES:
        raise LimitError(f"{len(data)} bytes where {MAX_FILE_BYTES} are allowed")
    try:
        value = json.loads(
            data.decode(), object_pairs_hook=each_once, parse_float=refuse_number, parse_constant=refuse_number
        )
    except (ValueError, RecursionError) as fault:
        raise MalformedError(f"not the JSON of a vocabulary: {str(fault)[:100]}") from None
    return of_content(convert(Content, value))


def of_content(content: Content) -> Vocabulary:
    """Return the vocabulary of a content whose form is right. Raises: MalformedError (no canonical encoding)."""
    try:
        data = encode(content)
    except LocalError as fault:
        raise MalformedError(str(fault)) from None
    terms = {name: {term.code: term for term in group.terms} for name, group in sorted(content.groups.items())}
    return Vocabulary(content, hashlib.sha256(labelled(VOCABULARY, data)).digest(), terms)


def each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice in an object")
    return found


def refuse_number(text: str) -> None:
    raise ValueError("a number is not an integer")


def refuse_lost_terms(older: Vocabulary, newer: Vocabulary) -> None:
    """Return when `newer` has a higher version and keeps whatever `older` has (VOCAB-013).

    Raises:
        MalformedError: the version is not higher, or a group, term, country, currency or language is gone.
    """
    if newer.version <= older.version:
        raise MalformedError(f"version {newer.version} does not come after version {older.version}")
    lost = [f"{group} {code}" for group in older.groups() for code in older.codes(group) if not newer.has(group, code)]
    lost += [f"language {tag}" for tag in sorted(older.content.languages.keys() - newer.content.languages.keys())]
    if lost:
        raise MalformedError(f"version {newer.version} lacks what version {older.version} has: {', '.join(lost[:10])}")
