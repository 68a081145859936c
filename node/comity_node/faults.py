"""What a person is told when something fails: a code, a cause, a next step, and an exit code."""

import errno
import traceback
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from comity_node.errors import NodeError


class Exit(IntEnum):
    """Exit codes of the command line; docs/commands.md explains each."""

    OK = 0
    FAILED = 1
    USAGE = 2
    CONFIG = 3
    KEY = 4
    DOCUMENT = 5
    NOT_FOUND = 6
    REFUSED = 7
    STORAGE = 8
    UNREACHABLE = 9
    INTERRUPTED = 130


class UsageError(NodeError):
    """The call itself is wrong: a parameter is missing, unknown, or has the wrong form."""


class DocumentError(NodeError):
    """A treaty, bundle or member file does not verify or does not fit."""


class RefusedError(NodeError):
    """The rules of the treaty or the form of the kind forbid what was asked for."""


class UnreachableError(NodeError):
    """The daemon does not answer, or another process holds the home."""


class FileError(NodeError):
    """A file that a command names cannot be read or written."""


FIRST_DOCUMENT_CODE: Final = 40  # spec page errors: from here on they are about treaty versions and bundles
# By name, so that a command that needs no keys and no database does not load them to say what went wrong.
EXITS: Final = {
    "UsageError": Exit.USAGE,
    "ConfigError": Exit.CONFIG,
    "KeyFileError": Exit.KEY,
    "PrivateFileError": Exit.KEY,
    "DocumentError": Exit.DOCUMENT,
    "NotReadyError": Exit.DOCUMENT,
    "NotFoundError": Exit.NOT_FOUND,
    "AmbiguousError": Exit.NOT_FOUND,
    "RefusedError": Exit.REFUSED,
    "RuleError": Exit.REFUSED,
    "StorageError": Exit.STORAGE,
    "ListenError": Exit.UNREACHABLE,
    "UnreachableError": Exit.UNREACHABLE,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure, ready to be shown: `message` and `next` are clauses without a full stop."""

    code: str
    exit: int
    message: str
    next: str

    def __str__(self) -> str:
        return f"{self.message}. {self.next[:1].upper()}{self.next[1:]}."


class AnsweredError(NodeError):
    """The daemon answered with a fault; it is told as the daemon told it."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message, fault.next)
        self.fault = fault


def fault_of(error: BaseException) -> Fault:
    """Return what to tell about the error; a group is told by its first member that is not a mere cancellation."""
    error = first_of(error)
    if isinstance(error, AnsweredError):
        return error.fault
    if isinstance(error, NodeError):
        return fault(exit_of(error), error.cause, error.next_step)
    if isinstance(error, KeyboardInterrupt | EOFError):
        return fault(Exit.INTERRUPTED, "interrupted", "run the command again when you want it done")
    if any(kind.__name__ == "ComityError" for kind in type(error).__mro__):
        return protocol_fault(error)
    if isinstance(error, OSError):
        return system_fault(error)
    place = traceback.extract_tb(error.__traceback__)[-1:]
    where = f" at {place[0].filename.rsplit('/', 1)[-1]}:{place[0].lineno}" if place else ""
    return fault(Exit.FAILED, f"unexpected {type(error).__name__}{where}", "report this, with what you did before")


def fault(exit_code: Exit, message: str, next_step: str) -> Fault:
    return Fault(exit_code.name.lower().replace("_", "-"), int(exit_code), message, next_step)


def exit_of(error: NodeError) -> Exit:
    return next((EXITS[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in EXITS), Exit.FAILED)


def protocol_fault(error: BaseException) -> Fault:
    if getattr(error, "code", 0) >= FIRST_DOCUMENT_CODE:
        return fault(Exit.DOCUMENT, text_of(error), "ask for a document that all who must sign have signed")
    return fault(Exit.REFUSED, text_of(error), "correct the form, or ask for an amendment of the treaty")


def system_fault(error: OSError) -> Fault:
    reason = error.strerror or type(error).__name__
    where = f" ({error.filename})" if isinstance(error.filename, str) else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return fault(Exit.STORAGE, f"the disk is full{where}", "free space on it and try again")
    return fault(Exit.FAILED, f"{reason}{where}", "check that path and its permissions")


def text_of(error: BaseException) -> str:
    """Return the words of the error, without the full stop that the sentence will add."""
    return (str(error) or type(error).__name__).rstrip(". ")


def first_of(error: BaseException) -> BaseException:
    """Return the first leaf of a group that says something, or the error itself."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    leaves = [first_of(part) for part in error.exceptions]
    return next((leaf for leaf in leaves if type(leaf).__name__ != "Cancelled"), leaves[0])
