"""The directory: which documents come in, what they leave behind, and what holds at a time."""

from collections.abc import Callable
from typing import Any

import pytest

from comity.bundle import Officer, Revocation, SignedBundle, Use
from comity.directory import Directory, Outcome
from comity.errors import (
    EquivocationError,
    KeyNotValidError,
    KindNotAcceptedError,
    KindNotAllowedError,
    LocalError,
    MalformedError,
    NotActiveError,
    RemoteError,
    RollbackError,
    RosterError,
    SuccessorError,
    ThresholdError,
    ValidityError,
)
from comity.keys import PublicKey, SigningKey
from comity.treaty import SignedTreaty, TreatyLimits
from tests.support.alliance import (
    DAY_US,
    EPOCH_US,
    NOW_US,
    PARTIES,
    Alliance,
    agency,
    alliance,
    bundle_keys,
    bundle_of,
    member_of,
    root_keys,
    rules_of,
    seed,
    signed_bundle,
    signed_treaty,
    treaty_of,
)

AA, BB, QM, XA = PARTIES
KIND = "prevention.stop-payment"
TIMES = (EPOCH_US - 1, EPOCH_US, NOW_US, EPOCH_US + 90 * DAY_US, EPOCH_US + 365 * DAY_US)


def answers(directory: Directory) -> list[object]:
    """Return what the directory says at several times, to compare two directories or one before and after."""
    said: list[object] = [directory.head, directory.proofs]
    for party in PARTIES:
        newest = directory.bundle(party)
        said += [party, newest and newest.hash, [key.id for key in directory.log_keys(party)]]
        for now_us in TIMES:
            said += [outcome(directory.may_speak, party, now_us), outcome(directory.may_send, party, KIND, now_us)]
            said += [outcome(directory.usable_key, party, use, now_us) for use in ("link", "signing", "envelope")]
    return said + [dict(directory.link_keys(now_us)) for now_us in TIMES]


def outcome(question: Callable[..., object], *arguments: object) -> object:
    try:
        return question(*arguments)
    except RemoteError as fault:
        return type(fault)


def refuse(directory: Directory, error: type[RemoteError], document: SignedTreaty | SignedBundle | bytes) -> None:
    """Assert that the document is refused with the error and that the directory says what it said before."""
    before = answers(directory)
    with pytest.raises(error) as caught:
        add(directory, document)
    assert caught.type is error
    assert answers(directory) == before


def add(directory: Directory, document: SignedTreaty | SignedBundle | bytes, now_us: int = NOW_US) -> Outcome:
    if isinstance(document, SignedBundle):
        return directory.add_bundle(document.data, now_us)
    return directory.add_treaty(document if isinstance(document, bytes) else document.data, now_us)


def amended(previous: SignedTreaty, *members: Any, **fields: Any) -> SignedTreaty:
    return signed_treaty(treaty_of(*members, previous=previous, **({"title": "Amended"} | fields)))


def renewed(three: Alliance, party: str, generation: int = 1, **fields: Any) -> SignedBundle:
    """Return the successor of the party's bundle, with new keys, and with old root keys."""
    held = three.directory.bundle(party)
    return signed_bundle(
        bundle_of(agency(party, generation), three.treaty_id, held, **fields), agency(party, generation)
    )


@pytest.fixture
def three() -> Alliance:
    return alliance(AA, BB, QM)


# --- treaty versions come in -----------------------------------------------------------------------------------------


def test_a_new_directory_holds_nothing_and_says_so() -> None:
    directory = Directory()
    assert directory.version(1) is None
    assert directory.bundle(AA) is None
    assert outcome(directory.may_speak, AA, NOW_US) is NotActiveError
    assert outcome(directory.in_force, NOW_US) is ValidityError
    for question in (lambda: directory.head, lambda: directory.treaty_id):
        with pytest.raises(LocalError):
            question()


@pytest.mark.clause("TREATY-012")
def test_only_the_first_version_of_the_expected_treaty_is_believed(three: Alliance) -> None:
    directory = Directory(three.treaty_id)
    with pytest.raises(SuccessorError):
        add(directory, signed_treaty(treaty_of(AA, BB, QM, title="Other")))
    with pytest.raises(SuccessorError):
        add(directory, amended(three.treaty))
    assert directory.version(1) is None
    assert add(directory, three.treaty) is Outcome.NEW
    assert directory.head == (1, three.treaty_id)


