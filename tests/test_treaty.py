"""The treaty: the form of a version, and what makes it follow from the one before."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity import amendment
from comity import treaty as treaties
from comity.amendment import Change, changes, missing, verify_first, verify_successor
from comity.documents import Signature
from comity.encoding import decode, encode
from comity.errors import (
    AuthenticationError,
    LimitError,
    LocalError,
    MalformedError,
    PossessionError,
    RemoteError,
    RosterError,
    SuccessorError,
    ThresholdError,
    ValidityError,
)
from comity.keys import Algorithm, SigningKey
from comity.limits import MAX_FRAME_BYTES
from comity.patterns import PatternSet, matches
from comity.treaty import Member, RootKey, SignedTreaty, Treaty, TreatyLimits
from comity.vocabulary import Pin
from tests.support.alliance import (
    DAY_US,
    EPOCH_US,
    PARTIES,
    agency,
    member_of,
    root_keys,
    rules_of,
    seed,
    signed_treaty,
    treaty_of,
)

AA, BB, QM, XA = PARTIES
TWO = agency(XA, roots=3)  # a member whose threshold is 2 of 3


def founded(*members: str | Member, **fields: Any) -> SignedTreaty:
    """Return version 1 of the members, AA, BB and QM if none are named, signed by all."""
    return signed_treaty(treaty_of(*(members or (AA, BB, QM)), **fields))


def succeed(signed: SignedTreaty, previous: SignedTreaty, withdrawn: tuple[str, ...] = ()) -> None:
    verify_successor(signed, previous, previous.treaty.treaty or previous.hash, withdrawn)


def altered(signed: SignedTreaty, **fields: Any) -> bytes:
    """Return the version with other fields in its body, signed by nobody new, whatever its form."""
    body = decode(signed.body_bytes, MAX_FRAME_BYTES)
    assert isinstance(body, dict)
    body |= fields
    return encode([encode(body), [[row.key_id, row.signature] for row in signed.signatures]])


def raw(member: Member) -> dict[str, Any]:
    value = decode(encode(member), MAX_FRAME_BYTES)
    assert isinstance(value, dict)
    return value


# --- form ------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("TREATY-001")
def test_a_first_version_that_all_its_members_signed_is_believed() -> None:
    signed = founded(AA, BB)
    verify_first(signed)
    assert treaties.read(signed.data) == signed
    assert missing(signed, None) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"members": []},
        {"members": [raw(member_of(BB)), raw(member_of(AA))]},
        {"members": [raw(member_of(AA)), raw(member_of(AA))]},
        {"members": [raw(member_of(AA)) | {"threshold": 2}]},
        {"members": [raw(member_of(AA)) | {"threshold": 0}]},
        {"members": [raw(member_of(AA)) | {"send": ["b", "a"]}]},
        {"members": [raw(member_of(AA)) | {"accept": ["a", "a"]}]},
        {"members": [raw(member_of(AA)) | {"accept": ["a.b.*"]}]},
        {"members": [raw(member_of(AA)) | {"status": "guest"}]},
        {"members": [raw(member_of(AA)) | {"id": "AA.police"}]},
        {"members": [raw(member_of(AA)) | {"root_keys": []}]},
        {"members": [raw(member_of(AA)) | {"root_keys": [{"alg": 3, "key": bytes(32)}]}]},
        {"members": [raw(member_of(AA)) | {"root_keys": [{"alg": 1, "key": bytes(32)}]}]},
        {"members": [raw(member_of(AA)) | {"root_keys": [{"alg": 1, "key": b"short"}]}]},
        {"members": [raw(member_of(TWO)) | {"root_keys": raw(member_of(TWO))["root_keys"][::-1]}]},
        {"suites": []},
        {"suites": [2, 1]},
        {"suites": [3]},
        {"rules": {"admit": 0, "amend": 1, "expel": 1, "suspend": 1}},
        {"limits": {"lifetime_s": 59, "skew_s": 0}},
        {"limits": {"lifetime_s": 60, "skew_s": 601}},
        {"version": 0},
        {"version": 2},
        {"prev": bytes(32)},
        {"treaty": bytes(32)},
        {"text": bytes(31)},
        {"title": ""},
        {"title": "x" * 201},
        {"type": "bundle"},
        {"v": 2},
        {"expires": -1},
        {"more": 1},
    ],
)
@pytest.mark.clause("CONV-001", "CONV-002", "CONV-004")
def test_a_body_out_of_form_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        treaties.read(altered(founded(AA), **fields))


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [[bytes(32), b"s"], [bytes(32), b"s"]],
        [[b"\x01" + bytes(31), b"s"], [bytes(32), b"s"]],
        [[bytes(31), b"s"]],
        [[bytes(32)]],
        [[bytes(32), b"s", 1]],
    ],
)
def test_signatures_out_of_form_are_refused(rows: list[Any]) -> None:
    with pytest.raises(MalformedError):
        treaties.read(encode([founded(AA).body_bytes, rows]))


@pytest.mark.clause("TREATY-017", "LIMIT-002")
def test_a_signed_version_longer_than_a_frame_is_refused_before_it_is_read() -> None:
    with pytest.raises(LimitError):
        treaties.read(bytes(MAX_FRAME_BYTES + 1))


@pytest.mark.clause("LIMIT-001", "TREATY-017")
def test_256_members_are_accepted_and_257_refused() -> None:
    kinds = ("cooperation.*", "prevention.*")

    def crowd(count: int) -> list[Member]:
        offices = [agency(f"aa.office-{number:03}") for number in range(count)]
        return [member_of(office, accept=kinds, send=kinds) for office in offices]

    full = treaties.body_bytes(treaty_of(*crowd(256)))
    signature = treaties.sign(full, agency("aa.office-000").roots[0])
    assert len(treaties.read(treaties.assemble(full, [signature])).treaty.members) == 256
    with pytest.raises(LocalError):
        treaties.body_bytes(treaty_of(*crowd(257)))


@given(st.binary(max_size=400))
def test_any_bytes_give_a_version_or_one_of_two_errors(data: bytes) -> None:
    with pytest.raises((MalformedError, LimitError)):
        treaties.read(data)


@given(st.data())
def test_a_version_with_altered_bytes_is_refused(data: st.DataObject) -> None:
    original = founded(AA, BB)
    place = data.draw(st.integers(0, len(original.data) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != original.data[place]))
    spoilt = original.data[:place] + bytes([byte]) + original.data[place + 1 :]
    with pytest.raises(RemoteError):
        verify_first(treaties.read(spoilt))


def test_a_body_of_ones_own_that_is_not_valid_is_a_local_error() -> None:
    with pytest.raises(LocalError, match="title"):
        treaties.body_bytes(treaty_of(AA, title=""))


def test_signatures_are_put_in_order_and_joined() -> None:
    body = treaties.body_bytes(treaty_of(AA, BB, QM))
    made = [treaties.sign(body, agency(party).roots[0]) for party in (AA, BB, QM)]
    halves = [treaties.read(treaties.assemble(body, part)) for part in (made[:2], made[1:])]
    merged = treaties.merge(*halves)
    assert merged.data == treaties.assemble(body, made) == treaties.assemble(body, made[::-1])
    verify_first(merged)


def test_signatures_of_different_bodies_cannot_be_joined() -> None:
    with pytest.raises(LocalError):
        treaties.merge(founded(AA), founded(AA, title="Other"))


def test_a_document_without_signatures_or_with_one_key_twice_cannot_be_put_together() -> None:
    body = treaties.body_bytes(treaty_of(AA))
    signature = treaties.sign(body, agency(AA).roots[0])
    for signatures in ([], [signature, signature]):
        with pytest.raises(LocalError):
            treaties.assemble(body, signatures)


# --- the first version -----------------------------------------------------------------------------------------------


@pytest.mark.clause("TREATY-001")
@pytest.mark.parametrize("status", ["active", "suspended", "withdrawn"])
def test_a_first_version_that_one_member_did_not_sign_is_refused(status: str) -> None:
    signed = signed_treaty(treaty_of(AA, BB, member_of(QM, status=status)), AA, BB)
    with pytest.raises(ThresholdError, match=QM):
        verify_first(signed)
    assert missing(signed, None) == [f"{QM} must sign with 1 more of its root keys"]


@pytest.mark.clause("TREATY-001")
@pytest.mark.parametrize(("signing", "lacking"), [(1, 1), (2, 0), (3, 0)])
def test_a_member_signs_with_as_many_root_keys_as_its_threshold(signing: int, lacking: int) -> None:
    signed = signed_treaty(treaty_of(AA, member_of(TWO, threshold=2)), AA, *TWO.roots[:signing])
    assert len(missing(signed, None)) == lacking


def test_a_second_version_is_not_a_first() -> None:
    with pytest.raises(SuccessorError):
        verify_first(signed_treaty(treaty_of(previous=founded())))


@pytest.mark.clause("TREATY-007")
def test_a_signature_by_a_stranger_is_refused() -> None:
    signed = signed_treaty(treaty_of(AA, BB), AA, BB, QM)
    with pytest.raises(AuthenticationError):
        verify_first(signed)


@pytest.mark.clause("TREATY-007")
def test_a_signature_over_another_body_is_refused() -> None:
    body, other = treaties.body_bytes(treaty_of(AA)), founded(AA, title="Other")
    with pytest.raises(AuthenticationError):
        verify_first(treaties.read(treaties.assemble(body, other.signatures)))


@pytest.mark.clause("KEY-003", "KEY-013", "TREATY-007")
def test_a_signature_with_another_label_is_refused() -> None:
    body, root = treaties.body_bytes(treaty_of(AA)), agency(AA).roots[0]
    foreign = Signature(root.public.id, root.sign(b"comity-v1 key-bundle", body))
    with pytest.raises(AuthenticationError):
        verify_first(treaties.read(treaties.assemble(body, [foreign])))


@pytest.mark.clause("KEY-004", "TREATY-007")
def test_a_hybrid_root_key_needs_both_halves_of_its_signature() -> None:
    key = SigningKey.from_seed(Algorithm.ED25519_MLDSA65, seed("hybrid", 64))
    member = member_of(AA, root_keys=(RootKey(alg=2, key=key.public.data),))
    body = treaties.body_bytes(treaty_of(member))
    whole = treaties.sign(body, key)
    verify_first(treaties.read(treaties.assemble(body, [whole])))
    spoilt = Signature(whole.key_id, whole.signature[:-1] + bytes([whole.signature[-1] ^ 1]))
    with pytest.raises(AuthenticationError):
        verify_first(treaties.read(treaties.assemble(body, [spoilt])))


@pytest.mark.clause("TREATY-009")
def test_a_root_key_of_two_members_is_refused() -> None:
    copied = member_of(BB, root_keys=root_keys(agency(AA).roots))
    with pytest.raises(RosterError):
        verify_first(signed_treaty(treaty_of(AA, copied), AA))


@pytest.mark.clause("TREATY-010")
@pytest.mark.parametrize(
    "times",
    [
        {"issued": EPOCH_US + 1, "effective": EPOCH_US},
        {"effective": EPOCH_US, "expires": EPOCH_US},
        {"effective": EPOCH_US + 1, "expires": EPOCH_US},
    ],
)
def test_impossible_times_are_refused(times: dict[str, int]) -> None:
    with pytest.raises(ValidityError):
        verify_first(founded(AA, **times))


@pytest.mark.clause("TREATY-010")
def test_a_version_may_be_issued_at_the_moment_it_takes_effect() -> None:
    verify_first(founded(AA, issued=EPOCH_US, effective=EPOCH_US, expires=EPOCH_US + 1))


@pytest.mark.clause("TREATY-008")
@pytest.mark.parametrize("rule", ["admit", "amend", "expel", "suspend"])
def test_a_rule_never_asks_for_more_members_than_can_sign(rule: str) -> None:
    bound = 3 if rule in ("admit", "amend") else 2
    members = (AA, BB, QM, member_of(XA, status="suspended"))
    verify_first(founded(*members, rules=rules_of(1, **{rule: bound})))
    with pytest.raises(RosterError, match=rule):
        verify_first(founded(*members, rules=rules_of(1, **{rule: bound + 1})))


@pytest.mark.clause("TREATY-008")
def test_one_active_member_is_enough_and_none_is_not() -> None:
    verify_first(founded(AA))
    with pytest.raises(RosterError):
        verify_first(founded(member_of(AA, status="suspended")))


# --- successors ------------------------------------------------------------------------------------------------------


@pytest.mark.clause("TREATY-002")
@pytest.mark.parametrize("fields", [{"version": 3}, {"prev": bytes(32)}, {"treaty": bytes(32)}])
def test_a_version_out_of_place_is_refused(fields: dict[str, Any]) -> None:
    first = founded()
    succeed(signed_treaty(treaty_of(previous=first)), first)
    with pytest.raises(SuccessorError):
        succeed(signed_treaty(treaty_of(previous=first, **fields)), first)


CASES: list[tuple[tuple[Member | str, ...], dict[str, Any], set[Change]]] = [
    ((AA, BB, QM), {}, {Change.AMEND}),
    ((AA, BB, QM), {"effective": EPOCH_US + 1, "issued": EPOCH_US}, {Change.AMEND}),
    ((AA, BB, QM), {"title": "Other"}, {Change.AMEND}),
    ((AA, BB, QM), {"expires": EPOCH_US + DAY_US}, {Change.AMEND}),
    ((AA, BB, QM, XA), {}, {Change.ADMIT}),
    ((AA, BB, QM, XA), {"title": "Other"}, {Change.ADMIT, Change.AMEND}),
    ((AA, BB, QM, XA), {"effective": EPOCH_US + 1}, {Change.ADMIT}),
    ((AA, BB, member_of(QM, status="suspended")), {}, {Change.SUSPEND}),
    ((AA, BB, member_of(QM, status="withdrawn")), {}, {Change.EXPEL}),
    ((AA, BB), {}, {Change.EXPEL}),
    ((AA, BB, member_of(QM, name="Other")), {}, {Change.AMEND}),
    ((AA, BB, member_of(QM, status="suspended", send=())), {}, {Change.SUSPEND, Change.AMEND}),
    ((AA, member_of(BB, status="suspended"), XA), {}, {Change.ADMIT, Change.SUSPEND, Change.EXPEL}),
]


@pytest.mark.clause("TREATY-003")
@pytest.mark.parametrize(("members", "fields", "expected"), CASES)
def test_each_change_belongs_to_the_classes_of_the_table(
    members: tuple[Member | str, ...], fields: dict[str, Any], expected: set[Change]
) -> None:
    first = founded()
    assert set(changes(treaty_of(*members, previous=first, **fields), first.treaty)) == expected


@pytest.mark.clause("TREATY-005")
def test_whoever_is_suspended_readmitted_or_expelled_is_not_counted() -> None:
    first = founded(AA, BB, member_of(QM, status="suspended"))
    after = treaty_of(AA, member_of(BB, status="suspended"), QM, previous=first).members
    found = changes(treaty_of(*after, previous=first), first.treaty)
    assert found == {Change.SUSPEND: frozenset({BB, QM})}
    gone = changes(treaty_of(AA, previous=first), first.treaty)
    assert gone == {Change.EXPEL: frozenset({BB, QM})}


@pytest.mark.clause("TREATY-003", "TREATY-004")
@pytest.mark.parametrize(("signers", "enough"), [((AA,), False), ((AA, BB), True), ((BB, QM), True)])
def test_as_many_members_approve_as_the_rule_says(signers: tuple[str, ...], enough: bool) -> None:
    first = founded(rules=rules_of(2))
    second = signed_treaty(treaty_of(previous=first, title="Other"), *signers)
    assert (missing(second, first) == []) is enough
    if enough:
        succeed(second, first)
        return
    with pytest.raises(ThresholdError, match="amend: 1 more must sign under version 1"):
        succeed(second, first)


@pytest.mark.clause("TREATY-003")
def test_the_rule_of_the_old_version_counts() -> None:
    first = founded(rules=rules_of(2))
    lowered = treaty_of(previous=first, rules=rules_of(1))
    with pytest.raises(ThresholdError, match="version 1"):
        succeed(signed_treaty(lowered, AA), first)
    succeed(signed_treaty(lowered, AA, BB), first)


@pytest.mark.clause("TREATY-004")
def test_the_rule_of_the_new_version_counts() -> None:
    first = founded(rules=rules_of(1))
    raised = treaty_of(previous=first, rules=rules_of(2))
    with pytest.raises(ThresholdError, match="version 2"):
        succeed(signed_treaty(raised, AA), first)
    succeed(signed_treaty(raised, AA, BB), first)


@pytest.mark.clause("TREATY-003", "TREATY-004")
def test_a_member_with_new_keys_approves_under_the_old_and_the_new() -> None:
    first = founded(AA, BB, rules=rules_of(2, expel=1, suspend=1))
    fresh = SigningKey.from_seed(Algorithm.ED25519, seed("a new root key"))
    body = treaty_of(AA, member_of(BB, root_keys=root_keys([fresh])), previous=first)
    with pytest.raises(ThresholdError, match="version 1"):
        succeed(signed_treaty(body, AA, fresh), first)
    succeed(signed_treaty(body, AA, BB, fresh), first)


@pytest.mark.clause("TREATY-003")
def test_a_suspended_member_does_not_count() -> None:
    first = founded(AA, BB, member_of(QM, status="suspended"), rules=rules_of(2, expel=1, suspend=1))
    body = treaty_of(previous=first, title="Other")
    with pytest.raises(ThresholdError):
        succeed(signed_treaty(body, AA, QM), first)
    succeed(signed_treaty(body, AA, BB), first)


@pytest.mark.clause("TREATY-005")
@pytest.mark.parametrize("status", ["suspended", "withdrawn", None])
def test_a_member_has_no_say_in_its_own_suspension_or_expulsion(status: str | None) -> None:
    first = founded(AA, BB, QM, rules=rules_of(2), expires=EPOCH_US + DAY_US)
    left = (AA, BB) if status is None else (AA, BB, member_of(QM, status=status))
    rules = rules_of(2, expel=1, suspend=1)
    base = founded(AA, BB, QM, rules=rules)
    body = treaty_of(*left, previous=first, rules=rules)
    with pytest.raises(ThresholdError, match="under version 1"):
        succeed(signed_treaty(body, AA, QM), first)
    succeed(signed_treaty(body, AA, BB), first)
    succeed(signed_treaty(treaty_of(*left, previous=base), AA), base)


@pytest.mark.clause("TREATY-006")
def test_a_new_member_proves_its_keys() -> None:
    first = founded()
    body = treaty_of(AA, BB, QM, XA, previous=first)
    with pytest.raises(PossessionError, match=XA):
        succeed(signed_treaty(body, AA, BB, QM), first)
    succeed(signed_treaty(body, AA, XA), first)


@pytest.mark.clause("TREATY-006")
def test_every_new_key_signs_also_beyond_the_threshold() -> None:
    first = founded()
    body = treaty_of(AA, BB, QM, member_of(TWO, threshold=1), previous=first)
    with pytest.raises(PossessionError):
        succeed(signed_treaty(body, AA, *TWO.roots[:2]), first)
    succeed(signed_treaty(body, AA, *TWO.roots), first)


@pytest.mark.clause("TREATY-006")
def test_a_key_that_passes_from_one_member_to_another_is_a_new_key() -> None:
    first = founded()
    heir = member_of(XA, root_keys=root_keys(agency(QM).roots))
    with pytest.raises(PossessionError, match=XA):
        succeed(signed_treaty(treaty_of(AA, BB, heir, previous=first), AA, BB), first)


@pytest.mark.clause("TREATY-007")
def test_a_successor_with_one_bad_signature_among_good_ones_is_refused() -> None:
    first = founded()
    good = signed_treaty(treaty_of(previous=first))
    rows = [*good.signatures[:-1], Signature(good.signatures[-1].key_id, bytes(64))]
    with pytest.raises(AuthenticationError):
        succeed(treaties.read(treaties.assemble(good.body_bytes, rows)), first)


@pytest.mark.clause("TREATY-016")
@pytest.mark.parametrize("history", ["in the version before", "long ago"])
def test_a_withdrawn_member_does_not_come_back(history: str) -> None:
    recent = history == "in the version before"
    first = founded(AA, BB, member_of(QM, status="withdrawn")) if recent else founded(AA, BB)
    body = signed_treaty(treaty_of(AA, BB, QM, previous=first))
    with pytest.raises(RosterError, match=QM):
        succeed(body, first, () if recent else (QM,))


@pytest.mark.clause("TREATY-019")
@pytest.mark.parametrize(("version", "same_hash"), [(1, True), (2, False)])
def test_a_version_does_not_go_back_to_an_older_vocabulary(version: int, same_hash: bool) -> None:
    first = founded(AA, BB, vocabulary=Pin(hash=bytes(32), version=2))
    older = Pin(hash=bytes(32) if same_hash else b"\x01" * 32, version=version)
    with pytest.raises(RosterError, match="vocabulary"):
        succeed(signed_treaty(treaty_of(previous=first, vocabulary=older)), first)
    newer = Pin(hash=b"\x01" * 32, version=3)
    succeed(signed_treaty(treaty_of(previous=first, vocabulary=newer)), first)


@pytest.mark.clause("TREATY-005", "TREATY-016")
def test_a_suspended_member_comes_back_by_the_vote_of_the_others() -> None:
    first = founded(AA, BB, member_of(QM, status="suspended"))
    body = treaty_of(AA, BB, QM, previous=first)
    with pytest.raises(ThresholdError):
        succeed(signed_treaty(body, QM), first)
    succeed(signed_treaty(body, AA), first)


def test_approvals_are_counted_under_the_keys_of_the_version_that_is_named() -> None:
    first = founded(AA, BB)
    second = signed_treaty(treaty_of(AA, BB, QM, previous=first), AA, QM)
    assert amendment.approvals(second, first.treaty) == {AA}
    assert amendment.approvals(second, second.treaty) == {AA, QM}


def test_who_must_still_sign_is_said_in_words() -> None:
    first = founded(AA, BB, rules=rules_of(2, expel=1, suspend=1))
    draft = signed_treaty(treaty_of(AA, BB, QM, previous=first), AA)
    new_key = agency(QM).roots[0].public.id.hex()
    assert missing(draft, first) == [
        f"{QM} must sign with its new root key {new_key}",
        f"admit: 1 more must sign under version 1, of: {BB}",
        f"admit: 1 more must sign under version 2, of: {BB}, {QM}",
    ]


# --- patterns --------------------------------------------------------------------------------------------------------


@pytest.mark.clause("DIR-003", "CONV-003")
@pytest.mark.parametrize(
    ("pattern", "kind", "expected"),
    [
        ("*", "text", True),
        ("*", "prevention.stop-payment", True),
        ("prevention.*", "prevention.stop-payment", True),
        ("prevention.*", "prevention", False),
        ("prevention.*", "preventions.stop", False),
        ("prevention.stop-payment", "prevention.stop-payment", True),
        ("prevention.stop-payment", "prevention.stop-payments", False),
        ("text", "text", True),
        ("text", "text.more", False),
    ],
)
def test_a_pattern_stands_for_kinds(pattern: str, kind: str, expected: bool) -> None:
    assert matches(pattern, kind) is expected
    assert PatternSet.of((pattern, "unrelated")).matches(kind) is expected


def test_no_pattern_stands_for_nothing() -> None:
    assert not PatternSet.of(()).matches("text")


def test_the_limits_of_a_treaty_are_accepted_at_their_bounds() -> None:
    for lifetime_s, skew_s in ((60, 0), (7_776_000, 600)):
        verify_first(founded(AA, limits=TreatyLimits(lifetime_s=lifetime_s, skew_s=skew_s)))


def test_a_version_knows_its_members() -> None:
    treaty: Treaty = founded(AA, member_of(BB, status="suspended")).treaty
    assert [member.id for member in treaty.active()] == [AA]
    found = treaty.member(BB)
    assert found is not None
    assert found.status == "suspended"
    assert treaty.member(QM) is None
