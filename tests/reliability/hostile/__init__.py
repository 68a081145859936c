"""Hostile networks and hostile peers: rows 10 to 20 and 28."""

from tests.reliability.hostile import alterations, bombs
from tests.reliability.row import Row

ROWS: tuple[Row, ...] = (*bombs.ROWS, *alterations.ROWS)
