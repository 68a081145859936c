"""How content may be passed on and used (spec page handling). Pure: nothing here knows a store or a clock.

Layout, from the ground: `marking` (the record, and the strictest of two), `rules` (what stands against an action).
What consent lifts, and what of others a message may carry, needs keys and stands in `comity.consent`.
"""

from comity.handling.marking import (
    ACTIONS_PERMITTED,
    COLOURS,
    NO_PURPOSE,
    Handling,
    HandlingCode,
    HandlingCodes,
    HandlingPurpose,
    HandlingPurposes,
    Pap,
    Tlp,
    stricter,
    widened,
)
from comity.handling.rules import Action, Audience, Deed, Obstacle, Remedy, Rule, obstacles

__all__ = [
    "ACTIONS_PERMITTED",
    "COLOURS",
    "NO_PURPOSE",
    "Action",
    "Audience",
    "Deed",
    "Handling",
    "HandlingCode",
    "HandlingCodes",
    "HandlingPurpose",
    "HandlingPurposes",
    "Obstacle",
    "Pap",
    "Remedy",
    "Rule",
    "Tlp",
    "obstacles",
    "stricter",
    "widened",
]
