"""The lifecycle as its page of the specification states it, read apart from the code that runs it."""

import re
from pathlib import Path
from typing import Final

PAGE: Final = Path(__file__).resolve().parent.parent.parent / "spec" / "23-case.md"
#: State, event, side, all as the page spells them.
Place = tuple[str, str, str]


def block(name: str) -> str:
    """Return what stands on the page between the marks of a block."""
    found = re.search(rf"<!-- {name} -->(.*?)<!-- end -->", PAGE.read_text("utf-8"), re.DOTALL)
    if found is None:
        raise LookupError(f"the page has no block {name}")
    return found[1]


def targets() -> dict[Place, str]:
    """Return the state after each event that the table allows, by state, event and side."""
    opened = re.split(r", | and ", block("states: open"))
    found: dict[Place, str] = {}
    for line in block("table: lifecycle").strip().splitlines()[2:]:
        sources, event, target, sides = (cell.strip() for cell in line.strip("|").split("|")[:4])
        for source in sources.split(", "):
            for state in opened if source == "open" else [source]:
                for side in sides.split(", "):
                    found[state, event.strip("`"), side] = target or state
    return found
