"""Write the tables of fields into spec/*.md from the records and their English wording; with --check, compare them.

Run as `python -m tools.forms`. What stands between these markers and the next `<!-- end -->` is written here:

    <!-- form: cooperation.preserve -->     the fields of one kind beyond those of its base
    <!-- forms: case -->                    every kind of a chapter, and the parts that only this chapter has
    <!-- record: cooperation.offence -->    a part; `parts.` for what several chapters share
    <!-- kinds -->                          the list of all kinds
"""

import argparse
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from comity import wording
from comity.chapters.form import Form
from comity.encoding import Record, shape
from comity.kinds import FORMS

ROOT: Final = Path(__file__).resolve().parent.parent
BLOCK: Final = re.compile(r"(<!-- (form|forms|record|kinds)(?:: ([a-z0-9.-]+))? -->\n)(.*?)(<!-- end -->)", re.DOTALL)
HEAD: Final = "| field | type | meaning |\n|---|---|---|"
#: Patterns that have a better name than themselves.
PHRASES: Final = {
    r"\A(0|[1-9][0-9]{0,14})(\.[0-9]{1,4})?\Z": "decimal string (ENC-019)",
    r"\A[A-Z0-9]{8}([A-Z0-9]{3})?\Z": "BIC of 8 or 11 characters (ISO 9362)",
    r"\A\+[1-9][0-9]{6,14}\Z": "E.164 number with `+`",
    r"\A[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\Z": "day as `YYYY-MM-DD`",
    r"\A[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?\Z": "day, month or year as `YYYY-MM-DD`, `YYYY-MM` or `YYYY`",
    r"\A[A-Z0-9]{18}[0-9]{2}\Z": "LEI of 20 characters (ISO 17442)",
    r"\A[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}\Z": "language tag (MSG-013)",
    r"\A[a-z]{2}\.[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?\Z": "party",
    r"\A[a-z][a-z0-9-]{0,30}(\.[a-z][a-z0-9-]{0,30})?\Z": "kind",
}
LISTS: Final = {"country": "2 capital letters (ISO 3166-1)", "currency": "3 capital letters (ISO 4217)"}


class UnknownError(Exception):
    """A marker names what is not there, or a field has no wording."""


def type_of(place: shape.Shape) -> str:
    """Return the type of a field in the notation of the pages."""
    return plain_type_of(place) + (" or nil" if place.optional else "")


def plain_type_of(place: shape.Shape) -> str:
    if isinstance(place, shape.Map):
        return wording.name_of(place.record)
    if isinstance(place, shape.Choice):
        return name_of_choice(place)
    if isinstance(place, shape.Array):
        return f"array of {bounds(place.least, place.most)} {type_of(place.item)}"
    if isinstance(place, shape.Binary):
        fixed = place.least == place.most
        return f"bin{place.least}" if fixed else f"bin of {bounds(place.least, place.most)} bytes"
    if isinstance(place, shape.Flag):
        return "bool"
    return number_of(place) if isinstance(place, shape.Number) else text_of(place)


def number_of(place: shape.Number) -> str:
    if place.marks.get("unit") == "micros":
        return "micros"
    return "uint" if (place.least, place.most) == (0, 2**53 - 1) else f"uint, {bounds(place.least, place.most)}"


def text_of(place: shape.Shape) -> str:
    assert isinstance(place, shape.Text)
    group = place.marks.get("group")
    if group is not None:
        return LISTS.get(group, f"term of the group `{group}`")
    if place.pattern is None:
        name = ", name of an attachment" if place.marks.get("names") == "attachment" else ""
        sized = f"text({place.most})" if place.least == 1 else f"str of {bounds(place.least, place.most)} characters"
        return sized + name
    pattern = place.pattern.removeprefix(r"\A").removesuffix(r"\Z").replace("|", r"\|")
    return PHRASES.get(place.pattern, f"str, `{pattern}` as a whole")


def bounds(least: int, most: int | None) -> str:
    return f"{least:,} or more" if most is None else f"{least:,}" if least == most else f"{least:,} to {most:,}"


def name_of_choice(place: shape.Choice) -> str:
    """Return what the records of a choice have in common in their names, else all of them."""
    names = [wording.name_of(option.record).split("-") for option in place.options.values()]
    shared = [word for word in names[0] if all(word == name[-1] for name in names)]
    return shared[-1] if shared else "one of " + ", ".join("-".join(name) for name in names)


def base_of(record: type[Record]) -> type[Record] | None:
    """Return the record whose fields this one has as well, None where it has only its own."""
    (base,) = (parent for parent in record.__bases__ if issubclass(parent, Record))
    return None if base is Record else base


def own_fields(record: type[Record]) -> list[str]:
    """Return the fields that a record declares itself, in ascending order."""
    fields = shape.fields_of(record)
    return sorted(name for name in inspect.get_annotations(record) if name in fields)


