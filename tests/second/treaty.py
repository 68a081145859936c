"""The first version of a treaty (page treaty): form, signatures, roster and rules."""

import hashlib

from tests.second import forms
from tests.second.codec import Value, decode
from tests.second.forms import BIN32, IS_PARTY, MICROS, Fields, array, binary, one_of, or_nil, row, text, uint
from tests.second.keys import SIZES, check_public, key_id, verify
from tests.second.refusal import LIMIT, ROSTER, SUCCESSOR, THRESHOLD, UNAUTHENTICATED, VALIDITY, require

LABEL = "comity-v1 treaty"
MAX_TREATY_BYTES, MAX_SIGNED_BYTES = 524_288, 1_048_576


def name_of(key: Value) -> bytes:
    """Return the id of a root key, by which root keys are put in order."""
    assert isinstance(key, dict)
    algorithm, data = key["alg"], key["key"]
    assert isinstance(algorithm, int)
    assert isinstance(data, bytes)
    return key_id(algorithm, data)


def first_of(pair: Value) -> bytes:
    assert isinstance(pair, list)
    assert isinstance(pair[0], bytes)
    return pair[0]


def member_id(member: Value) -> bytes:
    assert isinstance(member, dict)
    return forms.spelled(member["id"])


PATTERNS = array(forms.matching(forms.PATTERN), 0, 64, forms.spelled)
ROOT_KEY = forms.record(alg=one_of(1, 2), key=binary(SIZES[1], SIZES[2]))
MEMBER = forms.record(
    accept=PATTERNS,
    id=IS_PARTY,
    name=text(200),
    root_keys=array(ROOT_KEY, 1, 16, name_of),
    send=PATTERNS,
    status=one_of("active", "suspended", "withdrawn"),
    threshold=uint(1, 16),
)
RULE = uint(1, 256)
ALLOWANCES = array(uint(60, 31_622_400), 4, 4)
DEADLINES = forms.record(
    acknowledge=ALLOWANCES,
    act=ALLOWANCES,
    decide=ALLOWANCES,
    evidence=ALLOWANCES,
    information=ALLOWANCES,
    prevention=ALLOWANCES,
)
BODY = forms.record(
    coercive=PATTERNS,
    deadlines=DEADLINES,
    effective=MICROS,
    expires=MICROS,
    issued=MICROS,
    limits=forms.record(lifetime_s=uint(60, 7_776_000), skew_s=uint(0, 600)),
    members=array(MEMBER, 1, 256, member_id),
    prev=or_nil(BIN32),
    rules=forms.record(admit=RULE, amend=RULE, expel=RULE, suspend=RULE),
    suites=array(one_of(1, 2), 1, 2, lambda suite: bytes([suite]) if isinstance(suite, int) else b""),
    text=BIN32,
    title=text(200),
    treaty=or_nil(BIN32),
    type=one_of("treaty"),
    v=one_of(1),
    version=uint(1),
    vocabulary=forms.record(hash=BIN32, version=uint(1)),
)
SIGNED = row(binary(1, MAX_TREATY_BYTES), array(row(BIN32, binary(0, 4096)), 1, 1024, first_of))


def verify_first(data: bytes) -> bytes:
    """Return the treaty id of a signed version 1 that satisfies every rule."""
    require(len(data) <= MAX_SIGNED_BYTES, "too long", LIMIT)
    outer = decode(data, MAX_SIGNED_BYTES)
    SIGNED(outer)
    assert isinstance(outer, list)
    body_bytes, signatures = outer
    assert isinstance(body_bytes, bytes)
    assert isinstance(signatures, list)
    body = decode(body_bytes, MAX_TREATY_BYTES)
    BODY(body)
    assert isinstance(body, dict)
    check_keys(body)
    check_first(body)
    check_signatures(body, body_bytes, signatures)
    return hashlib.sha256(body_bytes).digest()


def members_of(body: Fields) -> list[Fields]:
    members = body["members"]
    assert isinstance(members, list)
    return [member for member in members if isinstance(member, dict)]


def keys_of(member: Fields) -> dict[bytes, Fields]:
    keys = member["root_keys"]
    assert isinstance(keys, list)
    return {name_of(key): key for key in keys if isinstance(key, dict)}


def number(value: Value) -> int:
    assert isinstance(value, int)
    return value


def check_first(body: Fields) -> None:
    """Check what a version 1 says, without its signatures (TREATY-008 to TREATY-010)."""
    is_first = body["version"] == 1
    for name in ("prev", "treaty"):
        require((body[name] is None) == is_first, f"{name} is nil in version 1 and only there")
    require(is_first, "not a version 1", SUCCESSOR)
    times = number(body["issued"]) <= number(body["effective"]) < number(body["expires"])
    require(times, "impossible times", VALIDITY)
    names = [name for member in members_of(body) for name in keys_of(member)]
    require(len(names) == len(set(names)), "a root key of two members", ROSTER)
    check_rules(body)


def check_keys(body: Fields) -> None:
    """Check that root keys are keys, and the thresholds within their number: both belong to the form."""
    for member in members_of(body):
        require(number(member["threshold"]) <= len(keys_of(member)), "a threshold that cannot be met")
        for key in keys_of(member).values():
            data = key["key"]
            assert isinstance(data, bytes)
            check_public(number(key["alg"]), data)


def check_rules(body: Fields) -> None:
    active = sum(member["status"] == "active" for member in members_of(body))
    rules = body["rules"]
    assert isinstance(rules, dict)
    for name, rule in rules.items():
        most = max(1, active - 1) if name in ("suspend", "expel") else active
        require(number(rule) <= most, f"the rule {name} cannot be met", ROSTER)


def check_signatures(body: Fields, body_bytes: bytes, signatures: list[Value]) -> None:
    """Check every signature, and that every member approves (TREATY-001, TREATY-007)."""
    keys = {name: key for member in members_of(body) for name, key in keys_of(member).items()}
    signed = set()
    for pair in signatures:
        assert isinstance(pair, list)
        name, signature = pair
        assert isinstance(name, bytes)
        assert isinstance(signature, bytes)
        require(name in keys, "signed by a stranger", UNAUTHENTICATED)
        data = keys[name]["key"]
        assert isinstance(data, bytes)
        verify(number(keys[name]["alg"]), data, LABEL, body_bytes, signature)
        signed.add(name)
    for member in members_of(body):
        enough = len(signed & keys_of(member).keys()) >= number(member["threshold"])
        require(enough, "a member does not approve", THRESHOLD)
