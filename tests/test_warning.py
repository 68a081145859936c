"""Alerts, warnings of victims, and feedback."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.encoding import decode, encode
from comity.errors import PayloadError
from comity.kinds import payload_of
from comity.limits import MAX_BODY_BYTES
from tests.support.forms import payload_of_example, replaced

ALERT, WARNING, FEEDBACK = "prevention.alert", "prevention.victim-warning", "prevention.feedback"
INDICATOR = payload_of_example(ALERT)["indicators"][0]
DEED, OTHER = payload_of_example(FEEDBACK)["deeds"]


def refused(kind: str, match: str, **changes: Any) -> None:
    with pytest.raises(PayloadError, match=match):
        payload_of(kind, payload_of_example(kind) | changes)


def taken(kind: str, **changes: Any) -> None:
    payload = payload_of_example(kind) | changes
    assert decode(encode(payload_of(kind, payload)), MAX_BODY_BYTES) == payload


@pytest.mark.clause("PREV-026")
@pytest.mark.parametrize("name", ["actions", "audience", "channels", "further_types", "tactics"])
def test_the_terms_of_a_list_ascend_each_once(name: str) -> None:
    taken(ALERT, **{name: ["alpha", "beta"]})
    for terms in (["beta", "alpha"], ["alpha", "alpha"]):
        refused(ALERT, "PREV-026", **{name: terms})


def test_an_alert_says_whom_it_is_for_and_what_to_do() -> None:
    for name in ("actions", "audience"):
        refused(ALERT, name, **{name: []})
    for name in ("fraud_type", "headline", "summary", "valid"):
        refused(ALERT, name, **{name: None})
    refused(ALERT, "valid", valid={"since": 5, "until": 5})


@pytest.mark.clause("PREV-027")
def test_an_alert_tells_nothing_about_victims() -> None:
    for role in ("suspect", "mule", "infrastructure", "impersonated"):
        taken(ALERT, indicators=[INDICATOR | {"role": role}])
    refused(ALERT, "PREV-027", indicators=[INDICATOR, INDICATOR | {"role": "victim"}])


@pytest.mark.clause("PREV-028")
def test_what_an_alert_tells_may_be_used_openly() -> None:
    for pap in (None, "CLEAR", "GREEN"):
        taken(ALERT, indicators=[INDICATOR | {"pap": pap}])
    for pap in ("AMBER", "RED"):
        refused(ALERT, "PREV-028", indicators=[INDICATOR, INDICATOR | {"pap": pap}])


def test_a_victim_warning_says_who_speaks_what_and_in_which_language() -> None:
    for name in ("language", "safe_wording", "subjects", "warned_by"):
        refused(WARNING, name, **{name: None})
    for language in ("th", "zh-Hant", "pt-BR", "sr-Latn-RS"):
        taken(WARNING, language=language)
    for language in ("", "Thai language", "t", "th\n", "th_TH"):
        refused(WARNING, "language", language=language)
    refused(WARNING, "subjects", subjects=[])


@pytest.mark.clause("PREV-030")
def test_a_feedback_has_deeds_or_a_note() -> None:
    taken(FEEDBACK, deeds=[], note="Nothing was done: the site was gone.")
    taken(FEEDBACK, note=None)
    refused(FEEDBACK, "PREV-030", deeds=[], note=None)


@pytest.mark.clause("PREV-031")
def test_each_deed_stands_once_in_ascending_order() -> None:
    for deeds in ([OTHER, DEED], [DEED, DEED]):
        refused(FEEDBACK, "PREV-031", deeds=deeds)


counts = st.integers(0, 2**53 - 1)


@pytest.mark.clause("PREV-032")
@given(counts, counts, counts)
def test_no_more_was_wrong_or_lifted_than_was_done(count: int, false_positives: int, lifted: int) -> None:
    deed = DEED | {"count": count, "false_positives": false_positives, "lifted": lifted}
    if max(false_positives, lifted) > count:
        refused(FEEDBACK, "PREV-032", deeds=[deed])
    else:
        taken(FEEDBACK, deeds=[deed])


def test_feedback_names_the_message_that_it_is_about() -> None:
    for target in (None, b"x" * 31, "ab" * 32):
        with pytest.raises(PayloadError, match="target"):
            payload_of(FEEDBACK, replaced(payload_of_example(FEEDBACK), "target", target))
