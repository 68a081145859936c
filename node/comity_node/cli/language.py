"""In which language whoever runs a command reads."""

import os
import re
from typing import Final

VARIABLES: Final = ("COMITY_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
TAG: Final = re.compile(r"[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8})?")


def language() -> str:
    """Return a tag of BCP 47 from the first of the variables that is set; English where none says anything."""
    said = next((value for name in VARIABLES if (value := os.environ.get(name))), "")
    tag = said.partition(".")[0].partition("@")[0]
    return tag.replace("_", "-") if TAG.fullmatch(tag) else "en"
