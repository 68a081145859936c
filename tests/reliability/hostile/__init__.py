"""Hostile networks and hostile peers: rows 10 to 20 and 28."""

import logging

from tests.reliability.hostile import alterations, bombs, member, pieces, slow, strangers, vanishing
from tests.reliability.row import Row

logging.getLogger("comity_node").addHandler(logging.NullHandler())  # what attackers do would fill the screen

ROWS: tuple[Row, ...] = (
    *pieces.ROWS,
    *slow.ROWS,
    *vanishing.ROWS,
    *strangers.ROWS,
    *bombs.ROWS,
    *alterations.ROWS,
    *member.ROWS,
)
