"""Check the clauses of spec/ and the tests that cite them; keep spec/requirements.json.

A clause is a list item `- **AREA-NNN** text` in a page of spec/, with exactly one key word of BCP 14
in capitals; indented lines continue it. A page says in its first 10 lines which area is its own (`Area: ENC`).
"""

import argparse
import ast
import hashlib
import json
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ID = re.compile(r"[A-Z]{2,9}-[0-9]{3}")
AREA = re.compile(r"Area: ([A-Z]{2,9})\s*")
CLAUSE = re.compile(rf"- \*\*({ID.pattern})\*\* (.*)")
LIKE_A_CLAUSE = re.compile(r"\s*[-*+] \*\*[A-Za-z]+-[0-9]+")
HEADING = re.compile(r"#{1,6} +(.*?)[ #]*")
FENCE = re.compile(r"\s*(`{3,}|~{3,})")
CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
KEY_WORD = re.compile(
    r"(?<![A-Za-z0-9])"
    r"(MUST\s+NOT|MUST|SHALL\s+NOT|SHALL|REQUIRED|SHOULD\s+NOT|SHOULD|NOT\s+RECOMMENDED|RECOMMENDED|MAY|OPTIONAL)"
    r"(?![A-Za-z0-9])"
)
MUST_LEVELS = frozenset({"MUST", "MUST NOT", "SHALL", "SHALL NOT", "REQUIRED"})
AREA_LINES = 10
HOME_OF_KEY_WORDS = "00-conventions.md"  # its section "Key words" names the key words without using them
HEADING_OF_KEY_WORDS = "Key words"
GIT_PLACE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")  # set inside hooks; would name another tree


class TreeError(Exception):
    """The tree cannot be checked at all (exit code 2)."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause: where it stands, and its text with white space folded."""

    id: str
    level: str
    page: str
    line: int
    text: str

    def requirement(self) -> dict[str, str]:
        """Return what spec/requirements.json says of this clause."""
        digest = hashlib.sha256(self.text.encode()).hexdigest()
        return {"id": self.id, "level": self.level, "page": self.page, "text": self.text, "sha256": digest}


@dataclass(slots=True)
class Findings:
    """What was read, and the errors met on the way (`place: what is wrong`)."""

    clauses: list[Clause] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    cited: dict[str, str] = field(default_factory=dict)  # id -> place of the first citation

    def error(self, place: str, what: str) -> None:
        self.errors.append(f"{place}: {what}")


# --- pages -----------------------------------------------------------------------------------------------------------


def fold(text: str) -> str:
    """Return text with every run of white space as one space."""
    return " ".join(text.split())


def without_code(lines: list[str]) -> list[str]:
    """Return the lines of one paragraph with inline code blanked; the number of lines stays."""
    blanked = CODE_SPAN.sub(lambda span: "\n" * span.group().count("\n"), "\n".join(lines))
    return blanked.split("\n")


@dataclass(slots=True)
class Block:
    """Lines of a page that are read together: a clause (with its id) or a paragraph."""

    line: int
    id: str  # "" for a paragraph
    lines: list[str]
    prose: list[str]  # as lines, without fenced code

    def add(self, text: str, *, fenced: bool = False) -> None:
        self.lines.append(text)
        self.prose.append("" if fenced else text)


class PageReader:
    """Cuts one page into blocks; fenced code belongs to a clause only as part of its text."""

    def __init__(self, text: str) -> None:
        self.blocks: list[Block] = []
        self.open_fence: tuple[str, int] | None = None  # the fence and its line
        self._block: Block | None = None
        for number, line in enumerate(text.splitlines(), 1):
            self._take(number, line)
        self._end()

    def _take(self, number: int, line: str) -> None:
        fenced = self._fenced(number, line)
        if self._block is not None and self._block.id and (not line.strip() or line[0] in " \t"):
            self._block.add(line, fenced=fenced)
        elif fenced or not line.strip():
            self._end()
        elif match := CLAUSE.fullmatch(line):
            self._begin(Block(number, match[1], [match[2]], [match[2]]))
        elif self._block is None or self._block.id or starts_block(line):
            self._begin(Block(number, "", [line], [line]))
        else:
            self._block.add(line)

    def _fenced(self, number: int, line: str) -> bool:
        """Return whether the line is fenced code or a fence, and keep count of fences."""
        match = FENCE.match(line)
        if self.open_fence is None:
            if match:
                self.open_fence = (match[1], number)
            return match is not None
        fence = self.open_fence[0]
        if match and match[1].startswith(fence) and not line.strip().strip(fence[0]):
            self.open_fence = None
        return True

    def _begin(self, block: Block) -> None:
        self._end()
        self._block = block

    def _end(self) -> None:
        if self._block is not None:
            self.blocks.append(self._block)
        self._block = None


def starts_block(line: str) -> bool:
    """Return whether a line cannot continue the paragraph before it."""
    return line.lstrip()[:1] in ("#", "|", ">") or re.match(r"\s*([-*+]|[0-9]+[.)]) ", line) is not None


