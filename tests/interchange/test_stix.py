"""STIX in and out: what is told stays, what is not is listed, and another implementation finds it valid."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.chapters.indicators import SUBJECTS
from comity_node.faults import RefusedError
from comity_node.interchange.drafts import Imported
from comity_node.interchange.judging import judge
from comity_node.interchange.source import SourceError, read_source
from comity_node.interchange.stix_in import read_stix
from comity_node.interchange.stix_out import write_stix
from comity_node.interchange.stix_tables import EXTENSION, IDENTITY
from comity_node.interchange.tlp import IDS, LEVELS, strictest
from tests.conftest import sample, sample_files
from tests.support.interchange import carried, leaving, subjects

EXAMPLE = Path(__file__).parents[2] / "spec" / "examples" / "intelligence.spontaneous.json"
TOLD: list[dict[str, Any]] = json.loads(EXAMPLE.read_text(encoding="utf-8"))["indicators"]
# file -> how many indicators it tells: counted by hand in the patterns, those that say more than one object left out
COUNTED = {
    "indicator-for-c2-ip-address": 1,
    "indicator-to-campaign-relationship": 1,
    "interop-objectmarking-test": 0,
    "malicious-email-indicator-with-attachment": 0,
    "poisonivy": 64,
}


def bundle(*objects: dict[str, Any]) -> dict[str, Any]:
    return {"type": "bundle", "id": "bundle--00000000-0000-4000-8000-000000000000", "objects": list(objects)}


def indicator(pattern: str, **more: Any) -> dict[str, Any]:
    return {"type": "indicator", "pattern": pattern, **more}


def read(*objects: dict[str, Any]) -> Imported:
    return read_stix(bundle(*objects), "other")


def reasons(found: Imported) -> dict[str, str]:
    return {each.path: each.reason for each in found.left}


@pytest.mark.parametrize("path", sample_files("stix") or [None], ids=lambda path: path.stem if path else "absent")
def test_a_published_bundle_goes_in_and_out_and_keeps_every_indicator(path: Path | None) -> None:
    file = sample(path)
    source = read_source(file.read_bytes())
    found = read_stix(source, "infrastructure")
    if file.stem in COUNTED:
        assert len(found.indicators) == COUNTED[file.stem]
    assert_nothing_is_silent(source, found)
    if not found.indicators:
        return
    document, _ = write_stix(leaving(found.indicators, found.tlp or "GREEN"))
    judge(document)
    back = read_stix(carried(document), "other")
    assert subjects(back.indicators) == subjects(found.indicators)
    assert back.indicators == found.indicators


def assert_nothing_is_silent(source: dict[str, Any], found: Imported) -> None:
    """Each property of each object is told or listed, by itself or with its object."""
    listed = {each.path for each in found.left}
    used = {"type", "name", "description", "pattern", "pattern_type", "confidence", "valid_until", "object_refs"}
    objects = source["objects"] if source["type"] == "bundle" else [source]
    for number, each in enumerate(objects):
        if f"objects[{number}]" in listed or each["type"] == "marking-definition":
            continue
        for name in each.keys() - used - {"object_marking_refs"}:
            assert {f"objects[{number}].{name}", f"objects[*].{name}"} & listed, (number, name)


@pytest.mark.parametrize("tlp", LEVELS)
def test_every_kind_of_indicator_travels_whole_between_nodes(tlp: str) -> None:
    document, left = write_stix(leaving(TOLD, tlp, ("PAP:GREEN", "Not for court.")))
    judge(document)
    back = read_stix(carried(document), "other")
    assert list(back.indicators) == TOLD
    assert {each["subject"]["kind"] for each in back.indicators} == set(SUBJECTS)
    assert (back.tlp, back.pap, back.caveats) == (tlp, "GREEN", "Not for court.")
    assert back.summary == "An example\nAn example\nof two lines."
    marking = next(each for each in document["objects"] if each["id"] == IDS[tlp])
    assert marking["extensions"]["extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"]["tlp_2_0"] == tlp.lower()
    assert "indicators[*].grade" in {each.path for each in left}
    assert all(each["object_marking_refs"] for each in document["objects"] if each["type"] == "indicator")


def test_a_second_export_has_the_same_ids() -> None:
    assert write_stix(leaving(TOLD)) == write_stix(leaving(TOLD))


@pytest.mark.parametrize("plain", TOLD, ids=lambda plain: str(plain["subject"]["kind"]))
def test_the_pattern_alone_tells_what_other_tools_can_know(plain: dict[str, Any]) -> None:
    document, left = write_stix(leaving([plain]))
    stripped = carried(document)
    for each in stripped["objects"]:
        if each["type"] == "indicator":
            del each["extensions"]
    back = read_stix(stripped, plain["role"])
    kind = plain["subject"]["kind"]
    if kind in ("address", "app", "card", "entity", "payment", "person", "vehicle", "account", "sender-id"):
        assert len(back.indicators) <= 1
        assert back.indicators or reasons(back)
        return
    (found,) = back.indicators
    told = {name: value for name, value in found["subject"].items() if value not in (None, False)}
    assert told.items() <= plain["subject"].items()
    hidden = plain["subject"].keys() - told.keys() - {"kind"}
    assert {f"indicators[0].subject.{name}" for name in hidden if plain["subject"][name] not in (None, False)} <= {
        each.path for each in left
    }


def test_an_extension_that_contradicts_its_pattern_is_not_believed() -> None:
    document, _ = write_stix(leaving([TOLD[-1]]))
    changed = carried(document)
    for each in changed["objects"]:
        if each["type"] == "indicator":
            each["pattern"] = "[domain-name:value = 'other.example']"
    found = read_stix(changed, "other")
    assert [each["subject"]["kind"] for each in found.indicators] == ["domain"]
    assert any("contradicts" in reason for reason in reasons(found).values())
    changed["objects"][-2]["extensions"][EXTENSION]["indicator"] = {"subject": {"kind": "iban"}}
    assert any("contradicts" in reason for reason in reasons(read_stix(changed, "other")).values())


@pytest.mark.parametrize(
    ("each", "kinds"),
    [
        ({"type": "domain-name", "value": "Bank[.]example"}, ["domain"]),
        ({"type": "ipv4-addr", "value": "192.0.2.7"}, ["ip"]),
        ({"type": "ipv6-addr", "value": "2001:DB8::7"}, ["ip"]),
        ({"type": "url", "value": "hxxp://bank.example"}, ["url"]),
        ({"type": "email-addr", "value": "a@bank.example", "display_name": "A"}, ["email"]),
        ({"type": "mac-addr", "value": "02:00:00:00:00:0A"}, ["device"]),
        ({"type": "file", "hashes": {"MD5": "AB" * 16, "SHA-1": "ab" * 20}, "name": "a", "size": 7}, ["file-hash"] * 2),
        ({"type": "user-account", "account_type": "telegram", "account_login": "@a"}, ["social-account"]),
        ({"type": "phone-number", "value": "+999 555 0123"}, ["phone"]),
        ({"type": "bank-account", "iban": "XA35 0000 0000 0001"}, ["iban"]),
        ({"type": "user-account", "account_type": "unix", "account_login": "root"}, []),
        ({"type": "ipv4-addr", "value": "192.0.2.0/24"}, []),
        ({"type": "domain-name", "value": "not a domain"}, []),
        ({"type": "file", "name": "a.pdf"}, []),
        ({"type": "file", "hashes": {"SSDEEP": "3:AX"}}, []),
        ({"type": "windows-registry-key", "key": "HKLM"}, []),
        ({"type": "threat-actor", "name": "A"}, []),
        ({"type": ["a list"]}, []),
        ({}, []),
    ],
)  # fmt: skip
def test_observables_become_indicators_or_are_listed(each: dict[str, Any], kinds: list[str]) -> None:
    found = read(each)
    assert [one["subject"]["kind"] for one in found.indicators] == kinds
    assert kinds or found.left


def test_observed_data_of_stix_2_0_tells_when_it_was_seen() -> None:
    inner = {
        "0": {"type": "file", "hashes": {"MD5": "ab" * 16}},
        "1": {"type": "windows-registry-key", "key": "x"},
        "2": 5,
    }
    seen = {"first_observed": "2017-02-27T21:37:11.213Z", "last_observed": "2017-02-28T21:37:11.213Z"}
    found = read({"type": "observed-data", "objects": inner, "number_observed": 1, **seen})
    (one,) = found.indicators
    assert (one["first_seen"], one["last_seen"]) == tuple(seen.values())
    assert {"objects[0].objects.1", "objects[0].objects.2", "objects[0].number_observed"} <= reasons(found).keys()


def test_the_strictest_marking_counts_and_an_unknown_one_is_red() -> None:
    amber, green = IDS["AMBER"], "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da"
    ip = "[ipv4-addr:value = '192.0.2.7']"
    both = read(
        indicator(ip, object_marking_refs=[green]),
        indicator(ip, granular_markings=[{"marking_ref": amber, "selectors": ["pattern"]}]),
    )
    assert both.tlp == "AMBER"
    unknown = read(indicator(ip, object_marking_refs=["marking-definition--00000000-0000-4000-8000-000000000000"]))
    assert unknown.tlp == "RED"
    assert "objects[0].object_marking_refs" in reasons(unknown)
    own = {"type": "marking-definition", "id": "marking-definition--1", "definition": {"statement": "Ask first."}}
    stated = read(own, indicator(ip, object_marking_refs=["marking-definition--1"]))
    assert (stated.tlp, stated.caveats) == (None, "Ask first.")
    assert "objects[0]" in reasons(read(own, indicator(ip)))


def test_what_is_revoked_or_in_another_language_is_left() -> None:
    found = read(
        indicator("[ipv4-addr:value = '192.0.2.7']", revoked=True),
        indicator("rule x { }", pattern_type="yara"),
        indicator("[ipv4-addr:value = '192.0.2.7' AND url:value = 'http://a.example/']"),
        indicator("[ipv4-addr:value = '192.0.2.7' AND ipv4-addr:value = '192.0.2.8']"),
        {"type": "indicator"},
    )
    assert not found.indicators
    assert {"objects[0]", *(f"objects[{n}].pattern" for n in range(1, 5))} <= reasons(found).keys()


def test_texts_that_are_too_long_are_cut_and_that_is_said() -> None:
    found = read(
        indicator("[ipv4-addr:value = '192.0.2.7']", name="n" * 900, description="d" * 900),
        {"type": "report", "name": "One", "description": "d" * 5_000, "object_refs": []},
        {"type": "report", "name": "Two", "object_refs": []},
    )
    assert len(found.indicators[0]["context"]) == 1_000
    assert len(found.summary) == 4_000
    assert {"objects[0].description", "objects[1]", "objects[2]"} <= reasons(found).keys()


def test_more_indicators_than_a_message_holds_make_several_forms() -> None:
    many = [indicator(f"[ipv4-addr:value = '192.0.{n // 250}.{n % 250}']") for n in range(600)]
    found = read(*many)
    forms = list(found.forms("Because.", "AA-1"))
    assert [len(form["indicators"]) for form in forms] == [256, 256, 88]
    assert all((form["relevance"], form["local_reference"]) == ("Because.", "AA-1") for form in forms)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"[]", b"{", b"\xff", b'{"a": 1, "a": 2}', b'{"a": NaN}', b'{"a": "\\ud800"}', b'{"\\ud800": 1}',
        b'{"a":' * 100 + b"1" + b"}" * 100, b'{"a":' * 100_000, b'{"a": ' + b"9" * 5_000 + b"}",
        b'{"a": [' + b"1," * 600_000 + b"1]}",
    ],
)  # fmt: skip
def test_a_file_that_is_no_bounded_json_object_is_refused(data: bytes) -> None:
    with pytest.raises(SourceError):
        read_source(data)


@given(st.binary(max_size=40) | st.text(max_size=40).map(lambda text: ('{"' + text).encode("utf-8", "replace")))
def test_any_bytes_are_an_object_or_refused(data: bytes) -> None:
    try:
        found = read_source(data)
    except SourceError:
        return
    assert isinstance(found, dict)


@pytest.mark.parametrize("source", [{}, {"type": 5}, {"type": "bundle", "objects": {}}])
def test_what_is_no_stix_is_refused(source: dict[str, Any]) -> None:
    with pytest.raises(SourceError):
        read_stix(source, "other")


def test_a_bundle_that_is_not_valid_is_not_let_out() -> None:
    document, _ = write_stix(leaving([TOLD[0]]))
    judge(document)
    broken = carried(document)
    broken["objects"][-2]["pattern"] = "[broken"
    with pytest.raises(RefusedError):
        judge(broken)


def test_what_is_left_of_a_standard_property_has_a_reason_of_its_own() -> None:
    assert set(IDENTITY) <= set(SUBJECTS)
    assert strictest(["GREEN", "AMBER+STRICT", "AMBER"]) == "AMBER+STRICT"


names = st.sampled_from(
    ["type", "id", "value", "pattern", "pattern_type", "name", "description", "objects", "hashes", "MD5", "confidence",
     "object_marking_refs", "granular_markings", "marking_ref", "extensions", "valid_until", "definition", "revoked",
     "account_type", "user_id", "first_observed", EXTENSION, "indicator", "subject", "kind", "size", "defanged"]
)  # fmt: skip
leaves = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
    | st.sampled_from(["indicator", "file", "url", "report", "observed-data", "marking-definition", "user-account",
                       "iban", "[ipv4-addr:value = '192.0.2.7']", "2026-01-01T00:00:00Z", "2026-02-31T00:00:00Z"])
)  # fmt: skip
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=6))


@given(st.lists(st.dictionaries(names, values, max_size=8), max_size=3))
def test_any_objects_give_indicators_that_a_message_takes(objects: list[dict[str, Any]]) -> None:
    found = read_stix({"type": "bundle", "objects": objects}, "other")
    if found.indicators:
        document, _ = write_stix(leaving(found.indicators))
        judge(document)
