"""A party played by hand: authentic keys and a real link, but no node behind them, so that it can say anything."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
import trio

from comity import bundle as bundles
from comity import envelope as envelopes
from comity import message as messages
from comity import receipt as receipts
from comity import treaty as treaties
from comity.bundle import BundleKey, SignedBundle, Use
from comity.checkpoint import Checkpoint, sign_checkpoint
from comity.encoding import encode
from comity.envelope import EpochKey
from comity.frames import FrameType, Heads, encode_frame
from comity.handling import Handling
from comity.keys import Algorithm, PublicKey, SigningKey
from comity.limits import MIN_WINDOW_BYTES
from comity.link import ErrorReceived, Event, HeadsReceived, Hello, Link, MessageReceived, ReceiptsReceived
from comity.log import Frontier, commitment, leaf_hash
from comity.message import Body, SignedMessage
from comity.receipt import Entry, Receipt
from tests.support.alliances import Alliance
from tests.support.homes import Home, root_key, seed
from tests.support.simulated import MemoryListener, SimulatedWorld

T = TypeVar("T")
HELLO = Hello(agent="played by hand", versions=(1,), window=MIN_WINDOW_BYTES)
HOUR_US = 3_600_000_000


@dataclass(eq=False)
class Player:
    """The end of a link that a test holds. `events` are those that came and were not taken with `next()`."""

    group: Alliance
    home: Home
    peer: str
    world: SimulatedWorld
    stream: trio.abc.Stream
    link: Link
    events: list[Event] = field(default_factory=list)
    frontier: Frontier = field(default_factory=Frontier)
    _sending: trio.Lock = field(default_factory=trio.Lock)
    _news: trio.Event = field(default_factory=trio.Event)

    @property
    def party(self) -> str:
        return self.home.party

    async def read(self) -> None:
        """Take in what the peer says until it hangs up."""
        while not self.link.closed:
            try:
                data = await self.stream.receive_some()
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                data = b""
            self.link.receive(bytes(data), self.world.steady())
            while (event := self.link.next_event()) is not None:
                self.events.append(event)
            self._news.set()
            self._news = trio.Event()
            await self.flush()

    async def flush(self) -> None:
        """Put on the wire what waits."""
        async with self._sending:
            while data := self.link.data_to_send(self.world.steady()):
                try:
                    await self.stream.send_all(data)
                except (trio.BrokenResourceError, trio.ClosedResourceError):
                    return

    async def next(self, *types: type[T]) -> T:
        """Return the next event of one of these types; others before it stay."""
        with trio.fail_after(60):
            while True:
                news = self._news
                for event in self.events:
                    if isinstance(event, types):
                        self.events.remove(event)
                        return event
                await news.wait()

    async def greet(self, **changes: Any) -> None:
        """Send HEADS, as the documents of the home say unless changed."""
        treaty, own, theirs = documents_of(self.home, self.party, self.peer)
        values: dict[str, Any] = {
            "bundle": own.bundle.serial,
            "bundle_hash": own.hash,
            "holds": theirs.bundle.serial,
            "treaty": treaty.treaty.version,
            "treaty_hash": treaty.hash,
        }
        self.link.send_heads(Heads(**(values | changes)))
        await self.flush()

    async def send(self, envelope: bytes) -> None:
        """Send bytes as a MESSAGE, whatever they are and however many."""
        frame = encode_frame(FrameType.MESSAGE, envelope)
        assert self.link._credit.spend(len(frame))
        self.link._outgoing.put_message(frame, 0, False)
        await self.flush()

    async def answer(self) -> ErrorReceived | Entry:
        """Return the next ERROR, or what the next verified receipt says."""
        event: ErrorReceived | ReceiptsReceived = await self.next(ErrorReceived, ReceiptsReceived)
        return event if isinstance(event, ErrorReceived) else self.proved(event.payload)[0]

    async def ask(self, envelope: bytes) -> ErrorReceived | Entry:
        await self.send(envelope)
        return await self.answer()

    def proved(self, payload: bytes) -> list[Entry]:
        """Return the entries of a frame RECEIPT of the peer, verified."""
        keys = [self.group.homes[self.peer].keys().log.public]
        return [entry for _, entry in receipts.verify_frame(receipts.read_frame(payload), keys)]

    def opened(self, envelope: bytes) -> SignedMessage:
        """Return the message in an envelope of the peer."""
        sealed = envelopes.read(envelope)
        signed = envelopes.open_sealed(sealed, envelopes.unwrap(sealed, self.home.keys().envelope))
        signed.verify(self.group.homes[self.peer].keys().signing.public)
        return signed

    async def take(self) -> SignedMessage:
        """Return the next message of the peer, without any answer but the credit."""
        event = await self.next(MessageReceived)
        self.link.release(event.cost)
        await self.flush()
        return self.opened(event.envelope)

    def receipts(self, *judged: tuple[SignedMessage, int], **changes: Any) -> bytes:
        """Return the payload of a frame RECEIPT for messages with their codes."""
        entries = [encode(self.entry(signed, code, **changes)) for signed, code in judged]
        salted = [(self.world.random(16), data) for data in entries]
        first = self.frontier.size
        self.frontier, proofs = self.frontier.extend([leaf_hash(commitment(salt, data)) for salt, data in salted])
        point = Checkpoint(self.party, treaty_id_of(self.home), self.frontier.size, self.frontier.root)
        note = sign_checkpoint(point, self.home.keys().log)
        rows = zip(salted, proofs, strict=True)
        return receipts.to_frame(
            [Receipt(note, first + n, data, salt, proof) for n, ((salt, data), proof) in enumerate(rows)]
        )

    def entry(self, signed: SignedMessage, code: int, **changes: Any) -> Entry:
        body = signed.body
        values: dict[str, Any] = {
            "code": code,
            "event": "receipt",
            "sender": body.sender,
            "id": body.id,
            "message": signed.hash,
            "status": "refused" if code else "accepted",
            "time": self.world.now_us(),
            "to": self.party,
            "treaty": body.treaty,
            "v": 1,
        }
        return Entry(**(values | changes))

    async def give(self, *judged: tuple[SignedMessage, int]) -> None:
        """Send receipts for messages with their codes, 0 to accept."""
        self.link.send_receipts(self.receipts(*judged))
        await self.flush()

    def body(self, **changes: Any) -> Body:
        """Return a good `text` to the peer, new in all that must be new."""
        now_us = self.world.now_us()
        values: dict[str, Any] = {
            "v": 1,
            "suite": 1,
            "kind": "text",
            "id": self.world.random(16),
            "treaty": treaty_id_of(self.home),
            "treaty_version": 1,
            "sender": self.party,
            "from_key": self.home.keys().signing.public.id,
            "to": (self.peer,),
            "created": now_us,
            "expires": now_us + HOUR_US,
            "case": self.world.random(16),
            "seq": 0,
            "prev": None,
            "in_reply_to": None,
            "lang": "en",
            "handling": Handling(tlp="AMBER"),
            "urgency": 3,
            "payload": {"text": "Please call me."},
            "attachments": (),
            "approvals": (),
        }
        return Body(**(values | changes))

    def signed(self, key: SigningKey | None = None, **changes: Any) -> SignedMessage:
        return messages.sign(self.body(**changes), key or self.home.keys().signing)

    def epoch(self, signed: SignedMessage, to_key: PublicKey | None = None) -> EpochKey:
        recipient = to_key or self.group.homes[self.peer].keys().envelope.public
        return envelopes.new_epoch(self.world.random(32), signed.body.treaty, signed.body.from_key, recipient)

    def envelope(self, signed: SignedMessage | None = None, to_key: PublicKey | None = None, **changes: Any) -> bytes:
        """Return a message sealed for the peer: a good one but for the changes of its body."""
        signed = signed or self.signed(**changes)
        return envelopes.seal(signed, self.epoch(signed, to_key))


@asynccontextmanager
async def calling(group: Alliance, party: str, peer: str, **heads: Any) -> AsyncIterator[Player]:
    """Dial the running node of the peer as the party; HEADS are exchanged when the block begins."""
    home, world = group.homes[party], group.world(party)
    stream = await world.connect("127.0.0.1", group.homes[peer].port)
    key = group.homes[peer].keys().link.public.data
    now, treaty_id = world.steady(), treaty_id_of(home)
    link = Link.initiator(treaty_id, home.keys().link, peer, key, party, HELLO, world.random(32), world.random(64), now)
    async with _played(Player(group, home, peer, world, stream, link), heads) as player:
        yield player


@asynccontextmanager
async def called(group: Alliance, party: str, peer: str, **heads: Any) -> AsyncIterator[Player]:
    """Wait as the party for the running node of the peer to dial; HEADS are exchanged when the block begins."""
    home, world = group.homes[party], group.world(party)
    address = ("127.0.0.1", home.port)
    listener = group.network.listeners[address] = MemoryListener()
    try:
        with trio.fail_after(60):
            stream = await listener.accept()
        known = {group.homes[peer].keys().link.public.data: peer}
        link = Link.responder(
            treaty_id_of(home), home.keys().link, known, party, HELLO, world.random(32), world.steady()
        )
        async with _played(Player(group, home, peer, world, stream, link), heads) as player:
            yield player
    finally:
        group.network.listeners.pop(address)


@asynccontextmanager
async def _played(player: Player, heads: dict[str, Any]) -> AsyncIterator[Player]:
    try:
        async with trio.open_nursery() as nursery:
            await player.flush()
            nursery.start_soon(player.read)
            with trio.fail_after(60):
                while not player.link.is_open:
                    await player._news.wait()
            await player.greet(**heads)
            await player.next(HeadsReceived)
            yield player
            nursery.cancel_scope.cancel()
    finally:
        # outside of the cancelled nursery: a cancellation here would hide why a test failed
        with trio.CancelScope(shield=True):
            await trio.aclose_forcefully(player.stream)


def documents_of(home: Home, party: str, peer: str) -> tuple[treaties.SignedTreaty, SignedBundle, SignedBundle]:
    """Return the newest treaty version that the home has, and the bundles of both parties."""
    treaty = [treaties.read(data) for kind, data in home.documents if kind == "treaty"][-1]
    found = [bundles.read(data) for kind, data in home.documents if kind == "bundle"]
    own, theirs = ([each for each in found if each.bundle.party == name][-1] for name in (party, peer))
    return treaty, own, theirs


def treaty_id_of(home: Home) -> bytes:
    return next(treaties.read(data).hash for kind, data in home.documents if kind == "treaty")


def keys_with(previous: SignedBundle, *added: tuple[Use, PublicKey], without: bytes = b"", **times: int) -> Any:
    """Return the keys of the bundle and those that are added, as a bundle lists them, but for one key id."""
    body = previous.bundle
    span = {"since": body.since, "until": body.until} | times
    rows = [BundleKey(alg=int(key.algorithm), key=key.data, use=use, **span) for use, key in added]
    rows += [key for key in body.keys if key.public.id != without]
    return tuple(sorted(rows, key=lambda row: row.public.id))


def next_bundle(previous: SignedBundle, *extra: SigningKey, home: Home, **changes: Any) -> SignedBundle:
    """Return the successor with the changes, signed by the root key and by whatever signs of the home and of extra."""
    body = msgspec.structs.replace(
        previous.bundle, **({"serial": previous.bundle.serial + 1, "prev": previous.hash} | changes)
    )
    data = bundles.body_bytes(body)
    listed = {key.public.id for key in body.keys}
    keys = [key for key in (home.keys().signing, home.keys().log, *extra) if key.public.id in listed]
    return bundles.read(bundles.assemble(data, [bundles.sign(data, key) for key in (root_key(home.party), *keys)]))


def next_treaty(previous: treaties.SignedTreaty, signers: Sequence[str], **changes: Any) -> treaties.SignedTreaty:
    """Return the successor with the changes, signed by the signers."""
    place = {
        "prev": previous.hash,
        "treaty": previous.treaty.treaty or previous.hash,
        "version": previous.treaty.version + 1,
    }
    data = treaties.body_bytes(msgspec.structs.replace(previous.treaty, **(place | changes)))
    return treaties.read(treaties.assemble(data, [treaties.sign(data, root_key(party)) for party in signers]))


def with_member(treaty: treaties.SignedTreaty, party: str, **changes: Any) -> dict[str, Any]:
    """Return the changes of a treaty that change one member."""
    rows = treaty.treaty.members
    return {"members": tuple(msgspec.structs.replace(row, **changes) if row.id == party else row for row in rows)}


def spare_key(party: str, algorithm: Algorithm = Algorithm.ED25519) -> SigningKey:
    """Return a signing key of the party that its first bundle does not list."""
    return SigningKey.from_seed(algorithm, seed(f"{party} spare", 32 if algorithm is Algorithm.ED25519 else 64))
