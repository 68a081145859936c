"""Two officers for one message: it waits over any restart, is sent once, and by no officer alone."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import MockClock

from comity.approval import Approval, ApprovalRole, approve
from comity.authority import signatories
from comity.bundle import Officer
from comity.errors import ApprovalMissingError
from comity.message import Body, content_of
from comity_node.approving import body_hex, body_in, content_view
from comity_node.attachments.sealer import AttachmentError
from comity_node.cli.approval import plain
from comity_node.errors import NotFoundError, StorageError
from comity_node.faults import UsageError
from comity_node.node import Node, RuleError
from comity_node.officers import OfficerKey, OfficerSeeds, Refusal
from comity_node.operations import run
from comity_node.records import Ending, Fate, Pending
from comity_node.views import jsonable
from tests.support.alliance import seed
from tests.support.alliances import Alliance, alliance, ended, first_message, until
from tests.support.officers import in_order, officer, officer_key
from tests.support.player import next_bundle, next_treaty
from tests.support.simulated import START_US
from tools.making.parties import NOW_US as OLD_US
from tools.making.prevention import STOP as OLD_STOP
from tools.making.prevention import STOP_KIND

pytestmark = pytest.mark.slow

POLICE, FIU = "aa.police", "bb.fiu"
SECOND_US, DAY_S = 1_000_000, 86_400
NAMES = ("ada", "ben", "cyn", "dov")


def moved(value: Any) -> Any:
    """Return a payload of the vectors as if it had been written when these tests begin."""
    if isinstance(value, dict):
        return {name: moved(each) for name, each in value.items()}
    if isinstance(value, list):
        return [moved(each) for each in value]
    return value + START_US - OLD_US if type(value) is int and value > OLD_US // 2 else value


STOP = moved(OLD_STOP)


def entry(name: str, **changes: Any) -> Officer:
    """Return the entry of an officer, as long as the bundles of these tests are valid."""
    times = {"since": START_US - DAY_S * SECOND_US, "until": START_US + 80 * DAY_S * SECOND_US}
    return officer(name, **(times | changes))


async def publish(node: Node, group: Alliance, *officers: Officer) -> bytes:
    """Let the node publish the next bundle of the police, with these officers."""
    held = node.directory.bundle(POLICE) if node.directory else None
    assert held is not None
    data = next_bundle(held, home=group.homes[POLICE], officers=in_order(officers)).data
    await node.import_bundle(data)
    return data


async def founded(place: Path, *more: str) -> Alliance:
    """Return an alliance in which prevention is coercive and the police has four officers; no node runs."""
    group = await alliance(place, POLICE, FIU, *more)
    documents: list[bytes] = []
    for party in group.homes:
        async with group.run(party) as node:
            held = node.directory.version(1) if node.directory else None
            assert held is not None
            treaty = next_treaty(held, tuple(group.homes), coercive=("prevention.*",))
            await node.import_treaty(treaty.data)
            documents.append(await publish(node, group, *map(entry, NAMES)))
    assert len(set(documents)) == 1
    return group


@asynccontextmanager
async def police_of(place: Path) -> AsyncIterator[tuple[Alliance, Node]]:
    group = await founded(place)
    async with group.run(POLICE) as node:
        yield group, node


def now_us() -> int:
    return START_US + int(trio.current_time() * SECOND_US)


def signed(body: Body, name: str, role: ApprovalRole, time_us: int | None = None) -> Approval:
    return approve(content_of(body), role, now_us() if time_us is None else time_us, officer_key(name))


async def proposed(node: Node, author: str = "ada", to: Any = FIU, **options: Any) -> Pending:
    """Return a stop-payment that the author has written, and that waits."""
    body = await node.compose(to, STOP_KIND, STOP, **({"urgency": 1} | options))
    return await node.propose(body, signed(body, author, "author"))


def private(name: str) -> OfficerKey:
    return OfficerKey.from_seeds(POLICE, OfficerSeeds(id=name, signing=seed(f"{POLICE} officer {name}")))


def nothing_left(node: Node) -> bool:
    return node.outbox() == [] and node.status().waiting == 0


# --- two officers ----------------------------------------------------------------------------------------------------


@pytest.mark.clause("APPR-002")
async def test_a_coercive_kind_is_not_sent_without_officers(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with police_of(tmp_path) as (_, node):
        with pytest.raises(RuleError, match="needs two officers, and no author and no approver") as caught:
            await node.send(FIU, STOP_KIND, STOP)
        assert isinstance(caught.value.__cause__, ApprovalMissingError)
        assert f"comity send {STOP_KIND} --officer NAME" in caught.value.next_step
        await node.send(FIU, "text", {"text": "Not coercive."})
        assert [message.body.kind for message in node.outbox()] == ["text"]


async def test_what_two_officers_signed_arrives_with_both_signatures(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await founded(tmp_path)
    async with group.run_all() as nodes:
        police, fiu = nodes[POLICE], nodes[FIU]
        waiting = await proposed(police)
        await trio.sleep(3_600)
        assert nothing_left(police)
        sent = await police.approve(waiting.id, signed(waiting.body, "ben", "approver"))
        assert (sent.id, sent.case) == (waiting.id, waiting.body.case)
        arrived = await first_message(fiu)
        assert (await ended(police, sent.id)).ending is Ending.ACCEPTED
        assert fiu.directory is not None
        found = {each.officer.id: each for each in signatories(arrived.body, fiu.directory) if each.officer}
        assert {name: each.approval.role for name, each in found.items()} == {"ada": "author", "ben": "approver"}
        assert all(each.verifies for each in found.values())
        assert arrived.body.created == found["ben"].approval.time
        assert police.approvals.newest() == []


@pytest.mark.clause("APPR-014")
async def test_an_officer_of_a_bundle_that_is_still_on_its_way_is_believed_once_it_has_come(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await founded(tmp_path)
    async with group.run(POLICE) as police:
        await publish(police, group, entry("ada"), entry("ben2"))
        waiting = await proposed(police)
        sent = await police.approve(waiting.id, signed(waiting.body, "ben2", "approver"))
        await trio.sleep(30)
        async with group.run(FIU) as fiu:
            assert (await ended(police, sent.id)).ending is Ending.ACCEPTED
            assert [message.id for message in fiu.inbox()] == [sent.id]


async def test_a_reply_and_a_message_to_many_wait_alike(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await founded(tmp_path, "qm.prosecutor")
    async with group.run_all() as nodes:
        police = nodes[POLICE]
        first = await police.send([FIU, "qm.prosecutor"], "text", {"text": "A case begins."})
        place: dict[str, Any] = {"case": first.case, "in_reply_to": first.hash}
        waiting = await proposed(police, to=[FIU, "qm.prosecutor"], **place)
        second = await police.send(FIU, "text", {"text": "Meanwhile."}, case=first.case)
        sent = await police.approve(waiting.id, signed(waiting.body, "ben", "approver"))
        for party in (FIU, "qm.prosecutor"):
            await until(lambda party=party: sent.id in {m.id for m in nodes[party].inbox()})  # type: ignore[misc]
        stored = police.find(sent.id.hex())
    assert (stored.body.seq, stored.body.prev) == (2, second.hash)
    assert (stored.body.case, stored.body.in_reply_to) == (first.case, first.hash)


@pytest.mark.clause("APPR-002")
async def test_the_author_cannot_approve(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with police_of(tmp_path) as (group, node):
        waiting = await proposed(node, "ben")
        for role in ("approver", "author"):
            with pytest.raises(RuleError, match="ben wrote the message and cannot approve it"):
                await node.approve(waiting.id, signed(waiting.body, "ben", role))
        await publish(node, group, entry("ben"), entry("ben2"), entry("ada"))
        with pytest.raises(RuleError, match="ben wrote the message and cannot approve it"):
            await node.approve(waiting.id, signed(waiting.body, "ben2", "approver"))
        assert nothing_left(node)
        assert [each.id for each in node.approvals.waiting()] == [waiting.id]


@pytest.mark.clause("APPR-002")
@pytest.mark.parametrize(
    ("name", "role", "reason"),
    [
        ("ada2", "approver", "not that of an officer"),
        ("dov", "approver", "dov is no duty-officer or releaser"),
        ("ben", "author", "has its author already"),
    ],
)
async def test_an_officer_who_may_not_approve_is_refused(
    tmp_path: Path, autojump_clock: MockClock, name: str, role: Any, reason: str
) -> None:
    async with police_of(tmp_path) as (_, node):
        waiting = await proposed(node)
        with pytest.raises(RuleError, match=reason):
            await node.approve(waiting.id, signed(waiting.body, name, role))
        assert nothing_left(node)
        await node.approve(waiting.id, signed(waiting.body, "ben", "approver"))


@pytest.mark.clause("APPR-002")
async def test_a_flash_request_needs_the_duty_officer(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with police_of(tmp_path) as (_, node):
        waiting = await proposed(node, urgency=0)
        with pytest.raises(RuleError, match="ben is no duty-officer"):
            await node.approve(waiting.id, signed(waiting.body, "ben", "approver"))
        await node.approve(waiting.id, signed(waiting.body, "cyn", "approver"))


@pytest.mark.clause("APPR-002")
async def test_an_approval_of_another_content_is_refused(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with police_of(tmp_path) as (_, node):
        waiting = await proposed(node)
        other = await proposed(node)
        altered = msgspec.structs.replace(waiting.body, payload=STOP | {"police_report": "another"})
        for body in (altered, other.body):
            with pytest.raises(RuleError, match="signature of ben does not verify"):
                await node.approve(waiting.id, signed(body, "ben", "approver"))
        with pytest.raises(RuleError, match="the author may not sign"):
            await node.propose(await node.compose(FIU, STOP_KIND, STOP), signed(altered, "ada", "author"))
        assert nothing_left(node)


@pytest.mark.clause("APPR-002", "APPR-004")
async def test_an_officer_whose_time_has_ended_signs_nothing(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with police_of(tmp_path) as (group, node):
        waiting = await proposed(node)
        await publish(node, group, entry("ada", until=now_us() + 60 * SECOND_US), entry("ben"))
        await trio.sleep(60)
        with pytest.raises(RuleError, match="it cannot leave as it is approved: key"):
            await node.approve(waiting.id, signed(waiting.body, "ben", "approver"))
        with pytest.raises(RuleError, match="the author may not sign"):
            await proposed(node)
        assert nothing_left(node)


async def test_an_answer_is_written_and_approved_through_the_operations(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await founded(tmp_path)
    async with group.run_all() as nodes:
        police, fiu = nodes[POLICE], nodes[FIU]
        question = await fiu.send(POLICE, "text", {"text": "What do you need?"})
        await first_message(police)
        asked = {"id": question.id.hex(), "kind": STOP_KIND, "form": jsonable(STOP), "urgency": 1}
        body = body_in((await run(police, "compose-reply", asked))["body"])
        author = plain(signed(body, "ada", "author"))
        waiting = await run(police, "propose", {"body": body_hex(body), "approval": author})
        (listed,) = (await run(police, "approval-list", {}))["pending"]
        assert listed == waiting
        shown = await run(police, "approval-show", {"id": waiting["id"]})
        assert content_of(body_in(shown["body"])) == content_of(body)
        assert shown["message"] == content_view(body)
        approver = plain(signed(body, "ben", "approver"))
        await run(police, "approval-give", {"id": waiting["id"], "approval": approver})
        arrived = await first_message(fiu)
        assert (arrived.body.case, arrived.body.in_reply_to) == (question.case, question.hash)
        approvals = (await run(fiu, "show", {"id": waiting["id"]}))["approvals"]
        assert {each["officer"]: each["verified"] for each in approvals} == {"ada": True, "ben": True}
        for wrong in ("zz", "90", ""):
            with pytest.raises(UsageError):
                await run(police, "propose", {"body": wrong, "approval": author})


# --- once, and over restarts -----------------------------------------------------------------------------------------


@pytest.mark.clause("APPR-013")
async def test_what_is_approved_twice_is_sent_once(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await founded(tmp_path)
    outcomes: list[str] = []
    async with group.run_all() as nodes:
        police = nodes[POLICE]
        waiting = await proposed(police)

        async def approve_as(name: str) -> None:
            try:
                await police.approve(waiting.id, signed(waiting.body, name, "approver"))
                outcomes.append("sent")
            except RuleError as fault:
                outcomes.append(fault.cause)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(approve_as, "ben")
            nursery.start_soon(approve_as, "cyn")
        await approve_as("ben")
        assert sorted(outcomes) == ["sent", *["the message was approved and sent already"] * 2]
        await until(lambda: police.status().waiting == 0)
        assert [message.id for message in nodes[FIU].inbox()] == [waiting.id]
        assert [message.id for message in police.outbox()] == [waiting.id]


@pytest.mark.clause("APPR-013", "OVER-001")
async def test_a_restart_keeps_what_waits_and_its_files(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await founded(tmp_path)
    source = tmp_path / "statement.pdf"
    source.write_bytes(b"account statement" * 1_000)
    async with group.run(POLICE) as node:
        waiting = await proposed(node, attachments=[source])
        sealed = [path for path in (group.homes[POLICE].path / "attachments").iterdir() if path.is_file()]
    source.unlink()
    for path in sealed:
        os.utime(path, ns=(0, 0))  # older than what the node removes at its start
    async with group.run_all() as nodes:
        police, fiu = nodes[POLICE], nodes[FIU]
        await trio.sleep(3_600)
        (again,) = police.approvals.waiting()
        assert again == waiting
        sent = await police.approve(waiting.id, signed(again.body, "ben", "approver"))
        await until(lambda: bool(fiu.inbox()))
        await trio.sleep(60)
        target = tmp_path / "saved.pdf"
        await fiu.save_attachment(sent.id, "statement.pdf", target)
        assert target.read_bytes() == b"account statement" * 1_000
        assert not police.approvals.newest()


async def test_what_cannot_be_kept_is_not_sent_and_waits_on(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with police_of(tmp_path) as (_, node):
        waiting = await proposed(node)

        async def fails(*args: Any) -> None:
            raise StorageError("the disk is full", "free space")

        with monkeypatch.context() as patch:
            patch.setattr(node._store, "keep_outgoing", fails)
            with pytest.raises(StorageError):
                await node.approve(waiting.id, signed(waiting.body, "ben", "approver"))
        assert nothing_left(node)
        assert [each.fate for each in node.approvals.newest()] == [Fate.WAITING]
        await node.approve(waiting.id, signed(waiting.body, "ben", "approver"))


# --- the other ends --------------------------------------------------------------------------------------------------


def files_of(group: Alliance) -> list[Path]:
    place = group.homes[POLICE].path / "attachments"
    return [path for path in place.iterdir() if path.is_file()] if place.exists() else []


@pytest.mark.parametrize("way", ["refused", "withdrawn", "expired"])
async def test_what_is_not_approved_ends_with_its_reason_and_without_its_files(
    tmp_path: Path, autojump_clock: MockClock, way: str
) -> None:
    source = tmp_path / "statement.pdf"
    source.write_bytes(b"account statement")
    group = await founded(tmp_path)
    async with group.run(POLICE) as node:
        waiting = await proposed(node, attachments=[source])
        assert len(files_of(group)) == 1
        if way == "refused":
            found = await node.approvals.refuse(waiting.id, private("ben").refuse(waiting.id, "No legal basis."))
            assert (found.fate, found.by, found.reason) == (Fate.REFUSED, "ben", "No legal basis.")
        elif way == "withdrawn":
            found = await node.approvals.withdraw(waiting.id, "The victim has recalled it.")
            assert (found.fate, found.by, found.reason) == (Fate.WITHDRAWN, "", "The victim has recalled it.")
    group.ahead_us[POLICE] = 7 * DAY_S * SECOND_US - 60 * SECOND_US
    async with group.run(POLICE) as node:
        if way == "expired":
            assert [each.id for each in node.approvals.waiting()] == [waiting.id]
            await trio.sleep(180)
            found = node.approvals.find(waiting.id.hex())
            assert (found.fate, found.reason) == (Fate.EXPIRED, "nobody approved it within 7 days")
        with pytest.raises(RuleError, match=r"the message (was|has)"):
            await node.approve(waiting.id, signed(waiting.body, "ben", "approver"))
        assert nothing_left(node)
        assert files_of(group) == []
        assert node.approvals.waiting() == []
    group.ahead_us[POLICE] += 31 * DAY_S * SECOND_US
    async with group.run(POLICE) as node:
        await trio.sleep(1)
        with pytest.raises(NotFoundError):
            node.approvals.find(waiting.id.hex())


async def test_what_has_just_expired_is_not_sent(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await founded(tmp_path)
    async with group.run(POLICE) as node:
        waiting = await proposed(node)
    group.ahead_us[POLICE] = 7 * DAY_S * SECOND_US - 10 * SECOND_US
    async with group.run(POLICE) as node:
        await trio.sleep(11)
        assert node.approvals.find(waiting.id.hex()).fate is Fate.WAITING
        with pytest.raises(RuleError, match="has expired: nobody approved it within 7 days"):
            await node.approve(waiting.id, signed(waiting.body, "ben", "approver"))
        assert (node.approvals.waiting(), nothing_left(node)) == ([], True)


async def test_only_an_officer_refuses(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with police_of(tmp_path) as (_, node):
        waiting, other = await proposed(node), await proposed(node)
        good = private("ben").refuse(waiting.id, "No.")
        for message_id, refusal, reason in (
            (other.id, good, "does not verify"),
            (waiting.id, Refusal(good.key, "Yes.", good.signature), "does not verify"),
            (waiting.id, Refusal(private("cyn").refuse(waiting.id, "No.").key, "No.", good.signature), "cyn"),
            (waiting.id, private("eve").refuse(waiting.id, "No."), "not that of an officer"),
            (waiting.id, private("ben").refuse(waiting.id, "x" * 1_001), "longer than 1000"),
        ):
            with pytest.raises(RuleError, match=reason):
                await node.approvals.refuse(message_id, refusal)
        assert {each.id for each in node.approvals.waiting()} == {waiting.id, other.id}


async def test_what_is_not_one_of_ours_does_not_wait(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with police_of(tmp_path) as (_, node):
        body = await node.compose(FIU, STOP_KIND, STOP)
        changes: dict[str, tuple[type[Exception], dict[str, Any]]] = {
            "not one of this party": (RuleError, {"sender": "qm.prosecutor"}),
            "under its treaty": (RuleError, {"treaty": bytes(32)}),
            "not valid": (RuleError, {"lang": "no language"}),
            "does not allow it": (RuleError, {"to": ("zz.nobody",)}),
            "form is not valid": (RuleError, {"payload": {}}),
        }
        for reason, (kind, change) in changes.items():
            other = msgspec.structs.replace(body, **change)
            with pytest.raises(kind, match=reason):
                await node.propose(other, signed(other, "ada", "author"))
        with pytest.raises(RuleError, match="not that of an author"):
            await node.propose(body, signed(body, "ben", "approver"))
        await node.propose(body, signed(body, "ada", "author"))
        with pytest.raises(RuleError, match="a message with this id"):
            await node.propose(body, signed(body, "ada", "author"))
        await node.approve(body.id, signed(body, "ben", "approver"))
        with pytest.raises(RuleError, match="a message with this id"):
            await node.propose(body, signed(body, "ada", "author"))


async def test_a_file_that_is_gone_is_noticed_before_the_message_waits(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    source = tmp_path / "statement.pdf"
    source.write_bytes(b"account statement")
    async with police_of(tmp_path) as (group, node):
        body = await node.compose(FIU, STOP_KIND, STOP, attachments=[source])
        for path in files_of(group):
            path.unlink()
        with pytest.raises(AttachmentError, match="not in the home"):
            await node.propose(body, signed(body, "ada", "author"))
        assert node.approvals.newest() == []


# --- random officers -------------------------------------------------------------------------------------------------

STEPS = st.lists(
    st.tuples(st.sampled_from(["approve", "refuse", "withdraw"]), st.sampled_from(NAMES), st.integers(0, 2)), max_size=8
)


@settings(max_examples=12, deadline=None)
@given(steps=STEPS)
def test_whatever_officers_do_each_message_leaves_once_with_two_of_them_or_never(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, int]]
) -> None:
    async def play() -> None:
        async with police_of(tmp_path_factory.mktemp("pending")) as (_, node):
            waiting = [await proposed(node, author) for author in ("ada", "ben", "cyn")]
            expected = dict.fromkeys((each.id for each in waiting), Fate.WAITING)
            gone: set[bytes] = set()
            for act, name, which in steps:
                target = waiting[which]
                may = expected[target.id] is Fate.WAITING and target.id not in gone
                if act == "approve":
                    may = may and name in ("ben", "cyn") and name != target.author
                await attempt(act_of(node, act, name, target), may)
                if may and act == "approve":
                    gone.add(target.id)
                elif may:
                    expected[target.id] = Fate.REFUSED if act == "refuse" else Fate.WITHDRAWN
            assert {each.id: each.fate for each in node.approvals.newest()} == {
                key: fate for key, fate in expected.items() if key not in gone
            }
            assert {message.id for message in node.outbox()} == gone
            for message in node.outbox():
                assert {each.role for each in message.body.approvals} == {"author", "approver"}
                assert len({each.key for each in message.body.approvals}) == 2

    trio.run(play, clock=MockClock(autojump_threshold=0))


def act_of(node: Node, act: str, name: str, target: Pending) -> Callable[[], Any]:
    if act == "approve":
        return lambda: node.approve(target.id, signed(target.body, name, "approver"))
    if act == "refuse":
        return lambda: node.approvals.refuse(target.id, private(name).refuse(target.id, "No."))
    return lambda: node.approvals.withdraw(target.id)


async def attempt(act: Callable[[], Any], may: bool) -> None:
    reason: BaseException | None = None
    try:
        await act()
        done = True
    except RuleError as fault:
        done, reason = False, fault.__cause__
    assert done is may
    assert reason is None or "no duty-officer or releaser" in str(reason)
