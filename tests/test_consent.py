"""Content of others between three parties: passed on only as its marking or a consent of its originator allows."""

from pathlib import Path
from typing import Any

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from comity.chapters.consent import CHANGE, CONSENT, FORWARD, REQUEST, Forward
from comity.consent import Content, marking_after, open_forward
from comity.errors import MarkingError, PayloadError
from comity.handling import Action, Audience, Deed, Handling
from comity.message import SignedMessage, sign
from comity_node import signing
from comity_node.errors import NotFoundError
from comity_node.node import HandlingError, Node, RuleError
from comity_node.records import Ending, StoredMessage, Transfer
from tests.support.alliance import alliance as documents
from tests.support.alliances import Alliance, alliance, ended, until
from tests.support.examples import example
from tests.support.messages import SIGNING_KEY, body_of
from tools.making.intelligence import IBAN, TELL, indicator

pytestmark = pytest.mark.slow

WORDS = {"text": "The account is used by a mule."}
A, B, C, D = "aa.police", "bb.fiu", "qm.prosecutor", "xa.gendarmerie"
AMBER_H2 = Handling(tlp="AMBER", codes=("H2",))


async def received(node: Node, kind: str, number: int = 1) -> StoredMessage:
    """Return the newest message of the kind that the node has, once it has so many."""

    def found() -> list[StoredMessage]:
        return [message for message in node.inbox(100) if message.body.kind == kind and not message.code]

    await until(lambda: len(found()) >= number)
    return found()[0]


async def three(place: Path, *more: str) -> Alliance:
    return await alliance(place, A, B, C, *more)


async def consent_from(nodes: dict[str, Node], holder: str, message: StoredMessage, to: str, **answer: Any) -> None:
    """Let the holder ask aa.police for consent to forward the message, and let it be given."""
    before = len([m for m in nodes[A].inbox(100) if m.body.kind == REQUEST])
    answered = len([m for m in nodes[holder].inbox(100) if m.body.kind == CONSENT])
    await nodes[holder].consents.request(message, Action.FORWARD, [to], "prosecution", "It leads the proceedings.")
    request = await received(nodes[A], REQUEST, before + 1)
    await nodes[A].consents.answer(request, **({"grant": True} | answer))
    await received(nodes[holder], CONSENT, answered + 1)


