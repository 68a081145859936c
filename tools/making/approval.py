"""spec/vectors/approval.json: who wrote and who approved a message, and one broken rule each."""

import hashlib
from typing import Any

from comity import bundle as bundles
from comity.encoding import encode
from comity.keys import SigningKey
from comity.labels import APPROVAL_SIGNATURE, MESSAGE_SIGNATURE
from tools.making import message
from tools.making.cases import Case, Old, Vectors, case, fault, flipped
from tools.making.dump import annotated, line, short
from tools.making.parties import (
    DAY_US,
    EPOCH_US,
    NOW_US,
    SECOND_US,
    A,
    B,
    bundle_body,
    bundle_signers,
    first_bundle,
    first_keys,
    first_treaty,
    party,
    signed_bundle,
    signed_treaty,
    signer,
)
from tools.making.prevention import STOP, STOP_KIND
from tools.making.treaty import next_body

LATE = ("after", "approvals", "created", "expires", "from_key", "prev", "seq", "suite", "treaty_version", "v")
ROLES = {
    "ada": ["caseworker"],
    "ben": ["caseworker", "releaser"],
    "cyn": ["duty-officer"],
    "dov": ["auditor"],
}
SKEW_US, AGE_US = 120 * SECOND_US, 7 * DAY_US
HOUR_US = 3_600 * SECOND_US


def make(old: Old) -> Vectors:
    """Return the vectors."""
    return Vectors(
        page="25-approval.md",
        format="bb.fiu holds the documents of `library` (sort and signed document) named in `documents` at `now`."
        " `body` is the canonical encoding of a body of aa.police.",
        verify="Check the approvals of the body. Valid: they pass, and `content` is what was signed over in all of"
        " them. Invalid: the message is answered with `code`.",
        valid=valid(),
        invalid=[*missing(), *not_valid()],
        shared={"library": {name: [sort, data.hex()] for name, (sort, data) in library().items()}},
    )


# --- officers and documents -------------------------------------------------------------------------------------------


def key_of(name: str) -> SigningKey:
    """Return the key of an officer of aa.police."""
    return signer(f"{A} officer {name}")


def officer(name: str, **changes: Any) -> Case:
    """Return the entry of an officer; a name with a digit behind it is the same officer with another key."""
    return {
        "alg": 1,
        "from": EPOCH_US,
        "id": name.rstrip("0123456789"),
        "key": key_of(name).public.data,
        "roles": ROLES[name.rstrip("0123456789")],
        "until": EPOCH_US + 90 * DAY_US,
    } | changes


def listed(*entries: Case, **changes: Any) -> bytes:
    """Return serial 1 of aa.police with these officers."""
    ids = {key_of(name).public.data: key_of(name).public.id for name in (*ROLES, "ada2")}
    ordered = sorted(entries, key=lambda entry: ids[entry["key"]])
    return signed_bundle(bundle_body(A, officers=ordered, **changes), bundle_signers(A))


def after_first(*entries: Case) -> bytes:
    """Return serial 2 of aa.police, after the one that lists everyone."""
    first = bundles.read(listed(*(officer(name) for name in ROLES), officer("ada2")))
    return listed(*entries, serial=2, prev=first.hash)


def library() -> dict[str, tuple[str, bytes]]:
    """Return the documents that bb.fiu may hold."""
    everyone = [officer(name) for name in ROLES]
    others = [officer(name) for name in ROLES if name != "ben"]
    revoked = [{"at": NOW_US, "key": key_of("ben").public.id}]
    return {
        "treaty": ("treaty", first_treaty().data),
        "stop-payment is coercive": ("treaty", signed_treaty(next_body(coercive=[STOP_KIND]), first_keys())),
        "all of prevention is coercive": ("treaty", signed_treaty(next_body(coercive=["prevention.*"]), first_keys())),
        "bb.fiu": ("bundle", first_bundle(B).data),
        "aa.police without officers": ("bundle", first_bundle(A).data),
        "aa.police": ("bundle", listed(*everyone, officer("ada2"))),
        "ben begins now": ("bundle", listed(*others, officer("ben", **{"from": NOW_US}))),
        "ben begins later": ("bundle", listed(*others, officer("ben", **{"from": NOW_US + 1}))),
        "ben ends now": ("bundle", listed(*others, officer("ben", until=NOW_US))),
        "ben is revoked": ("bundle", listed(*everyone, revoked=revoked)),
        "ben was never listed": ("bundle", listed(*others)),
        "ben has left": ("bundle", after_first(*others)),
    }


