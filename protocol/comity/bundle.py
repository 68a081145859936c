"""The keys, addresses and reservations of one party, signed by the party itself (spec page bundle)."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from comity import documents
from comity.deadlines import Promise
from comity.documents import Label, Ordinal, Signature, SignedRow, refuse_disorder
from comity.encoding import Bytes32, Meta, Micros, Party, Record, decode_as, encode_record
from comity.errors import LocalError, PossessionError, RosterError, SuccessorError, ThresholdError, ValidityError
from comity.keys import Algorithm, PublicKey, SigningKey
from comity.labels import BUNDLE_SIGNATURE
from comity.limits import MAX_BUNDLE_BYTES, MAX_BUNDLE_DAYS, MAX_FRAME_BYTES
from comity.patterns import KindPatterns
from comity.treaty import Member

SIGNATURE_LABEL: Final = Label(BUNDLE_SIGNATURE)
MAX_VALIDITY_US: Final = MAX_BUNDLE_DAYS * 86_400 * 1_000_000

OfficerRole = Annotated[str, Meta(pattern=r"\A[a-z][a-z0-9-]{0,47}\Z", extra={"group": "officer-role"})]
Use = Literal["link", "signing", "envelope", "log"]
ALGORITHMS: Final[dict[Use, frozenset[int]]] = {
    "link": frozenset({3}),
    "signing": frozenset({1, 2}),
    "envelope": frozenset({4}),
    "log": frozenset({1}),
}
SIGNING_USES: Final[frozenset[Use]] = frozenset({"signing", "log"})


class Contact(Record, frozen=True):
    """Who answers, and when."""

    email: Annotated[str, Meta(min_length=1, max_length=254)] | None
    hours: Annotated[str, Meta(min_length=1, max_length=200)]
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    phone: Annotated[str, Meta(min_length=1, max_length=32)]
    time_zone: Annotated[str, Meta(min_length=1, max_length=64)]


class Endpoint(Record, frozen=True):
    """Where the node listens."""

    host: Annotated[str, Meta(min_length=1, max_length=253)]
    port: Annotated[int, Meta(ge=1, le=65_535)]


class BundleKey(Record, frozen=True, rename={"since": "from"}):
    """A public key, its use, and from when until when it may be used, in micros."""

    alg: Annotated[int, Meta(ge=1, le=4)]
    key: bytes
    since: Micros
    until: Micros
    use: Use

    def __post_init__(self) -> None:
        if self.alg not in ALGORITHMS[self.use]:
            raise ValueError(f"algorithm {self.alg} is not for the use {self.use}")

    @property
    def public(self) -> PublicKey:
        """The key, ready for use. Raises MalformedError where the bytes are no key of the algorithm."""
        return PublicKey(Algorithm(self.alg), self.key)


class Officer(Record, frozen=True, rename={"since": "from"}):
    """An officer who may sign approvals: a name that need not be the true one, the key, and from when until when."""

    alg: Literal[1]
    since: Micros
    id: Annotated[str, Meta(pattern=r"\A[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?\Z")]
    key: Bytes32
    roles: Annotated[tuple[OfficerRole, ...], Meta(min_length=1, max_length=8)]
    until: Micros

    def __post_init__(self) -> None:
        refuse_disorder("roles", self.roles)
        if self.since >= self.until:
            raise ValueError("the end of a validity is not later than its beginning")

    @property
    def public(self) -> PublicKey:
        """The key, ready to verify. Raises MalformedError where the bytes are no key of the algorithm."""
        return PublicKey(Algorithm(self.alg), self.key)


class Revocation(Record, frozen=True):
    """The id of a key that counts no more since `at`, in micros."""

    at: Micros
    key: Bytes32


class Bundle(Record, frozen=True, kw_only=True, rename={"since": "from"}):
    """The body. Times are micros; `prev` is None in serial 1 and only there."""

    contact: Contact
    endpoints: Annotated[tuple[Endpoint, ...], Meta(max_length=8)]
    since: Micros
    keys: Annotated[tuple[BundleKey, ...], Meta(min_length=4, max_length=32)]
    officers: Annotated[tuple[Officer, ...], Meta(max_length=64)] = ()
    party: Party
    prev: Bytes32 | None
    promises: Annotated[tuple[Promise, ...], Meta(max_length=24)] = ()
    reservations: KindPatterns
    revoked: Annotated[tuple[Revocation, ...], Meta(max_length=64)]
    serial: Ordinal
    treaty: Bytes32
    type: Literal["bundle"] = "bundle"
    until: Micros
    v: Literal[1] = 1

    def __post_init__(self) -> None:
        refuse_disorder("keys", [key.public.id for key in self.keys])
        officers = [officer.public.id for officer in self.officers]
        refuse_disorder("officers", officers)
        refuse_disorder("keys and officers", sorted([*officers, *(key.public.id for key in self.keys)]))
        refuse_disorder("promises", [(promise.stage, promise.urgency) for promise in self.promises])
        refuse_disorder("reservations", self.reservations)
        refuse_disorder("revocations", [revocation.key for revocation in self.revoked])
        if (self.prev is None) is not (self.serial == 1):
            raise ValueError("prev is nil in serial 1 and only there")

    def is_valid(self, now_us: int) -> bool:
        """Return whether the time lies in the validity of the bundle."""
        return self.since <= now_us < self.until

    def revoked_by(self, now_us: int) -> frozenset[bytes]:
        """Return the ids of the keys that count no more at the time."""
        return frozenset(revocation.key for revocation in self.revoked if revocation.at <= now_us)

    def usable(self, use: Use, now_us: int) -> list[BundleKey]:
        """Return the keys that may be used now, the one to choose first (BUNDLE-012, BUNDLE-015)."""
        if not self.is_valid(now_us):
            return []
        revoked = self.revoked_by(now_us)
        found = [key for key in self.keys if key.use == use and key.since <= now_us < key.until]
        left = [key for key in found if not revoked or key.public.id not in revoked]
        # the keys stand in ascending order of key id and the sort keeps it among equals
        return sorted(left, key=lambda key: -key.since)


class SignedBundleRow(SignedRow, frozen=True):
    """A signed bundle as it travels."""

    body: Annotated[bytes, Meta(min_length=1, max_length=MAX_BUNDLE_BYTES)]
    signatures: Annotated[tuple[Signature, ...], Meta(min_length=1, max_length=64)]


@dataclass(frozen=True, slots=True)
class SignedBundle:
    """A bundle whose form is right; verify() says whether it may be believed.

    `publics` go with `bundle.keys`, `officers` are those of the bundle by key id.
    """

    data: bytes
    body_bytes: bytes
    bundle: Bundle
    signatures: tuple[Signature, ...]
    hash: bytes
    publics: tuple[PublicKey, ...]
    officers: Mapping[bytes, Officer]


def body_bytes(bundle: Bundle) -> bytes:
    """Return the bytes that are signed.

    Raises:
        LocalError: a field is out of its bounds, or the body is longer than 65,536 bytes.
    """
    body = encode_record(bundle)
    if len(body) > MAX_BUNDLE_BYTES:
        raise LocalError(f"the bundle has {len(body)} bytes, at most {MAX_BUNDLE_BYTES} are allowed")
    return body


def read(data: bytes) -> SignedBundle:
    """Return the signed bundle that data stands for; nothing is verified yet.

    Raises:
        LimitError: too long, or too many items for its length.
        MalformedError: any other fault of form, also a key that stands twice (BUNDLE-008).
    """
    row = decode_as(SignedBundleRow, data, MAX_FRAME_BYTES)
    bundle = decode_as(Bundle, row.body, MAX_BUNDLE_BYTES)
    publics = tuple(key.public for key in bundle.keys)
    officers = {officer.public.id: officer for officer in bundle.officers}
    return SignedBundle(data, row.body, bundle, row.signatures, hashlib.sha256(row.body).digest(), publics, officers)


def sign(body: bytes, key: SigningKey) -> Signature:
    """Return the signature of a body by a root, signing or log key."""
    return SIGNATURE_LABEL.sign(body, key)


def assemble(body: Bundle | bytes, signatures: Iterable[Signature]) -> bytes:
    """Return the signed bundle as it travels, whatever the order of the signatures.

    Raises:
        LocalError: the body or the list of signatures is not valid.
    """
    body = body_bytes(body) if isinstance(body, Bundle) else body
    return documents.assembled(SignedBundleRow, body, signatures)


def merge(first: SignedBundle, second: SignedBundle) -> SignedBundle:
    """Return the bundle with the signatures of both; where both have one of a key, that of the first.

    Raises:
        LocalError: the two are signatures of different bodies.
    """
    if first.body_bytes != second.body_bytes:
        raise LocalError("signatures of two different bundles cannot be merged")
    return read(assemble(first.body_bytes, documents.joined(first.signatures, second.signatures)))


def verify(signed: SignedBundle, member: Member, previous: SignedBundle | None) -> None:
    """Return when the bundle may be believed, given the member's root keys and the bundle before, if one is held.

    Raises:
        SuccessorError: another party's, or it does not follow `previous` (BUNDLE-004).
        ValidityError: impossible times (BUNDLE-005, BUNDLE-006).
        RosterError: a use has no key (BUNDLE-007).
        AuthenticationError: a signature does not verify (BUNDLE-003).
        PossessionError: a signing or log key has not signed (BUNDLE-002).
        ThresholdError: too few root keys have signed (BUNDLE-001).
    """
    bundle = signed.bundle
    if bundle.party != member.id:
        raise SuccessorError(f"a bundle of {bundle.party}, not of {member.id}")
    if previous is not None:
        _verify_place(bundle, previous)
    _verify_times(bundle)
    _verify_uses(bundle)
    signed_by = signers(signed, member)
    for lack in _unproven_keys(signed, signed_by):
        raise PossessionError(lack)
    for lack in _root_keys_lacking(member, signed_by):
        raise ThresholdError(lack)


def missing(signed: SignedBundle, member: Member) -> list[str]:
    """Return in plain words which keys must still sign, one sentence for each lack; nothing when all have.

    Raises:
        AuthenticationError: a signature that is there does not verify.
    """
    signed_by = signers(signed, member)
    return [*_unproven_keys(signed, signed_by), *_root_keys_lacking(member, signed_by)]


def signers(signed: SignedBundle, member: Member) -> frozenset[bytes]:
    """Return the ids of the keys that signed the bundle.

    Raises:
        AuthenticationError: a signature that does not verify under a root key of the member or a signing or log key
            of the bundle (BUNDLE-003).
    """
    keys = member.public_keys | _signing_keys(signed)
    return SIGNATURE_LABEL.signers(signed.body_bytes, signed.signatures, keys)


def _signing_keys(signed: SignedBundle) -> dict[bytes, PublicKey]:
    pairs = zip(signed.bundle.keys, signed.publics, strict=True)
    return {public.id: public for key, public in pairs if key.use in SIGNING_USES}


def _verify_place(bundle: Bundle, previous: SignedBundle) -> None:
    if bundle.serial != previous.bundle.serial + 1:
        raise SuccessorError(f"serial {bundle.serial} does not follow serial {previous.bundle.serial}")
    if bundle.prev != previous.hash:
        raise SuccessorError(f"serial {bundle.serial} of {bundle.party} names another predecessor")


def _verify_times(bundle: Bundle) -> None:
    if bundle.until - bundle.since > MAX_VALIDITY_US:
        raise ValidityError(f"valid for more than {MAX_BUNDLE_DAYS} days")
    if bundle.since >= bundle.until or any(key.since >= key.until for key in bundle.keys):
        raise ValidityError("the end of a validity is not later than its beginning")


def _verify_uses(bundle: Bundle) -> None:
    absent = ALGORITHMS.keys() - {key.use for key in bundle.keys}
    if absent:
        raise RosterError(f"no key for the use {min(absent)}")


def _unproven_keys(signed: SignedBundle, signed_by: frozenset[bytes]) -> Iterator[str]:
    for key_id in sorted(_signing_keys(signed).keys() - signed_by):
        yield f"{signed.bundle.party} must sign with its key {key_id.hex()}"


def _root_keys_lacking(member: Member, signed_by: frozenset[bytes]) -> Iterator[str]:
    lacking = member.threshold - len(member.public_keys.keys() & signed_by)
    if lacking > 0:
        yield f"{member.id} must sign with {lacking} more of its root keys"