@pytest.mark.clause("TREATY-012")
def test_versions_come_in_one_after_the_other_and_no_gap_is_left(three: Alliance) -> None:
    second = amended(three.treaty)
    third = amended(second)
    refuse(three.directory, SuccessorError, third)
    assert add(three.directory, second) is Outcome.NEW
    assert add(three.directory, third) is Outcome.NEW
    assert three.directory.head == (3, third.hash)
    assert three.directory.version(2) == second
    assert three.directory.version(0) is None
    assert three.directory.version(4) is None


@pytest.mark.clause("TREATY-012")
def test_a_version_that_is_held_already_changes_nothing(three: Alliance) -> None:
    second = amended(three.treaty)
    add(three.directory, second)
    before = answers(three.directory)
    fewer = signed_treaty(second.treaty, AA)
    for document in (three.treaty, second, fewer):
        assert add(three.directory, document) is Outcome.KNOWN
    assert answers(three.directory) == before


@pytest.mark.clause("TREATY-015")
def test_a_version_is_checked_whoever_hands_it_over(three: Alliance) -> None:
    body = treaty_of(previous=three.treaty, title="Amended", rules=rules_of(2))
    refuse(three.directory, ThresholdError, signed_treaty(body, AA))
    refuse(three.directory, MalformedError, b"junk")


@pytest.mark.clause("TREATY-016")
def test_a_withdrawn_party_does_not_come_back_after_it_was_dropped(three: Alliance) -> None:
    second = amended(three.treaty, AA, BB, member_of(QM, status="withdrawn"))
    third = amended(second, AA, BB)
    add(three.directory, second)
    add(three.directory, third)
    refuse(three.directory, RosterError, amended(third, AA, BB, QM))


def test_an_old_version_that_nobody_signed_is_an_attempt_to_roll_back(three: Alliance) -> None:
    second = amended(three.treaty, rules=rules_of(2))
    add(three.directory, second)
    add(three.directory, amended(second))
    forged = signed_treaty(treaty_of(previous=three.treaty, title="Forged", rules=rules_of(2)), AA)
    refuse(three.directory, RollbackError, forged)


# --- equivocation of the treaty --------------------------------------------------------------------------------------


@pytest.mark.clause("TREATY-013", "DIR-005")
@pytest.mark.parametrize("later", [0, 1, 2])
def test_two_valid_versions_of_one_number_stop_the_treaty(three: Alliance, later: int) -> None:
    held = amended(three.treaty)
    add(three.directory, held)
    last = held
    for _ in range(later):
        last = amended(last)
        add(three.directory, last)
    second = amended(three.treaty, title="Another")
    with pytest.raises(EquivocationError):
        add(three.directory, second)
    (proof,) = three.directory.proofs
    assert (proof.kind, proof.party, proof.held, proof.second) == ("treaty", None, held.data, second.data)
    assert three.directory.head == (2 + later, last.hash)
    for party in (AA, BB, QM):
        assert outcome(three.directory.may_speak, party, NOW_US) is NotActiveError
    assert outcome(three.directory.in_force, NOW_US) is ValidityError
    assert three.directory.link_keys(NOW_US) == {}


@pytest.mark.clause("TREATY-013")
def test_after_an_equivocation_nothing_more_comes_in(three: Alliance) -> None:
    held, second = amended(three.treaty), amended(three.treaty, title="Another")
    add(three.directory, held)
    with pytest.raises(EquivocationError):
        add(three.directory, second)
    assert add(three.directory, second) is Outcome.KNOWN
    refuse(three.directory, ValidityError, amended(held))
    refuse(three.directory, ValidityError, amended(three.treaty, title="A third"))
    refuse(three.directory, ValidityError, renewed(three, AA))


# --- what is in force ------------------------------------------------------------------------------------------------


@pytest.mark.clause("TREATY-014")
def test_the_highest_version_whose_time_has_come_is_in_force(three: Alliance) -> None:
    second = amended(three.treaty, effective=NOW_US + DAY_US, expires=NOW_US + 2 * DAY_US)
    add(three.directory, second)
    first = three.treaty.treaty
    assert outcome(three.directory.in_force, EPOCH_US - 1) is ValidityError
    assert three.directory.in_force(EPOCH_US) == first
    assert three.directory.in_force(NOW_US + DAY_US - 1) == first
    assert three.directory.in_force(NOW_US + DAY_US) == second.treaty
    assert three.directory.in_force(NOW_US + 2 * DAY_US - 1) == second.treaty
    assert outcome(three.directory.in_force, NOW_US + 2 * DAY_US) is ValidityError


