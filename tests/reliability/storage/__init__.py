"""Faults of the disk: rows 1, 2, 3, 4, 27 and 32.

shim.c and `shim` stand between a process and its disk; `stage` holds homes, `scenarios` what the nodes do, `ledger`
what they promise, `observer` what must be there afterwards; `trials` joins them, `worker` and `crew` run many at once.
A module for each row: `killpoints` (1), `powercuts` (2, on the `disk` that forgets), `diskerrors` (3), `bitflips` (4),
`backups` (27), `leaks` (32); `bugs` are those that are planted. `python -m` shows a violation again.
"""

from tests.reliability.storage import backups, bitflips, diskerrors, killpoints, leaks, powercuts

ROWS = (*killpoints.ROWS, *powercuts.ROWS, *diskerrors.ROWS, *bitflips.ROWS, *backups.ROWS, *leaks.ROWS)