def table(title: str, chapter: str, record: type[Record]) -> str:
    """Return what a page says of a record."""
    base, names = base_of(record), own_fields(record)
    above = "" if base is None else f" with the fields of {wording.name_of(base)}"
    if not names:
        return f"{title}, a map{above or ' without fields'}.\n"
    tag = shape.shape_of(record).tag
    kind = f" with `{tag[0]}` `{tag[1]}`" if tag else ""
    rows = "\n".join(row(chapter, record, name) for name in names)
    return f"{title}, a map{above}{' and these' if above else ''}{kind}:\n\n{HEAD}\n{rows}\n"


def row(chapter: str, record: type[Record], name: str) -> str:
    try:
        meaning = wording.of_record(chapter, record, name).help
    except LookupError as fault:
        raise UnknownError(str(fault)) from None
    text = meaning.removesuffix(".").replace("|", r"\|")
    return f"| {name} | {type_of(shape.fields_of(record)[name])} | {text} |"


def records_below(record: type[Record], seen: dict[str, type[Record]]) -> None:
    """Put the record, its bases and every record inside it into `seen`, by name."""
    if seen.get(wording.name_of(record)) is record:
        return
    seen[wording.name_of(record)] = record
    base = base_of(record)
    if base is not None:
        records_below(base, seen)
    for place in shape.fields_of(record).values():
        for inner in records_of(place):
            records_below(inner, seen)


def records_of(place: shape.Shape) -> Iterator[type[Record]]:
    if isinstance(place, shape.Array):
        yield from records_of(place.item)
    elif isinstance(place, shape.Choice):
        yield from (option.record for option in place.options.values())
    elif isinstance(place, shape.Map):
        yield place.record


def records_at(home: str) -> dict[str, type[Record]]:
    """Return every record that a chapter words, or the shared ones of `parts`, by name."""
    seen: dict[str, type[Record]] = {}
    found: dict[str, type[Record]] = {}
    for kind, form in FORMS.items():
        seen.clear()
        records_below(form.record, seen)
        chapter = wording.chapter_of(kind)
        found |= {name: record for name, record in seen.items() if wording.home_of(chapter, record) == home}
    return found


def form_block(kind: str) -> str:
    return table(f"`{kind}`", wording.chapter_of(kind), form_of(kind).record)


def form_of(kind: str) -> Form:
    if kind not in FORMS:
        raise UnknownError(f"there is no kind {kind}")
    return FORMS[kind]


def record_block(name: str) -> str:
    home, _, short = name.partition(".")
    record = records_at(home).get(short)
    if record is None:
        raise UnknownError(f"there is no record {name}")
    return table(short, home, record)


def forms_block(chapter: str) -> str:
    """Return the tables of every kind of a chapter, kinds of one record together, then those of its parts."""
    kinds: dict[type[Record], list[str]] = {}
    for kind, form in FORMS.items():
        if wording.chapter_of(kind) == chapter:
            kinds.setdefault(form.record, []).append(kind)
    if not kinds:
        raise UnknownError(f"there is no chapter {chapter}")
    parts = {name: record for name, record in records_at(chapter).items() if record not in kinds}
    blocks = [table(", ".join(f"`{kind}`" for kind in named), chapter, record) for record, named in kinds.items()]
    return "\n".join([*blocks, *(table(name, chapter, record) for name, record in sorted(parts.items()))])


def kinds_block(_: str) -> str:
    """Return the list of all kinds."""
    head = "| kind | role | service | measure | coercive | answers |\n|---|---|---|---|---|---|"
    return "\n".join([head, *(kind_row(kind, form) for kind, form in FORMS.items())]) + "\n"


def kind_row(kind: str, form: Form) -> str:
    answers = ", ".join(f"`{answer}`" for answer in form.answers)
    marks = " | ".join("yes" if mark else "" for mark in (form.measure, form.coercive))
    return f"| `{kind}` | {form.role} | {form.service or ''} | {marks} | {answers} |"


BLOCKS: Final = {"form": form_block, "forms": forms_block, "record": record_block, "kinds": kinds_block}


def filled(text: str) -> str:
    """Return a page with its blocks filled. Raises: UnknownError."""
    return BLOCK.sub(lambda found: f"{found[1]}{BLOCKS[found[2]](found[3] or '')}{found[5]}", text)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code: 0 all is well, 1 a page is stale or a block cannot be made."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a page differs")
    check, stale = parser.parse_args(arguments).check, False
    for page in sorted((ROOT / "spec").glob("*.md")):
        old = page.read_text(encoding="utf-8")
        try:
            new = filled(old)
        except UnknownError as fault:
            print(f"{page.name}: {fault}", file=sys.stderr)
            return 1
        if new != old:
            stale = True
            print(f"{page.name}: {'differs' if check else 'written'}", file=sys.stderr if check else sys.stdout)
            if not check:
                page.write_text(new, encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
