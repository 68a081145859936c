"""Hostile networks and hostile peers: rows 10 to 20 and 28."""

from tests.reliability.hostile import alterations
from tests.reliability.row import Row

ROWS: tuple[Row, ...] = (*alterations.ROWS,)
