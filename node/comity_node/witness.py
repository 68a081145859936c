"""Remembers the checkpoints of others, to notice a log that is told in two ways (LOG-008)."""

from collections import OrderedDict

from comity.checkpoint import read_checkpoint
from comity_node.bounds import MAX_CHECKPOINTS_REMEMBERED


class Witness:
    """Holds the newest checkpoints of each party in memory."""

    def __init__(self) -> None:
        self._seen: dict[str, OrderedDict[int, bytes]] = {}

    def saw(self, party: str, note: bytes) -> str | None:
        """Remember a checkpoint whose signature was verified.

        Returns what is wrong, with both notes, when one of the same size and another root was seen; else None.
        """
        point = read_checkpoint(note).checkpoint
        seen = self._seen.setdefault(party, OrderedDict())
        before = seen.setdefault(point.size, note)
        if len(seen) > MAX_CHECKPOINTS_REMEMBERED:
            seen.popitem(last=False)
        if read_checkpoint(before).checkpoint.root == point.root:
            return None
        return f"{party} has signed two different logs of {point.size} entries:\n{before.decode()}\n{note.decode()}"
