"""Two ends of a link joined by hand, and a peer that says whatever a test wants it to say."""

from collections.abc import Sequence
from itertools import pairwise

from comity.encoding import encode
from comity.frames import Heads, encode_frame, encode_heads
from comity.keys import LinkKey
from comity.limits import MIN_WINDOW_BYTES
from comity.link import PROTOCOL_NAME, Event, Hello, Link, Opened
from comity.link.handshake import prologue
from comity.noise import CipherState, HandshakeState

CALLER, CALLEE = "aa.police", "bb.fiu"
TREATY_ID = bytes(range(32))
CALLER_KEY, CALLEE_KEY = LinkKey.from_seed(b"c" * 32), LinkKey.from_seed(b"d" * 32)
KNOWN = {CALLER_KEY.public.data: CALLER, CALLEE_KEY.public.data: CALLEE}
HELLO = Hello(agent="test 1", versions=(1,), window=MIN_WINDOW_BYTES)
HEADS = Heads(bundle=1, bundle_hash=bytes(32), holds=1, treaty=1, treaty_hash=b"\x01" * 32)
HEADS_FRAME = encode_heads(HEADS)
IGNORED_FRAME = encode_frame(0x80, b"")  # optional and not known


def caller(hello: Hello = HELLO, now: float = 0.0, treaty_id: bytes = TREATY_ID, peer_key: bytes = b"") -> Link:
    """Return an end of aa.police that dials bb.fiu."""
    key = peer_key or CALLEE_KEY.public.data
    return Link.initiator(treaty_id, CALLER_KEY, CALLEE, key, CALLER, hello, b"e" * 32, b"k" * 64, now)


def callee(hello: Hello = HELLO, now: float = 0.0, known: dict[bytes, str] | None = None) -> Link:
    """Return an end of bb.fiu that is called."""
    return Link.responder(TREATY_ID, CALLEE_KEY, KNOWN if known is None else known, CALLEE, hello, b"f" * 32, now)


def drain(link: Link) -> list[Event]:
    """Return every event that the link has now."""
    events = []
    while (event := link.next_event()) is not None:
        events.append(event)
    return events


def flush(link: Link, now: float = 0.0) -> bytes:
    """Return all that the link sends now."""
    parts = []
    while data := link.data_to_send(now):
        parts.append(data)
    return b"".join(parts)


def feed(link: Link, data: bytes, now: float = 0.0, cuts: Sequence[int] = ()) -> list[Event]:
    """Hand data to the link, cut at some places, and return the events."""
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    events = []
    for start, end in pairwise(edges):
        if start < end:
            link.receive(data[start:end], now)
            events += drain(link)
    return events


def exchange(a: Link, b: Link, now: float = 0.0, cuts: Sequence[int] = ()) -> tuple[list[Event], list[Event]]:
    """Carry bytes both ways until both are silent; return the events of each."""
    of_a: list[Event] = []
    of_b: list[Event] = []
    while True:
        there = flush(a, now)
        of_b += feed(b, there, now, cuts)
        back = flush(b, now)
        of_a += feed(a, back, now, cuts)
        if not there and not back:
            return of_a, of_b


def opened(hello: Hello = HELLO, now: float = 0.0) -> tuple[Link, Link]:
    """Return caller and callee after the handshake; no HEADS yet."""
    a, b = caller(hello, now), callee(hello, now)
    events = exchange(a, b, now)
    assert events == ([Opened(CALLEE, hello)], [Opened(CALLER, hello)])
    return a, b


def talking(hello: Hello = HELLO, now: float = 0.0) -> tuple[Link, Link]:
    """Return caller and callee that have sent each other HEADS."""
    a, b = opened(hello, now)
    a.send_heads(HEADS)
    b.send_heads(HEADS)
    exchange(a, b, now)
    return a, b


def messages_in(data: bytes) -> list[bytes]:
    """Return what stands behind each length prefix of the stream."""
    found = []
    while data:
        end = 2 + int.from_bytes(data[:2], "big")
        found.append(data[2:end])
        data = data[end:]
    return found


class RawPeer:
    """aa.police as a bare Noise engine: it calls a link and then says any record at all."""

    def __init__(
        self,
        hello: bytes = b"",
        static: LinkKey = CALLER_KEY,
        treaty_id: bytes = TREATY_ID,
        first_payload: bytes = b"",
    ) -> None:
        self._noise = HandshakeState(
            PROTOCOL_NAME,
            initiator=True,
            prologue=prologue(treaty_id),
            s=static,
            e=b"g" * 32,
            rs=CALLEE_KEY.public.data,
            kem_seed=b"h" * 64,
        )
        self._hello = hello or encode(HELLO)
        self.first = prefix(self._noise.write_message(first_payload))
        self._sending: CipherState
        self._receiving: CipherState

    def third(self, second: bytes) -> bytes:
        """Return message 3 with its prefix, for message 2 with its prefix."""
        self._noise.read_message(second[2:])
        message = prefix(self._noise.write_message(self._hello))
        self._sending, self._receiving = self._noise.split()
        return message

    def record(self, plaintext: bytes) -> bytes:
        """Return a record with this plaintext."""
        return prefix(self._sending.encrypt(b"", plaintext))

    def rekey(self) -> None:
        """Change the key of our direction."""
        self._sending.rekey()

    def read(self, data: bytes) -> list[bytes]:
        """Return the plaintexts of the records in data; follows rekey records."""
        plaintexts = []
        for message in messages_in(data):
            plaintexts.append(self._receiving.decrypt(b"", message))
            if plaintexts[-1] == b"\x02":
                self._receiving.rekey()
        return plaintexts


def prefix(message: bytes) -> bytes:
    """Return message after its length."""
    return len(message).to_bytes(2, "big") + message


def raw_pair(now: float = 0.0, greet: bool = True) -> tuple[RawPeer, Link]:
    """Return a raw peer and the link that it has called; both have sent HEADS where greet says so."""
    raw, link = RawPeer(), callee(now=now)
    feed(link, raw.first, now)
    feed(link, raw.third(flush(link, now)), now)
    if greet:
        link.send_heads(HEADS)
        raw.read(flush(link, now))
        feed(link, raw.record(b"\x00" + HEADS_FRAME), now)
    return raw, link
