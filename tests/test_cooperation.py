"""Requests of chapter III: what each kind needs, and what it refuses."""

from typing import Any

import pytest

from comity.chapters.assistance import MeasureRequest
from comity.chapters.cooperation import FORMS
from comity.chapters.form import Role, Service
from comity.chapters.request import Request
from comity.errors import PayloadError
from comity.kinds import payload_of
from tests.support.forms import payload_of_example, replaced

KINDS = sorted(FORMS)
DAY_US = 86_400 * 1_000_000
#: The rows of the table of request kinds, and which deadlines count.
SERVICES = {
    "expertise": Service.INFORMATION,
    "extradition-support": Service.EVIDENCE,
    "freeze": Service.EVIDENCE,
    "identify-victims": Service.INFORMATION,
    "interview": Service.EVIDENCE,
    "joint-operation": Service.EVIDENCE,
    "locate": Service.INFORMATION,
    "preserve": Service.EVIDENCE,
    "produce": Service.EVIDENCE,
    "search": Service.EVIDENCE,
    "serve-document": Service.EVIDENCE,
    "subscriber": Service.EVIDENCE,
    "trace-assets": Service.INFORMATION,
    "transfer-proceedings": Service.EVIDENCE,
}
MEASURES = ["freeze", "preserve", "search"]
EMPTY = {"cooperation.serve-document": ["cooperation.serve-document.addressee_entity"]}
FACTLESS = "cooperation.serve-document"
OFFENCELESS = {FACTLESS, "cooperation.expertise"}


def example(kind: str) -> dict[str, Any]:
    return payload_of_example(f"cooperation.{kind}")


def refused(kind: str, payload: dict[str, Any], told: str) -> None:
    with pytest.raises(PayloadError, match=told):
        payload_of(f"cooperation.{kind}", payload)


def taken(kind: str, payload: dict[str, Any]) -> None:
    assert payload_of(f"cooperation.{kind}", payload)


def test_there_are_fourteen_kinds_of_requests_with_the_deadlines_of_their_service() -> None:
    assert {kind: form.service for kind, form in FORMS.items()} == {
        f"cooperation.{kind}": service for kind, service in SERVICES.items()
    }
    assert {form.role for form in FORMS.values()} == {Role.REQUEST}
    assert all(issubclass(form.record, Request) for form in FORMS.values())


def test_measures_have_an_end_and_coercive_kinds_are_marked() -> None:
    assert {kind for kind, form in FORMS.items() if form.measure} == {"cooperation.freeze", "cooperation.preserve"}
    assert {kind for kind, form in FORMS.items() if form.coercive} == {"cooperation.freeze", "cooperation.search"}
    with_end = {kind for kind, form in FORMS.items() if issubclass(form.record, MeasureRequest)}
    assert with_end == {"cooperation.freeze", "cooperation.preserve", "cooperation.search"}


@pytest.mark.parametrize("kind", KINDS)
def test_an_example_fills_every_field_that_a_rule_does_not_keep_empty(kind: str) -> None:
    filled: dict[str, bool] = {}

    def look(value: Any, path: str) -> None:
        filled[path] = filled.get(path, False) or value not in (None, [])
        for name, item in value.items() if isinstance(value, dict) else ():
            look(item, f"{path}.{name}")
        for item in value if isinstance(value, list) else ():
            look(item, path)

    look(payload_of_example(kind), kind)
    assert [path for path, is_filled in filled.items() if not is_filled] == EMPTY.get(kind, [])


@pytest.mark.clause("COOP-001")
@pytest.mark.parametrize("kind", KINDS)
def test_every_request_states_its_facts_but_for_the_service_of_a_document(kind: str) -> None:
    payload = payload_of_example(kind) | {"summary": None}
    if kind == FACTLESS:
        assert payload_of(kind, payload)
    else:
        with pytest.raises(PayloadError, match="summary"):
            payload_of(kind, payload)


@pytest.mark.clause("COOP-002")
@pytest.mark.parametrize("kind", KINDS)
def test_every_request_names_an_offence_where_the_law_asks_for_one(kind: str) -> None:
    payload = payload_of_example(kind) | {"offences": []}
    if kind in OFFENCELESS:
        assert payload_of(kind, payload)
    else:
        with pytest.raises(PayloadError, match="offences"):
            payload_of(kind, payload)


@pytest.mark.clause("COOP-003")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["authorising_authority", "order"])
def test_evidence_for_a_court_needs_who_authorised_it_and_the_order(kind: str, name: str) -> None:
    judicial = payload_of_example(kind) | {"assistance_level": "judicial-evidence", name: None}
    with pytest.raises(PayloadError, match="COOP-003"):
        payload_of(kind, judicial)
    assert payload_of(kind, judicial | {"assistance_level": "police-intelligence"})


@pytest.mark.clause("COOP-004")
@pytest.mark.parametrize("kind", MEASURES)
def test_a_measure_is_reviewed_before_it_ends(kind: str) -> None:
    payload = example(kind)
    taken(kind, payload | {"review": payload["measure_until"]})
    refused(kind, payload | {"review": payload["measure_until"] + 1}, "COOP-004")
    refused(kind, payload | {"review": payload["measure_from"]}, "COOP-004")
    refused(kind, payload | {"measure_until": None}, "measure_until")


@pytest.mark.clause("COOP-005")
def test_data_are_preserved_for_sixty_days_at_least() -> None:
    payload = example("preserve")
    start = payload["measure_from"]
    sixty = payload | {"measure_until": start + 60 * DAY_US, "review": start + 1}
    taken("preserve", sixty)
    refused("preserve", sixty | {"measure_until": start + 60 * DAY_US - 1}, "COOP-005")


