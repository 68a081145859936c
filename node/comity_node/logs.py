"""Log lines: one JSON object a line on standard error, without local variables and so without secrets."""

import logging
import sys
from typing import Any, Final, TextIO

import structlog
from structlog.tracebacks import ExceptionDictTransformer

STAMPS: Final[list[Any]] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure(level: str, stream: TextIO | None = None) -> None:
    """Send log lines of `level` (debug, info, warning, error) and above to the stream, by default standard error.

    It serves the modules that log with the standard library as well as those that use structlog.
    """
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=STAMPS,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            # The usual dict_tracebacks writes local variables, and a key may be one of them.
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(default=name_only),
        ],
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    structlog.configure(
        processors=[*STAMPS, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


def name_only(value: object) -> str:
    """Return what a log line shows of a value that JSON does not know: bytes in hexadecimal, of others the type."""
    return value.hex() if isinstance(value, bytes) else f"<{type(value).__name__}>"
