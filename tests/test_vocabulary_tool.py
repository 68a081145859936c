"""The tool that keeps the data of the vocabulary: a term is added by data, and each fault of the data is found."""

import copy
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from comity import vocabulary as library
from tools import vocabulary

pytestmark = pytest.mark.slow

NEWEST = library.newest().version
Output = pytest.CaptureFixture[str]


class Files:
    """A copy of the data and the page, which the tool works on."""

    def __init__(self, path: Path) -> None:
        self.data, self.page = path / "data", path / "page.md"

    def load(self, version: int = NEWEST) -> Any:
        return json.loads((self.data / f"{version}.json").read_text(encoding="utf-8"))

    def save(self, value: Any, version: int = NEWEST) -> None:
        (self.data / f"{version}.json").write_text(vocabulary.rendered(value), encoding="utf-8")

    def hashes(self) -> Any:
        return json.loads((self.data / "hashes.json").read_text(encoding="utf-8"))


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    found = Files(tmp_path)
    shutil.copytree(vocabulary.DATA, found.data)
    shutil.copy(vocabulary.PAGE, found.page)
    monkeypatch.setattr(vocabulary, "ROOT", tmp_path)
    monkeypatch.setattr(vocabulary, "DATA", found.data)
    monkeypatch.setattr(vocabulary, "PAGE", found.page)
    return found


def with_term(value: Any) -> Any:
    """Return the content with a term more."""
    changed = copy.deepcopy(value)
    terms = changed["groups"]["rail"]["terms"]
    terms.append(copy.deepcopy(terms[0]) | {"code": "zeppelin"})
    return changed


def test_the_data_of_this_tree_have_no_fault() -> None:
    assert vocabulary.main([]) == 0


@pytest.mark.clause("VOCAB-013")
def test_a_term_is_added_by_a_new_file_and_no_code(files: Files, capsys: Output) -> None:
    files.save(with_term(files.load()) | {"version": NEWEST + 1}, NEWEST + 1)
    assert vocabulary.main([]) == 1
    assert "its hash is not recorded" in capsys.readouterr().err
    before = files.hashes()
    assert vocabulary.main(["--write"]) == 0
    assert "| `zeppelin` |" in files.page.read_text(encoding="utf-8")
    assert {version: files.hashes()[version] for version in before} == before
    assert str(NEWEST + 1) in files.hashes()


@pytest.mark.clause("VOCAB-014")
def test_a_published_version_does_not_change(files: Files, capsys: Output) -> None:
    files.save(with_term(files.load()))
    assert vocabulary.main(["--write"]) == 1
    assert "was published with other content" in capsys.readouterr().err
    assert vocabulary.main(["--write", "--unreleased"]) == 0


def test_a_file_is_brought_into_its_layout(files: Files, capsys: Output) -> None:
    path = files.data / f"{NEWEST}.json"
    text = path.read_text(encoding="utf-8")
    path.write_text(json.dumps(files.load()), encoding="utf-8")
    assert vocabulary.main([]) == 1
    assert "not in the layout" in capsys.readouterr().err
    assert vocabulary.main(["--write"]) == 0
    assert path.read_text(encoding="utf-8") == text


def broken(value: Any, fault: str) -> Any:
    """Return the content with one fault."""
    rail, kinds = (value["groups"][name]["terms"] for name in ("rail", "kind"))
    match fault:
        case "language":
            del rail[0]["label"]["th"]
        case "twice":
            rail.append(rail[0])
        case "hidden":
            rail[0]["label"]["ar"] += "\u200f"
        case "english":
            rail[0]["definition"]["fr"] = rail[0]["definition"]["en"]
        case "script":
            rail[0]["definition"]["zh"] = "Not in Chinese."
        case "kind":
            kinds[:] = [term for term in kinds if term["code"] != "text"]
        case "group":
            del value["groups"]["tlp"]
        case "country":
            value["countries"].remove("TH")
        case "currency":
            del value["currencies"]["THB"]
        case "version":
            value["version"] += 7
    return value


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("language", "VOCAB-004"),
        ("twice", "VOCAB-003"),
        ("hidden", "VOCAB-006"),
        ("english", "rail instant: the definition in fr is not in that language"),
        ("script", "rail instant: the definition in zh is not in that language"),
        ("kind", "no term for the kind text"),
        ("group", "no group tlp, which Body takes terms from"),
        ("country", "no country TH"),
        ("currency", "no currency THB"),
        ("version", f"it says that it is version {NEWEST + 7}"),
    ],
)
def test_each_fault_of_the_data_is_found(files: Files, capsys: Output, fault: str, said: str) -> None:
    files.save(broken(files.load(), fault))
    assert vocabulary.main(["--write", "--unreleased"]) == 1
    assert said in capsys.readouterr().err


@pytest.mark.clause("VOCAB-013")
def test_a_version_that_loses_a_term_is_found(files: Files, capsys: Output) -> None:
    value = files.load() | {"version": NEWEST + 1}
    del value["groups"]["rail"]["terms"][0]
    files.save(value, NEWEST + 1)
    assert vocabulary.main([]) == 1
    assert "lacks what version" in capsys.readouterr().err


def test_the_lists_of_iso_are_taken_when_they_are_asked_for(files: Files) -> None:
    files.save(broken(broken(files.load(), "country"), "currency"))
    assert vocabulary.main(["--write", "--unreleased", "--lists"]) == 0
    assert "TH" in files.load()["countries"]
    assert files.load()["currencies"]["THB"] == 2


def test_tables_that_are_not_those_of_the_data_are_found(files: Files, capsys: Output) -> None:
    files.page.write_text(files.page.read_text(encoding="utf-8").replace("| `instant` |", "| `instnat` |"))
    assert vocabulary.main([]) == 1
    assert "the tables are not those of the data" in capsys.readouterr().err


def test_a_reviewer_sees_each_text_beside_the_english_one(capsys: Output) -> None:
    assert vocabulary.main(["--review", "fr"]) == 0
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert {len(line) for line in lines} == {4}
    assert ["urgency", "flash", "Flash", "Éclair"] in lines
