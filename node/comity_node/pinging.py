"""`comity ping`: the whole path to a peer, one step after another, so that the one that fails has a name."""

from dataclasses import dataclass

import trio

from comity.errors import ComityError
from comity_node.dialler import Dialler
from comity_node.errors import NodeError
from comity_node.links import Links
from comity_node.trust import Trust
from comity_node.world import World

LINK_S = 15.0  # for all addresses of the peer together
ANSWER_S = 10.0


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the path.

    Attributes:
        name: treaty, bundle, connect, handshake, documents or answer.
        seconds: how long it took, None where nothing was waited for.
        next_step: what to do about a failure, "" when all is well.
    """

    name: str
    ok: bool
    detail: str
    seconds: float | None = None
    next_step: str = ""


class Pinging:
    """Tries the path to a peer. It sends nothing that the peer keeps."""

    def __init__(self, party: str, trust: Trust, links: Links, dialler: Dialler, world: World) -> None:
        self._party = party
        self._trust = trust
        self._links = links
        self._dialler = dialler
        self._world = world

    async def ping(self, party: str) -> list[Step]:
        """Return the steps that were tried, in order; the last one failed, or all are well."""
        steps: list[Step] = []
        for attempt in (self._treaty, self._bundle, self._link, self._documents, self._answer):
            steps.append(await attempt(party))
            if not steps[-1].ok:
                break
        return steps

    async def _treaty(self, party: str) -> Step:
        try:
            directory, now_us = self._trust.require(), self._world.now_us()
            for one in (self._party, party):
                directory.may_speak(one, now_us)
        except (ComityError, NodeError) as fault:
            return Step("treaty", False, str(fault).rstrip("."), None, "see who is active: comity treaty show")
        return Step("treaty", True, f"version {directory.head[0]} lets both speak")

    async def _bundle(self, party: str) -> Step:
        try:
            directory, now_us = self._trust.require(), self._world.now_us()
            directory.usable_key(party, "link", now_us)
            directory.usable_key(party, "envelope", now_us)
        except (ComityError, NodeError) as fault:
            return Step("bundle", False, str(fault), None, f"ask {party} for its newest: comity bundle import FILE")
        found = directory.bundle(party)
        return Step("bundle", True, f"serial {found.bundle.serial} with usable keys" if found else "usable keys")

    async def _link(self, party: str) -> Step:
        """Return how a link was made, or which step of that failed."""
        peer, began = self._links.peer(party), self._world.steady()
        if peer.session is not None:
            return Step("link", True, "up already")
        with trio.move_on_after(LINK_S):
            await self._dialler.hurry(party)
        if peer.session is not None:
            return Step("link", True, "dialled", self._world.steady() - began)
        failed, remedy = peer.failed_step or "connect", REMEDIES.get(peer.failed_step, REMEDIES["connect"])
        return Step(failed, False, peer.last_error or "no answer in time", self._world.steady() - began, remedy)

    async def _documents(self, party: str) -> Step:
        heads, directory = self._links.peer(party).heads, self._trust.require()
        if heads is None:
            return Step("documents", True, "the peer has not said yet what it holds")
        version, treaty_hash = directory.head
        own = directory.bundle(self._party)
        serial = own.bundle.serial if own else 0
        if (heads.treaty, heads.treaty_hash) != (version, treaty_hash):
            detail = f"the peer holds version {heads.treaty} of the treaty, this node version {version}"
            return Step("documents", False, detail, None, "wait a moment, it fetches the newer one; then ask again")
        if heads.holds < serial:
            detail = f"the peer holds serial {heads.holds} of this node's bundle, the newest is {serial}"
            return Step("documents", False, detail, None, "wait a moment, it fetches the newer one; then ask again")
        return Step("documents", True, "both hold the same treaty and bundle")

    async def _answer(self, party: str) -> Step:
        try:
            with trio.fail_after(ANSWER_S):
                seconds = await self._links.ping(party)
        except (trio.TooSlowError, NodeError):
            return Step("answer", False, f"no answer within {ANSWER_S:.0f} s", ANSWER_S, REMEDIES["answer"])
        return Step("answer", True, f"{seconds * 1_000:.1f} ms there and back", seconds)


REMEDIES = {
    "connect": "check address, firewall and the peer's node; its contact: comity bundle show PARTY",
    "handshake": "compare key bundles and treaty with the peer by telephone: comity bundle show, comity treaty show",
    "answer": "the peer's node or the way to it is overloaded; try again, then call its contact",
}
