"""MISP in and out: attributes and objects become indicators and come back; what does not is listed."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity_node.interchange.drafts import Imported
from comity_node.interchange.misp_in import read_misp
from comity_node.interchange.misp_out import write_misp
from comity_node.interchange.misp_tables import HASHES, NOT_INDICATORS, PLATFORMS, TYPES
from comity_node.interchange.source import SourceError, read_source
from comity_node.interchange.tlp import LEVELS
from tests.conftest import sample, sample_files
from tests.support.interchange import carried, leaving, subjects

EXAMPLE = Path(__file__).parents[2] / "spec" / "examples" / "intelligence.spontaneous.json"
TOLD: list[dict[str, Any]] = json.loads(EXAMPLE.read_text(encoding="utf-8"))["indicators"]
COUNTED = {"event-57c4445b": 3, "event-japanese": 0, "event-small": 1}  # file -> indicators, counted by hand
EVM = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"


def event(*attributes: dict[str, Any], objects: tuple[dict[str, Any], ...] = (), **more: Any) -> dict[str, Any]:
    return {"Event": {"info": "An event", "Attribute": list(attributes), "Object": list(objects), **more}}


def attribute(kind: str, value: str, relation: str | None = None, **more: Any) -> dict[str, Any]:
    return {"type": kind, "value": value} | ({"object_relation": relation} if relation else {}) | more


def template(name: str, /, **relations: str) -> dict[str, Any]:
    inner = [attribute("text", value, relation.replace("_", "-")) for relation, value in relations.items()]
    return {"name": name, "Attribute": inner}


def read(*attributes: dict[str, Any], **more: Any) -> Imported:
    return read_misp(event(*attributes, **more), "other")


def paths(found: Imported) -> set[str]:
    return {each.path for each in found.left}


def told(found: Imported) -> list[dict[str, Any]]:
    """Return the subjects without what is not said of them."""
    return [stated(each["subject"]) for each in found.indicators]


def stated(subject: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in subject.items() if value not in (None, False)}


@pytest.mark.parametrize("path", sample_files("misp") or [None], ids=lambda path: path.stem if path else "absent")
def test_a_published_event_goes_in_and_out_and_keeps_every_indicator(path: Path | None) -> None:
    file = sample(path)
    source = read_source(file.read_bytes())
    found = read_misp(source, "infrastructure")
    if file.stem in COUNTED:
        assert len(found.indicators) == COUNTED[file.stem]
    assert_nothing_is_silent(source, found)
    document, _ = write_misp(leaving(found.indicators, found.tlp or "GREEN"))
    back = read_misp(carried(document), "infrastructure")
    assert back.indicators == found.indicators


def assert_nothing_is_silent(source: dict[str, Any], found: Imported) -> None:
    """Each field of the event and of its attributes is told or listed; values that say nothing need not be."""
    listed = paths(found)
    inner = source.get("Event", source)
    for name, value in inner.items():
        if name not in ("Attribute", "Object", "Tag", "info") and value not in (None, "", [], {}, False, "0"):
            assert f"Event.{name}" in listed
    for number, tag in enumerate(inner.get("Tag", [])):
        assert tag["name"].lower().startswith("tlp:") or f"Event.Tag[{number}]" in listed
    for number, each in enumerate(inner.get("Attribute", [])):
        known = any(each["value"].lower() in json.dumps(one, ensure_ascii=False).lower() for one in found.indicators)
        assert known or f"Event.Attribute[{number}].value" in listed


@pytest.mark.parametrize("tlp", LEVELS)
def test_what_misp_can_say_comes_back_and_what_it_cannot_is_listed(tlp: str) -> None:
    document, left = write_misp(leaving(TOLD, tlp, ("PAP:GREEN", "Not for court.")))
    back = read_misp(carried(document), "suspect")
    listed = {each.path for each in left}
    lost = {number for number in range(len(TOLD)) if f"indicators[{number}]" in listed}
    assert (back.tlp, back.pap) == (tlp, "GREEN")
    kept = [plain["subject"]["kind"] for number, plain in enumerate(TOLD) if number not in lost]
    assert sorted(kept) == sorted(each["subject"]["kind"] for each in back.indicators)
    assert {"account", "bic", "device", "domain", "email", "file-hash", "iban", "imei", "imsi", "ip", "person", "phone",
            "social-account", "url", "vehicle"} <= set(kept)  # fmt: skip
    for number, plain in enumerate(TOLD):
        if number not in lost:
            (found,) = [each for each in back.indicators if each["subject"]["kind"] == plain["subject"]["kind"]]
            assert_kept(number, plain, found, listed)
    assert {each["value"] for each in document["Event"]["Attribute"] if each["type"] == "comment"} == {
        "Not for court.", "An example\nof two lines."
    }  # fmt: skip


def assert_kept(number: int, plain: dict[str, Any], found: dict[str, Any], listed: set[str]) -> None:
    for name, value in plain["subject"].items():
        same = found["subject"][name] == value or name == "person"
        assert same or f"indicators[{number}].subject.{name}" in listed, (plain["subject"]["kind"], name)
    assert found["context"] == plain["context"]
    assert found["pap"] == plain["pap"]
    for name in ("reliability", "credibility"):
        assert found["grade"][name] == plain["grade"][name]
    for name in ("first_seen", "last_seen"):
        assert found[name][:19] == plain[name][:19]


@pytest.mark.parametrize("chain", ["ethereum", "tron", "solana", "bitcoin", "monero", "litecoin"])
def test_a_wallet_travels_with_its_chain(chain: str) -> None:
    addresses = {
        "ethereum": EVM.lower(),
        "tron": "TJRabPrwbZy45sbavfcjinPJC18kjpRTv8",
        "bitcoin": "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
        "litecoin": "LM2WMpR1Rp6j3Sa59cMXMs1SPzj9eXpGc1",
    }
    subject = {"kind": "wallet", "chain": chain, "service": None, "wallet": addresses.get(chain, "any-address-of-it")}
    plain = TOLD[0] | {"subject": subject}
    document, _ = write_misp(leaving([plain]))
    assert subjects(read_misp(carried(document), "suspect").indicators) == subjects([plain])


@pytest.mark.parametrize(
    ("kind", "value", "found"),
    [
        ("ip-src|port", "192.0.2.7|51123", [{"kind": "ip", "ip": "192.0.2.7", "port": 51_123}]),
        ("ip-dst|port", "192.0.2.7|443", [{"kind": "ip", "ip": "192.0.2.7"}]),
        ("domain|ip", "Bank[.]example|192.0.2.7", [{"kind": "domain", "domain": "bank.example"},
                                                   {"kind": "ip", "ip": "192.0.2.7"}]),
        ("hostname|port", "bank.example|80", [{"kind": "domain", "domain": "bank.example"}]),
        ("filename|md5", "a.exe|" + "AB" * 16, [{"kind": "file-hash", "algorithm": "md5", "digest": "ab" * 16,
                                                "file_name": "a.exe"}]),
        ("twitter-id", "@a", [{"kind": "social-account", "handle": "a", "platform": "twitter"}]),
        ("mac-address", "02:00:00:00:00:0A", [{"kind": "device", "identifier": "02:00:00:00:00:0a",
                                               "identifier_type": "mac"}]),
        ("bank-account-nr", "123 456-7", [{"kind": "account", "account_scheme": "unknown", "number": "1234567"}]),
        ("phone-number", "+999 555 0123", [{"kind": "phone", "phone": "+9995550123"}]),
        ("btc", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
         [{"kind": "wallet", "chain": "bitcoin", "wallet": "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"}]),
        ("phone-number", "555 0123", []),
        ("iban", "XA36000000000001", []),
        ("ip-src", "192.0.2.0/24", []),
        ("cc-number", "4000000000000002", []),
        ("regkey|value", "HKLM|x", []),
        ("", "x", []),
    ],
)  # fmt: skip
def test_attributes_become_indicators_or_are_listed(kind: str, value: str, found: list[dict[str, Any]]) -> None:
    result = read(attribute(kind, value))
    assert told(result) == found
    assert found or "Event.Attribute[0].value" in paths(result)


def test_a_card_is_never_told_by_its_number() -> None:
    result = read(attribute("cc-number", "4000000000000002"))
    assert "4000000000000002" not in json.dumps([*result.forms(), [str(each) for each in result.left]])


@pytest.mark.parametrize(
    ("each", "found"),
    [
        (template("bank-account", iban="XA35 0000 0000 0001", swift="EXAMXAXX", institution_name="B", account_name="A"),
         [{"kind": "iban", "iban": "XA35000000000001", "bic": "EXAMXAXX", "bank": "B", "holder": "A"}]),
        (template("bank-account", account="12 34", aba_rtn="000000000"),
         [{"kind": "account", "account_scheme": "aba", "bank_code": "000000000", "number": "1234"}]),
        (template("bank-account", account="1 2"), [{"kind": "account", "account_scheme": "unknown", "number": "12"}]),
        (template("bank-account", swift="EXAMXAXX"), [{"kind": "bic", "bic": "EXAMXAXX"}]),
        (template("bank-account", currency_code="EUR"), []),
        (template("coin-address", address_crypto=EVM, symbol="ETH"),
         [{"kind": "wallet", "chain": "ethereum", "wallet": EVM.lower()}]),
        (template("coin-address", address_crypto=EVM, symbol="USDT"), []),
        (template("phone", msisdn="+9995550123", imei="000000000000018"),
         [{"kind": "imei", "imei": "000000000000018"}, {"kind": "phone", "phone": "+9995550123"}]),
        (template("user-account", account_type="Telegram", username="@a", user_id="7"),
         [{"kind": "social-account", "handle": "a", "platform": "telegram", "user_id": "7"}]),
        (template("user-account", password="x"), []),
        (template("vehicle", license_plate_number="xa 12-3"), [{"kind": "vehicle", "plate": "XA123"}]),
        (template("vehicle", model="3"), []),
        (template("legal-entity", name="Example Ltd"), []),
        (template("file", filename="a.pdf", size_in_bytes="7", sha1="ab" * 20),
         [{"kind": "file-hash", "algorithm": "sha1", "digest": "ab" * 20, "file_name": "a.pdf", "size": 7}]),
        ({"name": "unknown", "Attribute": [attribute("domain", "bank.example")]},
         [{"kind": "domain", "domain": "bank.example"}]),
        ({"name": ["x"], "Attribute": [5, {}]}, []),
    ],
)  # fmt: skip
def test_objects_become_one_subject_where_they_are_one(each: dict[str, Any], found: list[dict[str, Any]]) -> None:
    result = read(objects=(each,))
    assert told(result) == found
    assert found or any(path.startswith("Event.Object[0]") for path in paths(result))


def test_a_person_is_told_with_other_names_and_the_role_of_the_indicator() -> None:
    parts = [("first-name", "A."), ("last-name", "Example"), ("alias", "Ex"), ("date-of-birth", "1980-02-03")]
    person = {"name": "person", "Attribute": [attribute("text", value, relation) for relation, value in parts]}
    (found,) = read_misp(event(objects=(person,)), "suspect").indicators
    assert found["subject"]["person"] == {
        "address": None, "born": "1980-02-03", "identities": [], "name": "A. Example", "nationality": None,
        "other_names": ["Ex"], "role": "suspect",
    }  # fmt: skip
    assert found["role"] == "suspect"


def test_tags_tell_tlp_pap_and_grade_and_the_others_are_listed() -> None:
    tags = ["tlp:amber+strict", "PAP:GREEN", 'admiralty-scale:source-reliability="b"', "type:OSINT",
            'admiralty-scale:information-credibility="2"']  # fmt: skip
    found = read(attribute("ip-src", "192.0.2.7", Tag=[{"name": tag} for tag in tags]), Tag=[{"name": "tlp:white"}, 5])
    (one,) = found.indicators
    assert found.pap is None
    assert (found.tlp, one["pap"]) == ("AMBER+STRICT", "GREEN")
    assert (one["grade"]["reliability"], one["grade"]["credibility"]) == ("B", "2")
    assert {"Event.Attribute[0].Tag[3]", "Event.Tag[1]"} <= paths(found)
    half = read(attribute("ip-src", "192.0.2.7", Tag=[{"name": 'admiralty-scale:source-reliability="g"'}]))
    assert half.indicators[0]["grade"] is None
    assert "Event.Attribute[0].Tag" in paths(half)


def test_what_is_deleted_or_proposed_is_left() -> None:
    proposals = [{"type": "ip-src", "value": "192.0.2.9"}]
    found = read(
        attribute("ip-src", "192.0.2.7", deleted=True),
        attribute("ip-src", "192.0.2.8", ShadowAttribute=proposals),
        objects=({"name": "file", "deleted": True, "Attribute": []},),
        ShadowAttribute=proposals,
    )
    assert [one["subject"]["ip"] for one in found.indicators] == ["192.0.2.8"]
    listed = {"Event.Attribute[0]", "Event.Attribute[1].ShadowAttribute", "Event.Object[0]", "Event.ShadowAttribute"}
    assert listed <= paths(found)


def test_no_type_is_both_an_indicator_and_none() -> None:
    known = [*TYPES, *HASHES, *PLATFORMS]
    assert len(set(known)) == len(known)
    assert not set(known) & NOT_INDICATORS.keys()


def test_several_events_are_read_together_and_what_is_none_is_listed() -> None:
    one, two = event(attribute("ip-src", "192.0.2.7")), event(attribute("ip-src", "192.0.2.8", data="x"))
    found = read_misp({"response": [one, two, {"Object": {}}, {"Event": {"uuid": "x"}}, 5]}, "other")
    assert [each["subject"]["ip"] for each in found.indicators] == ["192.0.2.7", "192.0.2.8"]
    assert {"response[1].Event.Attribute[*].data", "response[2]", "response[3].Event", "response[4]"} <= paths(found)
    assert "response[1].Event.info" in paths(found)


@pytest.mark.parametrize("source", [{}, {"Event": 5}, {"Event": {"info": 5}}, {"response": []}])
def test_what_is_no_event_is_refused(source: dict[str, Any]) -> None:
    with pytest.raises(SourceError):
        read_misp(source, "other")


names = st.sampled_from(
    [
        "type",
        "value",
        "Tag",
        "name",
        "comment",
        "deleted",
        "first_seen",
        "Attribute",
        "object_relation",
        "uuid",
        "Galaxy",
    ]
)
leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(
    ["ip-src", "192.0.2.7", "filename|md5", "|", "file", "bank-account", "iban", "tlp:red", "2026-02-31T00:00:00Z"]
)  # fmt: skip
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5))
things = st.lists(st.dictionaries(names, values, max_size=6) | values, max_size=3)


@given(things, things, values)
def test_any_event_gives_indicators_that_come_back(attributes: list[Any], objects: list[Any], tags: Any) -> None:
    source = {"Event": {"info": "x", "Attribute": attributes, "Object": objects, "Tag": tags}}
    found = read_misp(source, "other")
    write_misp(leaving(found.indicators))
