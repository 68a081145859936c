"""The vocabulary on the command line: codes in the language of the reader, Arabic from right to left."""

import json

import pytest
from click.testing import CliRunner

from comity import vocabulary
from comity.vocabulary import published
from comity_node.cli import comity
from comity_node.faults import Exit
from tests.support.desk import Desk, sign_all

NEWEST = vocabulary.newest()


def test_the_groups_and_their_codes_are_listed_in_the_language_of_the_reader(desk: Desk) -> None:
    result = desk.ok("vocabulary", "list", "--lang", "es", keys=False)
    assert [each["group"] for each in result["groups"]] == NEWEST.groups()
    assert (result["version"], result["hash"]) == (NEWEST.version, NEWEST.hash.hex())
    codes = desk.ok("vocabulary", "list", "urgency", "--lang", "fr", keys=False)
    assert [term["label"] for term in codes["terms"]] == ["Éclair", "Urgent", "Prioritaire", "Normal"]
    text = desk.run("vocabulary", "list", "urgency", "--lang", "fr", keys=False).stdout
    assert "flash     Éclair" in text


def test_a_term_is_shown_with_its_meaning_and_its_names_elsewhere(desk: Desk) -> None:
    result = desk.ok("vocabulary", "show", "fraud-type", "FR-BEC", keys=False)
    assert result["label"] == "Business e-mail compromise"
    assert result["crosswalk"]["mitre-attack"] == ["T1672"]
    text = desk.run("vocabulary", "show", "fraud-type", "FR-BEC", keys=False).stdout
    assert "elsewhere   mitre-attack: T1672" in text
    assert desk.ok("vocabulary", "show", "currency", "JPY", keys=False)["minor_units"] == 0


@pytest.mark.clause("VOCAB-017")
def test_arabic_is_isolated_from_right_to_left_and_other_languages_are_left_alone(desk: Desk) -> None:
    label = NEWEST.label("urgency", "flash", "ar")
    text = desk.run("vocabulary", "show", "urgency", "flash", "--lang", "ar", keys=False).stdout
    assert f"label       \u2067{label}\u2069\n" in text
    assert desk.ok("vocabulary", "show", "urgency", "flash", "--lang", "ar", keys=False)["label"] == label
    for language in ("en", "th", "zh", "ja"):
        other = desk.run("vocabulary", "list", "urgency", "--lang", language, keys=False).stdout
        assert "\u2067" not in other


def test_the_language_is_that_of_the_terminal_unless_another_is_given() -> None:
    words, brazil = ["vocabulary", "show", "urgency", "flash"], {"COMITY_LANG": "pt_BR.UTF-8"}
    assert "Relâmpago" in CliRunner().invoke(comity, words, env=brazil).stdout
    assert "Relámpago" in CliRunner().invoke(comity, [*words, "--lang", "es"], env=brazil).stdout


@pytest.mark.clause("VOCAB-012")
def test_a_language_that_is_not_there_is_answered_in_english(desk: Desk) -> None:
    shown = desk.ok("vocabulary", "show", "urgency", "flash", "--lang", "ja", keys=False)
    assert (shown["label"], shown["direction"]) == ("Flash", "ltr")


def test_what_is_not_there_is_said(desk: Desk) -> None:
    assert "no group 'boat'" in desk.fails(Exit.NOT_FOUND, "vocabulary", "list", "boat", keys=False)
    assert "no code 'x'" in desk.fails(Exit.NOT_FOUND, "vocabulary", "show", "rail", "x", keys=False)
    said = desk.fails(Exit.NOT_FOUND, "vocabulary", "list", "--version", "9", keys=False)
    assert "version 9 of the vocabulary is not held" in said


def test_a_newer_version_is_imported_once_and_then_listed(desk: Desk) -> None:
    value = json.loads(published.bytes_of(f"{NEWEST.version}.json")) | {"version": NEWEST.version + 1}
    value["groups"]["rail"]["terms"][0]["deprecated"] = True
    file = desk.path / "next.json"
    file.write_text(json.dumps(value))
    assert desk.ok("vocabulary", "import", file, keys=False)["outcome"] == "imported"
    assert desk.ok("vocabulary", "import", file, keys=False)["outcome"] == "known"
    assert desk.ok("vocabulary", "list", keys=False)["version"] == NEWEST.version + 1
    assert "(deprecated)" in desk.run("vocabulary", "list", "rail", keys=False).stdout
    older = desk.run("vocabulary", "list", "rail", "--version", str(NEWEST.version), keys=False).stdout
    assert "(deprecated)" not in older


def test_what_is_no_vocabulary_is_not_imported(desk: Desk) -> None:
    (desk.path / "x").write_text("{}")
    assert "is no vocabulary" in desk.fails(Exit.DOCUMENT, "vocabulary", "import", desk.path / "x", keys=False)
    assert "cannot be read" in desk.fails(Exit.FAILED, "vocabulary", "import", desk.path / "none", keys=False)
    assert desk.ok("vocabulary", "list", keys=False)["version"] == NEWEST.version


@pytest.mark.clause("VOCAB-009")
def test_an_amendment_names_an_imported_version_and_a_party_that_lacks_it_is_warned(desk: Desk) -> None:
    value = json.loads(published.bytes_of(f"{NEWEST.version}.json")) | {"version": NEWEST.version + 1}
    file, draft = desk.path / "next.json", desk.path / "two.draft"
    file.write_text(json.dumps(value))
    words = ("treaty", "draft", "--previous", desk.path / "treaty", "--vocabulary", str(NEWEST.version + 1))
    assert "is not held" in desk.fails(Exit.NOT_FOUND, *words, "--out", draft, keys=False)
    imported = desk.ok("vocabulary", "import", file, keys=False)
    assert desk.ok(*words, "--out", draft, keys=False)["treaty"]["vocabulary"] == {
        "hash": imported["hash"],
        "version": imported["version"],
    }
    sign_all(desk, "two.draft", "ab")
    for home, state in (("a", "ok"), ("b", "warn")):
        desk.ok("treaty", "import", draft, home=home)
        checks = {check["name"]: check["state"] for check in desk.ok("doctor", home=home)["checks"]}
        assert checks["vocabulary"] == state
