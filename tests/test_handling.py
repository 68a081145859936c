"""Markings: two become one, and what they forbid. The kinds of the page handling have examples and words."""

import json
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.chapters import consent
from comity.consent import refuse_colour
from comity.encoding import Record, check, encode
from comity.errors import LocalError, MarkingError, PayloadError
from comity.handling import (
    COLOURS,
    NO_PURPOSE,
    Action,
    Audience,
    Deed,
    Handling,
    Remedy,
    Rule,
    obstacles,
    stricter,
    widened,
)
from comity.kinds import FORMS, payload_of
from comity_node.forms import payload_from
from tests.conftest import ROOT

PURPOSES = ("intelligence", "investigation", "prevention", "prosecution")
markings = st.builds(
    Handling,
    codes=st.sets(st.sampled_from(["H0", "H1", "H2", "H3"])).map(lambda codes: tuple(sorted(codes))),
    pap=st.sampled_from(["CLEAR", "GREEN", "AMBER", "RED"]),
    purposes=st.sets(st.sampled_from(PURPOSES)).map(lambda names: tuple(sorted(names))) | st.just((NO_PURPOSE,)),
    retain_until=st.none() | st.integers(0, 5),
    tlp=st.sampled_from(COLOURS),
)
deeds = st.builds(
    Deed,
    action=st.sampled_from(Action),
    time=st.integers(0, 6),
    purpose=st.none() | st.sampled_from([*PURPOSES, "supervision"]),
    audience=st.none() | st.sampled_from(Audience),
    exercise=st.none() | st.booleans(),
)


def rules(marking: Handling, action: Action, drill: bool = False, **changes: Any) -> list[Rule]:
    """Return the rules that stand against an action for prevention."""
    values: dict[str, Any] = {"action": action, "time": 0, "purpose": "prevention"}
    deed = Deed(**(values | changes))
    return [each.rule for each in obstacles(marking, deed, drill)]


@pytest.mark.clause("HAND-002")
@given(markings, markings, markings)
def test_the_stricter_of_markings_depends_neither_on_order_nor_on_grouping_nor_on_repetition(
    a: Handling, b: Handling, c: Handling
) -> None:
    assert stricter(a, b) == stricter(b, a)
    assert stricter(a, stricter(b, c)) == stricter(stricter(a, b), c)
    assert stricter(a, a) == a
    assert check(stricter(a, b)) == stricter(a, b)


@pytest.mark.clause("HAND-002")
@given(markings, markings, deeds, st.booleans())
def test_what_one_of_two_markings_forbids_their_stricter_forbids(
    a: Handling, b: Handling, deed: Deed, exercise: bool
) -> None:
    both = {each.rule for each in obstacles(stricter(a, b), deed, exercise)}
    either = {each.rule for marking in (a, b) for each in obstacles(marking, deed, exercise)}
    assert either <= both


@given(markings, markings)
def test_a_marking_is_wider_in_no_field_exactly_where_it_is_the_stricter_of_both(a: Handling, b: Handling) -> None:
    implied = Handling(codes=("H0",), tlp="CLEAR", pap="CLEAR")
    assert (widened(a, b) == ()) is (stricter(stricter(a, b), implied) == stricter(a, implied))
    assert widened(stricter(a, b), a) == widened(stricter(a, b), b) == ()


def test_each_field_that_is_wider_is_named() -> None:
    base = Handling(codes=("H1",), pap="AMBER", purposes=("prevention",), retain_until=7, tlp="AMBER")
    assert widened(Handling(tlp="GREEN"), base) == ("codes", "pap", "purposes", "retain_until", "tlp")
    assert widened(Handling(codes=("H1",), pap="RED", purposes=("none",), retain_until=6, tlp="RED"), base) == ()


@pytest.mark.clause("HAND-001")
@pytest.mark.parametrize("purposes", [("none", "prevention"), ("investigation", "none")])
def test_none_stands_alone(purposes: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="HAND-001"):
        Handling(tlp="AMBER", purposes=purposes)
    assert Handling(tlp="AMBER", purposes=("none",))


@pytest.mark.clause("HAND-002")
def test_purposes_without_anything_in_common_leave_none() -> None:
    first, second = (Handling(tlp="GREEN", purposes=(name,)) for name in ("prevention", "prosecution"))
    assert stricter(first, second).purposes == ("none",)
    assert stricter(first, Handling(tlp="GREEN")).purposes == ("prevention",)


