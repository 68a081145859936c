"""What the marking of a message lets its recipient show to a court (EVID-020): the one place that asks."""

from typing import Final

from comity.message import Body

FORBIDDING_CODES: Final = frozenset({"H1", "H2", "H3"})  # not before a court, not further, or by special terms only


def forbids_export(body: Body, party: str) -> bool:
    """Return whether the party may not export the message. What it wrote itself is its own to show."""
    if body.sender == party:
        return False
    return body.handling.tlp == "RED" or bool(FORBIDDING_CODES & set(body.handling.codes))
