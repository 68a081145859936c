"""What happens when a person opens a message: it counts as read, and its sender is told (DELIV-012)."""

import logging

import trio

from comity.errors import RemoteError
from comity.handling import Handling
from comity.kinds import NOTICE
from comity_node.errors import NotReadyError
from comity_node.outbox import Outbox
from comity_node.records import StoredMessage
from comity_node.signing import Draft, RuleError
from comity_node.store.store import Store
from comity_node.trust import Trust
from comity_node.world import World

log = logging.getLogger(__name__)
NOTICE_S = 604_800  # how long a notice is worth delivering, where the treaty lets it live so long


class Reading:
    """Marks messages as read, and gives one notice for each that a peer has sent."""

    def __init__(self, outbox: Outbox, trust: Trust, store: Store, world: World) -> None:
        self._outbox = outbox
        self._trust = trust
        self._store = store
        self._world = world
        self._one_at_a_time = trio.Lock()

    async def opened(self, message: StoredMessage) -> None:
        """Remember that a person has seen the message. Of a message from a peer its sender gets a notice.

        The notice is kept first: after a crash between the two the message counts as new, and no second notice goes.

        Raises:
            StorageError: it could not be kept.
        """
        async with self._one_at_a_time:
            if not message.outgoing and not message.code and not self._store.notice_of(message.hash):
                await self._give_notice(message)
            await self._store.mark_read(message.position, self._world.now_us())

    async def _give_notice(self, message: StoredMessage) -> None:
        now_us, body = self._world.now_us(), message.body
        try:
            lifetime_s = min(NOTICE_S, self._trust.require().limits(now_us).lifetime_s)
            await self._outbox.send(
                Draft(
                    to=(message.sender,),
                    kind=NOTICE,
                    payload={"time": now_us},
                    lang=body.lang,
                    handling=Handling(tlp=body.handling.tlp),
                    exercise=body.exercise,
                    urgency=body.urgency,
                    lifetime_s=lifetime_s,
                    case=body.case,
                    in_reply_to=message.hash,
                )
            )
        except (RuleError, NotReadyError, RemoteError) as fault:
            log.info("%s is not told that its message was read: %s", message.sender, fault)