@pytest.mark.clause("HAND-023")
async def test_content_is_not_passed_on_and_the_refusal_says_why_and_what_to_do(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await three(tmp_path)
    async with group.run_all() as nodes:
        await nodes[A].send(B, "text", WORDS, handling=AMBER_H2)
        got = await received(nodes[B], "text")
        with pytest.raises(HandlingError) as caught:
            await nodes[B].markings.forward(got, [C], "prosecution")
        with pytest.raises(HandlingError):
            await nodes[B].markings.forward(got, [C], "supervision")
        assert nodes[B].outbox() == []
    assert "TLP:AMBER stays within one's own organisation" in caught.value.cause
    assert "It is of aa.police, marked TLP:AMBER, PAP:GREEN, H2" in caught.value.cause
    assert "[tlp]" in caught.value.cause
    assert "[h2]" in caught.value.cause
    assert caught.value.next_step == (
        f"ask aa.police for consent: comity consent request {got.id.hex()[:12]}"
        " --to qm.prosecutor --purpose prosecution --reason WHY"
    )


@pytest.mark.clause("HAND-003", "HAND-018", "HAND-034")
async def test_with_the_consent_of_its_originator_content_is_passed_on_as_that_party_signed_it(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await three(tmp_path)
    (tmp_path / "statement.pdf").write_bytes(b"statement" * 1_000)
    async with group.run_all() as nodes:
        files = [tmp_path / "statement.pdf"]
        sent = await nodes[A].send(B, "text", WORDS, handling=AMBER_H2, attachments=files)
        got = await received(nodes[B], "text")
        await consent_from(nodes, B, got, C)
        with trio.fail_after(600):
            while (await nodes[B].attachments(got.id))[0].state is not Transfer.COMPLETE:
                await trio.sleep(1)
        onward = await nodes[B].markings.forward(got, [C], "prosecution", note="As agreed.")
        assert (await ended(nodes[B], onward.id)).ending is Ending.ACCEPTED
        copy = await received(nodes[C], FORWARD)
        content = nodes[C].markings.content(copy)
        with trio.fail_after(600):
            while (await nodes[C].attachments(copy.id))[0].state is not Transfer.COMPLETE:
                await trio.sleep(1)
        await nodes[C].save_attachment(copy.id, "statement.pdf", tmp_path / "copy.pdf")
        states = [each.state for each in nodes[B].consents.list()]
    assert content.originator == A
    assert content.original.hash == sent.hash
    assert content.original.body.payload == WORDS
    assert content.marking == AMBER_H2
    assert copy.body.handling == AMBER_H2
    assert copy.body.case != sent.case
    assert (tmp_path / "copy.pdf").read_bytes() == b"statement" * 1_000
    assert states == ["granted"]


@pytest.mark.clause("HAND-013", "HAND-014")
async def test_a_consent_counts_for_what_it_names_and_until_its_end_and_can_be_taken_back(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await three(tmp_path, D)
    async with group.run_all() as nodes:
        await nodes[A].send(B, "text", WORDS, handling=AMBER_H2)
        got = await received(nodes[B], "text")
        expires = group.world(A).now_us() + 3_600_000_000
        await consent_from(nodes, B, got, C, expires_us=expires)
        for to, purpose in (([D], "prosecution"), ([C], "prevention"), ([C, D], "prosecution")):
            with pytest.raises(HandlingError):
                await nodes[B].markings.forward(got, to, purpose)
        await nodes[B].markings.forward(got, [C], "prosecution")
        await trio.sleep(3_601)
        with pytest.raises(HandlingError):
            await nodes[B].markings.forward(got, [C], "prosecution")
        assert [each.state for each in nodes[B].consents.list()] == ["expired"]
        request = await received(nodes[A], REQUEST)
        await nodes[A].consents.answer(request, True)
        await received(nodes[B], CONSENT, 2)
        await nodes[B].markings.forward(got, [C], "prosecution")
        await nodes[A].consents.answer(request, False, reason="The suspect was warned.")
        await received(nodes[B], CONSENT, 3)
        with pytest.raises(HandlingError):
            await nodes[B].markings.forward(got, [C], "prosecution")
        assert [each.state for each in nodes[A].consents.list()] == ["refused"]
        with pytest.raises(RuleError):
            await nodes[A].consents.answer(request, False)


@pytest.mark.clause("HAND-018")
async def test_consents_are_a_chain_and_the_last_recipient_sees_all_of_it(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await three(tmp_path, D)
    async with group.run_all() as nodes:
        await nodes[A].send(B, "text", WORDS, handling=AMBER_H2)
        got = await received(nodes[B], "text")
        await consent_from(nodes, B, got, C)
        await nodes[B].markings.forward(got, [C], "prosecution")
        copy = await received(nodes[C], FORWARD)
        with pytest.raises(HandlingError):
            await nodes[C].markings.forward(copy, [D], "prosecution")
        await consent_from(nodes, C, copy, D)
        onward = await nodes[C].markings.forward(copy, [D], "prosecution")
        assert (await ended(nodes[C], onward.id)).ending is Ending.ACCEPTED
        last = await received(nodes[D], FORWARD)
        content = nodes[D].markings.content(last)
    assert content.originator == A
    assert content.reached() == {A, B, C, D}
    assert [each.body.to for each in content.consents] == [(B,), (C,)]


async def test_content_that_members_may_have_needs_no_consent_and_one_s_own_never_does(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await three(tmp_path)
    async with group.run_all() as nodes:
        own = await nodes[A].send(B, "text", WORDS, handling=AMBER_H2)
        await nodes[A].markings.forward(nodes[A].find(own.id.hex()), [C], "prosecution")
        await received(nodes[C], FORWARD)
        await nodes[A].send(B, "text", {"text": "For all."}, handling=Handling(tlp="GREEN"))
        got = await received(nodes[B], "text", 2)
        await nodes[B].markings.forward(got, [C], "prevention")
        await received(nodes[C], FORWARD, 2)
        await nodes[B].markings.forward(nodes[B].find(own.id.hex()), [A], "prevention")  # who has it already
        await received(nodes[A], FORWARD)


@pytest.mark.clause("HAND-015", "HAND-016")
async def test_a_changed_marking_reaches_all_that_have_the_content_and_holds_from_then_on(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await three(tmp_path)
    async with group.run_all() as nodes:
        sent = await nodes[A].send(B, "text", WORDS, handling=AMBER_H2)
        got = await received(nodes[B], "text")
        await consent_from(nodes, B, got, C)
        await nodes[B].markings.forward(got, [C], "prosecution")
        copy = await received(nodes[C], FORWARD)
        red = Handling(tlp="RED", pap="RED")
        changed = await nodes[A].markings.change(nodes[A].find(sent.id.hex()), red, "A witness is in danger.")
        await received(nodes[B], CHANGE)
        await received(nodes[C], CHANGE)
        assert nodes[A].find(changed.id.hex()).body.to == (B, C)
        assert nodes[B].markings.marking(got) == nodes[C].markings.marking(copy) == red
        with pytest.raises(HandlingError, match="TLP:RED"):
            nodes[B].markings.refuse_export(got, "prosecution")
        await nodes[A].markings.change(nodes[A].find(sent.id.hex()), Handling(tlp="GREEN"), None)
        await received(nodes[B], CHANGE, 2)
        nodes[B].markings.refuse_export(got, "prosecution", Audience.MEMBERS)
        onward = await nodes[B].markings.forward(got, [C], "prevention")
        assert (await ended(nodes[B], onward.id)).ending is Ending.ACCEPTED
        assert (await received(nodes[C], FORWARD, 2)).body.handling == Handling(tlp="GREEN")
        with pytest.raises(HandlingError, match="can change the marking"):
            await nodes[B].markings.change(got, Handling(tlp="CLEAR"), None)


@pytest.mark.clause("HAND-015")
async def test_nobody_else_can_change_a_marking(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await three(tmp_path)
    async with group.run_all() as nodes:
        sent = await nodes[A].send(B, "text", WORDS, handling=AMBER_H2)
        got = await received(nodes[B], "text")
        wide: dict[str, Any] = {"codes": [], "pap": "CLEAR", "purposes": [], "retain_until": None, "tlp": "CLEAR"}
        payload = {"handling": wide, "message": sent.hash, "reason": None}
        await nodes[C].send(B, CHANGE, payload, case=sent.case)
        await nodes[A].send(B, CHANGE, payload)  # in another case it does not count (HAND-035)
        await received(nodes[B], CHANGE, 2)
        assert nodes[B].markings.marking(got) == AMBER_H2


@pytest.mark.clause("HAND-003", "HAND-008", "HAND-023")
async def test_a_file_of_another_party_is_attached_only_where_its_marking_allows(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await three(tmp_path)
    source = tmp_path / "list.csv"
    source.write_bytes(b"number,name\n" * 50)
    async with group.run_all() as nodes:
        sent = await nodes[A].send(B, "text", WORDS, handling=AMBER_H2, attachments=[source])
        got = await received(nodes[B], "text")
        with trio.fail_after(600):
            while (await nodes[B].attachments(got.id))[0].state is not Transfer.COMPLETE:
                await trio.sleep(1)
        saved = tmp_path / "another name.csv"
        await nodes[B].save_attachment(got.id, None, saved)
        with pytest.raises(HandlingError) as caught:
            await nodes[B].send(C, "text", {"text": "See."}, attachments=[saved])
        assert nodes[B].outbox() == []
        assert "consent request" in caught.value.next_step
        assert "--to qm.prosecutor" in caught.value.next_step
        elsewhere = await nodes[B].send(A, "text", {"text": "Another matter."})
        h3 = Handling(tlp="AMBER", codes=("H2", "H3"))
        await nodes[A].markings.change(nodes[A].find(sent.id.hex()), h3, None)
        await received(nodes[B], CHANGE)
        with pytest.raises(HandlingError) as caught:
            await nodes[B].send(A, "text", WORDS, attachments=[saved], case=elsewhere.case, handling=h3)
        assert f"--action attach --case {elsewhere.case.hex()}" in caught.value.next_step
        await nodes[B].consents.request(got, Action.ATTACH, [], "prevention", "One matter.", case=elsewhere.case)
        await nodes[A].consents.answer(await received(nodes[A], REQUEST), True)
        await received(nodes[B], CONSENT)
        h3p = Handling(tlp="AMBER", codes=("H2", "H3"), purposes=("prevention",))
        await nodes[B].send(A, "text", WORDS, attachments=[saved], case=elsewhere.case, handling=h3p)
        await nodes[A].markings.change(nodes[A].find(sent.id.hex()), AMBER_H2, None)
        await received(nodes[B], CHANGE, 2)
        reply = await nodes[B].reply(got.id, "text", {"text": "Your list, with thanks."}, attachments=[saved])
        with pytest.raises(HandlingError, match="less strict in: codes"):
            await nodes[B].send(A, "text", {"text": "Another case."}, attachments=[saved])
        marked = await nodes[B].send(A, "text", {"text": "Another case."}, attachments=[saved], handling=AMBER_H2)
        again = await nodes[A].send(C, "text", WORDS, attachments=[source])  # one's own
        assert len({sent.id, reply.id, marked.id, again.id}) == 4


@pytest.mark.clause("HAND-024")
async def test_a_reply_is_marked_as_what_it_answers_or_more_strictly(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await alliance(tmp_path, A, B)
    strict = Handling(tlp="AMBER+STRICT", codes=("H1",), purposes=("investigation",))
    async with group.run_all() as nodes:
        await nodes[A].send(B, "text", WORDS, handling=strict)
        got = await received(nodes[B], "text")
        await nodes[B].reply(got.id, "text", WORDS)
        await nodes[B].reply(got.id, "text", WORDS, handling=Handling(tlp="RED", codes=("H1",), purposes=("none",)))
        for wider in (Handling(tlp="AMBER+STRICT", codes=("H1",)), Handling(tlp="RED", purposes=("none",))):
            with pytest.raises(HandlingError, match="can change the marking"):
                await nodes[B].reply(got.id, "text", WORDS, handling=wider)
        assert [m.body.handling.tlp for m in nodes[B].outbox()] == ["RED", "AMBER+STRICT"]
        assert nodes[B].outbox()[1].body.handling == strict


@pytest.mark.clause("HAND-005", "HAND-007", "HAND-009")
async def test_what_may_be_done_is_told_action_by_action(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await alliance(tmp_path, A, B)
    async with group.run_all() as nodes:
        sent = await nodes[A].send(B, "text", WORDS, handling=Handling(tlp="AMBER", codes=("H1",), pap="AMBER"))
        got = await received(nodes[B], "text")
        theirs = {each.action: each for each in nodes[B].markings.permissions(got)}
        ours = nodes[A].markings.permissions(nodes[A].find(sent.id.hex()))
    assert {action for action, each in theirs.items() if each.allowed} == {
        Action.ATTACH, Action.EXPORT, Action.LOOK_UP
    }  # fmt: skip
    assert theirs[Action.DISCLOSE].why == "it is not to be disclosed in judicial proceedings (H1)"
    assert theirs[Action.DISCLOSE].lift == "consent of aa.police"
    assert all(each.allowed for each in ours)


async def test_one_does_not_ask_oneself_and_nobody_answers_for_another(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await three(tmp_path)
    async with group.run_all() as nodes:
        sent = await nodes[A].send(B, "text", WORDS, handling=AMBER_H2)
        with pytest.raises(HandlingError, match="no consent is needed"):
            await nodes[A].consents.request(nodes[A].find(sent.id.hex()), Action.FORWARD, [C], "prosecution", "So.")
        got = await received(nodes[B], "text")
        scope = {"action": "forward", "case": None, "message": sent.hash, "purpose": "prosecution", "recipients": [C]}
        await nodes[B].send(C, REQUEST, scope | {"reason": "So."}, case=sent.case)
        wrong = await received(nodes[C], REQUEST)
        with pytest.raises(NotFoundError, match="asks for no consent"):
            await nodes[C].consents.answer(wrong, True)
        with pytest.raises(NotFoundError):
            await nodes[B].consents.answer(got, True)


@pytest.mark.clause("HAND-022")
async def test_a_recipient_refuses_what_a_careless_node_passes_on(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await three(tmp_path)
    async with group.run_all() as nodes:
        await nodes[A].send(B, "text", WORDS, handling=AMBER_H2)
        got = await received(nodes[B], "text")
        signed = nodes[B].markings.content(got).original
        payload: dict[str, Any] = {
            "changes": [],
            "consents": [],
            "note": None,
            "purpose": "prosecution",
            "signed": signed.data,
        }
        forced = await nodes[B].send(C, FORWARD, payload, handling=AMBER_H2)
        delivery = await ended(nodes[B], forced.id)
        assert (delivery.ending, delivery.code) == (Ending.REFUSED, MarkingError.code)
        assert nodes[C].inbox()[0].code == MarkingError.code
        assert marking_after(signed, ()) == AMBER_H2


# --- exercises -------------------------------------------------------------------------------------------------------


@pytest.mark.clause("HAND-025", "HAND-026", "HAND-027")
async def test_every_message_of_an_exercise_says_so_and_others_are_refused(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await three(tmp_path)
    async with group.run_all() as nodes:
        sent = await nodes[A].send([B, C], "text", WORDS, exercise=True)
        live = await nodes[A].send(B, "text", WORDS)
        await received(nodes[B], "text", 2)
        drill = next(m for m in nodes[B].inbox() if m.id == sent.id)
        await nodes[B].reply(drill.id, "text", {"text": "Understood."})
        answer = await received(nodes[A], "text")
        assert answer.body.exercise
        assert all(event.exercise for event in nodes[A].timeline(sent.case))
        assert not any(event.exercise for event in nodes[A].timeline(live.case))
        with pytest.raises(RuleError, match="the case is an exercise"):
            await nodes[A].send(B, "text", WORDS, case=sent.case, exercise=False)
        with pytest.raises(RuleError, match="the case is no exercise"):
            await nodes[A].send(B, "text", WORDS, case=live.case, exercise=True)


@pytest.mark.clause("HAND-026")
async def test_a_recipient_refuses_an_exercise_in_a_live_case_and_the_reverse(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await three(tmp_path)
    async with group.run_all() as nodes:
        drill = await nodes[A].send(B, "text", WORDS, exercise=True)
        live = await nodes[A].send(B, "text", WORDS)
        await received(nodes[B], "text", 2)
        refused = [
            await nodes[C].send(B, "text", WORDS, case=drill.case),  # qm.prosecutor has never heard of the case
            await nodes[C].send(B, "text", WORDS, case=live.case, exercise=True),
        ]
        for each in refused:
            delivery = await ended(nodes[C], each.id)
            assert (delivery.ending, delivery.code) == (Ending.REFUSED, MarkingError.code)
        assert len([m for m in nodes[B].inbox() if not m.code]) == 2
    async with group.run_all() as nodes:  # what is known of a case outlives a restart
        late = await nodes[C].send(B, "text", {"text": "Once more."}, case=drill.case)
        assert (await ended(nodes[C], late.id)).code == MarkingError.code


@pytest.mark.clause("HAND-028")
async def test_content_of_an_exercise_stays_in_exercises(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await three(tmp_path)
    source = tmp_path / "drill.txt"
    source.write_bytes(b"a drill")
    clear = Handling(tlp="CLEAR", pap="CLEAR")
    async with group.run_all() as nodes:
        await nodes[A].send(B, "text", WORDS, exercise=True, handling=clear, attachments=[source])
        got = await received(nodes[B], "text")
        live = await nodes[B].send(C, "text", WORDS)
        with pytest.raises(HandlingError, match="never mix"):
            await nodes[B].markings.forward(got, [C], "prevention", case=live.case)
        with trio.fail_after(600):
            while (await nodes[B].attachments(got.id))[0].state is not Transfer.COMPLETE:
                await trio.sleep(1)
        await nodes[B].save_attachment(got.id, None, tmp_path / "saved.txt")
        files = [tmp_path / "saved.txt"]
        with pytest.raises(HandlingError, match="never mix"):
            await nodes[B].send(C, "text", WORDS, attachments=files, handling=clear)
        await nodes[B].send(C, "text", WORDS, attachments=files, handling=clear, exercise=True)
        await nodes[B].markings.forward(got, [C], "prevention")
        assert (await received(nodes[C], FORWARD)).body.exercise


# --- consents alone ---------------------------------------------------------------------------------------------------

ABOUT = sign(body_of(handling=AMBER_H2), SIGNING_KEY)
answers = st.lists(
    st.tuples(
        st.integers(1_000_001, 1_000_009),  # created
        st.booleans(),  # grant
        st.none() | st.integers(1_500_000, 1_500_003),  # expires
        st.sets(st.sampled_from([C, D]), min_size=1),
        st.sampled_from(["prosecution", "prevention"]),
    ),
    max_size=5,
    unique_by=lambda answer: answer[0],
)


def said(created: int, grant: bool, expires: int | None, to: set[str], purpose: str) -> SignedMessage:
    """Return an answer of aa.police to bb.fiu."""
    scope = {"action": "forward", "case": None, "message": ABOUT.hash, "purpose": purpose, "recipients": sorted(to)}
    reason = None if grant else "No."
    answer = {"conditions": None, "expires": expires if grant else None, "grant": grant, "reason": reason}
    return sign(body_of(kind=CONSENT, payload=scope | answer, created=created, id=created.to_bytes(16)), SIGNING_KEY)


@pytest.mark.clause("HAND-013", "HAND-014")
@given(answers, st.sampled_from([C, D]), st.integers(1_499_999, 1_500_004))
def test_the_newest_answer_about_a_recipient_and_a_purpose_decides_as_long_as_it_counts(
    given_answers: list[tuple[int, bool, int | None, set[str], str]], to: str, now_us: int
) -> None:
    content = Content(ABOUT, (), tuple(said(*answer) for answer in given_answers))
    deed = Deed(Action.FORWARD, now_us, "prosecution")
    about = [answer for answer in sorted(given_answers, key=lambda each: each[0]) if to in answer[3]]
    newest = next((answer for answer in reversed(about) if answer[4] == "prosecution"), None)
    counts = newest is not None and newest[1] and (newest[2] is None or now_us < newest[2])
    assert (content.consent_for(deed, B, to) is not None) is counts
    assert (content.against(deed, B, [to]) == ()) is counts
    assert content.consent_for(deed, C, to) is None  # it was given to bb.fiu
    assert content.against(deed, A, [to]) == ()


def given_to(action: str, place: bytes | None, onward: list[str], **changes: Any) -> SignedMessage:
    """Return a consent of aa.police to bb.fiu for the prosecution, with changes of the message that carries it."""
    scope = {"action": action, "case": place, "message": ABOUT.hash, "purpose": "prosecution", "recipients": onward}
    answer = {"conditions": None, "expires": None, "grant": True, "reason": None}
    return sign(body_of(kind=CONSENT, payload=scope | answer, id=b"i" * 16, **changes), SIGNING_KEY)


@pytest.mark.clause("HAND-003", "HAND-006", "HAND-035")
@pytest.mark.parametrize(
    "changes", [{"sender": D}, {"sender": B, "to": (C,)}, {"case": b"\x0c" * 16}, {"to": (D,)}], ids=str
)
def test_a_consent_of_another_party_in_another_case_or_to_another_holder_covers_nothing(
    changes: dict[str, Any],
) -> None:
    deed = Deed(Action.FORWARD, 1_500_000, "prosecution")
    assert Content(ABOUT, (), (given_to("forward", None, [C]),)).against(deed, B, [C]) == ()
    content = Content(ABOUT, (), (given_to("forward", None, [C], **changes),))
    assert content.consent_for(deed, B, C) is None
    assert content.against(deed, B, [C]) != ()


@pytest.mark.clause("HAND-007")
def test_a_consent_to_attach_covers_the_case_that_it_names_and_no_other() -> None:
    named, other = b"\x0a" * 16, b"\x0b" * 16
    content = Content(ABOUT, (), (given_to("attach", named, []),))
    deed = Deed(Action.ATTACH, 1_500_000, "prosecution")
    assert content.consent_for(deed, B, None, named) is not None
    assert content.consent_for(deed, B, None, other) is None
    assert content.consent_for(Deed(Action.FORWARD, 1_500_000, "prosecution"), B, None) is None


@given(answers)
def test_content_has_reached_whom_it_was_sent_to_and_whom_a_consent_names_and_nobody_else(
    given_answers: list[tuple[int, bool, int | None, set[str], str]],
) -> None:
    content = Content(ABOUT, (), tuple(said(*answer) for answer in given_answers))
    named = {party for answer in given_answers if answer[1] for party in answer[3]}
    assert content.reached() == {A, B} | named


@given(st.binary(max_size=60) | st.just(ABOUT.data), st.binary(max_size=60))
def test_any_bytes_as_forwarded_content_give_content_or_a_refusal(data: bytes, evidence: bytes) -> None:
    payload = Forward(changes=(evidence,), consents=(), note=None, purpose="prevention", signed=data)
    with pytest.raises((MarkingError, PayloadError)):
        open_forward(payload, documents(A, B).directory)


# --- with what other pages define -------------------------------------------------------------------------------------

TOLD = "intelligence.spontaneous"


@pytest.mark.clause("HAND-023", "INTEL-053")
async def test_intelligence_is_passed_on_only_as_its_marking_allows_and_corrections_follow_a_copy(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await three(tmp_path)
    own: dict[str, Any] = TELL | {"source": None, "indicators": [indicator(IBAN)]}
    async with group.run_all() as nodes:
        sent = await nodes[A].send(B, TOLD, own)
        got = await received(nodes[B], TOLD)
        again = dict(got.body.payload) | {"source": got.hash}
        with pytest.raises(HandlingError, match="what it passes on may not be used so: TLP:AMBER"):
            await nodes[B].send(C, TOLD, again)
        await nodes[B].send(A, TOLD, again)  # who has it
        await consent_from(nodes, B, got, C)
        await nodes[B].markings.forward(got, [C], "prosecution")
        copy = await received(nodes[C], FORWARD)
        back = {"explanation": "The source has withdrawn it."}
        await nodes[A].correct(sent.id, "intelligence.retraction", back)
        await until(lambda: any(m.body.kind == "intelligence.retraction" for m in nodes[C].inbox()), 600)
        retraction = await received(nodes[C], "intelligence.retraction")
    assert retraction.sender == B
    assert retraction.body.payload["target"] == copy.hash


@pytest.mark.clause("HAND-010", "HAND-022")
async def test_an_alert_in_red_is_neither_sent_nor_taken(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = await three(tmp_path)
    async with group.run_all() as nodes:
        alert = example("prevention.alert", nodes[A].now_us)
        for tlp in ("AMBER+STRICT", "RED"):
            with pytest.raises(RuleError, match="TLP:AMBER at most"):
                await nodes[A].send([B, C], "prevention.alert", alert, handling=Handling(tlp=tlp))
        with monkeypatch.context() as careless:
            careless.setattr(signing, "refuse_colour", lambda kind, marking: None)
            forced = await nodes[A].send(B, "prevention.alert", alert, handling=Handling(tlp="RED"))
            delivery = await ended(nodes[A], forced.id)
        assert (delivery.ending, delivery.code) == (Ending.REFUSED, MarkingError.code)
        sent = await nodes[A].send([B, C], "prevention.alert", alert, handling=Handling(tlp="AMBER"))
        assert (await ended(nodes[A], sent.id)).ending is Ending.ACCEPTED
