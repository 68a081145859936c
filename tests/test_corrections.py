"""Corrections and retractions reach everyone who received the original, over restarts, once."""

from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from comity.chapters.consent import FORWARD
from comity.handling import Handling
from comity_node.node import Node, RuleError
from comity_node.records import Sent, StoredMessage
from tests.support.alliances import alliance, first_message, until
from tools.making.intelligence import IBAN, PHONE, TELL, indicator

pytestmark = pytest.mark.slow

TOLD = "intelligence.spontaneous"
CORRECTION, RETRACTION = "intelligence.correction", "intelligence.retraction"
OWN: dict[str, Any] = TELL | {"source": None, "indicators": [indicator(IBAN)]}
WRONG: dict[str, Any] = {"explanation": "Another account.", "indicators": [indicator(PHONE)], "withdrawn": [IBAN]}
BACK: dict[str, Any] = {"explanation": "The source has withdrawn it."}
ALL = ("aa.police", "bb.fiu", "qm.prosecutor", "xa.gendarmerie")
GREEN = Handling(tlp="GREEN")


async def told(node: Node, kind: str) -> StoredMessage:
    """Return the first message of the kind that the node takes in."""
    with trio.fail_after(600):
        async for message in node.messages():
            if message.body.kind == kind:
                return message
    raise AssertionError("no such message")


def taken_in(node: Node, kind: str) -> list[StoredMessage]:
    return [message for message in node.inbox(1_000) if message.body.kind == kind]


async def pass_on(node: Node, message: StoredMessage, *to: str) -> Sent:
    return await node.send(
        to, TOLD, dict(message.body.payload) | {"source": message.hash}, handling=Handling(tlp="GREEN")
    )


