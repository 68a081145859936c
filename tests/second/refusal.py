"""The one way in which this implementation says no."""


class RefusedError(Exception):
    """What came in breaks the specification; `code` is that of the page errors."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(f"{code}: {why}")
        self.code = code


MALFORMED = 1
OUT_OF_TURN = 2
UNSUPPORTED = 3
LIMIT = 4
UNAUTHENTICATED = 6
THRESHOLD = 40
SUCCESSOR = 41
VALIDITY = 45
ROSTER = 46


def require(holds: bool, why: str, code: int = MALFORMED) -> None:
    """Return when `holds`; raise RefusedError otherwise."""
    if not holds:
        raise RefusedError(code, why)
