"""Every test of a vector cites the clauses that its cases state."""

import pytest


@pytest.fixture(autouse=True)
def every_clause_of_the_case_is_cited(request: pytest.FixtureRequest) -> None:
    """A case that states a clause which its test does not cite would prove it unseen."""
    callspec = getattr(request.node, "callspec", None)
    case = callspec.params.get("case") if callspec else None
    if case is not None:
        cited = {clause for mark in request.node.iter_markers("clause") for clause in mark.args}
        stated = set(case.get("clauses", [])) | ({case["clause"]} if "clause" in case else set())
        assert stated <= cited, f"cite {stated - cited}"
