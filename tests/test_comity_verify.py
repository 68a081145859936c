"""The command `comity-verify`: what it says, its exit codes, what it extracts, and that the library alone is enough."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from comity.evidence import Check, Finding, verdict_of
from comity.evidence.wording import LANGUAGES, phrases, sentence
from comity_verify.command import main
from comity_verify.source import FileSource
from tools.making import evidence as making
from tools.making import message
from tools.making.parties import treaty_id

ID = treaty_id().hex()
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*words: str | Path) -> tuple[int, str, str]:
        try:
            code = main([str(word) for word in words])
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def kept(place: Path, data: bytes, name: str = "case.zip") -> Path:
    (place / name).write_bytes(data)
    return place / name


@pytest.mark.clause("EVID-008")
def test_it_says_who_asked_whom_what_and_that_all_is_proven(run: Run, tmp_path: Path) -> None:
    code, out, err = run(kept(tmp_path, making.evidence()), "--treaty-id", ID)
    assert (code, err) == (0, "")
    assert "1. 2026-01-02T00:00:00Z  Example body aa.police (aa.police) to Example body bb.fiu (bb.fiu)" in out
    assert "bb.fiu accepted messages/000001.message on 2026-01-02T00:00:02Z" in out
    assert "statement.txt, 50 bytes" in out
    assert "Ordered by the court of Sampleton" in out
    assert "PROVEN. Nothing was altered" in out
    assert "What this does not prove" in out


@pytest.mark.clause("EVID-008")
def test_without_the_treaty_id_it_says_that_nothing_ties_the_file_to_the_parties(run: Run, tmp_path: Path) -> None:
    path = kept(tmp_path, making.evidence())
    code, out, _ = run(path)
    assert code == 1
    assert ID in out
    assert "NOT YET PROVEN" in out
    code, out, _ = run(path, "--treaty-id", "00" * 32)
    assert code == 1
    assert "do not rely on this file" in out


@pytest.mark.clause("EVID-007")
def test_an_alteration_is_named_and_the_exit_code_is_1(run: Run, tmp_path: Path) -> None:
    whole = making.evidence()
    place = whole.index(making.CONTENT)
    code, out, _ = run(kept(tmp_path, whole[:place] + b"X" + whole[place + 1 :]), "--treaty-id", ID)
    assert code == 1
    assert "ALTERED  attachments/7d487264c6d5" in out
    assert "\nALTERED. Bytes of this file are not those that were signed" in out


def test_json_says_the_same_to_programs(run: Run, tmp_path: Path) -> None:
    path = kept(tmp_path, making.evidence())
    code, out, _ = run(path, "--treaty-id", ID, "--json")
    value = json.loads(out)
    assert (code, value["proven"], value["treaty"], value["treaty_compared"]) == (0, True, ID, True)
    assert [each["from"] for each in value["messages"]] == ["aa.police", "bb.fiu"]
    assert value["list"]["reason"] == making.manifest([])["reason"]
    assert {each["verdict"] for each in value["findings"]} == {"proven"}
    with FileSource(path) as source:
        assert value["sha256"] == source.sha256()
    code, out, _ = run(kept(tmp_path, b"no archive", "other"), "--json")
    assert (code, json.loads(out)["conclusion"]) == (1, "unreadable")


@pytest.mark.parametrize("words", [["--treaty-id", "xyz"], ["--treaty-id", "00"], ["--lang", "de"], ["--nothing"]])
def test_a_wrong_call_ends_with_2(run: Run, tmp_path: Path, words: list[str]) -> None:
    code, _, err = run(kept(tmp_path, making.evidence()), *words)
    assert code == 2
    assert "comity-verify: error" in err


def test_what_cannot_be_read_is_told_in_one_line(run: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "none", tmp_path, tmp_path / "fifo"):
        code, out, err = run(path)
        assert (code, out, err.count("\n")) == (2, "", 1)
    code, out, _ = run(kept(tmp_path, b"PK"))
    assert code == 1
    assert "not an evidence file" in out


def test_what_is_proven_is_extracted_under_its_signed_name(run: Run, tmp_path: Path) -> None:
    path, target = kept(tmp_path, making.evidence()), tmp_path / "out"
    code, out, _ = run(path, "--treaty-id", ID, "--extract", target)
    assert code == 0
    assert sorted(each.name for each in target.iterdir()) == ["000001-statement.txt", "000001.json", "000002.json"]
    assert (target / "000001-statement.txt").read_bytes() == making.CONTENT
    shown = json.loads((target / "000001.json").read_text())
    assert (shown["from"], shown["payload"]) == ("aa.police", {"text": "Please call back."})
    assert f"{target}/000001-statement.txt" in out
    code, _, err = run(path, "--extract", target)
    assert (code, err) == (2, f"comity-verify: {target} is not empty\n")
    code, _, err = run(path, "--extract", path)
    assert (code, err) == (2, f"comity-verify: {path} is no directory\n")


def test_what_is_altered_is_not_extracted(run: Run, tmp_path: Path) -> None:
    whole = making.evidence()
    place = whole.index(making.CONTENT)
    path, target = kept(tmp_path, whole[:place] + b"X" + whole[place + 1 :]), tmp_path / "out"
    run(path, "--treaty-id", ID, "--extract", target)
    assert sorted(each.name for each in target.iterdir()) == ["000001.json", "000002.json"]


def test_a_name_of_200_characters_is_extracted_under_its_hash(run: Run, tmp_path: Path) -> None:
    first = making.request(attachments=[making.attachment() | {"name": "ฎ" * 200}])
    parts = [each for each in making.replaced(making.FIRST, message.signed(first)) if "receipts" not in each[0]]
    run(kept(tmp_path, making.evidence(parts)), "--treaty-id", ID, "--extract", tmp_path / "out")
    (name,) = [each.name for each in (tmp_path / "out").iterdir() if not each.name.endswith(".json")]
    assert name.startswith("000001-7d487264")


def test_text_of_others_cannot_deceive_the_reader_of_a_terminal(run: Run, tmp_path: Path) -> None:
    path = kept(tmp_path, making.evidence(reason="x\x1b[2J\u202egnp.exe", by="A\nPROVEN"))
    _, out, _ = run(path, "--treaty-id", ID)
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "\nPROVEN\n" not in out
    assert "x\\u{1b}[2J\\u{202e}gnp.exe" in out


def test_the_library_alone_is_enough() -> None:
    heavy = ("trio", "sqlalchemy", "click", "rich", "jinja2", "comity_node")
    code = f"import sys, comity_verify.command; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# --- the sentences ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_sentence_with_the_same_values(language: str) -> None:
    english, words = phrases("en"), phrases(language)
    assert words.keys() == english.keys()
    for name in words:
        assert values_in(words[name]) == values_in(english[name]), name
    for check in Check:
        assert verdict_of(check)
        assert words[check.value]


def values_in(text: str) -> set[str]:
    return {part.split("}")[0] for part in text.split("{")[1:]}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_answer_can_be_given_in_every_language(run: Run, tmp_path: Path, language: str) -> None:
    code, out, _ = run(kept(tmp_path, making.evidence()), "--treaty-id", ID, "--lang", language)
    assert code == 0
    assert phrases(language)["conclusion.proven"] in out


def test_a_value_cannot_turn_the_direction_of_a_sentence() -> None:
    finding = Finding(Check.FILE_ABSENT, "", {"name": "a", "hash": "b"})
    said = sentence(finding, "ar", isolated=True)
    assert "\u2068a\u2069" in said


def test_where_the_treaty_id_is_unknown_every_value_is_still_filled(run: Run, tmp_path: Path) -> None:
    fields: dict[str, Any] = {"reason": None, "by": None}
    code, out, _ = run(kept(tmp_path, making.evidence(making.replaced("treaty/000001.treaty", None), **fields)))
    assert code == 1
    assert "{" not in out.replace("\\u{", "")
