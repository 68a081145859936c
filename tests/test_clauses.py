"""The clause checker refuses each fault in a specification or its tests, and writes the list of requirements."""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tools import clauses

ENC_1 = "- **ENC-001** A value MUST be short."
ENC_2 = "- **ENC-002** A sender SHOULD wait."
CITING = 'import pytest\n\n\n@pytest.mark.clause("ENC-001")\ndef test_it() -> None: ...\n'

Output = pytest.CaptureFixture[str]


class Tree:
    """A small project in a directory of its own, with one good page."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "spec").mkdir()
        (root / "tests").mkdir()
        self.page(ENC_1, ENC_2)

    def page(self, *lines: str, name: str = "02-encoding.md", area: str = "ENC") -> None:
        self.write(f"spec/{name}", "\n".join([f"# {name}", "", f"Area: {area}", "", *lines, ""]))

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_text(text, encoding="utf-8")

    @property
    def requirements(self) -> Path:
        return self.root / "spec" / "requirements.json"

    def run(self, *options: str) -> int:
        return clauses.main(["--root", str(self.root), *options])


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def refused(tree: Tree, capsys: Output) -> list[str]:
    """Return the errors of a plain call, which must fail and leave the requirements as they are."""
    before = tree.requirements.read_bytes() if tree.requirements.exists() else None
    capsys.readouterr()
    assert tree.run() == 1
    assert (tree.requirements.read_bytes() if tree.requirements.exists() else None) == before
    return capsys.readouterr().err.splitlines()


def test_a_good_page_becomes_a_list_of_requirements(tree: Tree, capsys: Output) -> None:
    tree.page(ENC_2, "- **ENC-001** A value MUST be\n  short, and\n\n  ```\n  01 02\n  ```")
    assert tree.run() == 0
    text = "A value MUST be short, and ``` 01 02 ```"
    digest = hashlib.sha256(text.encode()).hexdigest()
    first, second = json.loads(tree.requirements.read_text())
    assert first == {"id": "ENC-001", "level": "MUST", "page": "02-encoding.md", "text": text, "sha256": digest}
    assert (second["id"], second["level"]) == ("ENC-002", "SHOULD")
    assert capsys.readouterr().out.splitlines()[-1] == "2 clauses, 1 MUST, 0 with tests"


def test_check_fails_on_a_stale_list_and_writes_nothing(tree: Tree, capsys: Output) -> None:
    assert tree.run("--check") == 1
    assert not tree.requirements.exists()
    assert capsys.readouterr().err == "spec/requirements.json:1: differs from the pages: run tools/clauses.py\n"
    assert tree.run() == 0
    assert tree.run("--check") == 0
    tree.page("- **ENC-001** A value MUST be long.", ENC_2)
    assert tree.run("--check") == 1


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (["A value MUST be short."], "5: key word MUST outside a clause"),
        (["## What you MUST NOT do"], "5: key word MUST NOT outside a clause"),
        (["| a | OPTIONAL |", "|---|---|", "| b | MAY |"], "5: key word OPTIONAL outside a clause"),
        (["Two lines,", "NOT RECOMMENDED."], "6: key word NOT RECOMMENDED outside a clause"),
        (["A `closed` span, SHALL, `open"], "5: key word SHALL outside a clause"),
        (["- **ENC-001** A value is short."], "5: ENC-001 has no key word"),
        (["- **ENC-001** A `MUST` in code is none."], "5: ENC-001 has no key word"),
        (["- **ENC-001** It MUST be", "  and MUST NOT seem."], "5: ENC-001 has 2 key words (MUST, MUST NOT), want one"),
        (["- **ENC-001** It MUST be and MAY seem."], "5: ENC-001 has 2 key words (MUST, MAY), want one"),
        (["- **ENC-001** It MUST", "unindented text MAY follow"], "6: key word MAY outside a clause"),
        ([ENC_1, "", ENC_1], "7: ENC-001 is used already in spec/02-encoding.md:5"),
        (["- **LINK-001** A value MUST be short."], "5: LINK-001 stands on the page of the area ENC"),
        (["- **ENC-1** A value is short."], "5: not a clause: want '- **AREA-NNN** text' at the start of the line"),
        ([ENC_1, "  - **ENC-002** inside."], "5: not a clause: want '- **AREA-NNN** text' at the start of the line"),
        ([ENC_1, "", "```", "no end"], "7: fenced code is never closed"),
    ],
)
def test_a_fault_in_a_page_is_refused(tree: Tree, capsys: Output, lines: list[str], fault: str) -> None:
    tree.page(*lines)
    assert f"spec/02-encoding.md:{fault}" in refused(tree, capsys)


def test_key_words_in_code_are_no_key_words(tree: Tree) -> None:
    tree.page(ENC_1, "", "The word `MUST` and ``a ` MAY``.", "", "```", "MUST", "```", "", "~~~~ text", "~~~", "~~~~")
    assert tree.run() == 0


def test_the_section_of_key_words_may_name_them(tree: Tree, capsys: Output) -> None:
    words = ["## Key words", "", "MUST and MAY are used.", ""]
    tree.page(*words, "## Notation", name="00-conventions.md", area="CONV")
    assert tree.run() == 0
    tree.page(*words, "## Notation", "MAY", name="00-conventions.md", area="CONV")
    assert refused(tree, capsys) == ["spec/00-conventions.md:10: key word MAY outside a clause"]
    tree.page("## Notation", name="00-conventions.md", area="CONV")
    tree.page(ENC_1, ENC_2, *words)
    assert len(refused(tree, capsys)) == 2


def test_each_page_has_an_area_of_its_own(tree: Tree, capsys: Output) -> None:
    tree.page("Text.", name="03-keys.md", area="ENC")
    tree.write("spec/04-link.md", "# Link\n" + "\n" * 9 + "Area: LINK\n")
    assert refused(tree, capsys) == [
        "spec/03-keys.md:1: area ENC belongs to spec/02-encoding.md",
        "spec/04-link.md:1: no line 'Area: ...' in the first 10 lines",
    ]


def test_an_id_cannot_vanish_unless_it_is_retired(tree: Tree, capsys: Output) -> None:
    assert tree.run() == 0
    tree.page(ENC_1)
    gone = "spec/requirements.json:1: ENC-002 is gone: restore it, or add it to spec/retired.txt"
    assert refused(tree, capsys) == [gone]
    tree.write("spec/retired.txt", "ENC-002\n")
    assert tree.run() == 0
    assert [entry["id"] for entry in json.loads(tree.requirements.read_text())] == ["ENC-001"]


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_what_was_committed_counts_and_not_what_lies_on_the_disk(tree: Tree, capsys: Output) -> None:
    def git(*words: str) -> None:
        person = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        command = ["git", *person, "-c", "core.hooksPath=none", *words]
        subprocess.run(command, cwd=tree.root, check=True, capture_output=True)

    assert tree.run() == 0
    git("init")
    git("add", "spec")
    git("commit", "-m", "spec: first")
    tree.page(ENC_1)
    tree.requirements.unlink()
    assert "ENC-002 is gone" in refused(tree, capsys)[0]
    tree.page(ENC_1, ENC_2, "- **ENC-003** A draft MAY change.")
    assert tree.run() == 0
    tree.page(ENC_1, ENC_2)
    assert tree.run() == 0


def test_a_retired_id_cannot_come_back(tree: Tree, capsys: Output) -> None:
    tree.write("spec/retired.txt", "# withdrawn\n\nENC-002\nENC-2\n")
    assert refused(tree, capsys) == [
        "spec/retired.txt:4: not a clause id: ENC-2",
        "spec/02-encoding.md:6: ENC-002 is retired and cannot be used again",
    ]


@pytest.mark.parametrize(
    "source",
    [
        CITING,
        'import pytest\npytestmark = pytest.mark.clause("ENC-001")\n',
        'from pytest import mark\npytestmark = [mark.slow, mark.clause("ENC-002", "ENC-001")]\n',
        'import pytest\nCASES = [pytest.param(1, marks=pytest.mark.clause("ENC-001"))]\n',
        'import pytest\nCASES = [pytest.param(1, marks=[pytest.mark.slow, pytest.mark.clause("ENC-001")])]\n',
    ],
)
def test_a_citation_is_found_wherever_a_mark_may_stand(tree: Tree, capsys: Output, source: str) -> None:
    (tree.root / "tests" / "deep").mkdir()
    tree.write("tests/deep/test_it.py", source)
    assert tree.run("--require-tests") == 0
    assert capsys.readouterr().out == "2 clauses, 1 MUST, 1 with tests\n"


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        (CITING.replace("ENC-001", "ENC-009"), "4: cites ENC-009, which no page of spec/ has"),
        (CITING.replace("ENC-001", "ENC-003"), "4: cites ENC-003, which is retired"),
        (
            CITING.replace('"ENC-001"', "NAME"),
            '4: cite clauses as literal strings: pytest.mark.clause("AREA-NNN", ...)',
        ),
        (CITING.replace('"ENC-001"', ""), '4: cite clauses as literal strings: pytest.mark.clause("AREA-NNN", ...)'),
        (CITING.replace('("ENC-001")', ""), '4: cite clauses as literal strings: pytest.mark.clause("AREA-NNN", ...)'),
        ("def test_it(:\n", "1: cannot be read as Python"),
    ],
)
def test_a_citation_that_proves_nothing_is_refused(tree: Tree, capsys: Output, source: str, fault: str) -> None:
    tree.write("spec/retired.txt", "ENC-003\n")
    tree.write("tests/test_it.py", source)
    assert refused(tree, capsys) == [f"tests/test_it.py:{fault}"]


def test_a_must_without_a_test_is_reported_and_fails_only_on_request(tree: Tree, capsys: Output) -> None:
    assert tree.run() == 0
    assert capsys.readouterr().out.splitlines()[0] == "1 MUST clauses without a test: ENC-001"
    assert tree.run("--require-tests") == 1
    assert capsys.readouterr().err == "tests:1: 1 MUST clauses without a test\n"


def test_a_tree_that_cannot_be_read_is_told_apart_from_a_faulty_one(tmp_path: Path, capsys: Output) -> None:
    assert clauses.main(["--root", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("clauses: no pages in ")
    tree = Tree(tmp_path)
    tree.write("spec/requirements.json", "{")
    assert tree.run() == 2
    assert tree.requirements.read_text() == "{"
