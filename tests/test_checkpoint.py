"""Checkpoints: the text of a signed note, and who may have signed it."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.checkpoint import Checkpoint, read_checkpoint, sign_checkpoint
from comity.errors import AuthenticationError, LimitError, LocalError, MalformedError, RemoteError
from comity.keys import Algorithm, SigningKey
from tests.support.messages import HYBRID_KEY, TREATY_ID

LOG_KEY = SigningKey.from_seed(Algorithm.ED25519, b"\x07" * 32)
STRANGER = SigningKey.from_seed(Algorithm.ED25519, b"\x08" * 32)
POINT = Checkpoint("bb.fiu", TREATY_ID, 5, b"\x22" * 32)
NOTE = sign_checkpoint(POINT, LOG_KEY)


def note_of(text: bytes, name: bytes = b"comity-v1/bb.fiu", key: SigningKey = LOG_KEY) -> bytes:
    """Return a note over any text, signed as the page says, with nothing of comity.checkpoint."""
    key_hash = hashlib.sha256(name + b"\n\x01" + key.public.data).digest()[:4]
    return text + b"\n\xe2\x80\x94 " + name + b" " + base64.b64encode(key_hash + key.sign_raw(text)) + b"\n"


def text_of(
    origin: str = f"comity-v1/bb.fiu/{'11' * 32}", size: str = "5", root: str = base64.b64encode(b"\x22" * 32).decode()
) -> bytes:
    return f"{origin}\n{size}\n{root}\n".encode()


@pytest.mark.clause("LOG-005")
def test_a_checkpoint_is_a_signed_note_of_five_lines() -> None:
    assert note_of(text_of()) == NOTE
    assert NOTE.decode().split("\n")[:4] == [
        "comity-v1/bb.fiu/" + "11" * 32,
        "5",
        "IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiI=",
        "",
    ]
    signed = read_checkpoint(NOTE)
    assert signed.checkpoint == POINT
    signed.verify([STRANGER.public, LOG_KEY.public])


def test_a_note_of_another_key_or_with_another_text_does_not_verify() -> None:
    for keys in ([], [STRANGER.public], [HYBRID_KEY.public]):
        with pytest.raises(AuthenticationError):
            read_checkpoint(NOTE).verify(keys)
    altered = NOTE.replace(b"\n5\n", b"\n6\n")
    with pytest.raises(AuthenticationError):
        read_checkpoint(altered).verify([LOG_KEY.public])


def test_a_key_whose_hash_is_claimed_falsely_does_not_verify() -> None:
    forged = text_of() + b"\n" + NOTE.splitlines()[4] + b"\n"
    by_stranger = base64.b64decode(note_of(text_of(), key=STRANGER).split()[-1])[4:]
    own_hash = base64.b64decode(forged.split()[-1])[:4]
    forged = forged.replace(forged.split()[-1], base64.b64encode(own_hash + by_stranger))
    with pytest.raises(AuthenticationError):
        read_checkpoint(forged).verify([LOG_KEY.public])


@pytest.mark.clause("LOG-006")
@pytest.mark.parametrize("size", ["05", "00", "+5", "-5", " 5", "5 ", "", "0x5", "\u0665", str(2**53), "1" * 17])
def test_a_tree_size_in_another_form_or_too_large_is_refused(size: str) -> None:
    with pytest.raises(MalformedError):
        read_checkpoint(note_of(text_of(size=size)))


@pytest.mark.clause("LOG-006")
@pytest.mark.parametrize("size", [0, 1, 2**53 - 1])
def test_a_tree_size_up_to_2_to_the_53_less_1_is_read(size: int) -> None:
    point = Checkpoint("bb.fiu", TREATY_ID, size, bytes(32))
    assert read_checkpoint(sign_checkpoint(point, LOG_KEY)).checkpoint == point


STRAY = "IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiJ="  # decodes to the same root as the canonical ...I=
OTHER_FORMS = {
    "an extension line": note_of(text_of() + b"extension\n"),
    "two signatures": NOTE + NOTE.splitlines()[4] + b"\n",
    "no signature": NOTE[: NOTE.rindex("—".encode())],
    "no empty line": NOTE.replace(b"\n\n", b"\n"),
    "no last line feed": NOTE[:-1],
    "one more line feed": NOTE + b"\n",
    "carriage returns": NOTE.replace(b"\n", b"\r\n"),
    "hyphen for a dash": NOTE.replace("—".encode(), b"-"),
    "signature of another name": note_of(text_of(), name=b"comity-v1/aa.police"),
    "upper case hex": note_of(text_of(origin="comity-v1/bb.fiu/" + "AA" * 32)),
    "short treaty id": note_of(text_of(origin="comity-v1/bb.fiu/" + "11" * 31)),
    "another origin": note_of(text_of(origin="comity-v2/bb.fiu/" + "11" * 32)),
    "no party": note_of(text_of(origin="comity-v1/BB/" + "11" * 32), name=b"comity-v1/BB"),
    "root without padding": note_of(text_of(root=base64.b64encode(bytes(32)).decode().rstrip("="))),
    "root of 31 bytes": note_of(text_of(root=base64.b64encode(bytes(31)).decode())),
    "root of 33 bytes": note_of(text_of(root=base64.b64encode(bytes(33)).decode())),
    "root with stray bits": note_of(text_of(root=STRAY)),
    "root in another alphabet": note_of(text_of(root=base64.urlsafe_b64encode(b"\xff" * 32).decode())),
    "not UTF-8": NOTE.replace(b"comity", b"comit\xff"),
    "nothing": b"",
}


@pytest.mark.clause("LOG-005")
@pytest.mark.parametrize("note", OTHER_FORMS.values(), ids=OTHER_FORMS)
def test_a_note_of_another_form_is_refused(note: bytes) -> None:
    assert base64.b64decode(STRAY) == b"\x22" * 32
    with pytest.raises(MalformedError):
        read_checkpoint(note)


@pytest.mark.clause("LOG-009", "LIMIT-002")
def test_a_checkpoint_of_more_than_512_bytes_is_refused_before_it_is_read() -> None:
    with pytest.raises(LimitError):
        read_checkpoint(NOTE + bytes(513 - len(NOTE)))
    longest = Checkpoint("aa." + "a" * 32, bytes(32), 2**53 - 1, bytes(32))
    assert len(sign_checkpoint(longest, LOG_KEY)) <= 512


def test_a_checkpoint_is_signed_with_a_plain_ed25519_key() -> None:
    with pytest.raises(LocalError):
        sign_checkpoint(POINT, HYBRID_KEY)


@given(st.integers(0, len(NOTE) - 1), st.integers(1, 255))
def test_one_altered_byte_is_refused(place: int, change: int) -> None:
    altered = bytearray(NOTE)
    altered[place] ^= change
    with pytest.raises(RemoteError):
        read_checkpoint(bytes(altered)).verify([LOG_KEY.public])


@given(st.binary(max_size=400))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(RemoteError):
        read_checkpoint(data)
