"""The vocabularies of a node: what is held, what is taken in, and what counts for a treaty."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from comity import vocabulary
from comity.vocabulary import Pin, published
from comity_node.doctor import check_vocabulary
from comity_node.errors import NotFoundError
from comity_node.faults import DocumentError, FileError
from comity_node.vocabularies import Vocabularies

NEWEST = vocabulary.newest()


def content() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(published.bytes_of(f"{NEWEST.version}.json"))
    return found


def next_version() -> dict[str, Any]:
    """Return the content of the version after the newest, with a term more."""
    value = content() | {"version": NEWEST.version + 1}
    terms = value["groups"]["rail"]["terms"]
    terms.append(copy.deepcopy(terms[0]) | {"code": "zeppelin"})
    return value


def file_of(value: Any) -> bytes:
    return json.dumps(value).encode()


def test_what_comes_with_the_package_is_held_in_every_home(tmp_path: Path) -> None:
    held = Vocabularies(tmp_path / "no-home")
    assert held.version(None) == NEWEST
    assert held.version(1) == vocabulary.edition(1)
    assert held.pinned(NEWEST.pin) == NEWEST
    with pytest.raises(NotFoundError):
        held.version(NEWEST.version + 1)


@pytest.mark.clause("VOCAB-009")
def test_an_imported_version_counts_for_the_treaty_that_names_it_and_no_other(tmp_path: Path) -> None:
    held = Vocabularies(tmp_path)
    newer, new = held.add(file_of(next_version()), "2.json")
    assert new
    assert newer.has("rail", "zeppelin")
    for again in (held, Vocabularies(tmp_path)):
        assert again.pinned(newer.pin) == newer
        assert again.version(None) == newer
        assert again.pinned(NEWEST.pin) == NEWEST
        assert again.pinned(Pin(hash=newer.hash, version=NEWEST.version)) is None
        assert again.pinned(Pin(hash=NEWEST.hash, version=newer.version)) is None
    assert held.add(file_of(next_version()), "2.json") == (newer, False)


@pytest.mark.clause("VOCAB-011")
def test_a_vocabulary_that_is_not_held_is_not_replaced_by_another(tmp_path: Path) -> None:
    assert Vocabularies(tmp_path).pinned(Pin(hash=bytes(32), version=NEWEST.version)) is None


@pytest.mark.clause("VOCAB-013")
def test_a_file_that_lacks_a_term_of_a_published_version_is_refused(tmp_path: Path) -> None:
    value = next_version()
    value["groups"]["rail"]["terms"] = value["groups"]["rail"]["terms"][1:]
    with pytest.raises(DocumentError, match="rail instant"):
        Vocabularies(tmp_path).add(file_of(value), "2.json")
    assert not list(tmp_path.iterdir())


@pytest.mark.clause("VOCAB-014")
def test_another_content_of_a_published_version_is_refused(tmp_path: Path) -> None:
    value = content()
    value["groups"]["rail"]["terms"][0]["label"]["en"] = "Something else"
    with pytest.raises(DocumentError, match="came with this node"):
        Vocabularies(tmp_path).add(file_of(value), "1.json")


@pytest.mark.parametrize("data", [b"", b"{}", b"\x80", b"[" * 100_000])
def test_what_is_no_vocabulary_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(DocumentError, match="x is no vocabulary"):
        Vocabularies(tmp_path).add(data, "x")
    assert not list(tmp_path.iterdir())


@pytest.mark.clause("VOCAB-009")
def test_a_file_that_was_altered_in_the_home_is_found_out(tmp_path: Path) -> None:
    newer, _ = Vocabularies(tmp_path).add(file_of(next_version()), "2.json")
    (path,) = (tmp_path / "vocabulary").iterdir()
    path.write_bytes(path.read_bytes().replace(b"zeppelin", b"airplane"))
    with pytest.raises(DocumentError, match="does not hold what its name says"):
        Vocabularies(tmp_path).require(newer.pin)
    assert Vocabularies(tmp_path).pinned(newer.pin) is None
    with pytest.raises(DocumentError):
        Vocabularies(tmp_path).version(None)
    assert Vocabularies(tmp_path).add(file_of(next_version()), "2.json") == (newer, True)
    assert Vocabularies(tmp_path).pinned(newer.pin) == newer


def test_two_files_of_one_version_are_told_apart_only_by_a_treaty(tmp_path: Path) -> None:
    held = Vocabularies(tmp_path)
    one, _ = held.add(file_of(next_version()), "2.json")
    value = next_version()
    value["groups"]["rail"]["terms"][-1]["label"]["en"] = "Airship"
    two, _ = held.add(file_of(value), "2.json")
    assert (held.pinned(one.pin), held.pinned(two.pin)) == (one, two)
    with pytest.raises(DocumentError, match="several vocabularies"):
        held.version(None)


def test_a_home_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    held = Vocabularies(tmp_path)
    (tmp_path / "vocabulary").mkdir()
    newer = vocabulary.read(file_of(next_version()))
    (tmp_path / "vocabulary" / f"{newer.hash.hex()}.json").mkdir()
    with pytest.raises(FileError):
        held.add(file_of(next_version()), "2.json")


@pytest.mark.clause("VOCAB-011")
def test_the_doctor_says_when_the_vocabulary_of_the_treaty_is_not_held(tmp_path: Path) -> None:
    newer = vocabulary.read(file_of(next_version()))
    named = {"hash": newer.hash.hex(), "version": newer.version}
    missing = check_vocabulary(named, Vocabularies(tmp_path))
    assert missing.state == "warn"
    assert "comity vocabulary import" in missing.next
    Vocabularies(tmp_path).add(file_of(next_version()), "2.json")
    assert check_vocabulary(named, Vocabularies(tmp_path)).state == "ok"
    (path,) = (tmp_path / "vocabulary").iterdir()
    path.write_bytes(b"{}")
    assert check_vocabulary(named, Vocabularies(tmp_path)).state == "fail"