def test_limits_suites_and_members_are_those_in_force() -> None:
    limits = TreatyLimits(lifetime_s=60, skew_s=1)
    directory = alliance(AA, BB, limits=limits, suites=(1, 2)).directory
    assert directory.limits(NOW_US) == limits
    assert directory.suites(NOW_US) == (1, 2)
    assert [member.id for member in directory.members(NOW_US)] == [AA, BB]
    for question in (directory.limits, directory.suites, directory.members):
        assert outcome(question, EPOCH_US - 1) is ValidityError


# --- bundles come in -------------------------------------------------------------------------------------------------


@pytest.mark.clause("BUNDLE-009", "BUNDLE-014")
def test_bundles_come_in_one_after_the_other(three: Alliance) -> None:
    held = three.bundles[AA]
    second = renewed(three, AA)
    own = agency(AA, 2)
    third = signed_bundle(bundle_of(own, three.treaty_id, second), own)
    refuse(three.directory, SuccessorError, third)
    assert add(three.directory, second) is Outcome.NEW
    assert add(three.directory, third) is Outcome.NEW
    assert three.directory.bundle(AA) == third
    assert three.directory.bundle_by_serial(AA, 1) == held
    assert three.directory.bundle_by_serial(AA, 4) is None
    assert add(three.directory, held) is Outcome.KNOWN
    assert three.directory.bundle(AA) == third


@pytest.mark.clause("BUNDLE-009")
def test_the_first_bundle_of_a_party_may_have_any_serial(three: Alliance) -> None:
    directory = Directory.replay([("treaty", three.treaty.data)])
    fifth = signed_bundle(bundle_of(AA, three.treaty_id, serial=5, prev=bytes(32)))
    assert add(directory, fifth) is Outcome.NEW
    refuse(directory, RollbackError, three.bundles[AA])
    assert add(directory, signed_bundle(bundle_of(AA, three.treaty_id, fifth))) is Outcome.NEW


@pytest.mark.clause("BUNDLE-004", "BUNDLE-009")
def test_a_bundle_that_names_another_predecessor_is_refused(three: Alliance) -> None:
    refuse(three.directory, SuccessorError, renewed(three, AA, prev=bytes(32)))


@pytest.mark.clause("BUNDLE-016")
def test_a_bundle_for_another_treaty_or_of_a_stranger_is_refused(three: Alliance) -> None:
    refuse(three.directory, SuccessorError, renewed(three, AA, treaty=bytes(32)))
    refuse(three.directory, RosterError, signed_bundle(bundle_of(XA, three.treaty_id)))


@pytest.mark.clause("BUNDLE-016", "BUNDLE-001")
def test_a_bundle_needs_a_treaty_in_force(three: Alliance) -> None:
    bundle = renewed(three, AA)
    for now_us in (EPOCH_US - 1, EPOCH_US + 365 * DAY_US):
        with pytest.raises(ValidityError):
            add(three.directory, bundle, now_us)
    assert add(three.directory, bundle) is Outcome.NEW


@pytest.mark.clause("BUNDLE-001")
def test_the_root_keys_of_the_version_in_force_count_and_no_others(three: Alliance) -> None:
    fresh = SigningKey.from_seed(agency(AA).roots[0].public.algorithm, seed("a fresh root"))
    member = member_of(AA, root_keys=root_keys([fresh]))
    body = treaty_of(member, BB, QM, previous=three.treaty, effective=NOW_US + DAY_US)
    add(three.directory, signed_treaty(body, AA, BB, QM, fresh))
    own = agency(AA, 1)
    by_old = renewed(three, AA)
    by_new = signed_bundle(by_old.bundle, own.signing, own.log, fresh)
    for now_us, good, bad in ((NOW_US, by_old, by_new), (NOW_US + DAY_US, by_new, by_old)):
        copy = three.directory.copy()
        with pytest.raises(RemoteError):
            add(copy, bad, now_us)
        assert copy.bundle(AA) == three.bundles[AA]
        assert add(copy, good, now_us) is Outcome.NEW


