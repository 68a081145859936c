"""Files that move while everything is cut and restarted, and files of those who lie: rows 37 and 38."""

from tests.reliability.attachments import lies, moving
from tests.reliability.row import Row

ROWS: tuple[Row, ...] = (moving.ROW, lies.ROW)
