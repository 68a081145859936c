"""spec/vectors/bundle.json through the public doors of the library."""

import pytest

from comity import bundle, treaty
from tests.support.vectors import Case, cases, data_of, refused, vectors


def check_bundle(case: Case) -> bundle.SignedBundle:
    signed = bundle.read(data_of(case["data"]))
    member = treaty.read(data_of(vectors("bundle")["treaty"])).treaty.member(signed.bundle.party)
    assert member is not None
    bundle.verify(signed, member, case["previous"] and bundle.read(data_of(case["previous"])))
    return signed


@pytest.mark.clause("BUNDLE-001", "BUNDLE-002", "BUNDLE-003", "BUNDLE-004", "BUNDLE-005", "BUNDLE-007")
@pytest.mark.parametrize("case", cases("bundle", "valid"))
def test_a_bundle_is_believed(case: Case) -> None:
    signed = check_bundle(case)
    assert signed.hash == data_of(case["hash"])
    assert bundle.assemble(signed.bundle, signed.signatures) == signed.data


@pytest.mark.clause(
    "BUNDLE-001", "BUNDLE-002", "BUNDLE-003", "BUNDLE-004", "BUNDLE-005", "BUNDLE-006", "BUNDLE-007", "BUNDLE-017",
    "CONV-001", "KEY-010",
)  # fmt: skip
@pytest.mark.parametrize("case", cases("bundle", "invalid"))
def test_a_bundle_that_breaks_one_rule_is_refused(case: Case) -> None:
    with refused(case):
        check_bundle(case)
