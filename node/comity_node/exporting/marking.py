"""What the marking of a message lets its recipient show to a court (EVID-020): the one place that asks."""

from typing import Final

from comity.consent import Content
from comity.handling import Action, Deed

BEFORE_A_COURT: Final = "prosecution"


def forbids_export(content: Content, party: str, now_us: int) -> bool:
    """Return whether the party may not show the content to a court, by its marking now and the consents that are held.

    What it wrote itself is its own to show.
    """
    return bool(content.against(Deed(Action.DISCLOSE, now_us, BEFORE_A_COURT), party))