def read_page(path: Path, findings: Findings) -> str | None:
    """Read one page into findings; return its area, None where it states none."""
    place = f"spec/{path.name}"
    text = path.read_text(encoding="utf-8")
    area = next((m[1] for m in map(AREA.fullmatch, text.splitlines()[:AREA_LINES]) if m), None)
    if area is None:
        findings.error(f"{place}:1", f"no line 'Area: ...' in the first {AREA_LINES} lines")
    reader = PageReader(text)
    if reader.open_fence is not None:
        findings.error(f"{place}:{reader.open_fence[1]}", "fenced code is never closed")
    section = ""
    for block in reader.blocks:
        if block.id:
            read_clause(block, path.name, area, findings)
        elif heading := HEADING.fullmatch(block.lines[0]):
            section = heading[1]
            check_prose(block, place, findings)
        elif (path.name, section) != (HOME_OF_KEY_WORDS, HEADING_OF_KEY_WORDS):
            check_prose(block, place, findings)
    return area


def read_clause(block: Block, page: str, area: str | None, findings: Findings) -> None:
    """Read one clause into findings."""
    place = f"spec/{page}:{block.line}"
    if area is not None and block.id.split("-")[0] != area:
        findings.error(place, f"{block.id} stands on the page of the area {area}")
    words = [fold(word) for word in KEY_WORD.findall("\n".join(without_code(block.prose)))]
    if not words:
        findings.error(place, f"{block.id} has no key word")
    elif len(words) > 1:
        findings.error(place, f"{block.id} has {len(words)} key words ({', '.join(words)}), want one")
    check_likeness(block, place, findings)
    level = words[0] if words else ""
    findings.clauses.append(Clause(block.id, level, page, block.line, fold(" ".join(block.lines))))


def check_prose(block: Block, place: str, findings: Findings) -> None:
    """Report key words outside a clause."""
    for number, line in enumerate(without_code(block.prose), block.line):
        for word in KEY_WORD.findall(line):
            findings.error(f"{place}:{number}", f"key word {fold(word)} outside a clause")
    check_likeness(block, f"{place}:{block.line}", findings)


def check_likeness(block: Block, place: str, findings: Findings) -> None:
    """Report list items that look like a clause and are none: a typing error would hide a rule."""
    if any(map(LIKE_A_CLAUSE.match, block.prose[1 if block.id else 0 :])):
        findings.error(place, "not a clause: want '- **AREA-NNN** text' at the start of the line")


def read_spec(root: Path, findings: Findings) -> None:
    """Read every page of spec/ into findings."""
    pages = sorted((root / "spec").glob("*.md"))
    if not pages:
        raise TreeError(f"no pages in {root / 'spec'}")
    owners: dict[str, str] = {}
    for path in pages:
        area = read_page(path, findings)
        if area is not None and owners.setdefault(area, path.name) != path.name:
            findings.error(f"spec/{path.name}:1", f"area {area} belongs to spec/{owners[area]}")
    seen: dict[str, Clause] = {}
    for clause in findings.clauses:
        first = seen.setdefault(clause.id, clause)
        if first is not clause:
            place = f"spec/{clause.page}:{clause.line}"
            findings.error(place, f"{clause.id} is used already in spec/{first.page}:{first.line}")


# --- ids over time ---------------------------------------------------------------------------------------------------


def read_retired(root: Path, findings: Findings) -> set[str]:
    """Return the ids of spec/retired.txt; blank lines and lines that start with # are skipped."""
    path = root / "spec" / "retired.txt"
    retired: set[str] = set()
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    for number, line in enumerate(map(str.strip, lines), 1):
        if ID.fullmatch(line):
            retired.add(line)
        elif line and not line.startswith("#"):
            findings.error(f"spec/retired.txt:{number}", f"not a clause id: {line}")
    return retired


def committed_requirements(root: Path) -> str:
    """Return spec/requirements.json as last committed; outside a git checkout, as on disk; "" where there is none."""
    env = {name: value for name, value in os.environ.items() if name not in GIT_PLACE}
    try:
        inside = subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, env=env, capture_output=True, check=False)
        show = ["git", "show", "HEAD:./spec/requirements.json"]
        shown = subprocess.run(show, cwd=root, env=env, capture_output=True, check=False)
    except OSError:  # no git on this machine
        return on_disk(root)
    if inside.returncode != 0:
        return on_disk(root)
    return shown.stdout.decode() if shown.returncode == 0 else ""


def on_disk(root: Path) -> str:
    """Return the text of spec/requirements.json, "" where there is none."""
    path = root / "spec" / "requirements.json"
    return path.read_text(encoding="utf-8") if path.exists() else ""


def ids_of(text: str) -> set[str]:
    """Return the ids in the text of a requirements file."""
    try:
        return {entry["id"] for entry in json.loads(text or "[]")}
    except (ValueError, TypeError, KeyError) as fault:
        raise TreeError("spec/requirements.json is not what this tool writes") from fault


