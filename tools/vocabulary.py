"""Check the versions of the vocabulary that come with the package, and what is made from them.

Run as `python -m tools.vocabulary`. With --write: put the data files into their layout, record the hash of a version
that has none, and write the tables of the spec page. A version that has a hash was published and does not change:
make `<n + 1>.json`. With --unreleased the hash of the newest version may change too, because no release has it yet.
With --lists the newest version takes the countries and currencies that ISO 3166-1 and ISO 4217 have now.
For a reviewer, --review fr prints every text of the newest version beside the English one, separated by tabs.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from comity.bundle import Bundle
from comity.errors import RemoteError
from comity.kinds import FORMS
from comity.message import Body
from comity.vocabulary import Vocabulary, groups_of, read, refuse_lost_terms
from tools.codes import countries, currencies

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "protocol" / "comity" / "vocabulary" / "data"
PAGE = ROOT / "spec" / "19-vocabulary.md"
TERMS = re.compile(r"(<!-- terms -->\n)(.*?)(<!-- terms end -->)", re.DOTALL)
KIND = "kind"
LANGUAGES = ("ar", "es", "fr", "pt", "ru", "th", "zh")
#: A letter of the script that a text of the language is written in.
SCRIPTS = {"ar": "[\u0621-\u064a]", "ru": "[\u0400-\u04ff]", "th": "[\u0e01-\u0e5b]", "zh": "[\u4e00-\u9fff]"}


def versions() -> list[int]:
    """Return the versions that there are files of, in ascending order."""
    return sorted(int(path.stem) for path in DATA.glob("[0-9]*.json"))


def path_of(version: int) -> Path:
    return DATA / f"{version}.json"


def rendered(value: Any) -> str:
    """Return the text of a data file: keys in order, one value a line, so that a change shows where it is."""
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def load(version: int) -> Vocabulary:
    return read(path_of(version).read_bytes())


def recorded() -> dict[str, str]:
    path = DATA / "hashes.json"
    hashes: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return hashes


# --- the checks: each yields one line for each fault -----------------------------------------------------------------


def faults() -> Iterator[str]:
    """Yield every fault of the data files and of what is made from them."""
    older: Vocabulary | None = None
    for version in versions():
        try:
            vocabulary = load(version)
            if older is not None:
                refuse_lost_terms(older, vocabulary)
        except RemoteError as fault:
            yield f"{version}.json: {fault}"
            return
        yield from file_faults(version, vocabulary)
        older = vocabulary
    if older is None:
        yield "there is no version"
        return
    yield from (f"{older.version}.json: {fault}" for fault in newest_faults(older))
    if PAGE.read_text(encoding="utf-8") != page_with(older):
        yield f"{PAGE.name}: the tables are not those of the data: run python -m tools.vocabulary --write"


def file_faults(version: int, vocabulary: Vocabulary) -> Iterator[str]:
    text = path_of(version).read_text(encoding="utf-8")
    if vocabulary.version != version:
        yield f"{version}.json: it says that it is version {vocabulary.version}"
    if text != rendered(json.loads(text)):
        yield f"{version}.json: not in the layout of the tool: run python -m tools.vocabulary --write"
    held = recorded().get(str(version))
    if held is None:
        yield f"{version}.json: its hash is not recorded: run python -m tools.vocabulary --write"
    elif held != vocabulary.hash.hex():
        yield f"{version}.json: it was published with other content: take the change back and make the next version"


def newest_faults(newest: Vocabulary) -> Iterator[str]:
    """Yield what the newest version lacks of what this package needs."""
    used = {group: kind for kind, form in FORMS.items() for group in groups_of(form.record)}
    for record in (Body, Bundle):
        used |= dict.fromkeys(groups_of(record), record.__name__)
    for group, user in sorted(used.items()):
        if not newest.codes(group):
            yield f"no group {group}, which {user} takes terms from"
    for kind in FORMS:
        if not newest.has(KIND, kind):
            yield f"no term for the kind {kind}"
    for name, ours, theirs in (
        ("country", newest.content.countries, countries()),
        ("currency", newest.content.currencies, currencies()),
    ):
        missing = sorted(set(theirs) - set(ours))
        if missing:
            yield f"no {name} {', '.join(missing)}: run python -m tools.vocabulary --write --lists on the next version"
    yield from untranslated(newest)


def untranslated(vocabulary: Vocabulary) -> Iterator[str]:
    """Yield the terms whose definition is the English one, or is not written in the script of its language."""
    for group, terms in vocabulary.terms.items():
        for code, term in terms.items():
            for language, text in term.definition.items():
                english = language != "en" and text == term.definition["en"]
                if english or not re.search(SCRIPTS.get(language, ""), text):
                    yield f"{group} {code}: the definition in {language} is not in that language"


# --- the tables ------------------------------------------------------------------------------------------------------


def page_with(newest: Vocabulary) -> str:
    """Return the spec page with its tables filled."""
    text = PAGE.read_text(encoding="utf-8")
    return TERMS.sub(lambda match: match[1] + "\n".join(tables(newest)) + match[3], text)


def tables(vocabulary: Vocabulary) -> Iterator[str]:
    """Yield the lines of one table for each group, in English; the file has all languages."""
    content = vocabulary.content
    tongues = ", ".join(f"`{tag}`" for tag in sorted(content.languages))
    yield f"\nHash: `{vocabulary.hash.hex()}`. Languages: {tongues}.\n"
    yield f"{len(content.countries)} countries and {len(content.currencies)} currencies.\n"
    for group, terms in vocabulary.terms.items():
        yield f"### {group}\n\n{vocabulary.group_label(group, 'en')}.\n"
        yield "| code | label | definition | elsewhere |\n|---|---|---|---|"
        for code, term in terms.items():
            walks = "; ".join(f"{scheme}: {', '.join(names)}" for scheme, names in sorted(term.crosswalk.items()))
            deprecated = " (deprecated)" if term.deprecated else ""
            yield f"| `{code}`{deprecated} | {term.label['en']} | {term.definition['en']} | {walks} |"
        yield ""


# --- writing ---------------------------------------------------------------------------------------------------------


def write(lists: bool, unreleased: bool) -> None:
    """Write layout, hashes and tables. Raises: RemoteError (a file is no vocabulary)."""
    newest = versions()[-1]
    hashes = recorded()
    for version in versions():
        path = path_of(version)
        value = json.loads(path.read_text(encoding="utf-8"))
        if lists and version == newest:
            value["countries"] = sorted({*value["countries"], *countries()})
            value["currencies"] |= currencies()
        put(path, rendered(value))
        found = load(version).hash.hex()
        if str(version) not in hashes or (unreleased and version == newest):
            hashes[str(version)] = found
    put(DATA / "hashes.json", rendered(hashes))
    put(PAGE, page_with(load(newest)))


def review(vocabulary: Vocabulary, language: str) -> Iterator[str]:
    """Yield a line for each group and term: group, code, and both texts in English and in the language."""
    for group, terms in vocabulary.terms.items():
        yield "\t".join((group, "", vocabulary.group_label(group, "en"), vocabulary.group_label(group, language)))
        for code, term in terms.items():
            for texts in (term.label, term.definition):
                yield "\t".join((group, code, texts["en"], texts[language]))


def put(path: Path, text: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
        print(f"{path.relative_to(ROOT)}: written")


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code: 0 all is well, 1 there are faults."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write layout, hashes of new versions, and tables")
    parser.add_argument("--lists", action="store_true", help="with --write: countries and currencies of ISO as well")
    parser.add_argument("--unreleased", action="store_true", help="with --write: the newest version may change")
    parser.add_argument("--review", metavar="LANG", choices=LANGUAGES, help="print the texts of one language")
    options = parser.parse_args(arguments)
    if options.review:
        print("\n".join(review(load(versions()[-1]), options.review)))
        return 0
    if options.write:
        try:
            write(options.lists, options.unreleased)
        except RemoteError as fault:
            print(f"vocabulary: {fault}", file=sys.stderr)
            return 1
    found = list(faults())
    for line in found:
        print(f"vocabulary: {line}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
