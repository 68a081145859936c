"""Approvals in evidence: what a recipient would have refused is not proven, and officers who signed are named."""

from typing import Any

import pytest

from comity.encoding import decode
from comity.evidence import Check, Verification, verify
from tests.support.evidence import Held
from tests.support.vectors import Case, cases, data_of, vectors
from tools.making import evidence as making
from tools.making import message
from tools.making.parties import A, treaty_id

#: When a newer bundle reached the recipient is nowhere signed, so a bundle that leaves an officer out proves nothing.
NOT_IN_THE_FILE = "an officer who is not listed any more"
PLACES = {"treaty": "treaty/{number:06}.treaty", "bundle": "bundles/{party}/{serial:06}.bundle"}


def judged(body: dict[str, Any], documents: list[str], *more: tuple[str, bytes]) -> Verification:
    """Return what an evidence file with this message and these documents of the vectors proves."""
    library, versions = vectors("approval")["library"], 0
    parts: list[tuple[str, bytes]] = []
    for name in documents:
        sort, data = library[name]
        versions += sort == "treaty"
        party = "bb.fiu" if name == "bb.fiu" else A
        serial = 1 + sum(place.startswith(f"bundles/{party}/") for place, _ in parts)
        parts.append((PLACES[sort].format(number=versions, party=party, serial=serial), data_of(data)))
    whole = making.evidence([*parts, (making.FIRST, message.signed(body)), *more])
    return verify(Held(whole), treaty_id())


def body_of(case: Case) -> dict[str, Any]:
    value = decode(data_of(case["body"]), 1 << 20)
    assert isinstance(value, dict)
    return value


def found(verification: Verification, check: Check) -> list[str]:
    return [f.values.get("officer", f.values.get("detail", "")) for f in verification.findings if f.check is check]


@pytest.mark.clause("EVID-023", "APPR-001", "APPR-003", "APPR-004", "APPR-006", "APPR-007", "APPR-008", "APPR-009",
                    "APPR-010", "APPR-011")  # fmt: skip
@pytest.mark.parametrize("case", cases("approval", "valid"))
def test_good_approvals_are_proven_and_their_officers_named(case: Case) -> None:
    body = body_of(case)
    verification = judged(body, case["documents"])
    assert found(verification, Check.APPROVAL_BROKEN) == []
    assert len(found(verification, Check.APPROVAL)) == len(body["approvals"])


@pytest.mark.clause("EVID-023", "APPR-001", "APPR-003", "APPR-004", "APPR-005", "APPR-006", "APPR-007", "APPR-008",
                    "APPR-009", "APPR-010", "APPR-011")  # fmt: skip
@pytest.mark.parametrize("case", cases("approval", "invalid"))
def test_approvals_that_a_recipient_refuses_are_not_proven(case: Case) -> None:
    verification = judged(body_of(case), case["documents"])
    if case["name"] == NOT_IN_THE_FILE:
        assert found(verification, Check.APPROVAL_BROKEN) == []
        return
    assert found(verification, Check.APPROVAL_BROKEN) != []
    assert not verification.is_proven


@pytest.mark.clause("EVID-023")
def test_a_message_that_was_refused_for_its_approvals_is_a_note() -> None:
    case = next(each.values[0] for each in cases("approval", "invalid") if each.values[0]["name"] == "no approval")
    body = body_of(case)
    refusal = making.accepted(body, "bb.fiu", status="refused", code=31)
    verification = judged(body, case["documents"], ("receipts/000001/bb.fiu.receipt", refusal))
    assert found(verification, Check.APPROVAL_BROKEN) == []
    assert any("asks for an author" in detail for detail in found(verification, Check.RIGHTS_REFUSED))
