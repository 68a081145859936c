"""Files of other systems on the command line."""

import json
from pathlib import Path

from comity_node.faults import Exit
from tests.support.desk import Desk

TOLD = Path(__file__).parents[2] / "spec" / "examples" / "intelligence.spontaneous.json"
BUNDLE = {
    "type": "bundle",
    "id": "bundle--00000000-0000-4000-8000-000000000000",
    "objects": [
        {"type": "indicator", "name": "\x1b[2J", "pattern": "[ipv4-addr:value = '192.0.2.7']", "labels": ["x"]},
        {"type": "malware", "name": "A"},
    ],
}


def test_a_bundle_becomes_a_form_that_is_sent_once_an_officer_has_filled_it_in(desk: Desk, tmp_path: Path) -> None:
    source, form = tmp_path / "bundle.json", tmp_path / "form.json"
    source.write_text(json.dumps(BUNDLE), encoding="utf-8")
    words = ("interchange", "import", source, "--format", "stix", "--role", "infrastructure", "--out", form)
    done = desk.run(*words, keys=False)
    assert done.exit_code == 0
    assert "indicators  1\n" in done.stdout
    assert "none: choose one when you send" in done.stdout
    assert "objects[1]: comity has no such object: malware" in done.stdout
    assert "\x1b" not in done.stdout
    refused = desk.fails(Exit.REFUSED, "send", "intelligence.spontaneous", "--to", "bb.fiu", "--form", form)
    assert "relevance" in refused
    filled = json.loads(form.read_text()) | {
        "relevance": "It is in your country.",
        "local_reference": "7",
        "summary": "C2",
    }
    form.write_text(json.dumps(filled), encoding="utf-8")
    sent = desk.ok("send", "intelligence.spontaneous", "--to", "bb.fiu", "--form", form)
    out = desk.ok("interchange", "export", sent["id"], "--format", "stix")
    assert any("192.0.2.7" in each.get("pattern", "") for each in out["document"]["objects"])
    assert desk.fails(1, "interchange", "import", source, "--format", "stix", "--out", form, keys=False)


def test_a_message_is_written_for_both_systems_and_read_back(desk: Desk, tmp_path: Path) -> None:
    sent = desk.ok("send", "intelligence.spontaneous", "--to", "bb.fiu", "--form", TOLD, "--tlp", "GREEN")
    for kind, count in (("stix", 26), ("misp", 15)):
        file = tmp_path / f"{kind}.json"
        done = desk.run("interchange", "export", sent["id"][:8], "--format", kind, "--out", file)
        assert done.exit_code == 0
        back = desk.ok("interchange", "import", file, "--format", kind, keys=False)
        assert (back["indicators"], back["tlp"]) == (count, "GREEN")
        assert json.loads(desk.run("interchange", "export", sent["id"], "--format", kind).stdout) == json.loads(
            file.read_text()
        )


def test_what_has_nothing_to_tell_is_refused(desk: Desk, tmp_path: Path) -> None:
    words = desk.ok("send", "text", "--to", "bb.fiu", "--text", "Please call.")
    assert "tells no indicators" in desk.fails(Exit.USAGE, "interchange", "export", words["id"], "--format", "misp")
    desk.fails(Exit.USAGE, "interchange", "export", words["id"], "--format", "csv")
    bundle = tmp_path / "bundle.json"
    bundle.write_text(json.dumps(BUNDLE), encoding="utf-8")
    wrong = ("interchange", "import", bundle, "--format", "stix", "--role", "villain")
    assert "no role 'villain'" in desk.fails(Exit.USAGE, *wrong, keys=False)
    other = tmp_path / "other.json"
    other.write_text("[]", encoding="utf-8")
    assert "no JSON object" in desk.fails(Exit.REFUSED, "interchange", "import", other, "--format", "misp", keys=False)