def documents(bundle: str = "aa.police", coercive: str = "stop-payment is coercive", second: str = "") -> list[str]:
    named = ("treaty", coercive, bundle, second, "bb.fiu")
    return [name for name in named if name]


# --- bodies -----------------------------------------------------------------------------------------------------------


def stop(**changes: Any) -> Case:
    """Return the body of a stop-payment without approvals, of urgency 1."""
    return message.body(kind=STOP_KIND, payload=STOP, **changes)


def content_of(body: Case) -> bytes:
    """Return what is signed over: the hash of the fields that are known before the message leaves."""
    return hashlib.sha256(encode({name: body[name] for name in body if name not in LATE})).digest()


def approval(body: Case, name: str, role: str, time: int = NOW_US - HOUR_US, label: bytes = APPROVAL_SIGNATURE) -> Case:
    """Return the approval of a body by an officer."""
    key = key_of(name)
    signature = key.sign(label, encode({"content": content_of(body), "role": role, "time": time}))
    return {"key": key.public.id, "role": role, "signature": signature, "time": time}


def approved(body: Case, *approvals: Case) -> Case:
    """Return the body with the approvals in their order."""
    return body | {"approvals": sorted(approvals, key=lambda each: each["key"])}


def usual(body: Case, **changes: Any) -> Case:
    """Return the body as ada wrote it and ben approved it."""
    return approved(body, approval(body, "ada", "author"), approval(body, "ben", "approver", **changes))


def given(body: Case, now: int, **which: str) -> Case:
    return {"documents": documents(**which), "now": now, "body": encode(body).hex()}


def good(name: str, body: Case, *clauses: str, now: int = NOW_US, **which: str) -> Case:
    return case(name, *clauses, **given(body, now, **which), content=content_of(body).hex())


def valid() -> list[Case]:
    request, flash, text = stop(), stop(urgency=0), message.body()
    cyn = approval(flash, "cyn", "approver")
    three = [approval(request, "ada", "author"), approval(request, "ben", "approver")]
    later = usual(request) | {
        "created": NOW_US + HOUR_US,
        "expires": NOW_US + DAY_US,
        "from_key": party(A).signing.public.id,
    }
    return [
        good("an author and an approver", usual(request), "APPR-001", "APPR-003"),
        good("under a pattern of a chapter", usual(request), "APPR-003", coercive="all of prevention is coercive"),
        good("a kind that is not coercive, not approved", text, "APPR-003"),
        good("no kind is coercive", request, "APPR-003", coercive="", bundle="aa.police without officers"),
        good("a kind that is not coercive, approved all the same", usual(text), "APPR-011"),
        good(
            "a third officer approves too", approved(request, *three, approval(request, "cyn", "approver")), "APPR-006"
        ),
        good("an author of any role", approved(request, approval(request, "dov", "author"), three[1]), "APPR-007"),
        good(
            "the duty officer approves a flash request",
            approved(flash, approval(flash, "ben", "author"), cyn),
            "APPR-008",
        ),
        good("a flash text needs no duty officer", usual(message.body(urgency=0)), "APPR-008"),
        good("signed as late as the skew allows", usual(request, time=NOW_US + SKEW_US), "APPR-009"),
        good("signed a week before", usual(request, time=NOW_US - AGE_US), "APPR-010"),
        good("it leaves an hour later", later, "APPR-001", now=NOW_US + HOUR_US),
        good("an officer from the first moment on", usual(request), "APPR-004", bundle="ben begins now"),
    ]


def bad(name: str, clause: str, body: Case, code: int = 32, **which: str) -> Case:
    return fault(name, clause, code, **given(body, NOW_US, **which))


