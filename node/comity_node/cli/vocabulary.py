"""Commands for the vocabulary: list, show, import."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from comity_node import render
from comity_node.cli.language import language
from comity_node.cli.options import FILE, Group
from comity_node.cli.session import Session
from comity_node.files import read_public

if TYPE_CHECKING:
    from comity.vocabulary import Vocabulary

RIGHT_TO_LEFT: Final = "\u2067"  # RLI of the Unicode bidirectional algorithm
POP: Final = "\u2069"  # PDI, which ends it

lang_option = click.option("--lang", default=language, help="Language of the labels, as in fr [that of the terminal].")
version_option = click.option("--version", "number", type=click.IntRange(1), help="Which version [the newest here].")


@click.group(cls=Group)
def vocabulary() -> None:
    """Look up the codes that requests and replies use, in your language, and import newer versions."""


@vocabulary.command("list")
@click.argument("group", required=False)
@lang_option
@version_option
@click.pass_obj
def list_(session: Session, group: str | None, lang: str, number: int | None) -> None:
    """List the groups, or the codes of one GROUP with what people call them.

    \b
    comity vocabulary list refusal-ground --lang fr
    """
    found = opened(session, number)
    result = head(found, lang)
    if group is None:
        result["groups"] = [group_view(found, name, lang) for name in found.groups()]
    else:
        result |= group_view(found, require_group(found, group), lang)
        result["terms"] = [term_view(found, group, code, lang) for code in found.codes(group)]
    session.show(result, print_list)


@vocabulary.command()
@click.argument("group")
@click.argument("code")
@lang_option
@version_option
@click.pass_obj
def show(session: Session, group: str, code: str, lang: str, number: int | None) -> None:
    """Show what the CODE of a GROUP means, and how other classifications name it.

    \b
    comity vocabulary show fraud-type FR-BEC --lang ar
    """
    from comity_node.errors import NotFoundError

    found = opened(session, number)
    if not found.has(require_group(found, group), code):
        raise NotFoundError(f"{group} has no code {code[:70]!r}", f"see: comity vocabulary list {group}")
    session.show(head(found, lang) | {"group": group} | term_view(found, group, code, lang), print_term)


@vocabulary.command("import")
@click.argument("file", type=FILE)
@click.pass_obj
def import_(session: Session, file: Path) -> None:
    """Take a version of the vocabulary into the node. It counts where a treaty names its hash, and only there.

    \b
    comity vocabulary import vocabulary.2.json
    """
    from comity.vocabulary import MAX_FILE_BYTES
    from comity_node.vocabularies import Vocabularies

    found, new = Vocabularies(session.config.home).add(read_public(file, MAX_FILE_BYTES), str(file))
    result = {"outcome": "imported" if new else "known", "version": found.version, "hash": found.hash.hex()}
    session.show(result, lambda done: print(f"{done['outcome']}: version {done['version']}, hash {done['hash']}"))


def opened(session: Session, number: int | None) -> "Vocabulary":
    from comity_node.vocabularies import Vocabularies

    return Vocabularies(session.home).version(number)


def require_group(found: "Vocabulary", group: str) -> str:
    from comity_node.errors import NotFoundError

    if not found.codes(group):
        raise NotFoundError(f"there is no group {group[:40]!r}", "see: comity vocabulary list")
    return group


def head(found: "Vocabulary", lang: str) -> dict[str, Any]:
    return {
        "version": found.version,
        "hash": found.hash.hex(),
        "lang": lang,
        "direction": found.direction(lang),
    }


def group_view(found: "Vocabulary", name: str, lang: str) -> dict[str, Any]:
    return {"group": name, "label": found.group_label(name, lang), "count": len(found.codes(name))}


def term_view(found: "Vocabulary", group: str, code: str, lang: str) -> dict[str, Any]:
    term = found.terms.get(group, {}).get(code)
    view = {
        "code": code,
        "label": found.label(group, code, lang),
        "definition": found.definition(group, code, lang) or None,
        "deprecated": term is not None and term.deprecated,
        "crosswalk": {} if term is None else {name: list(names) for name, names in term.crosswalk.items()},
    }
    return view | ({"minor_units": found.minor_units(code)} if group == "currency" else {})


def shown(text: str, direction: str) -> str:
    """Return a text of the vocabulary for a terminal.

    A line of the terminal runs from left to right. A label that is written from right to left is put between RLI and
    PDI, so that a terminal that knows the bidirectional algorithm turns the label and nothing around it (VOCAB-017).
    Both come from here alone: the vocabulary has no such characters (VOCAB-006), and others would be escaped.
    """
    clean = render.plain(text)
    return f"{RIGHT_TO_LEFT}{clean}{POP}" if direction == "rtl" else clean


def print_list(result: dict[str, Any]) -> None:
    print(f"version {result['version']}, hash {result['hash']}")
    rows = result.get("terms") or [each | {"code": each["group"]} for each in result["groups"]]
    width = max(len(row["code"]) for row in rows)
    for row in rows:
        label = "" if row["label"] == row["code"] else shown(row["label"], result["direction"])
        count = f"({row['count']})" if "count" in row else ""
        old = "(deprecated)" if row.get("deprecated") else ""
        words = " ".join(word for word in (label, count, old) if word)
        print(f"{row['code']:<{width}}  {words}".rstrip())


def print_term(result: dict[str, Any]) -> None:
    direction = result["direction"]
    print(f"{'group':<12}{result['group']}")
    print(f"{'code':<12}{result['code']}{' (deprecated)' if result['deprecated'] else ''}")
    print(f"{'label':<12}{shown(result['label'], direction)}")
    if result["definition"]:
        print(f"{'definition':<12}{shown(result['definition'], direction)}")
    if "minor_units" in result:
        print(f"{'decimals':<12}{'none' if result['minor_units'] is None else result['minor_units']}")
    for name, names in result["crosswalk"].items():
        print(f"{'elsewhere':<12}{name}: {render.plain(', '.join(names))}")
    print(f"{'version':<12}{result['version']}")
