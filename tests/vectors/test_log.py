"""spec/vectors/log.json through the public doors of the library."""

import pytest

from comity.checkpoint import read_checkpoint
from comity.keys import Algorithm, PublicKey
from comity.log import (
    commitment,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    tree_root,
    verify_consistency,
    verify_inclusion,
)
from tests.support.vectors import Case, cases, data_of, refused, vectors


def hashes() -> list[bytes]:
    return [leaf_hash(bytes.fromhex(leaf)) for leaf in vectors("log")["leaves"]]


def in_bytes(proof: list[str]) -> tuple[bytes, ...]:
    return tuple(map(bytes.fromhex, proof))


def check_consistency(case: Case) -> None:
    verify_consistency(
        case["old_size"], data_of(case["old_root"]), case["size"], data_of(case["root"]), in_bytes(case["proof"])
    )


def check_inclusion(case: Case) -> None:
    leaf = leaf_hash(data_of(case["leaf"]))
    verify_inclusion(leaf, case["index"], case["size"], in_bytes(case["proof"]), data_of(case["root"]))


def check_note(case: Case) -> None:
    read_checkpoint(data_of(case["data"])).verify([PublicKey(Algorithm.ED25519, data_of(case["public"]))])


@pytest.mark.clause("LOG-001")
@pytest.mark.parametrize("case", cases("log", "valid", "tree"))
def test_a_tree_has_the_published_root_and_proofs(case: Case) -> None:
    leaves = hashes()[: case["size"]]
    assert tree_root(leaves) == data_of(case["root"])
    proofs = [in_bytes(proof) for proof in case["proofs"]]
    assert [inclusion_proof(leaves, index) for index in range(len(leaves))] == proofs
    for index, proof in enumerate(proofs):
        verify_inclusion(leaves[index], index, len(leaves), proof, data_of(case["root"]))


@pytest.mark.clause("LOG-001")
@pytest.mark.parametrize("case", cases("log", "valid", "commitment"))
def test_a_commitment_hides_the_entry_behind_the_salt(case: Case) -> None:
    made = commitment(data_of(case["salt"]), data_of(case["entry"]))
    assert (made, leaf_hash(made)) == (data_of(case["commitment"]), data_of(case["leaf_hash"]))


@pytest.mark.clause("LOG-003", "LOG-010")
@pytest.mark.parametrize("case", cases("log", "valid", "consistency"))
def test_a_tree_begins_with_an_earlier_one(case: Case) -> None:
    assert consistency_proof(hashes()[: case["size"]], case["old_size"]) == in_bytes(case["proof"])
    check_consistency(case)


@pytest.mark.clause("LOG-005", "LOG-006", "LOG-011")
@pytest.mark.parametrize("case", cases("log", "valid", "checkpoint"))
def test_a_checkpoint_says_what_was_signed(case: Case) -> None:
    check_note(case)
    point = read_checkpoint(data_of(case["data"])).checkpoint
    assert (point.party, point.treaty.hex(), point.size, point.root.hex()) == (
        case["party"], case["treaty"], case["size"], case["root"],
    )  # fmt: skip


@pytest.mark.clause("LOG-005", "LOG-006", "LOG-007", "LOG-009", "LOG-010", "LOG-011", "LOG-012", "RCPT-003", "RCPT-005")
@pytest.mark.parametrize("case", cases("log", "invalid"))
def test_a_proof_or_checkpoint_that_breaks_one_rule_is_refused(case: Case) -> None:
    check = {"consistency": check_consistency, "inclusion": check_inclusion, "checkpoint": check_note}[case["form"]]
    with refused(case):
        check(case)
