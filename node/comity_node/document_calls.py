"""What people and programs ask of a node about its treaty and the bundles of keys; `operations` has all operations."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from comity import bundle
from comity.directory import Directory
from comity.errors import RemoteError
from comity_node.errors import NotFoundError, NotReadyError
from comity_node.faults import DocumentError, UsageError, text_of
from comity_node.node import Node
from comity_node.params import NoParams, Params
from comity_node.views import View, bundle_view, treaty_view

#: What the operator can do about a document that was refused (codes of spec page errors).
DOCUMENT_REMEDIES: Final = {
    1: "get the file again from the one who made it",
    4: "get the file again from the one who made it",
    40: "see who must still sign: comity treaty verify FILE",
    41: "import the versions or serials between first",
    42: "nothing: a newer one is held",
    43: "the party whose key is new must sign too: comity treaty verify FILE",
    44: "stop, and call the other parties by telephone: two different documents were signed",
    45: "check the clock of this machine, else ask for a document that is in force",
}


class DocumentParams(Params, frozen=True, kw_only=True):
    data: str


class BundleParams(Params, frozen=True, kw_only=True):
    party: str | None = None


async def treaty_import(node: Node, params: DocumentParams) -> View:
    try:
        outcome = await node.import_treaty(unhex(params.data))
    except RemoteError as fault:
        raise unverified("treaty", fault) from None
    return {"outcome": outcome.name.lower(), **await treaty_show(node, NoParams())}


async def treaty_show(node: Node, params: NoParams) -> View:
    directory = directory_of(node)
    signed = directory.version(directory.head[0])
    if signed is None:
        raise no_treaty()
    return {"treaty_id": directory.treaty_id.hex(), "treaty": treaty_view(signed), "data": signed.data.hex()}


async def bundle_import(node: Node, params: DocumentParams) -> View:
    data = unhex(params.data)
    try:
        outcome = await node.import_bundle(data)
    except RemoteError as fault:
        raise unverified("bundle", fault) from None
    view = bundle_view(bundle.read(data))
    return {"outcome": outcome.name.lower(), "bundle": view}


async def bundle_show(node: Node, params: BundleParams) -> View:
    """Return the newest bundle of a party, by default one's own."""
    party = params.party or node.party
    found = directory_of(node).bundle(party)
    if found is None:
        raise NotFoundError(f"no bundle of {party[:60]} is held", "ask that party for it: comity bundle import FILE")
    return {"bundle": bundle_view(found), "data": found.data.hex()}


async def bundle_base(node: Node, params: NoParams) -> View:
    """Return what the next bundle of this party must build on."""
    directory = directory_of(node)
    previous = directory.bundle(node.party)
    return {
        "treaty_id": directory.treaty_id.hex(),
        "serial": previous.bundle.serial if previous else 0,
        "hash": previous.hash.hex() if previous else None,
    }


def directory_of(node: Node) -> Directory:
    if node.directory is None:
        raise no_treaty()
    return node.directory


def no_treaty() -> NotReadyError:
    return NotReadyError("this node has no treaty", "import one: comity treaty import FILE")


def unhex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise UsageError("data is not hexadecimal", "give two digits for each byte") from None


def unverified(what: str, fault: RemoteError) -> DocumentError:
    next_step = DOCUMENT_REMEDIES.get(fault.code, "ask the one who made it to correct it")
    return DocumentError(f"the {what} does not verify: {text_of(fault)}", next_step)


#: The operations of this module: their parameters and what runs them.
CALLS: Final[dict[str, tuple[type[Params], Callable[[Node, Any], Awaitable[View]]]]] = {
    "treaty-import": (DocumentParams, treaty_import),
    "treaty-show": (NoParams, treaty_show),
    "bundle-import": (DocumentParams, bundle_import),
    "bundle-show": (BundleParams, bundle_show),
    "bundle-base": (NoParams, bundle_base),
}
