"""spec/vectors/evidence.json through the public doors of the library."""

import pytest

from comity.errors import RemoteError
from comity.evidence import Verdict, verify
from tests.support.evidence import Held
from tests.support.vectors import Case, cases, data_of, vectors


def file_of(case: Case) -> Held:
    whole = data_of(vectors("evidence")["whole"])
    return Held(whole[: case["begin"]] + data_of(case["middle"]) + whole[len(whole) - case["end"] :])


def found(case: Case) -> list[list[str]]:
    """Return the findings beside those that prove something."""
    treaty = None if case["treaty"] is None else data_of(case["treaty"])
    findings = verify(file_of(case), treaty).findings
    return [[f.verdict.value, f.check.value, f.part] for f in findings if f.verdict is not Verdict.PROVEN]


@pytest.mark.clause(
    "EVID-001", "EVID-002", "EVID-006", "EVID-010", "EVID-011", "EVID-012", "EVID-013", "EVID-014", "EVID-015"
)
@pytest.mark.parametrize("case", cases("evidence", "valid"))
def test_a_good_file_is_proven_with_its_notes(case: Case) -> None:
    assert found(case) == case["checks"]
    assert verify(file_of(case), data_of(case["treaty"])).is_proven


@pytest.mark.clause(
    "EVID-002", "EVID-003", "EVID-005", "EVID-006", "EVID-007", "EVID-008", "EVID-009", "EVID-010", "EVID-011",
    "EVID-013", "EVID-014", "EVID-016", "EVID-018",
)  # fmt: skip
@pytest.mark.parametrize("case", cases("evidence", "invalid"))
def test_a_file_that_breaks_one_rule_is_found_out(case: Case) -> None:
    if case["code"]:
        with pytest.raises(RemoteError) as caught:
            found(case)
        assert caught.value.code == case["code"]
    else:
        assert found(case) == case["checks"]
        assert {verdict for verdict, _, _ in case["checks"]} & {"altered", "not-proven"}
