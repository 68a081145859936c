"""comity: the protocol by which agencies ask each other for help, without I/O, clock or randomness.

Bytes, times and secrets come in, bytes and events go out; any event loop can drive it. A node needs, from the top:

- `Link`: one end of an encrypted connection (spec page link); events come from `comity.link`.
- `Directory`: who may speak, with which keys, as a function of signed treaty versions and bundles.
- `open_envelope`, `judge`: the checks on a message that arrives, in their order (spec page acceptance).
- `Body`, `sign_message`, `read_message`: the signed form; `seal`, `new_epoch`: the sealed form.
- `Frontier`, `Receipt`: the log, and the proofs of delivery that are made in it.

The layout, from the ground up: errors, limits, labels; encoding; keys; documents, patterns; noise, frames, message,
envelope, log, checkpoint, receipt, treaty, amendment, bundle, kinds; holdings, standing, directory, authority, link,
acceptance, delivery. A module imports only from its own floor and from below. What this face does not name may change
between versions.
"""

from comity.acceptance import judge, open_envelope
from comity.directory import Directory
from comity.encoding import decode, encode
from comity.envelope import EpochKey, new_epoch, seal
from comity.errors import ComityError, LocalError, RemoteError
from comity.keys import Algorithm, EnvelopeKey, LinkKey, PublicKey, SigningKey
from comity.kinds import KINDS
from comity.link import Hello, Link
from comity.log import Frontier
from comity.message import Body, SignedMessage
from comity.message import read as read_message
from comity.message import sign as sign_message
from comity.receipt import Receipt

__all__ = [
    "KINDS",
    "Algorithm",
    "Body",
    "ComityError",
    "Directory",
    "EnvelopeKey",
    "EpochKey",
    "Frontier",
    "Hello",
    "Link",
    "LinkKey",
    "LocalError",
    "PublicKey",
    "Receipt",
    "RemoteError",
    "SignedMessage",
    "SigningKey",
    "decode",
    "encode",
    "judge",
    "new_epoch",
    "open_envelope",
    "read_message",
    "seal",
    "sign_message",
]
