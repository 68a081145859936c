"""The operation that hands a message to another system: asked by the command line and the control socket alike."""

from typing import Any, Final, Literal

import msgspec

from comity_node.interchange.misp_out import write_misp
from comity_node.interchange.outgoing import outgoing
from comity_node.interchange.stix_out import write_stix
from comity_node.node import Node

WRITERS: Final = {"misp": write_misp, "stix": write_stix}


class ExportParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    id: str
    format: Literal["misp", "stix"]
    purpose: str | None = None


async def interchange_export(node: Node, params: ExportParams) -> dict[str, Any]:
    """Return a message in the format of another system, and what that format does not say of it.

    Raises:
        NotFoundError, AmbiguousError: as `Node.find`.
        HandlingError: the marking of the message forbids it, and no consent covers it.
        UsageError: the message tells no indicators.
    """
    found = node.find(params.id)
    node.markings.refuse_export(found, params.purpose)
    message = outgoing(found, node.markings.marking(found))
    document, left = WRITERS[params.format](message)
    return {
        "format": params.format,
        "tlp": message.tlp,
        "indicators": len(message.indicators),
        "document": document,
        "left": [{"path": each.path, "reason": each.reason} for each in left],
    }
