"""Treaty versions and bundles over links: what we hold, what a peer holds more of, and what it sends."""

import logging
from collections import Counter

from comity.errors import EquivocationError, RemoteError, UnsupportedError
from comity.frames import Heads
from comity.link import Link
from comity_node.bounds import MAX_DOCUMENTS_WAITING
from comity_node.errors import NodeError
from comity_node.gathering import Gathering
from comity_node.incidents import Incidents
from comity_node.trust import Trust

log = logging.getLogger(__name__)
NO_HASH = bytes(32)


class Documents:
    """Compares heads, answers requests, and hands what arrives to the directory, one document after another."""

    def __init__(self, party: str, trust: Trust, incidents: Incidents) -> None:
        self._party = party
        self._trust = trust
        self._incidents = incidents
        self._arrived: Gathering[tuple[str, str, bytes]] = Gathering()
        self._waiting: Counter[str] = Counter()

    async def run(self) -> None:
        """Check what peers have sent, for ever; with the checks of an operator's import (TREATY-015, FRAME-024)."""
        while True:
            ((peer, kind, data),) = await self._arrived.take(most=1)
            self._waiting[peer] -= 1
            try:
                await self._trust.add(kind, data)
            except EquivocationError:
                continue  # the directory keeps it as a proof and the operator is alarmed
            except RemoteError as fault:
                await self._incidents.record(peer, fault)
            except NodeError as fault:
                log.error("a %s of %s was not kept: %s", kind, peer, fault)

    def arrive(self, peer: str, kind: str, data: bytes) -> None:
        """Queue a document; what is too much is dropped and asked for again later."""
        if self._waiting[peer] >= MAX_DOCUMENTS_WAITING:
            log.debug("a %s of %s was dropped: too many wait", kind, peer)
            return
        self._waiting[peer] += 1
        self._arrived.put((peer, kind, data), peer)

    def heads_for(self, party: str) -> Heads:
        """Return what to tell this party of what we hold."""
        directory = self._trust.require()
        version, treaty_hash = directory.head
        own, theirs = directory.bundle(self._party), directory.bundle(party)
        return Heads(
            treaty=version,
            treaty_hash=treaty_hash,
            bundle=own.bundle.serial if own else 0,
            bundle_hash=own.hash if own else NO_HASH,
            holds=theirs.bundle.serial if theirs else 0,
        )

    def compare(self, link: Link, party: str, heads: Heads) -> None:
        """Ask for what the peer has and we lack (FRAME-014), and for the proof of a fork (FRAME-017)."""
        directory = self._trust.require()
        version, treaty_hash = directory.head
        if heads.treaty > version:
            link.request_treaty(version + 1)
        elif heads.treaty == version and heads.treaty_hash != treaty_hash:
            link.request_treaty(version)
        theirs = directory.bundle(party)
        held = theirs.bundle.serial if theirs else 0
        if heads.bundle > held:
            link.request_bundle(party, held + 1 if held else heads.bundle)
        elif theirs is not None and heads.bundle == held and heads.bundle_hash != theirs.hash:
            link.request_bundle(party, held)

    def send_treaty(self, link: Link, version: int) -> None:
        """Answer a request for a treaty version (FRAME-015, FRAME-016)."""
        found = self._trust.require().version(version)
        if found is None:
            link.send_error(UnsupportedError.code, None)
        else:
            link.send_treaty(found.data)

    def send_bundle(self, link: Link, party: str, serial: int) -> None:
        """Answer a request for a bundle (FRAME-015, FRAME-016)."""
        found = self._trust.require().bundle_by_serial(party, serial)
        if found is None:
            link.send_error(UnsupportedError.code, None)
        else:
            link.send_bundle(found.data)
