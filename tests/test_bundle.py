"""The bundle: its form, who must sign it, and which of its keys are usable when."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity import bundle as bundles
from comity.bundle import Bundle, BundleKey, Officer, Revocation, SignedBundle, missing, verify
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
from comity.limits import MAX_FRAME_BYTES
from tests.support.alliance import (
    DAY_US,
    EPOCH_US,
    NOW_US,
    PARTIES,
    Agency,
    agency,
    bundle_keys,
    bundle_of,
    member_of,
    signed_bundle,
)

AA, BB = PARTIES[:2]
TREATY_ID = bytes(range(32))
MEMBER = member_of(AA)
OLD, NEW = agency(AA), agency(AA, 1)


def first(**fields: Any) -> SignedBundle:
    return signed_bundle(bundle_of(AA, TREATY_ID, **fields))


def altered(signed: SignedBundle, **fields: Any) -> bytes:
    """Return the bundle with other fields in its body and the old signatures, whatever its form."""
    body = decode(signed.body_bytes, MAX_FRAME_BYTES)
    assert isinstance(body, dict)
    body |= fields
    return encode([encode(body), [[row.key_id, row.signature] for row in signed.signatures]])


def raw_keys() -> list[dict[str, Any]]:
    value = decode(encode(list(first().bundle.keys)), MAX_FRAME_BYTES)
    assert isinstance(value, list)
    return value


def dated(*keys: BundleKey) -> Bundle:
    """Return a bundle of the old keys and of `keys`, in their order."""
    every = {key.public.id: key for key in (*first().bundle.keys, *keys)}
    return bundle_of(AA, TREATY_ID, keys=tuple(every[key_id] for key_id in sorted(every)))


# --- form ------------------------------------------------------------------------------------------------------------


def test_a_bundle_that_its_party_signed_is_believed() -> None:
    signed = first()
    verify(signed, MEMBER, None)
    assert missing(signed, MEMBER) == []
    assert bundles.read(signed.data) == signed


def key_with(**fields: Any) -> list[dict[str, Any]]:
    """Return the keys of a good bundle, the link key changed."""
    return [key | fields if key["use"] == "link" else key for key in raw_keys()]


@pytest.mark.parametrize(
    "fields",
    [
        {"keys": raw_keys()[:3]},
        {"keys": raw_keys()[::-1]},
        {"keys": [raw_keys()[0], *raw_keys()]},
        {"keys": key_with(alg=1)},
        {"keys": key_with(alg=5)},
        {"keys": key_with(use="root")},
        {"keys": key_with(use="envelope")},
        {"keys": key_with(key=bytes(31))},
        {"keys": key_with(key=bytes(32))},
        {"keys": key_with(more=1)},
        {"endpoints": [{"host": "a", "port": 0}]},
        {"endpoints": [{"host": "a", "port": 65_536}]},
        {"endpoints": [{"host": "a", "port": 1}] * 9},
        {"reservations": ["b", "a"]},
        {"reservations": ["*", "*"]},
        {"revoked": [{"at": 0, "key": bytes(32)}] * 2},
        {"revoked": [{"at": 0, "key": bytes(31)}]},
        {"serial": 0},
        {"serial": 2},
        {"prev": bytes(32)},
        {"party": "nobody"},
        {"treaty": b""},
        {"type": "treaty"},
        {"v": 2},
        {"contact": None},
        {"more": 1},
    ],
)
@pytest.mark.clause("CONV-001", "CONV-002", "CONV-004")
def test_a_body_out_of_form_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        bundles.read(altered(first(), **fields))


@pytest.mark.clause("BUNDLE-008")
def test_a_key_that_stands_twice_is_refused_also_for_two_uses() -> None:
    shared = NEW.signing.public
    publics = [(use, shared if use in ("signing", "log") else public) for use, public in NEW.publics]
    keys = bundle_keys(publics, EPOCH_US, EPOCH_US + DAY_US)
    with pytest.raises(ValueError, match="keys"):
        bundle_of(AA, TREATY_ID, keys=keys)
    with pytest.raises(MalformedError):
        bundles.read(altered(first(), keys=list(keys)))


def officer(name: str, key: bytes) -> Officer:
    return Officer(alg=1, since=EPOCH_US, id=name, key=key, roles=("releaser",), until=EPOCH_US + DAY_US)


@pytest.mark.clause("BUNDLE-018")
def test_a_key_of_two_officers_is_refused() -> None:
    shared = NEW.roots[0].public.data
    with pytest.raises(ValueError, match="officers"):
        bundle_of(OLD, TREATY_ID, officers=(officer("officer-1", shared), officer("officer-2", shared)))


@pytest.mark.clause("BUNDLE-018")
def test_an_officer_with_the_signing_key_of_the_agency_is_refused() -> None:
    with pytest.raises(ValueError, match="keys and officers"):
        bundle_of(OLD, TREATY_ID, officers=(officer("officer-1", OLD.signing.public.data),))


@pytest.mark.clause("BUNDLE-006")
def test_an_officer_whose_time_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="validity"):
        Officer(alg=1, since=2, id="officer-1", key=NEW.roots[0].public.data, roles=("releaser",), until=2)


@pytest.mark.clause("LIMIT-002")
def test_a_body_beyond_its_bound_is_refused() -> None:
    with pytest.raises((LimitError, MalformedError)):
        bundles.read(encode([bytes(65_537), [[bytes(32), bytes(64)]]]))


@given(st.binary(max_size=400))
def test_any_bytes_give_a_bundle_or_one_of_two_errors(data: bytes) -> None:
    with pytest.raises((MalformedError, LimitError)):
        bundles.read(data)


@given(st.data())
def test_a_bundle_with_altered_bytes_is_refused(data: st.DataObject) -> None:
    original = first()
    place = data.draw(st.integers(0, len(original.data) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != original.data[place]))
    spoilt = original.data[:place] + bytes([byte]) + original.data[place + 1 :]
    with pytest.raises(RemoteError):
        verify(bundles.read(spoilt), MEMBER, None)


def test_signatures_are_joined_and_only_those_of_one_body() -> None:
    body = bundles.body_bytes(bundle_of(AA, TREATY_ID))
    made = [bundles.sign(body, key) for key in (*OLD.roots, OLD.signing, OLD.log)]
    halves = [bundles.read(bundles.assemble(body, part)) for part in (made[:2], made[1:])]
    assert bundles.merge(*halves) == first()
    with pytest.raises(LocalError):
        bundles.merge(first(), first(until=NOW_US))


# --- who must sign ---------------------------------------------------------------------------------------------------


@pytest.mark.clause("BUNDLE-001")
@pytest.mark.parametrize(("signing", "enough"), [(1, False), (2, True), (3, True)])
def test_as_many_root_keys_sign_as_the_threshold_says(signing: int, enough: bool) -> None:
    three = agency(AA, roots=3)
    member = member_of(three, threshold=2)
    signed = signed_bundle(bundle_of(three, TREATY_ID), *three.roots[:signing], three.signing, three.log)
    assert (missing(signed, member) == []) is enough
    if enough:
        verify(signed, member, None)
        return
    with pytest.raises(ThresholdError, match="1 more"):
        verify(signed, member, None)


@pytest.mark.clause("BUNDLE-002")
@pytest.mark.parametrize("absent", ["signing", "log"])
def test_every_signing_and_log_key_signs_the_bundle(absent: str) -> None:
    signers = {"signing": OLD.signing, "log": OLD.log}
    del signers[absent]
    signed = signed_bundle(bundle_of(AA, TREATY_ID), *OLD.roots, *signers.values())
    with pytest.raises(PossessionError):
        verify(signed, MEMBER, None)
    assert len(missing(signed, MEMBER)) == 1


@pytest.mark.clause("BUNDLE-002")
def test_keys_that_an_earlier_bundle_listed_sign_again() -> None:
    held = first()
    second = bundle_of(AA, TREATY_ID, held)
    with pytest.raises(PossessionError):
        verify(signed_bundle(second, *OLD.roots), MEMBER, held)
    verify(signed_bundle(second), MEMBER, held)


@pytest.mark.clause("BUNDLE-003")
def test_a_signature_by_a_stranger_is_refused() -> None:
    signed = signed_bundle(bundle_of(AA, TREATY_ID), AA, agency(BB).signing)
    with pytest.raises(AuthenticationError):
        verify(signed, MEMBER, None)


@pytest.mark.clause("BUNDLE-003", "KEY-013")
def test_one_bad_signature_among_good_ones_is_refused() -> None:
    good = first()
    for bad in (bytes(64), b"", OLD.signing.sign(b"comity-v1 treaty", good.body_bytes)):
        rows = [row for row in good.signatures if row.key_id != OLD.signing.public.id]
        rows.append(Signature(OLD.signing.public.id, bad))
        with pytest.raises(AuthenticationError):
            verify(bundles.read(bundles.assemble(good.body_bytes, rows)), MEMBER, None)


def test_the_bundle_of_another_party_is_refused() -> None:
    with pytest.raises(SuccessorError):
        verify(first(), member_of(BB), None)


@pytest.mark.clause("BUNDLE-004")
@pytest.mark.parametrize("fields", [{"serial": 3}, {"prev": bytes(32)}])
def test_a_bundle_that_does_not_follow_the_one_before_is_refused(fields: dict[str, Any]) -> None:
    held = first()
    verify(signed_bundle(bundle_of(AA, TREATY_ID, held)), MEMBER, held)
    with pytest.raises(SuccessorError):
        verify(signed_bundle(bundle_of(AA, TREATY_ID, held, **fields)), MEMBER, held)


# --- times and uses --------------------------------------------------------------------------------------------------


@pytest.mark.clause("BUNDLE-005", "LIMIT-001", "LIMIT-002")
def test_a_bundle_is_valid_for_90_days_at_most() -> None:
    verify(first(until=EPOCH_US + 90 * DAY_US), MEMBER, None)
    with pytest.raises(ValidityError):
        verify(first(until=EPOCH_US + 90 * DAY_US + 1), MEMBER, None)


@pytest.mark.clause("BUNDLE-006")
@pytest.mark.parametrize("until", [EPOCH_US, EPOCH_US - 1])
def test_a_validity_ends_after_it_begins(until: int) -> None:
    keys = bundle_keys(OLD.publics, EPOCH_US, EPOCH_US + DAY_US)
    with pytest.raises(ValidityError):
        verify(first(until=until, keys=keys), MEMBER, None)
    with pytest.raises(ValidityError):
        verify(first(keys=bundle_keys(OLD.publics, EPOCH_US, until)), MEMBER, None)


@pytest.mark.clause("BUNDLE-007")
@pytest.mark.parametrize("absent", ["link", "signing", "envelope", "log"])
def test_a_bundle_has_a_key_of_each_use(absent: str) -> None:
    publics = [pair for pair in (*OLD.publics, *NEW.publics) if pair[0] != absent]
    signed = signed_bundle(bundle_of(AA, TREATY_ID, keys=bundle_keys(publics, EPOCH_US, NOW_US)), OLD, NEW)
    with pytest.raises(RosterError, match=absent):
        verify(signed, MEMBER, None)


@pytest.mark.clause("BUNDLE-012")
def test_a_key_is_usable_from_its_beginning_and_before_its_end() -> None:
    key = bundle_keys(NEW.publics, NOW_US, NOW_US + DAY_US)[0]
    bundle = dated(key)
    for moment, expected in ((-1, False), (0, True), (DAY_US - 1, True), (DAY_US, False)):
        assert (key in bundle.usable(key.use, NOW_US + moment)) is expected


@pytest.mark.clause("BUNDLE-012")
def test_no_key_is_usable_outside_the_validity_of_the_bundle() -> None:
    keys = bundle_keys(OLD.publics, 0, EPOCH_US + 900 * DAY_US)
    bundle = bundle_of(AA, TREATY_ID, keys=keys)
    for moment, expected in ((EPOCH_US - 1, 0), (EPOCH_US, 1), (bundle.until - 1, 1), (bundle.until, 0)):
        assert len(bundle.usable("signing", moment)) == expected
        assert bundle.is_valid(moment) is bool(expected)


@pytest.mark.clause("BUNDLE-012")
def test_a_key_is_usable_until_the_moment_of_its_revocation() -> None:
    revocation = Revocation(at=NOW_US, key=OLD.signing.public.id)
    bundle = bundle_of(AA, TREATY_ID, revoked=(revocation,))
    assert len(bundle.usable("signing", NOW_US - 1)) == 1
    assert bundle.usable("signing", NOW_US) == []
    assert len(bundle.usable("log", NOW_US)) == 1


@pytest.mark.clause("BUNDLE-015")
def test_the_key_that_began_last_comes_first() -> None:
    later = bundle_keys(NEW.publics, EPOCH_US + 1, NOW_US + DAY_US)
    order = [key.since for key in dated(*later).usable("signing", NOW_US)]
    assert order == [EPOCH_US + 1, EPOCH_US]


@pytest.mark.clause("BUNDLE-015")
@pytest.mark.parametrize("generation", range(1, 6))
def test_of_keys_that_began_together_the_lowest_id_comes_first(generation: int) -> None:
    other: Agency = agency(AA, generation)
    bundle = dated(*bundle_keys(other.publics, EPOCH_US, EPOCH_US + 90 * DAY_US))
    ids = [key.public.id for key in bundle.usable("log", NOW_US)]
    assert len(ids) == 2
    assert ids == sorted(ids)