def missing() -> list[Case]:
    request = stop()
    ada, ben = approval(request, "ada", "author"), approval(request, "ben", "approver")
    return [
        bad("no approval", "APPR-003", request, 31),
        bad("an author alone", "APPR-003", approved(request, ada), 31),
        bad("an approver alone", "APPR-003", approved(request, ben), 31),
        bad("two authors", "APPR-003", approved(request, ada, approval(request, "ben", "author")), 31),
        bad(
            "under a pattern of a chapter, no approval",
            "APPR-003",
            request,
            31,
            coercive="all of prevention is coercive",
        ),
    ]


def not_valid() -> list[Case]:
    request, flash, text = stop(), stop(urgency=0), message.body()
    ada, ben = approval(request, "ada", "author"), approval(request, "ben", "approver")
    altered = ben | {"signature": flipped(ben["signature"], 0)}
    as_agency = ben | {"key": party(A).signing.public.id}
    as_message = approval(request, "ben", "approver", label=MESSAGE_SIGNATURE)
    found = [
        bad("an altered signature", "APPR-005", approved(request, ada, altered)),
        bad("signed with the label of messages", "APPR-005", approved(request, ada, as_message)),
        bad("the author's signature as that of an approver", "APPR-005",
            approved(request, ada, approval(request, "ben", "author") | {"role": "approver"})),
        bad("another time than was signed", "APPR-005", approved(request, ada, ben | {"time": ben["time"] + 1})),
        bad("an approval of another message", "APPR-005",
            approved(request, ada, approval(stop(id=bytes(16)), "ben", "approver"))),
        bad("an altered signature, not coercive", "APPR-011", approved(text, altered)),
        bad("an officer who is not listed any more", "APPR-004", usual(request), second="ben has left"),
        bad("an officer whose time has not come", "APPR-004", usual(request), bundle="ben begins later"),
        bad("an officer whose time has ended", "APPR-004", usual(request), bundle="ben ends now"),
        bad("an officer whose key is revoked", "APPR-004", usual(request), bundle="ben is revoked"),
        bad("one officer with two keys", "APPR-006",
            approved(request, ben, approval(request, "ada", "author"), approval(request, "ada2", "author"))),
        bad("an approver without the role", "APPR-007", approved(request, ada, approval(request, "dov", "approver"))),
        bad("a releaser approves a flash request", "APPR-008", usual(flash)),
        bad("signed later than the skew allows", "APPR-009", usual(request, time=NOW_US + SKEW_US + 1)),
        bad("signed more than a week before", "APPR-010", usual(request, time=NOW_US - AGE_US - 1)),
    ]  # fmt: skip
    unknown = [
        bad("a key of nobody", "APPR-014", approved(request, ada, ben | {"key": bytes(32)}), 18),
        bad("no officers at all", "APPR-014", usual(request), 18, bundle="aa.police without officers"),
        bad("an officer who was never listed", "APPR-014", usual(request), 18, bundle="ben was never listed"),
        bad(
            "an officer who was never listed, not coercive", "APPR-014", usual(text), 18, bundle="ben was never listed"
        ),
        bad("the signing key of the agency", "APPR-014", approved(request, ada, as_agency), 18),
    ]
    changes: Case = {
        "to": [B, "qm.prosecutor"],
        "urgency": 2,
        "exercise": True,
        "lang": "fr",
        "case": bytes(16),
        "in_reply_to": bytes(32),
        "handling": message.handling(tlp="CLEAR"),
        "payload": STOP | {"summary": "Another summary."},
    }
    return [*found, *unknown] + [
        bad(f"{field} changed after it was approved", "APPR-001", usual(request) | {field: value})
        for field, value in changes.items()
    ]


def example(vectors: Vectors) -> list[str]:
    """Return the block of the page: what the approver signs, and the approval as it travels."""
    request = stop()
    ben = approval(request, "ben", "approver")
    signed = encode({"content": content_of(request), "role": "approver", "time": ben["time"]})
    return [
        "what ben signs, an hour before the message leaves:",
        *annotated(signed, {"time": "2026-01-01T23:00:00Z", "content": "hash of the content"}),
        "",
        "the approval in the message:",
        *annotated(encode(ben), {"time": "2026-01-01T23:00:00Z", "key": "key id of the officer"}),
        "",
        line(
            f"officers of the bundle: {short(key_of('ben').public.data, 8)}",
            "key of ben, roles caseworker and releaser",
        ),
    ]