@pytest.mark.clause("COOP-006")
def test_a_preservation_says_where_the_data_are() -> None:
    payload = example("preserve")
    taken("preserve", payload | {"custodian": None})
    taken("preserve", payload | {"system_location": None})
    refused("preserve", payload | {"custodian": None, "system_location": None}, "COOP-006")


@pytest.mark.parametrize("name", ["authority", "data", "relation", "necessity", "intended_request"])
def test_a_preservation_states_each_thing_that_the_convention_names(name: str) -> None:
    refused("preserve", example("preserve") | {name: None}, name)


@pytest.mark.clause("COOP-007")
def test_an_internet_address_needs_the_time_of_its_use() -> None:
    payload = example("subscriber")
    assert [each["subject"]["kind"] for each in payload["identifiers"]] == ["ip", "phone"]
    refused("subscriber", replaced(payload, "identifiers.0.period", None), "COOP-007")
    taken("subscriber", replaced(payload, "identifiers.1.period", None))
    taken("subscriber", replaced(payload, "identifiers.0.subject.port", None))
    refused("subscriber", replaced(payload, "identifiers.0.subject.ip", "192.0.2.444"), "INTEL")


@pytest.mark.clause("COOP-008")
@pytest.mark.parametrize("running", ["content", "traffic", "transactions"])
def test_records_that_arise_day_by_day_need_a_period(running: str) -> None:
    payload = example("produce") | {"period": None}
    taken("produce", payload | {"records_classes": ["corporate", "kyc"]})
    refused("produce", payload | {"records_classes": ["kyc", running]}, "COOP-008")


@pytest.mark.clause("COOP-009", "COOP-010", "COOP-014")
@pytest.mark.parametrize(
    ("kind", "clause", "names"),
    [
        ("produce", "COOP-009", ("accounts", "identifiers", "persons", "entities")),
        ("trace-assets", "COOP-010", ("accounts", "wallets", "persons", "entities")),
        ("identify-victims", "COOP-014", ("accounts", "wallets", "identifiers")),
    ],
)
def test_a_request_says_of_whom_or_what(kind: str, clause: str, names: tuple[str, ...]) -> None:
    payload = example(kind)
    nothing = payload | {name: [] for name in names}
    refused(kind, nothing, clause)
    for name in names:
        taken(kind, nothing | {name: payload[name]})


@pytest.mark.clause("COOP-019")
@pytest.mark.parametrize("kind", MEASURES)
def test_a_measure_lasts_a_year_and_a_day_at_most(kind: str) -> None:
    payload = example(kind)
    longest = payload["measure_from"] + 366 * DAY_US
    taken(kind, payload | {"measure_until": longest})
    refused(kind, payload | {"measure_until": longest + 1}, "COOP-019")


@pytest.mark.clause("COOP-012")
def test_a_suspect_is_told_the_rights() -> None:
    payload = example("interview") | {"rights": None}
    taken("interview", payload | {"capacity": "witness"})
    refused("interview", payload | {"capacity": "suspect"}, "COOP-012")


@pytest.mark.clause("COOP-013")
def test_an_arrest_needs_a_warrant() -> None:
    payload = example("locate") | {"warrant": None}
    refused("locate", payload | {"on_finding": "arrest"}, "COOP-013")
    taken("locate", payload | {"on_finding": "report"})


@pytest.mark.clause("COOP-015")
def test_a_place_to_search_has_an_address_or_a_device() -> None:
    payload = example("search")
    taken("search", replaced(payload, "places.0.address", None))
    taken("search", replaced(payload, "places.0.device", None))
    nowhere = {"address": None, "device": None, "occupier": "A. Example"}
    refused("search", replaced(payload, "places.0", nowhere), "COOP-015")


@pytest.mark.clause("COOP-016", "COOP-017")
def test_an_extradition_needs_a_warrant_and_a_provisional_arrest_its_deadline() -> None:
    payload = example("extradition-support")
    without = payload | {"warrant": None, "detention": "at-large", "arrest_deadline": None}
    refused("extradition-support", without, "COOP-016")
    taken("extradition-support", without | {"form": "repatriation"})
    refused("extradition-support", payload | {"arrest_deadline": None}, "COOP-017")


@pytest.mark.clause("COOP-018")
def test_a_document_is_served_on_one_person_or_entity() -> None:
    payload = example("serve-document")
    refused("serve-document", payload | {"addressee_person": None}, "COOP-018")
    refused("serve-document", payload | {"addressee_entity": payload["entities"][0]}, "COOP-018")
    taken("serve-document", payload | {"addressee_entity": payload["entities"][0], "addressee_person": None})


def test_all_broken_rules_of_a_form_are_told() -> None:
    payload = example("preserve") | {"order": None, "custodian": None, "system_location": None, "review": 2**53 - 1}
    with pytest.raises(PayloadError) as caught:
        payload_of("cooperation.preserve", payload)
    assert [clause in str(caught.value) for clause in ("COOP-003", "COOP-004", "COOP-006")] == [True] * 3


@pytest.mark.parametrize("date", ["2026-02-00", "2026-13-01", "26-01-01", "2026-1-1", "2026-01-01\n", "01.02.2026", ""])
def test_a_day_is_written_in_full(date: str) -> None:
    refused("interview", replaced(example("interview"), "order.issued", date), "issued")
