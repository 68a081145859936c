"""How fields and faults are told to people, in their language (spec page kinds).

Layout: `data` (the files of this package), `fields` (label and help of each field), `faults` (what is wrong in a form).
The files are `<language>/<chapter>.json`; `parts.json` words what several chapters share, `faults.json` the faults.
"""

from comity.wording.data import FALLBACK, languages
from comity.wording.faults import fault_text, rule_text
from comity.wording.fields import Wording, chapter_of, field, home_of, name_of, of_record

__all__ = [
    "FALLBACK",
    "Wording",
    "chapter_of",
    "fault_text",
    "field",
    "home_of",
    "languages",
    "name_of",
    "of_record",
    "rule_text",
]
