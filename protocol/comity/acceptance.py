"""What a recipient checks, in the order of ACC-001. Between the two halves the caller looks up the id."""

from collections.abc import Mapping

from comity import envelope as envelopes
from comity.authority import check_approvals, require_known
from comity.consent import check_handling
from comity.directory import Directory
from comity.encoding import Record
from comity.envelope import Envelope, EpochKey, OpeningEpochs
from comity.errors import (
    ExpiredError,
    FromFutureError,
    LifetimeError,
    SuiteError,
    WrongRecipientError,
    WrongSenderError,
    WrongTreatyError,
)
from comity.keys import EnvelopeKey
from comity.kinds import payload_of, refuse_absent_files, refuse_numbered_notice, refuse_victims_to_many
from comity.message import Body, SignedMessage
from comity.vocabulary import Vocabulary, refuse_unknown_terms

MICROS = 1_000_000


def open_envelope(
    data: bytes, peer: str, directory: Directory, keys: Mapping[bytes, EnvelopeKey], epochs: OpeningEpochs
) -> SignedMessage:
    """Return the message that the envelope holds, proved to be from `peer` (steps 1 to 8).

    `keys` are this node's envelope keys by key id; `epochs` keeps what was unwrapped.

    Raises:
        RemoteError: answer with a frame ERROR and the code of the fault (ACC-002).
    """
    envelope = envelopes.read(data)
    if envelope.treaty != directory.treaty_id:
        raise WrongTreatyError("the envelope belongs to another treaty")
    key = keys.get(envelope.to_key)
    if key is None:
        raise WrongRecipientError("the envelope is sealed for a key that is not ours")
    signing_key = directory.signing_key(peer, envelope.from_key)
    if signing_key is None:
        raise WrongSenderError(f"the envelope names a signing key that {peer} never had")
    signed = envelopes.open_sealed(envelope, epoch_of(envelope, key, epochs))
    signed.verify(signing_key)
    if signed.body.sender != peer:
        raise WrongSenderError(f"{peer} sent a message of {signed.body.sender}")
    require_known(signed.body, directory)
    if directory.version(signed.body.treaty_version) is None:
        raise WrongTreatyError(f"treaty version {signed.body.treaty_version} is not known here")
    return signed


def epoch_of(envelope: Envelope, key: EnvelopeKey, epochs: OpeningEpochs) -> EpochKey:
    """Return the epoch key, unwrapped once and then remembered (ENV-013)."""
    known = epochs.get(envelope)
    if known is not None:
        return known
    epoch = envelopes.unwrap(envelope, key)
    epochs.add(epoch)
    return epoch


def judge(
    signed: SignedMessage, directory: Directory, party: str, now_us: int, vocabulary: Vocabulary | None = None
) -> Record:
    """Return the payload of a message that this party may take in at `now_us` (steps 10 to 20).

    Raises:
        RemoteError: answer with a receipt of status refused and the code of the fault (ACC-003).
    """
    body = signed.body
    directory.check_signing_key(body.sender, body.from_key, now_us)
    directory.may_speak(body.sender, now_us)
    if party not in body.to:
        raise WrongRecipientError(f"the message is not for {party}")
    if body.suite not in directory.suites(now_us):
        raise SuiteError(f"the treaty does not allow suite {body.suite}")
    check_times(body, directory, now_us)
    directory.may_send(body.sender, body.kind, now_us)
    directory.may_accept(party, body.kind, now_us)
    refuse_numbered_notice(body.kind, body.seq)
    payload = payload_of(body.kind, body.payload)
    if vocabulary is not None:
        refuse_unknown_terms(payload, vocabulary)
        if body.handling.purposes:  # the other terms of a marking are fixed by its form
            refuse_unknown_terms(body.handling, vocabulary)
    refuse_victims_to_many(payload, len(body.to))
    refuse_absent_files(payload, {each.name for each in body.attachments})
    check_approvals(body, directory, now_us)
    check_handling(body, payload, directory)
    return payload


def check_times(body: Body, directory: Directory, now_us: int) -> None:
    limits = directory.limits(now_us)
    if body.created > now_us + limits.skew_s * MICROS:
        raise FromFutureError("the message was created in the future")
    if now_us >= body.expires:
        raise ExpiredError("the message has expired")
    if body.expires - body.created > limits.lifetime_s * MICROS:
        raise LifetimeError(f"the message lives longer than {limits.lifetime_s} seconds")