@pytest.mark.clause("BUNDLE-008")
@pytest.mark.parametrize("use", ["link", "signing", "envelope", "log"])
def test_a_key_of_another_party_is_refused(three: Alliance, use: Use) -> None:
    stolen = dict(agency(BB).publics)[use]
    publics = [(each, stolen if each == use else public) for each, public in agency(AA, 1).publics]
    keys = bundle_keys(publics, EPOCH_US, EPOCH_US + DAY_US)
    body = bundle_of(agency(AA, 1), three.treaty_id, three.bundles[AA], keys=keys)
    signers = [agency(AA, 1).signing, agency(AA, 1).log, agency(BB).signing, agency(BB).log]
    listed = {key.public.id for key in keys}
    signed = signed_bundle(body, *agency(AA).roots, *(key for key in signers if key.public.id in listed))
    refuse(three.directory, RosterError, signed)


@pytest.mark.clause("BUNDLE-008")
@pytest.mark.parametrize("party", [AA, BB])
def test_a_root_key_is_refused_as_a_key_of_a_bundle(three: Alliance, party: str) -> None:
    root = agency(party).roots[0]
    publics: list[tuple[Use, PublicKey]] = [pair for pair in agency(AA, 1).publics if pair[0] != "log"]
    keys = bundle_keys([*publics, ("log", root.public)], EPOCH_US, EPOCH_US + DAY_US)
    body = bundle_of(agency(AA, 1), three.treaty_id, three.bundles[AA], keys=keys)
    refuse(three.directory, RosterError, signed_bundle(body, *agency(AA).roots, agency(AA, 1).signing, root))


@pytest.mark.clause("BUNDLE-008")
def test_a_key_of_another_party_is_refused_as_the_key_of_an_officer(three: Alliance) -> None:
    key = agency(BB).signing.public.data
    stolen = Officer(alg=1, since=EPOCH_US, id="officer-1", key=key, roles=("releaser",), until=EPOCH_US + DAY_US)
    body = bundle_of(agency(AA, 1), three.treaty_id, three.bundles[AA], officers=(stolen,))
    refuse(
        three.directory, RosterError, signed_bundle(body, *agency(AA).roots, agency(AA, 1).signing, agency(AA, 1).log)
    )


# --- equivocation of a bundle ----------------------------------------------------------------------------------------


@pytest.mark.clause("BUNDLE-010", "DIR-006")
@pytest.mark.parametrize("serial", [1, 2])
def test_two_valid_bundles_of_one_serial_stop_the_keys_of_the_party(three: Alliance, serial: int) -> None:
    if serial == 1:
        held, second = three.bundles[AA], signed_bundle(bundle_of(AA, three.treaty_id, until=NOW_US + DAY_US))
    else:
        held, second = renewed(three, AA), renewed(three, AA, 2)
        add(three.directory, held)
    with pytest.raises(EquivocationError):
        add(three.directory, second)
    (proof,) = three.directory.proofs
    assert (proof.kind, proof.party, proof.held, proof.second) == ("bundle", AA, held.data, second.data)
    assert outcome(three.directory.may_speak, AA, NOW_US) is NotActiveError
    assert outcome(three.directory.usable_key, AA, "signing", NOW_US) is KeyNotValidError
    assert AA not in three.directory.link_keys(NOW_US).values()
    three.directory.may_speak(BB, NOW_US)
    assert add(three.directory, second) is Outcome.KNOWN
    refuse(three.directory, ValidityError, signed_bundle(bundle_of(AA, three.treaty_id, held)))


def test_an_old_bundle_that_was_never_signed_is_an_attempt_to_roll_back(three: Alliance) -> None:
    add(three.directory, renewed(three, AA))
    body = bundle_of(AA, three.treaty_id, until=NOW_US + DAY_US)
    refuse(three.directory, RollbackError, signed_bundle(body, agency(AA).signing, agency(AA).log))


@pytest.mark.clause("DIR-005", "DIR-006", "DIR-007", "TREATY-011", "BUNDLE-011")
@pytest.mark.parametrize("kind", ["treaty", "bundle"])
def test_an_equivocation_outlasts_a_restart(three: Alliance, kind: str) -> None:
    documents = [("treaty", three.treaty.data), *(("bundle", bundle.data) for bundle in three.bundles.values())]
    if kind == "treaty":
        pair: list[Any] = [amended(three.treaty), amended(three.treaty, title="Another")]
    else:
        pair = [renewed(three, AA), renewed(three, AA, 2)]
    add(three.directory, pair[0])
    with pytest.raises(EquivocationError):
        add(three.directory, pair[1])
    again = Directory.replay([*documents, *((kind, document.data) for document in pair)])
    assert answers(again) == answers(three.directory)
    assert len(again.proofs) == 1


