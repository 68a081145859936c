"""Our Merkle tree against pymerkle's, which follows RFC 6962 as well."""

import pytest
from pymerkle import InmemoryTree

from comity import log
from comity.log import Frontier, leaf_hash

ENTRIES = [number.to_bytes(2, "big") for number in range(70)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]


@pytest.fixture(scope="module")
def judge() -> InmemoryTree:
    tree = InmemoryTree(algorithm="sha256")
    for entry in ENTRIES:
        tree.append_entry(entry)
    return tree


def test_roots_of_all_sizes_agree(judge: InmemoryTree) -> None:
    frontier = Frontier()
    for size, leaf in enumerate(LEAVES, 1):
        frontier, _ = frontier.extend([leaf])
        assert frontier.root == judge.get_root(size)


@pytest.mark.clause("RCPT-005")
@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 33, 64, 70])
def test_inclusion_proofs_agree(judge: InmemoryTree, size: int) -> None:
    for index in range(size):
        path = [bytes.fromhex(node) for node in judge.prove_inclusion(index + 1, size).serialize()["path"]]
        path.remove(LEAVES[index])  # pymerkle counts the leaf itself to its path
        assert list(log.inclusion_proof(LEAVES[:size], index)) == path
