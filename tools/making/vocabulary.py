"""spec/vectors/vocabulary.json: files that are a vocabulary and files that are none, successors, labels, payloads."""

import json
from typing import Any

from comity.encoding import encode
from comity.vocabulary import read
from tools.making.cases import Case, Old, Vectors, case, fault

MAX_BYTES = 4_194_304
GROUP = "money-outcome"
OUTCOME, REFUSE = "case.outcome", "case.refuse"


def texts(english: str, arabic: str) -> Case:
    return {"ar": arabic, "en": english}


def term(code: str, english: str, arabic: str) -> Case:
    definition = texts(f"{english}, in one sentence.", f"{arabic} في جملة.")
    return {
        "code": code, "crosswalk": {}, "definition": definition, "deprecated": False, "label": texts(english, arabic)
    }  # fmt: skip


HELD, RETURNED = term("held", "Held back", "محتجز"), term("returned", "Returned", "معاد")
SMALL: Case = {
    "countries": ["AA", "XA"],
    "currencies": {"EUR": 2, "XAU": None},
    "groups": {GROUP: {"label": texts("What became of it", "المآل"), "terms": [HELD, RETURNED]}},
    "languages": {
        "ar": {"direction": "rtl", "name": "العربية"},
        "en": {"direction": "ltr", "name": "English"},
    },
    "type": "vocabulary",
    "v": 1,
    "version": 1,
}


def make(old: Old) -> Vectors:
    """Return the vectors."""
    return Vectors(
        page="19-vocabulary.md",
        format=(
            "`text` is a file as a string, to be written in UTF-8, or `data` its bytes; `shared` is the text of a "
            "vocabulary. `file`: the hash of its content is `hash`. `successor`: `newer` comes after `shared`. "
            "`label`: what is shown for the code of the group in the language. `payload`: of the kind, under `shared`."
        ),
        verify=(
            "`file`: read it. `successor`: read both and compare. `label`: look it up. `payload`: check its terms. "
            "A valid case is taken with the result that it states, an invalid one refused with `code`."
        ),
        valid=[*good_files(), *labels(), *good_payloads(), *good_successors()],
        invalid=[*no_json(), *bad_files(), *bad_texts(), *bad_payloads(), *bad_successors()],
        shared={"shared": text_of(SMALL)},
    )


def text_of(value: Any, **options: Any) -> str:
    return json.dumps(value, ensure_ascii=False, **options)


def changed(base: Case, *path: Any, to: Any) -> Case:
    """Return the map with another value at the path."""
    copy: Case = json.loads(text_of(base))
    place: Any = copy
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return copy


def good_files() -> list[Case]:
    content_hash = read(text_of(SMALL).encode()).hash.hex()
    backwards = dict(reversed(SMALL.items()))
    spelled = {
        "small": text_of(SMALL),
        "with white space": text_of(SMALL, indent=3),
        "keys in another order": text_of(backwards),
        "letters as escapes": json.dumps(SMALL),
    }
    found = [
        case(name, "VOCAB-001", "VOCAB-008", form="file", text=text, hash=content_hash)
        for name, text in spelled.items()
    ]
    edges: dict[str, tuple[str, Case]] = {
        "a label of 80 letters": ("VOCAB-001", changed(SMALL, "groups", GROUP, "label", "en", to="a" * 80)),
        "a deprecated term": ("VOCAB-001", changed(SMALL, "groups", GROUP, "terms", 1, "deprecated", to=True)),
        "names elsewhere": (
            "VOCAB-001",
            changed(SMALL, "groups", GROUP, "terms", 1, "crosswalk", to={"other-list": ["7", "8.1"]}),
        ),
        "no group at all": ("VOCAB-003", changed(SMALL, "groups", to={})),
    }
    for name, (clause, value) in edges.items():
        data = text_of(value)
        found.append(case(name, clause, "VOCAB-008", form="file", text=data, hash=read(data.encode()).hash.hex()))
    return found