# --- answers ---------------------------------------------------------------------------------------------------------


@pytest.mark.clause("DIR-001")
def test_an_active_member_with_a_valid_bundle_may_speak(three: Alliance) -> None:
    expires = EPOCH_US + 90 * DAY_US
    for now_us, expected in (
        (EPOCH_US - 1, NotActiveError),
        (EPOCH_US, None),
        (expires - 1, None),
        (expires, NotActiveError),
    ):
        assert outcome(three.directory.may_speak, AA, now_us) is expected
    assert outcome(three.directory.may_speak, XA, NOW_US) is NotActiveError


@pytest.mark.clause("DIR-001", "DIR-002")
@pytest.mark.parametrize("status", ["suspended", "withdrawn"])
def test_a_member_that_is_not_active_may_not_speak(three: Alliance, status: str) -> None:
    add(three.directory, amended(three.treaty, AA, BB, member_of(QM, status=status), effective=NOW_US + 1))
    three.directory.may_speak(QM, NOW_US)
    assert QM in three.directory.link_keys(NOW_US).values()
    assert outcome(three.directory.may_speak, QM, NOW_US + 1) is NotActiveError
    assert QM not in three.directory.link_keys(NOW_US + 1).values()


@pytest.mark.clause("DIR-001")
def test_a_member_without_a_bundle_may_not_speak(three: Alliance) -> None:
    directory = Directory.replay([("treaty", three.treaty.data)])
    assert outcome(directory.may_speak, AA, NOW_US) is NotActiveError
    assert outcome(directory.usable_key, AA, "link", NOW_US) is KeyNotValidError


@pytest.mark.clause("DIR-002", "BUNDLE-013")
def test_a_link_key_names_its_party_while_the_newest_bundle_lists_it(three: Alliance) -> None:
    old, new = agency(AA).link.public.data, agency(AA, 1).link.public.data
    assert three.directory.link_keys(NOW_US)[old] == AA
    add(three.directory, renewed(three, AA))
    keys = three.directory.link_keys(NOW_US)
    assert old not in keys
    assert keys[new] == AA


@pytest.mark.clause("BUNDLE-012", "BUNDLE-013", "BUNDLE-014")
def test_an_old_signing_key_is_remembered_and_no_longer_valid(three: Alliance) -> None:
    old, new = agency(AA).signing.public, agency(AA, 1).signing.public
    three.directory.check_signing_key(AA, old.id, NOW_US)
    add(three.directory, renewed(three, AA))
    assert outcome(three.directory.check_signing_key, AA, old.id, NOW_US) is KeyNotValidError
    three.directory.check_signing_key(AA, new.id, NOW_US)
    assert three.directory.signing_key(AA, old.id) == old
    assert three.directory.signing_key(AA, new.id) == new
    assert three.directory.signing_key(BB, old.id) is None
    assert three.directory.signing_key(AA, agency(AA).log.public.id) is None
    assert three.directory.log_keys(AA) == [agency(AA).log.public, agency(AA, 1).log.public]


@pytest.mark.clause("BUNDLE-012")
def test_a_key_is_not_used_outside_its_time_or_for_another_use(three: Alliance) -> None:
    signing = agency(AA).signing.public
    for now_us in (EPOCH_US - 1, EPOCH_US + 90 * DAY_US):
        assert outcome(three.directory.check_signing_key, AA, signing.id, now_us) is KeyNotValidError
        assert outcome(three.directory.usable_key, AA, "signing", now_us) is KeyNotValidError
    assert outcome(three.directory.check_signing_key, AA, agency(AA).log.public.id, NOW_US) is KeyNotValidError
    assert three.directory.usable_key(AA, "signing", NOW_US) == signing


