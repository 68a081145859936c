"""TLP and PAP in files of other systems: published ids and names, and the strictest of several."""

import re
from collections.abc import Iterable
from typing import Any, Final

LEVELS: Final = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")
EXTENSION: Final = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
PUBLISHED: Final = "2022-10-01T00:00:00.000Z"
# The objects of TLP 2.0 that OASIS has published in cti-stix-common-objects; readers know them by their ids.
IDS: Final = {
    "CLEAR": "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    "GREEN": "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    "AMBER": "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    "AMBER+STRICT": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    "RED": "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
# The objects of TLP 1.0 that STIX 2.1 defines in 7.2.1.4.
FIRST_IDS: Final = {
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": "CLEAR",
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": "GREEN",
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": "AMBER",
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": "RED",
}
LEVEL_OF_ID: Final = {**{identifier: level for level, identifier in IDS.items()}, **FIRST_IDS}
NAMES: Final = {**{level.lower(): level for level in LEVELS}, "white": "CLEAR"}


PAP_LEVELS: Final = ("CLEAR", "GREEN", "AMBER", "RED")
_PAP: Final = re.compile(r"PAP:(RED|AMBER|GREEN|CLEAR|WHITE)", re.IGNORECASE)


def pap_named(name: str) -> str | None:
    """Return the level of the Permissible Actions Protocol that a text such as `PAP:AMBER` names, else None."""
    found = _PAP.fullmatch(name)
    return found[1].upper().replace("WHITE", "CLEAR") if found else None


def strictest_pap(levels: Iterable[str]) -> str:
    """Return the level that binds where all of these are given; at least one is."""
    return max(levels, key=PAP_LEVELS.index)


def strictest(levels: Iterable[str]) -> str:
    """Return the level that binds where all of these are given; at least one is."""
    return max(levels, key=LEVELS.index)


def level_named(name: str) -> str | None:
    """Return the level of a name such as `amber`, `TLP:WHITE` or `tlp:amber+strict`, None where it is none."""
    return NAMES.get(name.lower().removeprefix("tlp:"))


def level_of_marking(marking: dict[str, Any]) -> str | None:
    """Return the level that a marking-definition object states, None where it states none."""
    known = LEVEL_OF_ID.get(str(marking.get("id")))
    if known is not None:
        return known
    definition, extensions = marking.get("definition"), marking.get("extensions")
    named = definition.get("tlp") if isinstance(definition, dict) else None
    if isinstance(extensions, dict) and isinstance(extensions.get(EXTENSION), dict):
        named = extensions[EXTENSION].get("tlp_2_0")
    return level_named(named) if isinstance(named, str) else None


def marking(level: str) -> dict[str, Any]:
    """Return the published marking-definition object of the level."""
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": IDS[level],
        "created": PUBLISHED,
        "name": f"TLP:{level}",
        "extensions": {EXTENSION: {"extension_type": "property-extension", "tlp_2_0": level.lower()}},
    }