FURTHEST = {"CLEAR": 4, "GREEN": 3, "AMBER": 2, "AMBER+STRICT": 1, "RED": 0}


@pytest.mark.clause("HAND-003")
@pytest.mark.parametrize(("tlp", "audience"), list(product(COLOURS, Audience)))
def test_content_reaches_the_audience_of_its_colour_and_no_further(tlp: str, audience: Audience) -> None:
    found = rules(Handling(tlp=tlp), Action.EXPORT, audience=audience)
    assert found == ([Rule.TLP] if audience > FURTHEST[tlp] else [])


@pytest.mark.clause("HAND-003")
def test_forwarding_reaches_members_and_disclosure_those_whom_one_serves() -> None:
    forward = [tlp for tlp in COLOURS if not rules(Handling(tlp=tlp), Action.FORWARD)]
    disclose = [tlp for tlp in COLOURS if not rules(Handling(tlp=tlp), Action.DISCLOSE)]
    export = [tlp for tlp in COLOURS if not rules(Handling(tlp=tlp), Action.EXPORT)]
    use = [tlp for tlp in COLOURS if not rules(Handling(tlp=tlp), Action.USE)]
    assert (len(forward), len(disclose), len(export), len(use)) == (2, 3, 4, 5)


@pytest.mark.clause("HAND-004")
def test_nothing_is_used_for_what_is_no_matter_of_crime() -> None:
    for codes in ((), ("H0",)):
        assert rules(Handling(tlp="CLEAR", codes=codes), Action.USE, purpose="supervision") == [Rule.H0]
        assert rules(Handling(tlp="CLEAR", codes=codes), Action.USE, purpose="prosecution") == []


@pytest.mark.clause("HAND-005")
def test_h1_stays_out_of_court_and_allows_the_rest() -> None:
    against = {action: rules(Handling(tlp="CLEAR", codes=("H1",)), action) for action in Action}
    assert {action for action, found in against.items() if found} == {Action.DISCLOSE}
    assert against[Action.DISCLOSE] == [Rule.H1]


@pytest.mark.clause("HAND-006")
def test_h2_stays_in_the_organisation() -> None:
    marking = Handling(tlp="CLEAR", codes=("H2",))
    assert rules(marking, Action.FORWARD) == rules(marking, Action.DISCLOSE) == [Rule.H2]
    assert rules(marking, Action.EXPORT) == rules(marking, Action.ATTACH) == []
    assert rules(marking, Action.ATTACH, audience=Audience.MEMBERS) == [Rule.H2]


@pytest.mark.clause("HAND-007")
def test_h3_stays_in_its_case() -> None:
    found = {action for action in Action if rules(Handling(tlp="CLEAR", codes=("H3",)), action)}
    assert found == {Action.ATTACH, Action.DISCLOSE, Action.EXPORT, Action.FORWARD}


@pytest.mark.clause("HAND-008")
def test_a_list_of_purposes_is_closed() -> None:
    marking = Handling(tlp="CLEAR", purposes=("investigation", "prevention"))
    assert rules(marking, Action.USE) == []
    assert rules(marking, Action.USE, purpose="prosecution") == [Rule.PURPOSE]
    assert rules(marking, Action.FORWARD, purpose=None) == [Rule.PURPOSE]
    assert rules(Handling(tlp="CLEAR", purposes=("none",)), Action.USE) == [Rule.PURPOSE]


@pytest.mark.clause("HAND-009")
@pytest.mark.parametrize(
    ("pap", "allowed"),
    [
        ("CLEAR", {Action.ACT, Action.LOOK_UP}),
        ("GREEN", {Action.ACT, Action.LOOK_UP}),
        ("AMBER", {Action.LOOK_UP}),
        ("RED", set()),
    ],
)
def test_the_permissible_actions_protocol_says_what_a_target_may_notice(pap: str, allowed: set[Action]) -> None:
    asked = (Action.ACT, Action.LOOK_UP)
    assert {action for action in asked if not rules(Handling(tlp="AMBER", pap=pap), action)} == allowed


@pytest.mark.clause("HAND-029")
def test_from_its_end_on_nothing_may_be_done_and_only_a_change_helps() -> None:
    marking = Handling(tlp="CLEAR", retain_until=10)
    for action in Action:
        assert rules(marking, action, time=9) == []
        assert rules(marking, action, time=10) == [Rule.RETENTION]
    (found,) = obstacles(marking, Deed(Action.KEEP, 10), False)
    assert found.remedy is Remedy.CHANGE