@pytest.mark.clause("DIR-007", "BUNDLE-012", "TREATY-014")
def test_an_answer_does_not_depend_on_what_was_asked_before(three: Alliance) -> None:
    late = bundle_keys(agency(AA, 1).publics, EPOCH_US + 2 * DAY_US, EPOCH_US + 4 * DAY_US)
    keys = {key.public.id: key for key in (*three.bundles[AA].bundle.keys, *late)}
    revoked = (Revocation(at=EPOCH_US + 3 * DAY_US, key=agency(AA, 1).log.public.id),)
    ordered = tuple(keys[key_id] for key_id in sorted(keys))
    bundle = bundle_of(
        AA, three.treaty_id, three.bundles[AA], keys=ordered, revoked=revoked, until=EPOCH_US + 6 * DAY_US
    )
    add(three.directory, signed_bundle(bundle, agency(AA), agency(AA, 1)))
    add(three.directory, amended(three.treaty, effective=EPOCH_US + 5 * DAY_US))
    moments = [EPOCH_US + day * DAY_US + step for day in range(8) for step in (-1, 0)]
    for now_us in (*moments, *reversed(moments)):
        fresh = three.directory.copy()
        fresh.in_force(EPOCH_US + 200 * DAY_US)
        for use in ("link", "signing", "envelope", "log"):
            asked, judge = (outcome(each.usable_key, AA, use, now_us) for each in (three.directory, fresh))
            assert asked == judge
        assert outcome(three.directory.may_speak, AA, now_us) == outcome(fresh.may_speak, AA, now_us)
        assert outcome(three.directory.in_force, now_us) == outcome(fresh.in_force, now_us)


@pytest.mark.clause("DIR-003", "DIR-004")
def test_kinds_are_sent_and_accepted_as_the_treaty_says() -> None:
    members = (member_of(AA, send=("prevention.*",), accept=("text",)), member_of(BB, send=(), accept=("*",)))
    directory = Directory.replay([("treaty", signed_treaty(treaty_of(*members)).data)])
    directory.may_send(AA, KIND, NOW_US)
    directory.may_accept(BB, KIND, NOW_US)
    directory.may_accept(AA, "text", NOW_US)
    for party, kind in ((AA, "text"), (BB, KIND), (XA, "text")):
        assert outcome(directory.may_send, party, kind, NOW_US) is KindNotAllowedError
    for party, kind in ((AA, KIND), (XA, "text")):
        assert outcome(directory.may_accept, party, kind, NOW_US) is KindNotAcceptedError
    assert outcome(directory.may_send, AA, KIND, EPOCH_US - 1) is KindNotAllowedError


@pytest.mark.clause("DIR-004")
def test_a_reservation_takes_back_what_the_treaty_lets_a_party_accept(three: Alliance) -> None:
    add(three.directory, renewed(three, AA, reservations=("prevention.*",)))
    assert outcome(three.directory.may_accept, AA, KIND, NOW_US) is KindNotAcceptedError
    three.directory.may_accept(AA, "text", NOW_US)
    three.directory.may_send(AA, KIND, NOW_US)


# --- copies and replays ----------------------------------------------------------------------------------------------


def test_a_copy_changes_apart(three: Alliance) -> None:
    before = answers(three.directory)
    copy = three.directory.copy()
    assert answers(copy) == before
    add(copy, renewed(three, AA))
    add(copy, amended(three.treaty))
    assert answers(three.directory) == before
    assert answers(copy) != before


@pytest.mark.clause("DIR-007")
def test_a_replay_believes_a_bundle_that_was_signed_under_an_earlier_version(three: Alliance) -> None:
    fresh = SigningKey.from_seed(agency(AA).roots[0].public.algorithm, seed("a fresh root"))
    member = member_of(AA, root_keys=root_keys([fresh]))
    second = signed_treaty(
        treaty_of(member, BB, QM, previous=three.treaty, effective=NOW_US + DAY_US), AA, BB, QM, fresh
    )
    bundle = renewed(three, AA)
    add(three.directory, second)
    add(three.directory, bundle)
    documents: list[SignedTreaty | SignedBundle] = [three.treaty, *three.bundles.values(), second, bundle]
    kinds = ["treaty", "bundle", "bundle", "bundle", "treaty", "bundle"]
    again = Directory.replay(zip(kinds, (document.data for document in documents), strict=True))
    assert answers(again) == answers(three.directory)


def test_a_replay_of_what_was_never_acceptable_is_refused(three: Alliance) -> None:
    with pytest.raises(RemoteError):
        Directory.replay(
            [("treaty", three.treaty.data), ("bundle", signed_bundle(bundle_of(XA, three.treaty_id)).data)]
        )
    with pytest.raises(LocalError):
        Directory.replay([("letter", b"")])