def labels() -> list[Case]:
    rows = [
        ("the language itself", GROUP, "held", "ar", "محتجز"),
        ("a language without its subtags", GROUP, "held", "ar-Arab-EG", "محتجز"),
        ("letters of another case", GROUP, "held", "AR", "محتجز"),
        ("English where there is none", GROUP, "returned", "th", "Returned"),
        ("a code that is not there", GROUP, "zeppelin", "en", "zeppelin"),
        ("a group that is not there", "boat", "held", "en", "held"),
        ("a country", "country", "XA", "ar", "XA"),
    ]
    return [
        case(name, "VOCAB-012", form="label", group=group, code_shown=code, lang=lang, label=label)
        for name, group, code, lang, label in rows
    ]


def outcome(*money: tuple[str, str]) -> str:
    """Return a payload of `case.outcome` with these currencies and outcomes."""
    parts = [{"amount": {"currency": currency, "value": "7.50"}, "outcome": what} for currency, what in money]
    counts = dict.fromkeys(("arrests", "charges", "convictions"))
    return encode(counts | {"money": parts, "text": "The money is safe.", "used_in": "Case 7"}).hex()


def good_payloads() -> list[Case]:
    rows = {"every term is there": outcome(("EUR", "held"), ("XAU", "returned")), "no term at all": outcome()}
    return [case(name, "VOCAB-010", form="payload", kind=OUTCOME, payload=data) for name, data in rows.items()]


def good_successors() -> list[Case]:
    more = changed(SMALL, "groups", GROUP, "terms", to=[RETURNED, term("gone", "Gone", "ذهب"), HELD])
    newer = changed(more, "version", to=2)
    return [case("a term more, and another order", "VOCAB-013", form="successor", newer=text_of(newer))]


def bad_file(name: str, clause: str, value: Any, code: int = 1) -> Case:
    return fault(name, clause, code, form="file", text=value if isinstance(value, str) else text_of(value))


def no_json() -> list[Case]:
    return [
        bad_file("nothing", "VOCAB-001", ""),
        bad_file("no object", "VOCAB-001", "[]"),
        bad_file("a key twice", "VOCAB-001", text_of(SMALL)[:-1] + ', "version": 1}'),
        bad_file("a fraction", "VOCAB-001", text_of(SMALL).replace('"version": 1', '"version": 1.0')),
        bad_file("more after the end", "VOCAB-001", text_of(SMALL) + " 1"),
        bad_file("NaN", "VOCAB-001", text_of(SMALL).replace('"version": 1', '"version": NaN')),
        bad_file("nested deep", "VOCAB-001", "[" * 100_000),
        fault("not UTF-8", "VOCAB-001", 1, form="file", data=[["ff", 1]]),
        fault("a byte too long", "VOCAB-002", 4, form="file", data=[["20", MAX_BYTES + 1]]),
    ]


def bad_files() -> list[Case]:
    group = ("groups", GROUP)
    rows: list[tuple[str, str, Case]] = [
        ("a key more", "VOCAB-001", SMALL | {"note": "x"}),
        ("a key missing", "VOCAB-001", {key: SMALL[key] for key in SMALL if key != "currencies"}),
        ("version 0", "VOCAB-001", changed(SMALL, "version", to=0)),
        ("a country of 3 letters", "VOCAB-001", changed(SMALL, "countries", to=["AAA"])),
        ("5 decimals", "VOCAB-001", changed(SMALL, "currencies", "EUR", to=5)),
        ("a code with a space", "VOCAB-001", changed(SMALL, *group, "terms", 0, "code", to="he ld")),
        ("a code of 64", "VOCAB-001", changed(SMALL, *group, "terms", 0, "code", to="a" * 64)),
        ("a group in capitals", "VOCAB-001", changed(SMALL, "groups", to={"Money": SMALL["groups"][GROUP]})),
        ("a group without terms", "VOCAB-001", changed(SMALL, *group, "terms", to=[])),
        ("a third direction", "VOCAB-001", changed(SMALL, "languages", "ar", "direction", to="ttb")),
        ("countries in another order", "VOCAB-001", changed(SMALL, "countries", to=["XA", "AA"])),
        ("a code twice", "VOCAB-003", changed(SMALL, *group, "terms", to=[HELD, HELD])),
        ("a language lacks a label", "VOCAB-004", changed(SMALL, *group, "label", to={"en": "What"})),
        ("a language more", "VOCAB-004", changed(SMALL, *group, "label", "fr", to="Sort")),
        ("no English", "VOCAB-005", changed(SMALL | {"groups": {}}, "languages", to={"ar": SMALL["languages"]["ar"]})),
        ("a group of countries", "VOCAB-007", changed(SMALL, "groups", to={"country": SMALL["groups"][GROUP]})),
    ]
    return [bad_file(name, clause, value) for name, clause, value in rows]


