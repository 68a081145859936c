"""Treaty versions and bundles that travel over links, and what follows from them."""

from pathlib import Path

import msgspec
import pytest
import trio
from trio.testing import MockClock

from comity import bundle as bundles
from comity import treaty as treaties
from comity.errors import ThresholdError
from comity.treaty import SignedTreaty, Treaty
from comity_node.node import Node, RuleError
from tests.support.alliances import Alliance, alliance, until
from tests.support.homes import root_key

WORDS = {"text": "Are you there?"}


def next_version(held: SignedTreaty, treaty_id: bytes, *signers: str, **changes: object) -> bytes:
    """Return a signed successor of the version."""
    fields = {"version": held.treaty.version + 1, "prev": held.hash, "treaty": treaty_id}
    body: Treaty = msgspec.structs.replace(held.treaty, **(fields | changes))
    data = treaties.body_bytes(body)
    return treaties.assemble(data, [treaties.sign(data, root_key(party)) for party in signers])


def amended(node: Node, title: str) -> bytes:
    """Return the next version with another title, signed by both parties."""
    directory = node.directory
    assert directory is not None
    held = directory.version(directory.head[0])
    assert held is not None
    return next_version(held, directory.treaty_id, "aa.police", "bb.fiu", title=title)


def head(node: Node) -> tuple[int, bytes]:
    assert node.directory is not None
    return node.directory.head


def is_up(node: Node) -> bool:
    return [peer.link for peer in node.status().peers] == ["up"]


