"""Who wrote and who approved a message (page approval)."""

import hashlib
import re
from typing import Final

from tests.second import forms
from tests.second.codec import Value, encode
from tests.second.forms import BIN32, MICROS, Fields, array, matching, one_of
from tests.second.keys import ED25519, key_id, verify
from tests.second.refusal import RefusedError, require

LABEL: Final = "comity-v1 approval"
MISSING: Final = 31
NOT_VALID: Final = 32
WRONG_SENDER: Final = 18
WEEK_US: Final = 7 * 24 * 3_600 * 1_000_000
LATE: Final = {
    *("after", "approvals", "created", "expires", "from_key"),
    *("prev", "seq", "suite", "treaty_version", "v"),
}
REQUESTS: Final = {"prevention.stop-payment"}  # of the kinds that the cases name
OFFICER: Final = forms.record(
    alg=one_of(ED25519),
    from_=MICROS,
    id=matching(re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")),
    key=BIN32,
    roles=array(matching(re.compile(r"[a-z][a-z0-9-]{0,47}")), 1, 8, forms.spelled),
    until=MICROS,
)


def content_of(body: Fields) -> bytes:
    """Return the hash of what an officer approves (APPR-001)."""
    return hashlib.sha256(encode({name: value for name, value in body.items() if name not in LATE})).digest()


def matches(pattern: str, kind: str) -> bool:
    """Return whether a pattern of kinds stands for the kind (page treaty)."""
    return pattern in ("*", kind) or (pattern.endswith(".*") and kind.startswith(pattern[:-1]))


def usable(bundle: Fields, now: int) -> dict[bytes, Fields]:
    """Return the officers of a bundle, newest of its party, who may sign at the time, by key id (APPR-004)."""
    if not as_int(bundle["from"]) <= now < as_int(bundle["until"]):
        return {}
    revoked = {each["key"] for each in as_maps(bundle["revoked"]) if as_int(each["at"]) <= now}
    found: dict[bytes, Fields] = {}
    for officer in as_maps(bundle["officers"]):
        OFFICER(officer)
        name = key_id(ED25519, as_bytes(officer["key"]))
        if name not in revoked and as_int(officer["from"]) <= now < as_int(officer["until"]):
            found[name] = officer
    return found


def check(body: Fields, treaty: Fields, bundles: list[Fields], now: int) -> None:
    """Return when a recipient may take the message in with the approvals that it carries (APPR-003 to APPR-014).

    `bundles` are those of the sender that are held, the newest last.
    """
    approvals = as_maps(body["approvals"])
    known = {key_id(ED25519, as_bytes(each["key"])) for bundle in bundles for each in as_maps(bundle["officers"])}
    require(all(approval["key"] in known for approval in approvals), "a key of nobody", WRONG_SENDER)
    coercive, limits = treaty["coercive"], treaty["limits"]
    assert isinstance(coercive, list)
    assert isinstance(limits, dict)
    if any(matches(str(pattern), str(body["kind"])) for pattern in coercive):
        require({each["role"] for each in approvals} == {"author", "approver"}, "two must have signed", MISSING)
    officers, names = usable(bundles[-1], now), set()
    for approval in approvals:
        officer = officers.get(as_bytes(approval["key"]))
        require(officer is not None, "no usable officer", NOT_VALID)
        assert officer is not None
        require(officer["id"] not in names, "one officer twice", NOT_VALID)
        names.add(officer["id"])
        created, time = as_int(body["created"]), as_int(approval["time"])
        require(time <= created + as_int(limits["skew_s"]) * 1_000_000, "signed too late", NOT_VALID)
        require(time >= created - WEEK_US, "signed too early", NOT_VALID)
        require(may(officer, approval, body), "the role", NOT_VALID)
        check_signature(approval, officer, body)


def may(officer: Fields, approval: Fields, body: Fields) -> bool:
    """Return whether the officer may sign in that role (APPR-007, APPR-008)."""
    roles = officer["roles"]
    assert isinstance(roles, list)
    if approval["role"] == "author" or "duty-officer" in roles:
        return True
    return "releaser" in roles and not (body["urgency"] == 0 and body["kind"] in REQUESTS)


def check_signature(approval: Fields, officer: Fields, body: Fields) -> None:
    signed = encode({"content": content_of(body), "role": approval["role"], "time": approval["time"]})
    try:
        verify(ED25519, as_bytes(officer["key"]), LABEL, signed, as_bytes(approval["signature"]))
    except RefusedError:
        require(False, "the signature", NOT_VALID)


def as_int(value: Value) -> int:
    assert isinstance(value, int)
    return value


def as_bytes(value: Value) -> bytes:
    assert isinstance(value, bytes)
    return value


def as_maps(value: Value) -> list[Fields]:
    assert isinstance(value, list)
    found = []
    for each in value:
        assert isinstance(each, dict)
        found.append(each)
    return found
