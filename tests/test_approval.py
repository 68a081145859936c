"""What officers sign, who of them may sign as what, and that a second reading of the page comes to the same answers."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.acceptance import judge
from comity.approval import KNOWN_LATE, Approval, approve
from comity.authority import check_approvals, require_known, signatories
from comity.bundle import Officer, Revocation
from comity.chapters.form import Role
from comity.directory import Directory
from comity.encoding import decode, encode_record
from comity.errors import ApprovalError, ApprovalMissingError, AuthenticationError, PayloadError, RemoteError
from comity.kinds import FORMS
from comity.limits import MAX_BODY_BYTES
from comity.message import Body, content_of
from comity.message import sign as sign_message
from tests.second import approval as second
from tests.second.refusal import RefusedError
from tests.support.alliance import (
    DAY_US,
    NOW_US,
    SECOND_US,
    agency,
    bundle_of,
    signed_bundle,
    signed_treaty,
    treaty_of,
)
from tests.support.messages import fields
from tests.support.officers import ROLES, in_order, officer, officer_key, officers, ordered, signature
from tools.making.prevention import STOP, STOP_KIND

AA, BB = "aa.police", "bb.fiu"
WEEK_US, SKEW_US = 7 * DAY_US, 120 * SECOND_US


def body_of(**changes: Any) -> Body:
    """Return a stop-payment of aa.police that nobody has approved."""
    values = {
        "created": NOW_US,
        "expires": NOW_US + DAY_US,
        "from_key": agency(AA).signing.public.id,
        "kind": STOP_KIND,
        "payload": STOP,
        "treaty": treaty().hash,
    }
    return Body(**fields(**(values | changes)))


def treaty(*coercive: str) -> Any:
    return signed_treaty(treaty_of(AA, BB, coercive=coercive or ("prevention.*",)))


def directory_of(*coercive: str, **bundle: Any) -> Directory:
    """Return a directory whose bundle of aa.police lists the officers, or what else the bundle is to say."""
    held = treaty(*coercive)
    directory = Directory(held.hash)
    directory.add_treaty(held.data, NOW_US)
    for party, changes in ((AA, {"officers": officers()} | bundle), (BB, {})):
        directory.add_bundle(signed_bundle(bundle_of(party, held.hash, **changes)).data, NOW_US)
    return directory


def approved(body: Body, author: str = "ada", approver: str = "ben", time_us: int | None = None) -> Body:
    signed = ordered(signature(body, author, "author", time_us), signature(body, approver, "approver", time_us))
    return msgspec.structs.replace(body, approvals=signed)


# --- what is signed --------------------------------------------------------------------------------------------------


@pytest.mark.clause("APPR-001")
def test_what_is_not_known_before_the_message_leaves_is_not_in_the_content() -> None:
    body = approved(body_of())
    late = {
        "after": bytes(32),
        "approvals": (),
        "created": body.created + 1,
        "expires": body.expires + 1,
        "from_key": bytes(32),
        "prev": bytes(32),
        "seq": 1,
        "suite": 2,
        "treaty_version": 2,
    }
    assert late.keys() | {"v"} == KNOWN_LATE
    assert content_of(msgspec.structs.replace(body, **late)) == content_of(body)


@pytest.mark.clause("APPR-001")
def test_every_other_field_is_in_the_content() -> None:
    body = body_of()
    others: dict[str, Any] = {
        "attachments": (),
        "case": bytes(16),
        "exercise": True,
        "handling": msgspec.structs.replace(body.handling, pap="RED"),
        "id": bytes(16),
        "in_reply_to": bytes(32),
        "kind": "text",
        "lang": "fr",
        "payload": {"text": "no"},
        "sender": "xa.gendarmerie",
        "to": ("bb.fiu", "qm.prosecutor"),
        "treaty": bytes(32),
        "urgency": 2,
    }
    spelled = dict(zip(Body.__struct_fields__, Body.__struct_encode_fields__, strict=True))
    assert {spelled[name] for name in others} | KNOWN_LATE == set(spelled.values())
    del others["attachments"]  # an empty list is what the body has
    contents = {content_of(msgspec.structs.replace(body, **{name: value})) for name, value in others.items()}
    assert len(contents | {content_of(body)}) == len(others) + 1


@pytest.mark.clause("APPR-001")
@given(st.binary(min_size=32, max_size=32), st.sampled_from(["author", "approver"]), st.integers(0, 2**53 - 1))
def test_an_approval_verifies_for_its_content_role_and_time_alone(content: bytes, role: Any, time_us: int) -> None:
    key = officer_key("ada")
    found = approve(content, role, time_us, key)
    found.verify(content, key.public)
    other_role: Any = "author" if role == "approver" else "approver"
    for other in (
        msgspec.structs.replace(found, role=other_role),
        msgspec.structs.replace(found, time=time_us ^ 1),
        msgspec.structs.replace(found, signature=bytes(64)),
    ):
        with pytest.raises(AuthenticationError):
            other.verify(content, key.public)
    with pytest.raises(AuthenticationError):
        found.verify(bytes(31) + b"\x01" if content == bytes(32) else bytes(32), key.public)
    with pytest.raises(AuthenticationError):
        found.verify(content, officer_key("ben").public)


# --- who may sign ----------------------------------------------------------------------------------------------------


@pytest.mark.clause("APPR-003")
def test_the_recipient_judges_the_approvals_after_the_payload() -> None:
    directory, key = directory_of(), agency(AA).signing
    good = approved(body_of())
    judge(sign_message(good, key), directory, BB, NOW_US)
    with pytest.raises(ApprovalMissingError):
        judge(sign_message(body_of(), key), directory, BB, NOW_US)
    with pytest.raises(PayloadError):
        judge(sign_message(body_of(payload={}), key), directory, BB, NOW_US)


@pytest.mark.clause("APPR-003")
@pytest.mark.parametrize("roles", [(), ("author",), ("approver",), ("author", "author")])
def test_a_coercive_kind_needs_both_roles_and_says_which_is_lacking(roles: tuple[Any, ...]) -> None:
    body = body_of()
    given_ = [signature(body, name, role) for name, role in zip(("ben", "cyn"), roles, strict=False)]
    with pytest.raises(ApprovalMissingError) as caught:
        check_approvals(msgspec.structs.replace(body, approvals=ordered(*given_)), directory_of(), NOW_US)
    for role in ("author", "approver"):
        assert (f"no {role}" in str(caught.value)) is (role not in roles)


@pytest.mark.clause("APPR-003")
def test_a_kind_is_coercive_by_the_treaty_version_in_force() -> None:
    directory = directory_of("text")
    check_approvals(body_of(), directory, NOW_US)
    with pytest.raises(ApprovalMissingError):
        check_approvals(body_of(kind="text", payload={"text": "no"}), directory, NOW_US)
    assert not directory.is_coercive("text", NOW_US + 400 * DAY_US)  # no version is in force


@pytest.mark.clause("APPR-006")
def test_an_officer_with_two_keys_cannot_be_author_and_approver() -> None:
    twice = in_order([officer("ben"), officer("ben2")])
    with pytest.raises(ApprovalError, match="ben has signed twice"):
        check_approvals(approved(body_of(), "ben2", "ben"), directory_of(officers=twice), NOW_US)


@pytest.mark.clause("APPR-004")
def test_an_officer_signs_from_the_first_moment_on_until_the_last_and_not_once_revoked() -> None:
    one_day = officer("ben", since=NOW_US, until=NOW_US + DAY_US)
    directory = directory_of(officers=in_order([officer("ada"), one_day]))
    for moment, is_usable in ((-1, False), (0, True), (DAY_US - 1, True), (DAY_US, False)):
        body = approved(body_of(created=NOW_US + moment, expires=NOW_US + 2 * DAY_US))
        if is_usable:
            check_approvals(body, directory, NOW_US + moment)
        else:
            with pytest.raises(ApprovalError, match="not that of an officer"):
                check_approvals(body, directory, NOW_US + moment)
    revoked = (Revocation(at=NOW_US, key=officer_key("ben").public.id),)
    with pytest.raises(ApprovalError, match="not that of an officer"):
        check_approvals(approved(body_of()), directory_of(revoked=revoked), NOW_US)


@pytest.mark.clause("APPR-004", "BUNDLE-014")
def test_an_officer_who_has_left_signs_nothing_new_and_what_he_signed_still_verifies() -> None:
    directory = directory_of()
    first = directory.bundle(AA)
    assert first is not None
    later = bundle_of(AA, directory.treaty_id, first, officers=officers("cyn", "dov"))
    directory.add_bundle(signed_bundle(later).data, NOW_US)
    body = approved(body_of())
    with pytest.raises(ApprovalError):
        check_approvals(body, directory, NOW_US)
    found = {each.officer.id: each.approval.role for each in signatories(body, directory) if each.officer}
    assert found == {"ada": "author", "ben": "approver"}
    assert all(each.verifies for each in signatories(body, directory))
    other = msgspec.structs.replace(body, urgency=3)
    assert not any(each.verifies for each in signatories(other, directory))
    stranger = Approval(key=bytes(32), role="author", signature=bytes(64), time=NOW_US)
    (unknown,) = signatories(msgspec.structs.replace(body, approvals=(stranger,)), directory)
    assert (unknown.officer, unknown.verifies) == (None, False)


def test_a_party_that_signed_two_bundles_has_no_officers() -> None:
    directory = directory_of()
    twin = signed_bundle(bundle_of(AA, directory.treaty_id, reservations=("text",), officers=officers()))
    with pytest.raises(RemoteError):
        directory.add_bundle(twin.data, NOW_US)
    with pytest.raises(ApprovalError):
        directory.officer(AA, officer_key("ada").public.id, NOW_US)


@pytest.mark.clause("BUNDLE-018")
def test_the_key_of_an_officer_stands_in_one_place_only() -> None:
    directory = directory_of()
    stolen = bundle_of(BB, directory.treaty_id, directory.bundle(BB), officers=in_order([officer("ben")]))
    with pytest.raises(RemoteError, match="lists key"):
        directory.add_bundle(signed_bundle(stolen).data, NOW_US)
    signing = agency(AA).signing.public
    with pytest.raises(ValueError, match="keys and officers"):
        bundle_of(AA, directory.treaty_id, officers=(officer("ben", key=signing.data),))


# --- two readings of the page ----------------------------------------------------------------------------------------

moments = st.sampled_from([-WEEK_US - 1, -WEEK_US, -1, 0, 1, SKEW_US, SKEW_US + 1])
NAMES = (*ROLES, "ada2", "ben2")
COERCIVE = st.sampled_from([("*",), ("prevention.*",), ("text",)])


@st.composite
def listings(draw: st.DrawFn) -> tuple[Officer, ...]:
    """Return some officers, now and then with a time that has ended or not begun, and roles of any kind."""
    chosen = draw(st.lists(st.sampled_from(NAMES), min_size=2, unique=True))
    usual = st.just((NOW_US - DAY_US, NOW_US + DAY_US))
    spans = usual | usual | st.sampled_from([(NOW_US + 1, NOW_US + 2), (NOW_US - 2, NOW_US), (NOW_US, NOW_US + 1)])
    roles = st.sets(st.sampled_from(["auditor", "caseworker", "duty-officer", "releaser"]), min_size=1).map(sorted)
    entries = []
    for name in chosen:
        since, until = draw(spans)
        entries.append(officer(name, since=since, until=until, roles=tuple(draw(roles))))
    return in_order(entries)


@st.composite
def signed_bodies(draw: st.DrawFn) -> Body:
    """Return a message with approvals of some officers, now and then altered afterwards."""
    kind, payload = draw(st.sampled_from([(STOP_KIND, STOP), (STOP_KIND, STOP), ("text", {"text": "hello"})]))
    body = body_of(kind=kind, payload=payload, urgency=draw(st.sampled_from([0, 1])))
    names = draw(st.lists(st.sampled_from(NAMES), max_size=4, unique=True))
    pick: st.SearchStrategy[Any] = st.sampled_from(["author", "approver"])
    given_ = [signature(body, name, draw(pick), NOW_US + draw(moments | st.just(0))) for name in names]
    body = msgspec.structs.replace(body, approvals=ordered(*given_))
    return msgspec.structs.replace(body, lang="fr") if draw(st.integers(0, 9)) == 0 else body


def plain(record: Any) -> Any:
    return decode(encode_record(record), 2 * MAX_BODY_BYTES)


@pytest.mark.clause("APPR-003", "APPR-004", "APPR-006", "APPR-007", "APPR-008", "APPR-009", "APPR-010", "APPR-014")
@given(signed_bodies(), st.lists(listings(), min_size=1, max_size=2), COERCIVE, st.booleans())
def test_two_readings_of_the_page_come_to_the_same_answer(
    body: Body, listed: list[tuple[Officer, ...]], coercive: tuple[str, ...], is_revoked: bool
) -> None:
    revoked = (Revocation(at=NOW_US, key=officer_key("ben").public.id),) if is_revoked else ()
    directory = directory_of(*coercive, officers=listed[0], revoked=revoked)
    version, first = directory.version(1), directory.bundle(AA)
    assert version is not None
    assert first is not None
    bundles = [first]
    for officers_then in listed[1:]:
        bundles.append(signed_bundle(bundle_of(AA, directory.treaty_id, first, officers=officers_then)))
        directory.add_bundle(bundles[-1].data, NOW_US)
    ours = theirs = 0
    try:
        require_known(body, directory)
        check_approvals(body, directory, NOW_US)
    except RemoteError as fault:
        ours = fault.code
    try:
        second.check(plain(body), plain(version.treaty), [plain(each.bundle) for each in bundles], NOW_US)
    except RefusedError as refusal:
        theirs = refusal.code
    assert ours == theirs
    assert content_of(body) == second.content_of(plain(body))


def test_the_second_reading_knows_the_requests_among_the_kinds_of_these_tests() -> None:
    assert {kind: FORMS[kind].role is Role.REQUEST for kind in (STOP_KIND, "text")} == {STOP_KIND: True, "text": False}
    assert {STOP_KIND} == second.REQUESTS
