"""A marking as a payload has it, and in words."""

from comity.handling import Handling
from comity_node.times import MAX_MICROS, iso


def as_map(handling: Handling) -> dict[str, object]:
    """Return the marking as a payload has it."""
    return {
        "codes": list(handling.codes),
        "pap": handling.pap,
        "purposes": list(handling.purposes),
        "retain_until": handling.retain_until,
        "tlp": handling.tlp,
    }


def words(handling: Handling) -> str:
    """Return the marking in one line."""
    parts = [f"TLP:{handling.tlp}", f"PAP:{handling.pap}", *handling.codes]
    if handling.purposes == ("none",):
        parts.append("for its own case only")
    elif handling.purposes:
        parts.append(f"only for {', '.join(handling.purposes)}")
    if handling.retain_until is not None:
        parts.append(f"to be deleted by {iso(min(handling.retain_until, MAX_MICROS))}")
    return ", ".join(parts)
