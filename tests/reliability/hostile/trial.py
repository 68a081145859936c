"""What a receiving end does with a message that was not sent like this, as far as the network can see it."""

from typing import NamedTuple

from comity.errors import RemoteError
from comity.link import Event, Link
from tests.reliability.hostile.fork import fork
from tests.reliability.hostile.talk import Stage

AT_ONCE, IN_TIME, OPEN = "closes at once", "closes in time", "stays open"


class Reaction(NamedTuple):
    """`events` is what came out, `sent` how many bytes were answered before the end, `end` when it closed."""

    events: tuple[Event, ...]
    sent: int
    end: str
    fault: str


def react(stage: Stage, data: bytes, hang_up: bool = False) -> Reaction:
    """Return what a copy of the receiving end does with `data`, with what follows, and with the silence after it."""
    link = fork(stage.link)
    events, fault = taken(link, data, stage.now)
    if hang_up:
        more, _ = taken(link, b"", stage.now)
        events += [event for event in more if type(event).__name__ != "Closed"]
    sent = len(link.data_to_send(stage.now))
    if link.closed:
        return Reaction(tuple(events), sent, AT_ONCE, fault)
    more, fault = taken(link, stage.after, stage.now) if stage.after else ([], fault)
    events += more
    sent += 0 if stage.handshake else len(link.data_to_send(stage.now))
    for _ in range(3):  # a PING after 20 s, the end after 60
        if not link.closed:
            link.tick(link.deadline)
            if stage.handshake:
                sent += len(link.data_to_send(link.deadline))
    return Reaction(tuple(events), sent, IN_TIME if link.closed else OPEN, fault)


def taken(link: Link, data: bytes, now: float) -> tuple[list[Event], str]:
    """Return the events of the bytes and the name of the fault that ended them, "" for none."""
    events: list[Event] = []
    link.receive(data, now)
    try:
        while (event := link.next_event()) is not None:
            events.append(event)
    except RemoteError as fault:
        return events, type(fault).__name__
    return events, ""
