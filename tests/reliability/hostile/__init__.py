"""Hostile networks and hostile peers: rows 10 to 20 and 28."""

from tests.reliability.hostile import alterations, bombs, pieces, strangers
from tests.reliability.row import Row

ROWS: tuple[Row, ...] = (*pieces.ROWS, *strangers.ROWS, *bombs.ROWS, *alterations.ROWS)
