"""spec/vectors/approval.json through the public doors of the library."""

import pytest

from comity.authority import check_approvals, require_known
from comity.directory import Directory
from comity.encoding import decode_as
from comity.limits import MAX_BODY_BYTES
from comity.message import Body, content_of
from tests.support.vectors import Case, cases, data_of, refused, vectors


def checked(case: Case) -> Body:
    """Return the body of a case once its approvals have passed."""
    directory = Directory()
    for name in case["documents"]:
        sort, data = vectors("approval")["library"][name]
        add = directory.add_treaty if sort == "treaty" else directory.add_bundle
        add(bytes.fromhex(data), case["now"])
    body = decode_as(Body, data_of(case["body"]), MAX_BODY_BYTES)
    require_known(body, directory)
    check_approvals(body, directory, case["now"])
    return body


@pytest.mark.clause(
    "APPR-001", "APPR-003", "APPR-004", "APPR-006", "APPR-007", "APPR-008", "APPR-009", "APPR-010", "APPR-011"
)
@pytest.mark.parametrize("case", cases("approval", "valid"))
def test_approvals_that_keep_the_rules_are_taken(case: Case) -> None:
    assert content_of(checked(case)) == data_of(case["content"])


@pytest.mark.clause(
    "APPR-001", "APPR-003", "APPR-004", "APPR-005", "APPR-006", "APPR-007", "APPR-008", "APPR-009", "APPR-010",
    "APPR-011", "APPR-014",
)  # fmt: skip
@pytest.mark.parametrize("case", cases("approval", "invalid"))
def test_approvals_that_break_a_rule_are_refused(case: Case) -> None:
    with refused(case):
        checked(case)
