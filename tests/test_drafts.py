"""Drafts and templates: what is kept over crashes, what is bounded, and that what comes with the program is right."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import trio

from comity_node import bounds
from comity_node.authoring.drafts import Drafts
from comity_node.authoring.judging import broken_rules, faults_of
from comity_node.authoring.letter import Letter
from comity_node.authoring.paths import has
from comity_node.authoring.templates import KEPT, Template, Templates, kept_of, resolved, stock
from comity_node.errors import AmbiguousError, NotFoundError, StorageError
from comity_node.faults import FileError, RefusedError
from comity_node.formfaults import Sort
from comity_node.urgency import URGENCIES
from comity_node.vault import Vault
from comity_node.world import RealWorld
from tests.support.forms import form_of_example, kinds_with_example
from tests.support.persons import NOW_US, desk_for

KEY = bytes(range(32))


def drafts_in(home: Path, key: bytes = KEY) -> Drafts:
    return Drafts(home, Vault(key, RealWorld()), RealWorld())


async def kept(home: Path, **fields: Any) -> str:
    return (await drafts_in(home).save(Letter(kind="text", **fields))).id


async def test_a_draft_is_there_after_a_restart_as_it_was_last(tmp_path: Path) -> None:
    draft = await kept(tmp_path, form={"text": "one"}, to=["bb.fiu"])
    await drafts_in(tmp_path).save(Letter(kind="text", form={"text": "two"}), draft)
    (found,) = drafts_in(tmp_path).list()
    assert (found.id, found.letter) == (draft, Letter(kind="text", form={"text": "two"}))


async def test_a_write_that_fails_leaves_the_draft_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = await kept(tmp_path, form={"text": "one"})

    def fail(*paths: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="No space"):
        await drafts_in(tmp_path).save(Letter(kind="text", form={"text": "two"}), draft)
    monkeypatch.undo()
    (found,) = drafts_in(tmp_path).list()
    assert found.letter == Letter(kind="text", form={"text": "one"})
    await drafts_in(tmp_path).save(Letter(kind="text", form={"text": "three"}), draft)
    assert [path.name for path in (tmp_path / "drafts").iterdir()] == [f"{draft}.draft"]


async def test_a_draft_opens_only_under_its_own_name_and_with_its_own_key(tmp_path: Path) -> None:
    first, second = await kept(tmp_path, form={"text": "one"}), await kept(tmp_path, form={"text": "two"})
    place = tmp_path / "drafts"
    os.replace(place / f"{first}.draft", place / f"{second}.draft")
    with pytest.raises(StorageError):
        drafts_in(tmp_path).find(second)
    assert await drafts_in(tmp_path).discard(second) == second
    third = await kept(tmp_path)
    with pytest.raises(StorageError):
        drafts_in(tmp_path, bytes(32)).find(third)


async def test_a_beginning_that_fits_several_is_told(tmp_path: Path) -> None:
    place = tmp_path / "drafts"
    draft = await kept(tmp_path)
    (place / f"{draft[:8]}{'0' * 8}.draft").write_bytes((place / f"{draft}.draft").read_bytes())
    with pytest.raises(AmbiguousError):
        drafts_in(tmp_path).find(draft[:8])
    assert drafts_in(tmp_path).find(draft).id == draft
    with pytest.raises(NotFoundError):
        await drafts_in(tmp_path).save(Letter(kind="text"), "0" * 16)


async def test_drafts_are_bounded_in_number_and_size(tmp_path: Path) -> None:
    around = len(json.dumps({"changed_us": NOW_US, "letter": Letter(kind="text", form={"text": ""}).view()}))
    whole = "x" * (bounds.MAX_DRAFT_BYTES - around)
    await kept(tmp_path, form={"text": whole})
    with pytest.raises(RefusedError, match="longer"):
        await kept(tmp_path, form={"text": whole + "x"})
    for number in range(bounds.MAX_DRAFTS - 1):
        (tmp_path / "drafts" / f"{number:016x}.draft").touch()
    with pytest.raises(RefusedError, match="drafts"):
        await kept(tmp_path)


def test_a_template_is_bounded_in_size(tmp_path: Path) -> None:
    around = len(json.dumps({"kind": "text", "form": {"text": ""}}, indent=2)) + 1
    fits = Template(kind="text", form={"text": "x" * (bounds.MAX_TEMPLATE_BYTES - around)})
    Templates(tmp_path).save("fits", fits)
    assert Templates(tmp_path).get("fits").template == fits
    with pytest.raises(FileError, match="longer"):
        Templates(tmp_path).save("more", Template(kind="text", form={"text": "x" * bounds.MAX_TEMPLATE_BYTES}))


@pytest.mark.parametrize("name", stock())
def test_what_comes_with_the_program_is_right_as_far_as_it_goes(tmp_path: Path, name: str) -> None:
    found = Templates(tmp_path).get(name).template
    form = resolved(found.kind, found.form, NOW_US)
    desk = desk_for(found.kind)
    assert {fault.sort for fault in faults_of(form, desk)} <= {Sort.MISSING, Sort.ITEMS, Sort.RULE}
    for broken in broken_rules(form, desk):
        assert not any(has(form, (*broken.path, name)) for name in broken.fields)
    assert found.urgency is not None
    assert URGENCIES[found.urgency]


@pytest.mark.parametrize("kind", kinds_with_example())
def test_what_a_template_keeps_is_right_as_far_as_it_goes(kind: str) -> None:
    form, dropped = kept_of(kind, form_of_example(kind))
    assert form.keys() <= KEPT
    wrong = [fault for fault in faults_of(form, desk_for(kind)) if fault.sort not in (Sort.MISSING, Sort.ITEMS)]
    assert all(fault.sort is Sort.RULE for fault in wrong)
    assert not [path for path in dropped if path in form]


def test_a_time_counted_from_now_is_one_when_the_template_is_used() -> None:
    form = resolved("prevention.stop-payment", {"measure_from": "now", "review": "now+2d", "executed": "soon"}, NOW_US)
    assert form == {"measure_from": "2026-11-18T11:06:40Z", "review": "2026-11-20T11:06:40Z", "executed": "soon"}


async def test_many_saves_at_once_keep_one_whole_draft(tmp_path: Path) -> None:
    drafts = drafts_in(tmp_path)
    draft = (await drafts.save(Letter(kind="text"))).id
    async with trio.open_nursery() as nursery:
        for number in range(8):
            nursery.start_soon(drafts.save, Letter(kind="text", form={"text": str(number)}), draft)
    (found,) = drafts.list()
    assert found.letter is not None
    assert found.letter.form["text"] in "01234567"