def bad_texts() -> list[Case]:
    labels = {
        "81 letters": ("VOCAB-001", "a" * 81),
        "an empty label": ("VOCAB-001", ""),
        "U+0000": ("VOCAB-006", "a\0b"),
        "a right-to-left override": ("VOCAB-006", "a\u202eb"),
        "an isolate": ("VOCAB-006", "\u2067a\u2069"),
        "an Arabic letter mark": ("VOCAB-006", "a\u061c"),
        "a zero width space": ("VOCAB-006", "a\u200bb"),
        "a line feed": ("VOCAB-006", "a\nb"),
        "a tag character": ("VOCAB-006", "a\U000e0041"),
        "two spaces": ("VOCAB-006", "a  b"),
        "a space at the end": ("VOCAB-006", "a "),
    }
    found = [
        bad_file(name, clause, changed(SMALL, "groups", GROUP, "label", "en", to=text))
        for name, (clause, text) in labels.items()
    ]
    decomposed = changed(SMALL, "groups", GROUP, "label", "en", to="e\u0301")
    found.append(bad_file("not in normal form C", "ENC-006", decomposed))
    half = text_of(SMALL).replace("Held back", "\\ud800")
    return [*found, bad_file("half a surrogate pair", "ENC-005", half)]


def bad_payloads() -> list[Case]:
    rows = {
        "an unknown term": outcome(("EUR", "burnt")),
        "an unknown term in the second place": outcome(("EUR", "held"), ("EUR", "burnt")),
        "a currency that does not exist": outcome(("EUX", "held")),
        "a term in another case": outcome(("EUR", "Held")),
    }
    found = [fault(name, "VOCAB-010", 25, form="payload", kind=OUTCOME, payload=data) for name, data in rows.items()]
    refusal = encode({"grounds": ["R01"], "reasons": "The form lacks a date."}).hex()
    lacking = fault(
        "a term of a group that is not there", "VOCAB-010", 25, form="payload", kind=REFUSE, payload=refusal
    )
    return [*found, lacking]


def bad_successors() -> list[Case]:
    second = changed(SMALL, "version", to=2)
    rows: dict[str, Case] = {
        "the same version": SMALL,
        "a term is gone": changed(second, "groups", GROUP, "terms", to=[RETURNED]),
        "a group is gone": changed(second, "groups", to={}),
        "a country is gone": changed(second, "countries", to=["AA"]),
        "a currency is gone": changed(second, "currencies", to={"EUR": 2}),
    }
    found = [fault(name, "VOCAB-013", 1, form="successor", newer=text_of(value)) for name, value in rows.items()]
    english = {"direction": "ltr", "name": "English"}
    only = {"label": {"en": "What"}, "terms": [each | {"label": {"en": "x"}, "definition": {"en": "x"}}
                                              for each in (HELD, RETURNED)]}  # fmt: skip
    alone = second | {"languages": {"en": english}, "groups": {GROUP: only}}
    return [*found, fault("a language is gone", "VOCAB-013", 1, form="successor", newer=text_of(alone))]


def example(vectors: Vectors) -> list[str]:
    """Return the block of the page."""
    one = changed(SMALL, "groups", GROUP, "terms", to=[HELD])
    vocabulary = read(text_of(one).encode())
    content = encode(vocabulary.content)
    return [
        *text_of(one, indent=1).splitlines(),
        "",
        f"canonical encoding: {len(content)} bytes",
        f"hash: {vocabulary.hash.hex()}",
    ]
