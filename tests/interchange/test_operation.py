"""What may leave a node is decided by its marking, for files of other systems as for everything else."""

from pathlib import Path
from typing import Any

import pytest
from trio.testing import MockClock

from comity.handling import Handling
from comity_node.interchange.operation import ExportParams, interchange_export
from comity_node.markings import HandlingError
from comity_node.node import Node
from tests.support.alliances import alliance, first_message
from tools.making.intelligence import IBAN, TELL, indicator

TOLD = "intelligence.spontaneous"
OWN: dict[str, Any] = TELL | {"source": None, "indicators": [indicator(IBAN)], "caveats": "Ask first."}


async def exported(node: Node, message_id: bytes, purpose: str | None = None) -> dict[str, Any]:
    return await interchange_export(node, ExportParams(id=message_id.hex(), format="stix", purpose=purpose))


@pytest.mark.clause("HAND-004", "HAND-005", "HAND-006")
@pytest.mark.parametrize(
    ("marking", "purpose", "allowed"),
    [
        (Handling(tlp="RED"), None, False),
        (Handling(tlp="AMBER", codes=("H3",)), None, False),
        (Handling(tlp="GREEN", purposes=("prosecution",)), None, False),
        (Handling(tlp="GREEN", purposes=("prosecution",)), "investigation", False),
        (Handling(tlp="GREEN", purposes=("prosecution",)), "prosecution", True),
        (Handling(tlp="AMBER+STRICT", codes=("H1",)), None, True),
    ],
)
async def test_a_message_leaves_only_as_its_marking_allows(
    tmp_path: Path, autojump_clock: MockClock, marking: Handling, purpose: str | None, allowed: bool
) -> None:
    pair = await alliance(tmp_path, "aa.police", "bb.fiu")
    async with pair.run_all() as nodes:
        sent = await nodes["aa.police"].send("bb.fiu", TOLD, OWN, handling=marking)
        await first_message(nodes["bb.fiu"])
        if not allowed:
            with pytest.raises(HandlingError):
                await exported(nodes["bb.fiu"], sent.id, purpose)
            return
        result = await exported(nodes["bb.fiu"], sent.id, purpose)
    assert result["tlp"] == marking.tlp
    told = [each["definition"]["statement"] for each in result["document"]["objects"] if "definition" in each]
    assert {"PAP:GREEN", "Ask first."} <= set(told)
    assert any("H1" in each for each in told) is ("H1" in marking.codes)
    assert {"path": "from", "reason": "who told it is not passed on"} in result["left"]


async def test_what_was_forwarded_is_exported_as_its_originator_marked_it(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    three = await alliance(tmp_path, "aa.police", "bb.fiu", "qm.prosecutor")
    async with three.run_all() as nodes:
        await nodes["aa.police"].send("bb.fiu", TOLD, OWN, handling=Handling(tlp="GREEN"))
        received = await first_message(nodes["bb.fiu"])
        sent = await nodes["bb.fiu"].markings.forward(received, ["qm.prosecutor"], "investigation")
        await first_message(nodes["qm.prosecutor"])
        result = await exported(nodes["qm.prosecutor"], sent.id)
    assert (result["tlp"], result["indicators"]) == ("GREEN", 1)
