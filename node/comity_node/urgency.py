"""The four degrees of urgency, in the order of their numbers (spec page message)."""

from typing import Final

URGENCIES: Final = ("flash", "urgent", "priority", "routine")
