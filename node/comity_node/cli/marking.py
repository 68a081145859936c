"""Options that say how content is marked."""

import time
from typing import Any

import click

from comity_node.times import parse_end

TLP = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")
PAP = ("CLEAR", "GREEN", "AMBER", "RED")
CODES = ("H0", "H1", "H2", "H3")


def marking_options(command: Any) -> Any:
    """Add the options of a marking; what is not given stays as it is."""
    for option in (
        click.option("--retain-until", metavar="END", help="When every copy must be deleted: 2027-06-30, or 30d."),
        click.option("--purpose", "purposes", multiple=True, help="What it may be used for; may be repeated."),
        click.option("--code", "codes", type=click.Choice(CODES), multiple=True, help="May be repeated."),
        click.option("--pap", type=click.Choice(PAP), help="Permissible actions [GREEN; a reply: as what it answers]."),
        click.option("--tlp", type=click.Choice(TLP), help="Traffic light [AMBER; of a reply, as what it answers]."),
    ):
        command = option(command)
    return command


def marking_from(options: dict[str, Any]) -> dict[str, Any]:
    """Return what the options say of a marking, as the operations take it."""
    return {
        "tlp": options["tlp"],
        "pap": options["pap"],
        "codes": list(options["codes"]) or None,
        "purposes": list(options["purposes"]) or None,
        "retain_until": end_from(options["retain_until"]),
    }


def end_from(text: str | None) -> int | None:
    """Return micros, None where nothing is said."""
    return None if text is None else parse_end(text, time.time_ns() // 1_000)
