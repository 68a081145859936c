"""Write the table and the diagram of the lifecycle into spec/23-case.md from `comity.case.table`; --check compares.

Run as `python -m tools.lifecycle`.
"""

import argparse
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from comity.case.table import OPEN, PAUSED, TABLE, State, Transition

PAGE: Final = Path(__file__).resolve().parent.parent / "spec" / "23-case.md"
END: Final = "<!-- end -->"


def sources(line: Transition) -> str:
    """Return the states that a line starts from, the open ones under one name."""
    rest = line.sources
    if set(OPEN) <= set(rest):
        others = [state for state in rest if state not in OPEN]
        return ", ".join(["open", *others])
    return ", ".join(rest)


def table() -> Iterator[str]:
    """Yield the lines of the table."""
    yield "| from | event | to | who | guard |"
    yield "|---|---|---|---|---|"
    for line in TABLE:
        target = line.target or ""
        yield f"| {sources(line)} | `{line.event}` | {target} | {', '.join(line.sides)} | {line.guard} |"


def diagram() -> Iterator[str]:
    """Yield the lines of a state diagram; events between the same two states share an arrow."""
    arrows: dict[tuple[State, State], list[str]] = {}
    for line in TABLE:
        if line.target is not None:
            for source in line.sources:
                arrows.setdefault((source, line.target), []).append(line.event.value)
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield "    [*] --> draft"
    for (source, target), events in arrows.items():
        yield f"    {named(source)} --> {named(target)}: {', '.join(events)}"
    for state in State:
        if state.value != named(state):
            yield f'    state "{state.value}" as {named(state)}'
    yield "    closed --> [*]"
    yield "    expired --> [*]"
    yield "```"


def named(state: State) -> str:
    return state.value.replace("-", "_")


def listed(states: Iterable[State]) -> str:
    *most, last = states
    return f"{', '.join(most)} and {last}"


def escaped(block: str) -> str:
    return block.replace("\\", r"\\")


def filled(text: str) -> str:
    """Return the page with the blocks that stand between its marks."""
    blocks = {
        "table: lifecycle": "\n" + "\n".join(table()) + "\n",
        "diagram: lifecycle": "\n" + "\n".join(diagram()) + "\n",
        "states: open": listed(OPEN),
        "states: paused": listed(PAUSED),
    }
    for mark, block in blocks.items():
        found = re.compile(rf"(<!-- {mark} -->).*?({END})", re.DOTALL)
        text, count = found.subn(rf"\1{escaped(block)}\2", text)
        if count != 1:
            raise ValueError(f"{PAGE.name} has {count} marks <!-- {mark} -->")
    return text


def main() -> int:
    """Return 0, or with --check 1 where the page is not what would be written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where the page is stale")
    check = parser.parse_args().check
    old = PAGE.read_text(encoding="utf-8")
    new = filled(old)
    if old == new:
        return 0
    if check:
        print(f"{PAGE.name} is stale: run python -m tools.lifecycle", file=sys.stderr)
        return 1
    PAGE.write_text(new, encoding="utf-8")
    print(f"{PAGE.name}: written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
