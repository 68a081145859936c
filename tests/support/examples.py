"""Complete forms of every kind, as spec/examples gives them."""

import json
from pathlib import Path
from typing import Any, Final

from comity.encoding import marked
from comity.kinds import ATTACHMENT, NAMES, payload_of
from comity_node.forms import payload_from

EXAMPLES: Final = Path(__file__).resolve().parents[2] / "spec" / "examples"
TO_COME: Final = ("estimate", "until", "wanted_by")


def example(kind: str, now_us: int) -> dict[str, Any]:
    """Return the payload of the example; what it says of the future lies a month after `now_us`."""
    payload = payload_from(kind, json.loads((EXAMPLES / f"{kind}.json").read_text(encoding="utf-8")))
    month_us = 30 * 86_400_000_000
    return payload | {name: now_us + month_us for name in TO_COME if payload.get(name) is not None}


def without_files(kind: str, payload: dict[str, Any]) -> dict[str, Any]:
    """Return the payload without what names an attachment."""
    named = [path for path, mark, _ in marked(payload_of(kind, payload), NAMES) if mark == ATTACHMENT]
    level = {"assistance_level": "police-intelligence"} if "assistance_level" in payload else {}
    return payload | level | {path.split(".")[0]: None for path in named}
