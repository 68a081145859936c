"""Corrections on the command line: what names the message is filled in."""

import json
from pathlib import Path

import pytest

from comity_node.faults import Exit
from tests.support.desk import Desk

FORMS = Path(__file__).parents[2] / "spec" / "examples"


def without_names(tmp_path: Path, kind: str) -> Path:
    """Return a form of the kind as an officer fills it in: without source and target."""
    form = json.loads((FORMS / f"{kind}.json").read_text(encoding="utf-8"))
    left = {name: value for name, value in form.items() if name not in ("source", "target")}
    path = tmp_path / "form.json"
    path.write_text(json.dumps(left), encoding="utf-8")
    return path


@pytest.mark.clause("INTEL-052")
@pytest.mark.parametrize(
    ("kind", "words"), [("intelligence.correction", ()), ("intelligence.retraction", ("--retract",))]
)
def test_a_correction_goes_to_those_who_have_the_message(
    desk: Desk, tmp_path: Path, kind: str, words: tuple[str, ...]
) -> None:
    told = FORMS / "intelligence.spontaneous.json"
    sent = desk.ok("send", "intelligence.spontaneous", "--to", "bb.fiu", "--form", told, "--urgency", "urgent")
    done = desk.ok("correct", sent["id"][:8], "--form", without_names(tmp_path, kind), *words)
    assert (done["kind"], done["to"], done["case"]) == (kind, ["bb.fiu"], sent["case"])
    shown = desk.ok("show", done["id"])["message"]
    assert shown["payload"]["target"] == done["target"] == sent["hash"]
    assert shown["payload"]["source"] is None
    assert shown["urgency"] == 1
    seen = desk.ok("show", sent["id"])["corrections"]
    assert [(each["id"], each["kind"]) for each in seen] == [(done["id"], kind)]
    assert f"*** {'TAKEN BACK' if words else 'CORRECTED'} on 20" in desk.run("show", sent["id"]).stdout


def test_a_form_with_too_little_is_refused_and_nothing_is_sent(desk: Desk, tmp_path: Path) -> None:
    sent = desk.ok("send", "text", "--to", "bb.fiu", "--text", "x")
    form = tmp_path / "form.json"
    form.write_text("{}", encoding="utf-8")
    assert "explanation" in desk.fails(Exit.REFUSED, "correct", sent["id"], "--retract", "--form", form)
    assert len(desk.ok("outbox")["messages"]) == 1
    desk.fails(Exit.NOT_FOUND, "correct", "ffff", "--retract", "--form", form)