def check_ids_over_time(root: Path, retired: set[str], findings: Findings) -> None:
    """Report ids that have vanished and retired ids that are in use."""
    present = {clause.id for clause in findings.clauses}
    for vanished in sorted(ids_of(committed_requirements(root)) - present - retired):
        findings.error("spec/requirements.json:1", f"{vanished} is gone: restore it, or add it to spec/retired.txt")
    for clause in findings.clauses:
        if clause.id in retired:
            findings.error(f"spec/{clause.page}:{clause.line}", f"{clause.id} is retired and cannot be used again")


# --- tests -----------------------------------------------------------------------------------------------------------


def is_clause_mark(node: ast.AST) -> bool:
    """Return whether node is `pytest.mark.clause` or `mark.clause`."""
    if not (isinstance(node, ast.Attribute) and node.attr == "clause"):
        return False
    owner = node.value
    return (isinstance(owner, ast.Attribute) and owner.attr == "mark") or (
        isinstance(owner, ast.Name) and owner.id == "mark"
    )


def citations(tree: ast.AST) -> Iterator[tuple[int, str | None]]:
    """Yield line and id of each citation, None for one that this tool cannot read."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and is_clause_mark(node.func)]
    called = {id(call.func) for call in calls}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_clause_mark(node) and id(node) not in called:
            yield node.lineno, None
    for call in calls:
        if call.keywords or not call.args:
            yield call.lineno, None
        for argument in call.args:
            value = argument.value if isinstance(argument, ast.Constant) else None
            yield argument.lineno, value if isinstance(value, str) else None


def read_tests(root: Path, retired: set[str], findings: Findings) -> None:
    """Read which clauses the tests cite, in decorators, `pytestmark` and `pytest.param(marks=...)`."""
    known = {clause.id for clause in findings.clauses}
    for path in sorted((root / "tests").rglob("*.py")):
        name = path.relative_to(root).as_posix()
        try:
            tree = ast.parse(path.read_bytes(), name)
        except (SyntaxError, ValueError) as fault:
            findings.error(f"{name}:{getattr(fault, 'lineno', None) or 1}", "cannot be read as Python")
            continue
        for line, cited in citations(tree):
            place = f"{name}:{line}"
            if cited is None:
                findings.error(place, 'cite clauses as literal strings: pytest.mark.clause("AREA-NNN", ...)')
            elif cited in retired:
                findings.error(place, f"cites {cited}, which is retired")
            elif cited not in known:
                findings.error(place, f"cites {cited}, which no page of spec/ has")
            else:
                findings.cited.setdefault(cited, place)


# --- the command -----------------------------------------------------------------------------------------------------


def rendered(clauses: Iterable[Clause]) -> str:
    """Return the text of spec/requirements.json."""
    entries = [clause.requirement() for clause in sorted(clauses, key=lambda clause: clause.id)]
    return json.dumps(entries, ensure_ascii=False, indent=1) + "\n"


def examine(root: Path) -> Findings:
    """Return everything that there is to say about the tree, but for spec/requirements.json itself."""
    findings = Findings()
    read_spec(root, findings)
    retired = read_retired(root, findings)
    check_ids_over_time(root, retired, findings)
    read_tests(root, retired, findings)
    return findings


def keep_requirements(root: Path, findings: Findings, *, write: bool) -> None:
    """Write spec/requirements.json when all is well, or report that it differs from what would be written."""
    wanted = rendered(findings.clauses)
    if on_disk(root) == wanted:
        return
    if not write:
        findings.error("spec/requirements.json:1", "differs from the pages: run tools/clauses.py")
    elif not findings.errors:
        (root / "spec" / "requirements.json").write_text(wanted, encoding="utf-8")


def report(findings: Findings, *, require_tests: bool) -> None:
    """Print which MUST clauses no test cites, the errors, and the summary."""
    must = [clause.id for clause in findings.clauses if clause.level in MUST_LEVELS]
    untested = sorted(set(must) - findings.cited.keys())
    if untested:
        heading = f"{len(untested)} MUST clauses without a test:"
        print(textwrap.fill(" ".join([heading, *untested]), 120, subsequent_indent="  ", break_on_hyphens=False))
    if untested and require_tests:
        findings.error("tests:1", f"{len(untested)} MUST clauses without a test")
    for error in findings.errors:
        print(error, file=sys.stderr)
    print(f"{len(findings.clauses)} clauses, {len(must)} MUST, {len(must) - len(untested)} with tests")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return the options of the command."""
    parser = argparse.ArgumentParser(
        description="Check the clauses of spec/ and the tests that cite them, and write spec/requirements.json.",
        epilog="Exit codes: 0 all is well, 1 errors were found (nothing is written), 2 the tree or the call is wrong.",
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail if spec/requirements.json is stale")
    parser.add_argument("--require-tests", action="store_true", help="fail on a MUST clause that no test cites")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent, help="the tree to check")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    options = parse(arguments)
    try:
        findings = examine(options.root)
        keep_requirements(options.root, findings, write=not options.check)
    except (TreeError, OSError, UnicodeDecodeError) as fault:
        print(f"clauses: {fault}", file=sys.stderr)
        return 2
    report(findings, require_tests=options.require_tests)
    return 1 if findings.errors else 0


if __name__ == "__main__":
    sys.exit(main())
