"""The vocabulary: every closed list that payloads take their codes from, as data (spec page vocabulary).

Layout, from the ground: `form` (records, reading, hash), `published` (the versions in this package), `checking` (which
terms of a payload are not in a vocabulary). Version n is `data/n.json`, its hash stands in `data/hashes.json`.
"""

from comity.vocabulary.checking import TermFault, groups_of, refuse_unknown_terms, term_faults
from comity.vocabulary.form import (
    COUNTRY,
    CURRENCY,
    MAX_FILE_BYTES,
    Content,
    Group,
    Pin,
    Term,
    Tongue,
    Vocabulary,
    read,
    refuse_lost_terms,
)
from comity.vocabulary.published import edition, hashes, newest, pinned

__all__ = [
    "COUNTRY",
    "CURRENCY",
    "MAX_FILE_BYTES",
    "Content",
    "Group",
    "Pin",
    "Term",
    "TermFault",
    "Tongue",
    "Vocabulary",
    "edition",
    "groups_of",
    "hashes",
    "newest",
    "pinned",
    "read",
    "refuse_lost_terms",
    "refuse_unknown_terms",
    "term_faults",
]