@pytest.mark.clause("INTEL-050", "INTEL-052")
async def test_a_correction_goes_to_every_recipient_of_the_original_in_its_case(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    all_of_them = await alliance(tmp_path, *ALL)
    async with all_of_them.run_all() as nodes:
        sent = await nodes["aa.police"].send(
            ("bb.fiu", "qm.prosecutor"), TOLD, OWN, urgency=1, handling=Handling(tlp="GREEN"), lang="fr"
        )
        correction = await nodes["aa.police"].correct(sent.id, CORRECTION, WRONG)
        for party in ("bb.fiu", "qm.prosecutor"):
            got = await told(nodes[party], CORRECTION)
            assert (got.id, got.body.case, got.body.to) == (correction.id, sent.case, ("bb.fiu", "qm.prosecutor"))
            assert got.body.payload == WRONG | {"source": None, "target": sent.hash}
            assert (got.body.urgency, got.body.handling.tlp, got.body.lang) == (1, "GREEN", "fr")
        await trio.sleep(60)
        assert not nodes["xa.gendarmerie"].inbox()


@pytest.mark.clause("INTEL-053", "INTEL-054", "INTEL-051")
@pytest.mark.parametrize(("kind", "content"), [(CORRECTION, WRONG), (RETRACTION, BACK)])
async def test_it_travels_the_road_of_the_original_hop_by_hop(
    tmp_path: Path, autojump_clock: MockClock, kind: str, content: dict[str, Any]
) -> None:
    all_of_them = await alliance(tmp_path, *ALL)
    async with all_of_them.run_all() as nodes:
        police, fiu, prosecutor, gendarmerie = (nodes[party] for party in ALL)
        original = await police.send("bb.fiu", TOLD, OWN, handling=GREEN)
        first_copy = await pass_on(fiu, await first_message(fiu), "qm.prosecutor")
        second_copy = await pass_on(prosecutor, await first_message(prosecutor), "xa.gendarmerie")
        await first_message(gendarmerie)
        sent = await police.correct(original.id, kind, content)
        last = await told(gendarmerie, kind)
        between = await told(prosecutor, kind)
        await trio.sleep(120)
        assert [len(taken_in(node, kind)) for node in (police, fiu, prosecutor, gendarmerie)] == [0, 1, 1, 1]
    assert between.body.payload == content | {"source": sent.hash, "target": first_copy.hash}
    assert last.body.payload == content | {"source": between.hash, "target": second_copy.hash}
    assert (between.sender, last.sender) == ("bb.fiu", "qm.prosecutor")
    assert (between.body.case, between.body.handling.tlp) == (first_copy.case, "GREEN")


@pytest.mark.clause("INTEL-053", "INTEL-054")
async def test_a_node_that_stops_in_between_passes_it_on_once_when_it_runs_again(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    all_of_them = await alliance(tmp_path, *ALL[:3])
    async with all_of_them.run("aa.police") as police, all_of_them.run("qm.prosecutor") as prosecutor:
        async with all_of_them.run("bb.fiu") as fiu:
            original = await police.send("bb.fiu", TOLD, OWN, handling=GREEN)
            await pass_on(fiu, await first_message(fiu), "qm.prosecutor")
            await first_message(prosecutor)
        await police.correct(original.id, CORRECTION, WRONG)
        async with all_of_them.run("bb.fiu") as fiu:
            await told(fiu, CORRECTION)
        for _ in range(3):
            async with all_of_them.run("bb.fiu"):
                await trio.sleep(120)
        assert len(taken_in(prosecutor, CORRECTION)) == 1


@pytest.mark.clause("INTEL-053")
async def test_who_gets_a_copy_after_the_correction_gets_the_correction_as_well(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    all_of_them = await alliance(tmp_path, *ALL)
    async with all_of_them.run_all() as nodes:
        police, fiu, prosecutor, gendarmerie = (nodes[party] for party in ALL)
        original = await police.send("bb.fiu", TOLD, OWN, handling=GREEN)
        message = await first_message(fiu)
        await police.correct(original.id, RETRACTION, BACK)
        await told(fiu, RETRACTION)
        await trio.sleep(60)
        copy = await pass_on(fiu, message, "qm.prosecutor", "xa.gendarmerie")
        for node in (prosecutor, gendarmerie):
            assert (await told(node, RETRACTION)).body.payload["target"] == copy.hash
        await trio.sleep(60)
        assert [len(taken_in(node, RETRACTION)) for node in (prosecutor, gendarmerie)] == [1, 1]


@pytest.mark.clause("INTEL-053", "INTEL-054")
@pytest.mark.parametrize("early", [True, False])
async def test_it_follows_the_original_that_was_forwarded_as_it_was_signed(
    tmp_path: Path, autojump_clock: MockClock, early: bool
) -> None:
    """Whether the copies went out before the correction came or after it."""
    all_of_them = await alliance(tmp_path, *ALL)
    async with all_of_them.run_all() as nodes:
        police, fiu, prosecutor, gendarmerie = (nodes[party] for party in ALL)
        original = await police.send("bb.fiu", TOLD, OWN, handling=Handling(tlp="GREEN"))
        first = await fiu.markings.forward(await told(fiu, TOLD), ["qm.prosecutor"], "investigation")
        inside = await told(prosecutor, FORWARD)
        if early:
            await prosecutor.markings.forward(inside, ["xa.gendarmerie"], "investigation")
            await told(gendarmerie, FORWARD)
        await police.correct(original.id, RETRACTION, BACK)
        between = await told(prosecutor, RETRACTION)
        await trio.sleep(60)
        if not early:
            await prosecutor.markings.forward(inside, ["xa.gendarmerie"], "investigation")
        last = await told(gendarmerie, RETRACTION)
        await trio.sleep(120)
        assert [len(taken_in(node, RETRACTION)) for node in (fiu, prosecutor, gendarmerie)] == [1, 1, 1]
    assert between.body.payload["target"] == first.hash
    assert last.body.payload["source"] == between.hash


@pytest.mark.clause("INTEL-051")
async def test_a_correction_of_somebody_elses_message_changes_nothing(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_of_them = await alliance(tmp_path, *ALL)
    async with all_of_them.run_all() as nodes:
        police, fiu, prosecutor, gendarmerie = (nodes[party] for party in ALL)
        original = await police.send("bb.fiu", TOLD, OWN, handling=GREEN)
        await pass_on(fiu, await first_message(fiu), "qm.prosecutor")
        await first_message(prosecutor)
        assert not fiu.corrections(original.id)
        with monkeypatch.context() as patch:  # a node that breaks the rule
            patch.setattr("comity_node.signing.Scribe._check_target", lambda scribe, draft: None)
            false = BACK | {"source": None, "target": original.hash}
            await gendarmerie.send("bb.fiu", RETRACTION, false, case=original.case)
            await told(fiu, RETRACTION)
        await trio.sleep(120)
        assert not taken_in(prosecutor, RETRACTION)
        assert not fiu.corrections(original.id)
        right = await police.correct(original.id, RETRACTION, BACK)
        await until(lambda: bool(taken_in(prosecutor, RETRACTION)))
        assert [each.id for each in fiu.corrections(original.id)] == [right.id]


@pytest.mark.clause("INTEL-050")
async def test_only_own_messages_are_corrected_and_in_their_case(tmp_path: Path, autojump_clock: MockClock) -> None:
    pair = await alliance(tmp_path, *ALL[:2])
    async with pair.run_all() as nodes:
        police, fiu = nodes["aa.police"], nodes["bb.fiu"]
        sent = await police.send("bb.fiu", TOLD, OWN, handling=GREEN)
        message = await first_message(fiu)
        with pytest.raises(RuleError, match="only its sender"):
            await fiu.correct(message.id, RETRACTION, BACK)
        with pytest.raises(RuleError, match="corrects nothing"):
            await police.correct(sent.id, "text", {"text": "Forget it."})
        for case, target in ((None, sent.hash), (sent.case, bytes(32))):
            with pytest.raises(RuleError, match="corrects no message"):
                await police.send("bb.fiu", RETRACTION, BACK | {"source": None, "target": target}, case=case)
        with pytest.raises(RuleError, match="form is not valid"):
            await police.correct(sent.id, CORRECTION, {"explanation": "Incomplete."})
        assert len(police.outbox()) == 1


@pytest.mark.clause("INTEL-053")
async def test_what_the_treaty_forbids_today_is_tried_again(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_of_them = await alliance(tmp_path, *ALL[:3])
    async with all_of_them.run_all() as nodes:
        police, fiu, prosecutor = (nodes[party] for party in ALL[:3])
        original = await police.send("bb.fiu", TOLD, OWN, handling=GREEN)
        await pass_on(fiu, await first_message(fiu), "qm.prosecutor")
        await first_message(prosecutor)

        def forbidden(*arguments: object, **options: object) -> None:
            raise RuleError("the treaty does not allow it", "amend it")

        with monkeypatch.context() as patch:
            patch.setattr("comity_node.corrections.Corrections._draft", forbidden)
            correction = {"source": None, "target": original.hash} | BACK
            await police.send("bb.fiu", RETRACTION, correction, case=original.case)
            await told(fiu, RETRACTION)
            await trio.sleep(10)
        assert not taken_in(prosecutor, RETRACTION)
        await trio.sleep(3_600)
        await until(lambda: len(taken_in(prosecutor, RETRACTION)) == 1)