@pytest.mark.clause("HAND-028")
def test_an_exercise_never_mixes_with_what_is_none_and_nothing_lifts_that() -> None:
    for action, drill in product((Action.FORWARD, Action.ATTACH), (True, False)):
        assert rules(Handling(tlp="CLEAR"), action, drill, exercise=drill) == []
        assert rules(Handling(tlp="CLEAR"), action, drill, exercise=not drill) == [Rule.EXERCISE]
    (found,) = obstacles(Handling(tlp="CLEAR"), Deed(Action.FORWARD, 0, exercise=True), False)
    assert found.remedy is Remedy.NOTHING


@pytest.mark.clause("HAND-010")
def test_an_alert_reaches_more_than_its_recipients() -> None:
    for tlp in COLOURS:
        refuse_colour("text", Handling(tlp=tlp))
        if tlp in ("AMBER+STRICT", "RED"):
            with pytest.raises(MarkingError, match="TLP:AMBER at most"):
                refuse_colour("prevention.alert", Handling(tlp=tlp))
        else:
            refuse_colour("prevention.alert", Handling(tlp=tlp))


# --- kinds, examples, words ------------------------------------------------------------------------------------------


def example(kind: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "spec" / "examples" / f"{kind}.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("kind", sorted(consent.FORMS))
def test_every_kind_of_the_page_has_an_example_that_is_complete(kind: str) -> None:
    form = example(kind)
    payload = payload_from(kind, form)
    assert payload_of(kind, payload)
    empty = {name for name, value in form.items() if value is None}
    assert empty <= {"case", "reason"}  # those that stand for the other choice of the same record


@pytest.mark.clause("HAND-011", "HAND-012")
@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("handling.consent-request", {"action": "forward", "case": None, "recipients": []}),
        ("handling.consent-request", {"action": "forward"}),
        ("handling.consent-request", {"case": None}),
        ("handling.consent", {"reason": "No."}),
        ("handling.consent", {"grant": False}),
        ("handling.consent", {"grant": False, "conditions": None, "expires": None}),
        ("handling.consent", {"grant": False, "conditions": None, "reason": "No."}),
    ],
)
def test_a_scope_or_an_answer_that_contradicts_itself_is_refused(kind: str, changes: dict[str, Any]) -> None:
    payload = payload_from(kind, example(kind))
    with pytest.raises(PayloadError):
        payload_of(kind, payload | changes)


@pytest.mark.clause("KIND-001")
@pytest.mark.parametrize("kind", sorted(consent.FORMS))
def test_every_field_is_there_and_no_other(kind: str) -> None:
    payload = payload_from(kind, example(kind))
    for name in payload:
        with pytest.raises(PayloadError):
            payload_of(kind, {key: value for key, value in payload.items() if key != name})
    with pytest.raises(PayloadError):
        payload_of(kind, payload | {"more": 1})
    assert encode(payload_of(kind, payload)) == encode(payload)


json_like = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.binary(max_size=40) | st.lists(
    st.text(max_size=3) | st.binary(max_size=33), max_size=3)  # fmt: skip


@given(st.sampled_from(sorted(consent.FORMS)), st.data())
def test_any_value_in_any_field_gives_a_payload_or_a_payload_error(kind: str, data: st.DataObject) -> None:
    payload = payload_from(kind, example(kind))
    payload[data.draw(st.sampled_from(sorted(payload)))] = data.draw(json_like)
    try:
        record = payload_of(kind, payload)
    except PayloadError:
        return
    try:
        encode(record)
    except LocalError:  # a text that no body can carry, such as a lone surrogate
        return


def test_every_field_is_worded_and_every_term_that_is_wanted_is_defined() -> None:
    words = json.loads((ROOT / "protocol/comity/wording/en/handling.json").read_text(encoding="utf-8"))
    records: list[type[Record]] = [*(form.record for form in consent.FORMS.values()), consent.Marking]
    for record in records:
        own = record.__name__[0].lower() + "".join(f"-{c.lower()}" if c.isupper() else c for c in record.__name__[1:])
        for name in record.__struct_fields__:
            found = words.get(f"{own}.{name}") or words[name]
            assert found["label"]
            assert found["help"].endswith(".")
    assert set(FORMS) >= set(consent.FORMS)
