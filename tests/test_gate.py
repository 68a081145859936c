"""The gate before authentication: an address has its share, and members have room of their own."""

import pytest

from comity_node import bounds
from comity_node.gate import Gate, source_of_host


def gate(*members: str, most: int = 64) -> Gate:
    return Gate(most, lambda: members, 0.0)


def admitted(gate: Gate, source: str, tries: int, now: float = 0.0) -> int:
    return sum(gate.admit(source, now) for _ in range(tries))


def strangers(count: int) -> list[str]:
    return [f"198.51.{number // 250}.{number % 250}" for number in range(count)]


@pytest.mark.parametrize(
    ("host", "source"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("node.police.example", ""),
        ("", ""),
    ],
)
def test_an_address_is_held_as_a_whole_and_of_ipv6_the_network(host: str, source: str) -> None:
    assert source_of_host(host) == source


@pytest.mark.clause("LIMIT-004", "LIMIT-006")
def test_a_member_is_admitted_although_strangers_come_faster_than_they_are_answered() -> None:
    door = gate("192.0.2.7", "node.police.example")
    assert sum(door.admit(source, 0.0) for source in strangers(3_000)) == bounds.STRANGER_BURST
    assert not door.admit("203.0.113.1", 0.0)
    assert door.admit("192.0.2.7", 0.0)


@pytest.mark.clause("LIMIT-005")
async def test_waiting_strangers_do_not_take_the_place_of_a_member() -> None:
    door = gate("192.0.2.7", most=4)
    _, member = door.place("192.0.2.7", 0.0)
    for source in strangers(50):
        door.place(source, 0.0)
    assert not member.cancel_called
    assert door.waiting == 5


async def test_the_members_behind_one_address_share_all_places_of_members() -> None:
    door = gate("192.0.2.7", most=20)
    scopes = [door.place("192.0.2.7", 0.0)[1] for _ in range(21)]
    assert [scope.cancel_called for scope in scopes] == [True] + [False] * 20


def test_an_address_that_a_member_came_from_counts_as_its_own() -> None:
    door = gate()
    assert not door.is_known("203.0.113.9", 0.0)
    door.met("203.0.113.9")
    assert door.is_known("203.0.113.9", 0.0)


def test_a_change_of_the_bundles_counts_after_a_second() -> None:
    members = ["192.0.2.7"]
    door = Gate(64, lambda: members, 0.0)
    assert door.is_known("192.0.2.7", 0.0)
    members[:] = ["192.0.2.8"]
    assert door.is_known("192.0.2.7", 0.9)
    assert not door.is_known("192.0.2.7", 1.0)
    assert door.is_known("192.0.2.8", 1.0)


def test_a_member_that_is_known_has_the_rate_of_one_address_all_the_same() -> None:
    door = gate("192.0.2.7")
    assert admitted(door, "192.0.2.7", 100) == bounds.SOURCE_BURST


async def test_what_has_no_address_is_held_by_the_bounds_of_all_strangers_alone() -> None:
    door = gate(most=100)
    assert admitted(door, "", 500) == bounds.STRANGER_BURST
    scopes = [door.place("", 0.0)[1] for _ in range(100)]
    assert not any(scope.cancel_called for scope in scopes)


async def test_a_place_that_was_given_back_is_free() -> None:
    door = gate(most=2)
    room, first = door.place("198.51.100.1", 0.0)
    _, second = door.place("198.51.100.2", 0.0)
    room.leave(first)
    room.leave(first)
    door.place("198.51.100.3", 0.0)
    assert not first.cancel_called
    assert not second.cancel_called
    assert door.waiting == 2
