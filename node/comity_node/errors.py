"""What can go wrong in a node, said for the person who must act: cause, then next step."""


class NodeError(Exception):
    """Everything that the node raises on purpose.

    Attributes:
        cause: what is wrong, without a full stop.
        next_step: what the reader can do about it, without a full stop.
    """

    def __init__(self, cause: str, next_step: str) -> None:
        super().__init__(f"{cause}. {next_step[:1].upper()}{next_step[1:]}.")
        self.cause = cause
        self.next_step = next_step


class StorageError(NodeError):
    """The database or the disk failed; what was asked for did not happen."""


class DiskFailedError(StorageError):
    """The disk failed in a way after which the node accepts nothing more until it is started again."""


class NotFoundError(NodeError):
    """There is no such message, party or document here."""


class AmbiguousError(NodeError):
    """The prefix fits several messages."""


class NotReadyError(NodeError):
    """The node lacks what the call needs, for example a treaty in force."""


class ListenError(NodeError):
    """The node cannot listen where its configuration says."""
