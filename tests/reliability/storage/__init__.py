"""Faults of the disk: rows 1, 2, 3, 4, 27 and 32.

shim.c and `shim` stand between a process and its disk; `stage` holds homes, `scenarios` what the nodes do, `ledger`
what they promise, `observer` what must be there afterwards; `trials` joins them, `worker` and `crew` run many at once.
One module for each row: `killpoints`, `powercuts` with `disk`.
"""

from tests.reliability.storage import diskerrors, killpoints, powercuts

ROWS = (*killpoints.ROWS, *powercuts.ROWS, *diskerrors.ROWS)
