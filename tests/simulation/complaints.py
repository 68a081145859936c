"""What nodes write to their logs as errors: each needs a reason, and a failing disk must not go unnoticed."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.simulation.journal import Journal
from tests.simulation.machine import Machine
from tests.simulation.schedule import OWNER

LOGGER = logging.getLogger("comity_node")


class Complaints(logging.Handler):
    """An error that no fault of the disk explains is a violation (I10: what operators see is true)."""

    def __init__(self, machines: Mapping[str, Machine], journal: Journal) -> None:
        super().__init__(logging.ERROR)
        self._machines = machines
        self._journal = journal

    def emit(self, record: logging.LogRecord) -> None:
        party = OWNER.get()
        machine = self._machines.get(party)
        if machine is None or machine.disk.gone:
            return
        self._journal.note("error", party, record.msg)
        machine.disk.complaints += 1
        if not machine.disk.refusals:
            self._journal.violated("HONEST", f"{party} reports an error without a cause: {record.getMessage()[:200]}")


@contextmanager
def listening(complaints: Complaints) -> Iterator[None]:
    """Hear what the nodes complain of, and keep it off the terminal, for the length of the block."""
    before = LOGGER.level, LOGGER.propagate
    LOGGER.addHandler(complaints)
    LOGGER.setLevel(logging.ERROR)
    LOGGER.propagate = False
    try:
        yield
    finally:
        LOGGER.removeHandler(complaints)
        LOGGER.setLevel(before[0])
        LOGGER.propagate = before[1]
