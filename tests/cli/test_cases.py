"""Cases at the command line: a list by deadline, a story that a person understands, and the next step."""

import pytest

from comity_node.faults import Exit
from tests.support.desk import Desk

QUERY = "intelligence.query"


@pytest.fixture
def case(desk: Desk) -> str:
    """Return the case of a query that aa.police has sent."""
    return str(desk.ok("send", QUERY, "--to", "bb.fiu", "--form", desk.form(QUERY), "--urgency", "urgent")["case"])


def test_a_request_that_was_sent_is_listed_with_its_state(desk: Desk, case: str) -> None:
    (found,) = desk.ok("case", "list")["requests"]
    assert (found["case"], found["state"], found["asked"], found["side"]) == (case, "submitted", "bb.fiu", "requester")
    assert found["legal"] == ["withdraw"]
    assert desk.ok("case", "list", "--side", "requested")["requests"] == []
    assert desk.ok("case", "list", "--late")["requests"] == []
    assert desk.ok("case", "list", "--with", "bb.fiu", "--sort", "newest")["requests"] != []
    assert "submitted" in desk.run("case", "list").stdout.lower()


def test_a_case_is_told_as_a_story_with_what_may_happen_next(desk: Desk, case: str) -> None:
    shown = desk.run("case", "show", case[:8]).stdout
    assert "aa.police asks bb.fiu" in shown
    assert "An invoice with a changed account number." in shown
    assert f"comity case act {case[:12]} withdraw" in shown
    french = desk.run("case", "show", case[:8], "--lang", "fr").stdout
    assert "suites possibles" in french
    arabic = desk.run("case", "show", case[:8], "--lang", "ar").stdout
    assert "ما حدث" in arabic


def test_a_request_is_withdrawn_with_a_few_words(desk: Desk, case: str) -> None:
    done = desk.ok("case", "act", case[:8], "withdraw", "--text", "Solved.")
    assert (done["kind"], done["to"]) == ("case.withdraw", ["bb.fiu"])
    (found,) = desk.ok("case", "list")["requests"]
    assert found["pending"] == ["withdraw"]
    assert "Solved." in desk.run("case", "show", case[:8]).stdout


def test_an_event_that_is_not_legal_is_refused_and_the_legal_ones_are_named(desk: Desk, case: str) -> None:
    told = desk.fails(Exit.REFUSED, "case", "act", case[:8], "confirm", "--text", "Thank you.")
    assert "legal for the requester now: withdraw" in told


def test_what_does_not_exist_is_told_with_the_next_step(desk: Desk, case: str) -> None:
    assert "comity case list" in desk.fails(Exit.NOT_FOUND, "case", "show", "0000")
    assert "Use one of" in desk.fails(Exit.USAGE, "case", "list", "--state", "gone")
    assert "comity schema" in desk.fails(Exit.USAGE, "case", "act", case[:8], "refuse", "--text", "No.")
    unknown = ("case", "act", case[:8], "withdraw", "--text", "x", "--request", "ffff")
    assert "no such request" in desk.fails(Exit.USAGE, *unknown)
