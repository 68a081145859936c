"""The Noise Protocol Framework, revision 34, with the modifier hfs (spec page link).

Layout, from the ground, in the words of the framework: `patterns` (tables, protocol names), `cipherstate`,
`symmetricstate`, `handshakestate`. Only 25519, ChaChaPoly, and ML-KEM-768 for hfs; SHA256, BLAKE2s, BLAKE2b.
Ephemeral keys are handed in; the coins of an encapsulation are drawn in `comity.keys`.
"""

from comity.noise.cipherstate import CipherState
from comity.noise.handshakestate import HandshakeState

__all__ = ["CipherState", "HandshakeState"]
