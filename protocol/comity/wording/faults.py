"""What is wrong in a form, in words."""

import re
from collections.abc import Mapping
from typing import Final

from comity.wording.data import FALLBACK, content, nearest

FILE: Final = "faults"
GAP: Final = re.compile(r"\{([a-z]+)\}")


def fault_text(key: str, params: Mapping[str, str], lang: str = FALLBACK) -> str:
    """Return the words of a key such as `fault.missing` or `wanted.time`, its `{names}` replaced by the parameters.

    Raises:
        LookupError: there is no such key, or no parameter for one of its names.
    """
    text = str(content(nearest(lang), FILE).get(key) or content(FALLBACK, FILE)[key])
    return GAP.sub(lambda gap: params[gap[1]], text)


def rule_text(clause: str, otherwise: str, lang: str = FALLBACK) -> str:
    """Return what a rule over several fields asks for, by the id of its clause; `otherwise` where none words it."""
    key = f"rule.{clause}"
    return str(content(nearest(lang), FILE).get(key) or content(FALLBACK, FILE).get(key) or otherwise)
