"""Bugs that are planted to see whether the simulator finds them: each changes the node at one seam."""

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final

import msgspec
import trio

from comity import acceptance, delivery
from comity import envelope as envelopes
from comity.message import sign
from comity_node import dialler, inbox
from comity_node.courier import Courier
from comity_node.errors import NodeError
from comity_node.feed import Feed, Follower
from comity_node.signing import Scribe
from comity_node.store.store import Store
from comity_node.timekeeper import Timekeeper

Change = tuple[Any, str, Any]  # object, attribute, what is put there
ABSENT: Final = object()
HOUR_US: Final = 3_600_000_000


def duplicates_known_in_memory_only() -> list[Change]:
    born, real = Store.__init__, Store.known

    def init(store: Any, *values: Any) -> None:
        born(store, *values)
        store.planted_first = store._last_message

    def known(store: Any, ids: Any) -> Any:
        found = real(store, ids)
        old = {key for key in found for row in store.by_id_prefix(key[1], key[1]) if row.n <= store.planted_first}
        return {key: value for key, value in found.items() if key not in old}

    return [(Store, "__init__", init), (Store, "known", known)]


def receipt_before_commit() -> list[Change]:
    return early("keep_incoming")


def promise_before_commit() -> list[Change]:
    return early("keep_outgoing")


def early(name: str) -> list[Change]:
    """Let a method of the store return at once, and do its work a moment later."""
    real = getattr(Store, name)

    async def method(store: Any, *values: Any) -> None:
        async def later() -> None:
            await trio.sleep(0.05)
            with suppress(NodeError):
                await real(store, *values)

        trio.lowlevel.spawn_system_task(later)
        await trio.lowlevel.checkpoint()

    return [(Store, name, method)]


def settlement_lost() -> list[Change]:
    real = Store.settle

    async def settle(store: Any, rows: Any) -> None:
        """Forget one receipt in five, as if it had been dealt with."""
        left = [row for row in rows if row["row"] % 5 or row["to_receipt"] is None]
        if left:
            await real(store, left)

    return [(Store, "settle", settle)]


def new_id_on_retry() -> list[Change]:
    scribble, seal = Scribe.sign, Courier._seal
    keys: dict[str, Any] = {}
    seen: set[tuple[str, bytes]] = set()

    def remember(scribe: Any, *values: Any) -> Any:
        keys[scribe.party] = scribe.key
        return scribble(scribe, *values)

    def again(self: Any, message: Any, now_us: int) -> Any:
        body = message.body
        if (self.peer, body.id) in seen and body.sender in keys:
            message = sign(msgspec.structs.replace(body, id=body.id[::-1]), keys[body.sender])
        seen.add((self.peer, body.id))
        return seal(self, message, now_us)

    return [(Scribe, "sign", remember), (Courier, "_seal", again)]


def expiry_never_noticed() -> list[Change]:
    async def expire(timekeeper: Any) -> None:
        await trio.lowlevel.checkpoint()

    return [(Timekeeper, "_expire", expire)]


def expiry_an_hour_early() -> list[Change]:
    real = Store.expired
    return [(Store, "expired", lambda store, now_us: real(store, now_us + HOUR_US))]


def handed_out_again() -> list[Change]:
    def follow(feed: Any, after: int) -> Any:
        return Follower(feed, 0)

    return [(Feed, "follow", follow)]


def times_not_checked() -> list[Change]:
    return [(acceptance, "check_times", lambda *values: None)]


def sender_not_checked() -> list[Change]:
    """Any peer may bring a message of any other, as long as its signature is right."""
    door: Any = inbox
    real = door.open_envelope

    def opened(data: bytes, peer: str, directory: Any, *values: Any) -> Any:
        key = envelopes.read(data).from_key
        for member in directory.members(directory.bundle(peer).bundle.since):
            if directory.signing_key(member.id, key) is not None:
                return real(data, member.id, directory, *values)
        return real(data, peer, directory, *values)

    return [(inbox, "open_envelope", opened)]


def dials_without_back_off() -> list[Change]:
    return [(dialler, "MAX_PAUSE_S", dialler.FIRST_PAUSE_S)]


def resends_without_back_off() -> list[Change]:
    return [(delivery, "RETRY_S", 0.5), (delivery, "MAX_RETRY_S", 0.5)]


def dials_in_step() -> list[Change]:
    return [(dialler, "uniform", lambda world, low, high: 30.0 - world.steady() % 30.0)]


def jitter_without_seed() -> list[Change]:
    unseeded = random.SystemRandom()
    return [(dialler, "uniform", lambda world, low, high: unseeded.uniform(low, high))]


def order_of_a_set() -> list[Change]:
    return [(dialler, "sorted", list)]


BUGS: Final[Mapping[str, tuple[str, Callable[[], list[Change]]]]] = {
    "dedup-in-ram": ("what was received before the start is not recognised", duplicates_known_in_memory_only),
    "receipt-before-commit": ("the receipt leaves while the commit still runs", receipt_before_commit),
    "promise-before-commit": ("send returns while the commit still runs", promise_before_commit),
    "settlement-lost": ("one receipt in five is forgotten", settlement_lost),
    "new-id-on-retry": ("a message that is sent again gets a new id", new_id_on_retry),
    "expiry-never": ("nobody notices that a message has expired", expiry_never_noticed),
    "expiry-early": ("a message is given up an hour before it expires", expiry_an_hour_early),
    "handed-out-again": ("a restart hands out all messages once more", handed_out_again),
    "times-not-checked": ("a message is accepted when it has expired, or before it was created", times_not_checked),
    "sender-not-checked": ("a peer may bring a message of another party", sender_not_checked),
    "dials-without-back-off": ("the pauses between dials do not grow", dials_without_back_off),
    "resends-without-back-off": ("a message without receipt is sent again every half second", resends_without_back_off),
    "dials-in-step": ("all nodes dial at the same moments", dials_in_step),
    "jitter-without-seed": ("the pauses between dials come from the system", jitter_without_seed),
    "order-of-a-set": ("parties are dialled in the order of a set", order_of_a_set),
}


@contextmanager
def planted(name: str) -> Iterator[None]:
    """Plant the bug for the length of the block."""
    changes = BUGS[name][1]()
    kept = [(target, attribute, vars(target).get(attribute, ABSENT)) for target, attribute, _ in changes]
    for target, attribute, value in changes:
        setattr(target, attribute, value)
    try:
        yield
    finally:
        for target, attribute, value in kept:
            if value is ABSENT:
                delattr(target, attribute)
            else:
                setattr(target, attribute, value)
