"""Public files that commands read and write: drafts, signatures, treaties, bundles, forms."""

import os
import secrets
import sys
from pathlib import Path
from typing import Final

from comity_node.faults import FileError
from comity_node.private import sync_directory

STDIN: Final = "-"


def read_public(path: Path, max_bytes: int) -> bytes:
    """Return the bytes of a file, of standard input where the path is `-`.

    Raises:
        FileError: it cannot be read, or is longer than `max_bytes`.
    """
    try:
        if os.fspath(path) == STDIN:
            data = sys.stdin.buffer.read(max_bytes + 1)
        else:
            with path.open("rb") as file:
                data = file.read(max_bytes + 1)
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or "not a path"
        raise FileError(f"{path} cannot be read: {reason}", "check the name and its permissions") from None
    if len(data) > max_bytes:
        raise FileError(f"{path} is longer than {max_bytes} bytes", "check that it is the right file")
    return data


def write_public(path: Path, data: bytes, *, replace: bool = False) -> None:
    """Write the file, whole and durable or not at all. An existing one is kept unless `replace`.

    Raises:
        FileError: it exists, or cannot be written.
    """
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        write_scratch(scratch, data)
        if replace:
            scratch.replace(path)
        else:
            os.link(scratch, path)
        sync_directory(path.parent)
    except FileExistsError:
        raise FileError(f"{path} exists already", "choose another name, or move it away") from None
    except OSError as fault:
        if fault.errno is not None and os.strerror(fault.errno).startswith("No space"):
            raise
        raise FileError(f"{path} cannot be written: {fault.strerror}", "check the directory") from None
    finally:
        scratch.unlink(missing_ok=True)


def write_scratch(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
