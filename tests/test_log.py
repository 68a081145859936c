"""The log: roots and proofs against RFC 6962 and growth by batches."""

import hashlib
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity import log
from comity.errors import AuthenticationError, LocalError, RemoteError
from comity.labels import labelled
from comity.log import Frontier, leaf_hash

# Inputs and roots of the test data of Certificate Transparency (RFC 6962, as published with its reference code).
CT_INPUTS = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
CT_LEAVES = [leaf_hash(bytes.fromhex(data)) for data in CT_INPUTS]

LEAVES = [leaf_hash(number.to_bytes(4, "big")) for number in range(300)]
sizes = st.integers(1, len(LEAVES))
batches = st.lists(st.integers(0, 40), max_size=12)


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(count: int) -> int:
    """Return the largest power of two below count."""
    return 1 << (count - 1).bit_length() - 1


def root_by_definition(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return node(root_by_definition(leaves[:k]), root_by_definition(leaves[k:]))


def path_by_definition(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 6962, 2.1.1, word for word."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*path_by_definition(m, leaves[:k]), root_by_definition(leaves[k:])]
    return [*path_by_definition(m - k, leaves[k:]), root_by_definition(leaves[:k])]


def subproof_by_definition(m: int, leaves: Sequence[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962, 2.1.2, word for word."""
    if m == len(leaves):
        return [] if whole else [root_by_definition(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*subproof_by_definition(m, leaves[:k], whole), root_by_definition(leaves[k:])]
    return [*subproof_by_definition(m - k, leaves[k:], False), root_by_definition(leaves[:k])]


def frontier_of(count: int) -> Frontier:
    return Frontier().extend(LEAVES[:count])[0]


# --- hashes ----------------------------------------------------------------------------------------------------------


@pytest.mark.clause("LOG-001")
def test_a_leaf_is_the_salted_commitment_of_an_entry() -> None:
    salt, entry = b"\x01" * 16, b"entry"
    commitment = hashlib.sha256(labelled(b"comity-v1 log-entry", salt + entry)).digest()
    assert log.commitment(salt, entry) == commitment
    assert log.leaf_hash(commitment) == hashlib.sha256(b"\x00" + commitment).digest()


@pytest.mark.parametrize("count", range(1, 9))
def test_roots_agree_with_the_published_ones(count: int) -> None:
    assert Frontier().extend(CT_LEAVES[:count])[0].root.hex() == CT_ROOTS[count - 1]


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert Frontier().size == 0
    assert Frontier().root == hashlib.sha256(b"").digest()


# --- growth ----------------------------------------------------------------------------------------------------------


@given(batches)
@settings(max_examples=30)
def test_growth_by_batches_gives_the_roots_and_proofs_of_the_definition(counts: list[int]) -> None:
    frontier = Frontier()
    for count in counts:
        first, end = frontier.size, min(frontier.size + count, len(LEAVES))
        before = frontier
        frontier, proofs = frontier.extend(LEAVES[first:end])
        assert (before.size, before.root) == (first, root_by_definition(LEAVES[:first]))
        assert (frontier.size, frontier.root) == (end, root_by_definition(LEAVES[:end]))
        assert [list(proof) for proof in proofs] == [
            path_by_definition(index, LEAVES[:end]) for index in range(first, end)
        ]


@pytest.mark.parametrize("first", [2**20 - 1, 2**20, 2**20 + 1, 2**40 - 3, 2**53 - 130])
def test_leaves_appended_to_a_very_large_tree_are_proved(first: int) -> None:
    peaks = tuple(leaf_hash(bytes([number])) for number in range(first.bit_count()))
    frontier, proofs = Frontier(first, peaks).extend(LEAVES[:129])
    for offset, proof in enumerate(proofs):
        log.verify_inclusion(LEAVES[offset], first + offset, frontier.size, proof, frontier.root)


@given(st.integers(0, len(LEAVES)))
def test_a_frontier_survives_being_kept(count: int) -> None:
    frontier = frontier_of(count)
    assert Frontier.from_bytes(frontier.to_bytes()) == frontier


@given(st.binary(max_size=120))
def test_any_bytes_give_a_frontier_or_a_remote_error(data: bytes) -> None:
    try:
        frontier = Frontier.from_bytes(data)
    except RemoteError:
        return
    assert frontier.to_bytes() == data


@given(sizes, st.integers(0), st.integers(1, 255))
def test_a_frontier_with_one_byte_altered_has_another_root_or_is_refused(count: int, place: int, change: int) -> None:
    frontier = frontier_of(count)
    data = bytearray(frontier.to_bytes())
    data[place % len(data)] ^= change
    try:
        altered = Frontier.from_bytes(bytes(data))
    except RemoteError:
        return
    assert (altered.size, altered.root) != (frontier.size, frontier.root)


# --- inclusion -------------------------------------------------------------------------------------------------------


@given(sizes, st.integers(0))
@pytest.mark.clause("RCPT-005")
def test_a_proof_leads_from_its_leaf_to_the_root_and_from_no_other(count: int, index: int) -> None:
    index %= count
    leaves = LEAVES[:count]
    proof, root = log.inclusion_proof(leaves, index), root_by_definition(leaves)
    assert list(proof) == path_by_definition(index, leaves)
    log.verify_inclusion(leaves[index], index, count, proof, root)
    with pytest.raises(AuthenticationError):
        log.verify_inclusion(leaf_hash(b"another"), index, count, proof, root)
    with pytest.raises(AuthenticationError):
        log.verify_inclusion(leaves[index], index, count, proof, leaf_hash(b"another"))
    for other in {index - 1, index + 1, count} - {index}:
        with pytest.raises(RemoteError):
            log.verify_inclusion(leaves[index], other, count, proof, root)


@given(sizes, st.integers(0), st.data())
@pytest.mark.clause("LOG-007")
def test_a_proof_with_more_fewer_or_altered_hashes_is_refused(count: int, index: int, data: st.DataObject) -> None:
    index %= count
    leaves = LEAVES[:count]
    proof, root = list(log.inclusion_proof(leaves, index)), root_by_definition(leaves)
    place = data.draw(st.integers(0, len(proof)))
    wrong = [[*proof[:place], bytes(32), *proof[place:]]]
    if place < len(proof):
        wrong += [proof[:place] + proof[place + 1 :], [*proof[:place], bytes(32), *proof[place + 1 :]]]
    for altered in wrong:
        with pytest.raises(RemoteError):
            log.verify_inclusion(leaves[index], index, count, altered, root)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 1), (1, 1), (0, -1), (0, 2**53), (2**53, 2**53)])
def test_an_index_or_size_out_of_range_is_refused(index: int, size: int) -> None:
    with pytest.raises(RemoteError):
        log.verify_inclusion(LEAVES[0], index, size, [], LEAVES[0])


def test_only_leaves_that_exist_can_be_proved() -> None:
    for leaves, index in ((LEAVES[:3], 3), (LEAVES[:3], -1), ([], 0)):
        with pytest.raises(LocalError):
            log.inclusion_proof(leaves, index)


# --- consistency -----------------------------------------------------------------------------------------------------


@given(sizes, st.integers(0))
def test_a_tree_is_shown_to_begin_with_an_older_one(count: int, old: int) -> None:
    old = 1 + old % count
    proof = log.consistency_proof(LEAVES[:count], old)
    assert list(proof) == subproof_by_definition(old, LEAVES[:count], True)
    log.verify_consistency(old, frontier_of(old).root, count, frontier_of(count).root, proof)


@given(st.integers(2, len(LEAVES)), st.integers(0), st.integers(0))
def test_a_tree_whose_old_leaf_was_changed_is_not_consistent(count: int, old: int, place: int) -> None:
    old = 1 + old % (count - 1)
    forged = list(LEAVES[:count])
    forged[place % old] = leaf_hash(b"forged")
    proof = log.consistency_proof(forged, old)
    with pytest.raises(AuthenticationError):
        log.verify_consistency(old, frontier_of(old).root, count, root_by_definition(forged), proof)


@given(sizes, st.integers(0), st.data())
@pytest.mark.clause("LOG-007")
def test_a_consistency_proof_with_more_fewer_or_altered_hashes_is_refused(
    count: int, old: int, data: st.DataObject
) -> None:
    old = 1 + old % count
    proof = list(log.consistency_proof(LEAVES[:count], old))
    place = data.draw(st.integers(0, len(proof)))
    wrong = [[*proof[:place], bytes(32), *proof[place:]]]
    if place < len(proof):
        wrong += [proof[:place] + proof[place + 1 :], [*proof[:place], bytes(32), *proof[place + 1 :]]]
    for altered in wrong:
        with pytest.raises(RemoteError):
            log.verify_consistency(old, frontier_of(old).root, count, frontier_of(count).root, altered)


def test_sizes_that_do_not_ascend_are_not_consistent() -> None:
    root = frontier_of(4).root
    for old, new in ((5, 4), (0, 4), (-1, 4), (4, 2**53)):
        with pytest.raises(RemoteError):
            log.verify_consistency(old, root, new, root, [])
    with pytest.raises(AuthenticationError):
        log.verify_consistency(4, root, 4, frontier_of(3).root, [])
    with pytest.raises(RemoteError):
        log.verify_consistency(4, root, 4, root, [bytes(32)])
    log.verify_consistency(4, root, 4, root, [])


def test_only_trees_that_existed_can_be_shown_to_be_a_beginning() -> None:
    for old in (0, -1, 4):
        with pytest.raises(LocalError):
            log.consistency_proof(LEAVES[:3], old)


def test_every_step_of_a_growing_log_is_consistent_with_the_one_before() -> None:
    for old, new in pairwise([1, 2, 3, 4, 7, 8, 9, 31, 64, 65, 127, 300]):
        proof = log.consistency_proof(LEAVES[:new], old)
        log.verify_consistency(old, frontier_of(old).root, new, frontier_of(new).root, proof)
