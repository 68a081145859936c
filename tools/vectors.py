"""Write spec/vectors/*.json and the example blocks of spec/*.md from published seeds; with --check, compare them.

Run as `python -m tools.vectors`. Only signatures of algorithm 2 are kept from file to file, because making one draws
random bytes.
"""

import argparse
import importlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from tools.making.cases import Case, Vectors
from tools.making.dump import WIDTH

ROOT = Path(__file__).resolve().parent.parent
NOUNS = (
    "conventions",
    "encoding",
    "keys",
    "link",
    "frames",
    "message",
    "kinds",
    "envelope",
    "acceptance",
    "log",
    "receipt",
    "treaty",
    "bundle",
    "directory",
    "errors",
    "limits",
    "delivery",
    "attachment",
    "vocabulary",
    "case",
    "intelligence",
    "cooperation",
    "prevention",
    "approval",
    "evidence",
    "handling",
)
BLOCK = re.compile(r"(<!-- example: ([a-z]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


class StaleError(Exception):
    """A file or block is not what this tool would write."""


def path_of(noun: str) -> Path:
    return ROOT / "spec" / "vectors" / f"{noun}.json"


def held(noun: str, name: str) -> Case:
    """Return the case of this name as it stands in the file, {} where there is none."""
    path = path_of(noun)
    if not path.exists():
        return {}
    cases: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    found: list[Case] = [case for case in (*cases["valid"], *cases["invalid"]) if case["name"] == name]
    return found[0] if found else {}


def maker_of(noun: str) -> ModuleType:
    return importlib.import_module(f"tools.making.{noun}")


def rendered(vectors: Vectors) -> str:
    """Return the text of a file: one line a field, so that a change shows where it is."""
    check_names(vectors)
    return json.dumps(vectors.as_json(), ensure_ascii=False, indent=1) + "\n"


def check_names(vectors: Vectors) -> None:
    names = [case["name"] for case in (*vectors.valid, *vectors.invalid)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not vectors.valid or not vectors.invalid:
        raise StaleError(f"{vectors.page}: no cases, or two of one name: {twice}")


def block(lines: list[str], noun: str) -> str:
    """Return an example block."""
    wide = [text for text in lines if len(text) > WIDTH]
    if wide:
        raise StaleError(f"example {noun}: longer than {WIDTH}: {wide[0]}")
    body = "\n".join(text.rstrip() for text in lines)
    return f"```text\n{body}\n```\n\nCases: `vectors/{noun}.json`.\n"


def with_blocks(text: str, blocks: dict[str, str]) -> str:
    """Return the page with its example blocks filled."""
    return BLOCK.sub(lambda match: match[1] + blocks[match[2]] + match[4], text)


def everything() -> Iterator[tuple[Path, str]]:
    """Yield each file and its text."""
    blocks = {}
    for noun in NOUNS:
        maker = maker_of(noun)
        vectors: Vectors = maker.make(held)
        blocks[noun] = block(maker.example(vectors), noun)
        yield path_of(noun), rendered(vectors)
    for page in sorted((ROOT / "spec").glob("*.md")):
        yield page, with_blocks(page.read_text(encoding="utf-8"), blocks)


def differs(path: Path, text: str) -> bool:
    return not path.exists() or path.read_text(encoding="utf-8") != text


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code: 0 all is well, 1 something is stale or cannot be made."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file or block differs")
    check = parser.parse_args(arguments).check
    try:
        stale = [(path, text) for path, text in everything() if differs(path, text)]
    except StaleError as fault:
        print(f"vectors: {fault}", file=sys.stderr)
        return 1
    for path, text in stale:
        print(
            f"{path.relative_to(ROOT)}: {'differs' if check else 'written'}", file=sys.stderr if check else sys.stdout
        )
        if not check:
            path.write_text(text, encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
