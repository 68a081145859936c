"""What a new message carries: each content sealed once, whatever number of messages and recipients it goes to."""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import msgspec
import trio

from comity.attachment import Attachment, sealed_size
from comity.limits import MAX_ATTACHMENTS
from comity_node.archive import Archive
from comity_node.attachments.sealer import AttachmentError, Sealer
from comity_node.attachments.shelf import Shelf
from comity_node.store.transfers import Transfers
from comity_node.vault import Vault
from comity_node.world import World


class Packer:
    """Seals files through the world, in steps, so that nothing else waits long."""

    def __init__(self, shelf: Shelf, transfers: Transfers, archive: Archive, vault: Vault, world: World) -> None:
        self._shelf = shelf
        self._transfers = transfers
        self._archive = archive
        self._vault = vault
        self._world = world

    async def pack(self, files: Sequence[Path | Attachment]) -> tuple[Attachment, ...]:
        """Return what the message says of the files. Those that are no paths lie sealed on the shelf already.

        Raises:
            AttachmentError: a file cannot be attached or kept sealed, or two have one name; nothing of it stays.
        """
        if len(files) > MAX_ATTACHMENTS:
            raise AttachmentError(
                f"{len(files)} files for one message", f"attach at most {MAX_ATTACHMENTS}, or pack them into an archive"
            )
        packed: list[Attachment] = []
        sealed: list[Attachment] = []
        try:
            for each in files:
                if isinstance(each, Path):
                    sealed.append(await self._seal(each))
                    packed.append(await self._once(sealed[-1], packed))
                else:
                    await self.refuse_absent(each)
                    packed.append(await self._once(each, packed))
            refuse_twins(packed)
        except OSError as fault:
            await self._discard_all(sealed)
            reason = fault.strerror or str(fault)
            cause = f"a file cannot be kept sealed: {reason}"
            raise AttachmentError(cause, "look at the disk and send again") from fault
        except BaseException:
            await self._discard_all(sealed)
            raise
        return tuple(packed)

    async def _discard_all(self, sealed: Sequence[Attachment]) -> None:
        """Remove what was sealed for nothing; on a disk that fails it goes with the next start."""
        with trio.CancelScope(shield=True), suppress(OSError):
            await self.discard(sealed)

    async def discard(self, attachments: Sequence[Attachment]) -> None:
        """Remove sealed files that no message names."""
        for each in attachments:
            if not self._transfers.is_known(each.sealed):
                await self._world.file_work(partial(self._shelf.remove, self._shelf.place(each.sealed)))

    def fingerprint(self, attachment: Attachment) -> bytes:
        """Return what names the content in the database without telling which it is."""
        return self._vault.fingerprint(attachment.hash)

    async def _seal(self, source: Path) -> Attachment:
        key = self._world.random(32)
        sealer = await self._world.file_work(lambda: Sealer(source, self._shelf, key))
        try:
            while await self._world.file_work(sealer.step):
                pass
            return await self._world.file_work(sealer.finish)
        finally:
            with trio.CancelScope(shield=True):
                await self._world.file_work(sealer.close)

    async def refuse_absent(self, attachment: Attachment) -> None:
        """Return when the sealed file is in the home. Raises: AttachmentError."""
        if not await self._is_held(attachment):
            raise AttachmentError(f"the sealed file of {attachment.name!r} is not in the home", "attach the file again")

    async def _once(self, attachment: Attachment, packed: Sequence[Attachment]) -> Attachment:
        """Return the attachment with the key and address that the content has already (ATTACH-013)."""
        for known in (*packed, *self._sealed_before(attachment)):
            same = known.hash == attachment.hash and known.sealed != attachment.sealed
            if same and await self._is_held(known):
                await self.discard([attachment])
                return msgspec.structs.replace(attachment, key=known.key, sealed=known.sealed)
        return attachment

    async def _is_held(self, attachment: Attachment) -> bool:
        length = sealed_size(attachment.size)
        return await self._world.file_work(partial(self._shelf.holds, attachment.sealed, length))

    def _sealed_before(self, attachment: Attachment) -> list[Attachment]:
        found = []
        for row in self._transfers.sealed_before(self.fingerprint(attachment)):
            message = self._archive.at(row.message_n)
            found += [each for each in message.body.attachments if each.sealed == row.address]
        return found


def refuse_twins(packed: Sequence[Attachment]) -> None:
    names = [each.name for each in packed]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise AttachmentError(f"two files have the name {twice!r}", "rename one of them")
