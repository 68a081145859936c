"""What people and programs ask of a node about attachments; `operations` has the table of all operations."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from comity.attachment import Attachment
from comity.encoding import check
from comity.limits import MAX_ATTACHMENTS
from comity_node.node import Node
from comity_node.records import StoredMessage, Whereabouts
from comity_node.whereabouts import code_name

View = dict[str, Any]
Digits = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]


class SealedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A file that lies sealed in the home, and what a message says of it; bytes are hexadecimal."""

    name: str
    media: str
    size: int
    hash: Digits
    key: Digits
    sealed: Digits

    def attachment(self) -> Attachment:
        """Return it as the message carries it. Raises LocalError, when a field is not allowed."""
        bytes_of = {name: bytes.fromhex(getattr(self, name)) for name in ("hash", "key", "sealed")}
        return check(Attachment(name=self.name, media=self.media, size=self.size, **bytes_of))


SealedFiles = Annotated[list[SealedFile], Meta(max_length=MAX_ATTACHMENTS)]


class AttachmentParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Of which message."""

    id: str


class NamedParams(AttachmentParams, frozen=True, kw_only=True):
    """Which attachment of a message; without a name the only one."""

    name: str | None = None


async def attachment_list(node: Node, params: AttachmentParams) -> View:
    """Return the attachments of a message, each with where it stands."""
    message = node.find(params.id)
    return {"id": message.id.hex(), "attachments": await attachment_views(node, message)}


async def attachment_open(node: Node, params: NamedParams) -> View:
    """Return what it takes to open a complete attachment in the home. Its key is among it: keep the answer private."""
    return sealed_view(await node.attachment(node.find(params.id).id, params.name))


async def attachment_views(node: Node, message: StoredMessage) -> list[View]:
    if not message.body.attachments:
        return []
    return [whereabouts_view(message, each) for each in await node.attachments(message.id)]


def whereabouts_view(message: StoredMessage, each: Whereabouts) -> View:
    return {
        "name": each.name,
        "media": each.media,
        "size": each.size,
        "address": each.address.hex(),
        "direction": message.direction,
        "party": each.party,
        "state": each.state.name.lower(),
        "moved": each.moved,
        "code": each.code,
        "code_name": code_name(each.code),
        "cause": each.cause,
    }


def sealed_view(each: Attachment) -> View:
    """Return the fields of SealedFile."""
    shown = {"name": each.name, "media": each.media, "size": each.size}
    return shown | {"hash": each.hash.hex(), "key": each.key.hex(), "sealed": each.sealed.hex()}