@pytest.mark.clause("FRAME-006", "FRAME-014", "FRAME-015", "TREATY-015")
async def test_a_node_that_was_away_walks_the_chain_of_versions_step_by_step(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    pair = await alliance(tmp_path, "aa.police", "bb.fiu")
    async with pair.run("aa.police") as police:
        for title in ("second", "third", "fourth"):
            await police.import_treaty(amended(police, title))
        async with pair.run("bb.fiu") as fiu:
            await until(lambda: head(fiu) == head(police))
            await police.import_treaty(amended(police, "fifth"))
            await until(lambda: head(fiu) == head(police))
    assert head(police)[0] == 5


@pytest.mark.clause("TREATY-011")
async def test_the_highest_version_holds_after_a_restart(tmp_path: Path, autojump_clock: MockClock) -> None:
    pair = await alliance(tmp_path, "aa.police", "bb.fiu")
    async with pair.run("aa.police") as police:
        await police.import_treaty(amended(police, "second"))
        before = head(police)
    async with pair.run("aa.police") as police:
        assert head(police) == before


def next_bundle(pair: Alliance, node: Node, port: int) -> bytes:
    """Return serial 2 of the node's own bundle with another port."""
    directory, keys = node.directory, pair.homes[node.party].keys()
    assert directory is not None
    held = directory.bundle(node.party)
    assert held is not None
    endpoint = msgspec.structs.replace(held.bundle.endpoints[0], port=port)
    body = msgspec.structs.replace(held.bundle, serial=2, prev=held.hash, endpoints=(endpoint,))
    data = bundles.body_bytes(body)
    return bundles.assemble(data, [bundles.sign(data, k) for k in (root_key(node.party), keys.signing, keys.log)])


@pytest.mark.clause("FRAME-014", "FRAME-015", "BUNDLE-011")
async def test_a_new_bundle_reaches_the_peer_over_the_link(tmp_path: Path, autojump_clock: MockClock) -> None:
    pair = await alliance(tmp_path, "aa.police", "bb.fiu")

    def serial(node: Node) -> int:
        assert node.directory is not None
        held = node.directory.bundle("aa.police")
        return held.bundle.serial if held is not None else 0

    async with pair.run_all() as nodes:
        await until(lambda: is_up(nodes["aa.police"]))
        await nodes["aa.police"].import_bundle(next_bundle(pair, nodes["aa.police"], 7_500))
        await until(lambda: serial(nodes["bb.fiu"]) == 2)
    async with pair.run("bb.fiu") as fiu:
        assert serial(fiu) == 2


@pytest.mark.clause("FRAME-017", "TREATY-013", "DIR-005")
async def test_two_valid_successors_alarm_both_sides_and_end_all_traffic_also_after_a_restart(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    pair = await alliance(tmp_path, "aa.police", "bb.fiu")
    async with pair.run("aa.police") as police:
        await police.import_treaty(amended(police, "one way"))
        async with pair.run("bb.fiu") as fiu:
            await fiu.import_treaty(amended(fiu, "another way"))
            await until(lambda: bool(police.status().alarms) or bool(fiu.status().alarms))
            stopped = police if police.status().alarms else fiu
            with pytest.raises(RuleError):
                await stopped.send("bb.fiu" if stopped is police else "aa.police", "text", WORDS)
            await until(lambda: not is_up(police) and not is_up(fiu))
        name = stopped.party
    async with pair.run(name) as again:
        assert len(again.status().alarms) == 1


@pytest.mark.clause("LINK-033", "DIR-001")
async def test_the_link_to_a_suspended_party_closes_and_stays_closed(tmp_path: Path, autojump_clock: MockClock) -> None:
    pair = await alliance(tmp_path, "aa.police", "bb.fiu")
    async with pair.run_all() as nodes:
        police = nodes["aa.police"]
        await until(lambda: is_up(police))
        directory = police.directory
        assert directory is not None
        held = directory.version(1)
        assert held is not None
        members = tuple(
            msgspec.structs.replace(m, status="suspended") if m.id == "bb.fiu" else m for m in held.treaty.members
        )
        await police.import_treaty(next_version(held, directory.treaty_id, "aa.police", members=members))
        await until(lambda: not is_up(police))
        await trio.sleep(300)
        assert not is_up(police)
        assert "suspended" in police.status().peers[0].last_error
        with pytest.raises(RuleError, match="suspended"):
            await police.send("bb.fiu", "text", WORDS)


async def test_a_version_without_enough_signatures_changes_nothing(tmp_path: Path, autojump_clock: MockClock) -> None:
    pair = await alliance(tmp_path, "aa.police", "bb.fiu")
    async with pair.run("aa.police") as police:
        directory, before = police.directory, head(police)
        assert directory is not None
        held = directory.version(1)
        assert held is not None
        rules = msgspec.structs.replace(held.treaty.rules, amend=2)
        lonely = next_version(held, directory.treaty_id, "aa.police", rules=rules)
        with pytest.raises(ThresholdError):
            await police.import_treaty(lonely)
        assert head(police) == before


@pytest.mark.clause("FRAME-024")
async def test_documents_and_receipts_that_prove_nothing_are_recorded_and_the_link_goes_on(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    pair = await alliance(tmp_path, "aa.police", "bb.fiu")
    async with pair.run_all() as nodes:
        police, fiu = nodes["aa.police"], nodes["bb.fiu"]
        await until(lambda: is_up(police) and is_up(fiu))
        session = police._links.peers["bb.fiu"].session
        assert session is not None
        session.link.send_receipts(b"no receipt")
        session.wake()
        await until(lambda: len(fiu._store.incidents()) == 1)
        fiu._documents.arrive("aa.police", "treaty", b"no treaty")
        await until(lambda: len(fiu._store.incidents()) == 2)
        assert [(row.peer, row.code) for row in fiu._store.incidents()] == [("aa.police", 1)] * 2
        assert is_up(police)
        assert is_up(fiu)


@pytest.mark.clause("LINK-030")
async def test_a_second_link_of_the_same_caller_replaces_the_first(tmp_path: Path, autojump_clock: MockClock) -> None:
    pair = await alliance(tmp_path, "aa.police", "bb.fiu")
    async with pair.run_all() as nodes:
        police, fiu = nodes["aa.police"], nodes["bb.fiu"]
        await until(lambda: is_up(police) and is_up(fiu))
        await trio.sleep(30)
        first = fiu._links.peers["aa.police"].session
        async with trio.open_nursery() as nursery:
            nursery.start_soon(police._links.call, "bb.fiu", "127.0.0.1", pair.homes["bb.fiu"].port)
            await until(lambda: fiu._links.peers["aa.police"].session not in (None, first))
            assert first is not None
            await until(lambda: first.link.closed)
            await police.send("bb.fiu", "text", WORDS)
            await until(lambda: police.status().waiting == 0)
            nursery.cancel_scope.cancel()
