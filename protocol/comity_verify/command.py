"""The command line of `comity-verify`."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from comity.errors import LimitError, MalformedError
from comity.evidence import Verification, verify
from comity.evidence.wording import LANGUAGES, phrases
from comity_verify import showing
from comity_verify.extracting import TargetError, extract
from comity_verify.source import FileSource

PROVEN, UNPROVEN, USAGE = 0, 1, 2
TELL_FROM_BYTES: Final = 67_108_864  # what is smaller is done before a line about it would be read
ID_BYTES: Final = 32


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit code: 0 all is proven, 1 altered or not proven, 2 the call is wrong."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    options = parser().parse_args(arguments)
    try:
        with FileSource(options.file) as source:
            return check(source, options)
    except TargetError as fault:
        return complain(str(fault))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the reader has gone; nothing more to say
        return UNPROVEN
    except OSError as fault:
        where = f"{fault.filename}: " if fault.filename else ""
        return complain(f"{where}{fault.strerror}")
    except KeyboardInterrupt:
        return complain("interrupted")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    made = argparse.ArgumentParser(
        prog="comity-verify",
        description="Check an evidence file of comity, offline: who signed what when, who received it, and whether a"
        " byte was altered since.",
        epilog="Exit codes: 0 all is proven; 1 altered, or not all is proven; 2 the call is wrong."
        " The id of the treaty must come from another road than the file: from the treaty office, or from a party.",
    )
    made.add_argument("file", type=Path, metavar="FILE", help="the evidence file")
    made.add_argument("--treaty-id", type=treaty_id, metavar="HEX", help="the id of the treaty, 64 hexadecimal digits")
    made.add_argument("--lang", choices=LANGUAGES, default="en", help="language of the answer [en]")
    made.add_argument("--json", action="store_true", help="print one JSON value")
    made.add_argument(
        "--extract", type=Path, metavar="DIR", help="write proven attachments and messages into this new directory"
    )
    return made


def treaty_id(text: str) -> bytes:
    """Return the 32 bytes. Raises ValueError, which argparse tells as a wrong call."""
    found = bytes.fromhex(text)
    if len(found) != ID_BYTES:
        raise ValueError("not 64 hexadecimal digits")
    return found


def check(source: FileSource, options: argparse.Namespace) -> int:
    """Verify, print, extract; return the exit code."""
    tell = progress(2 * source.size)
    try:
        found = verify(source, options.treaty_id, tell)
    except (MalformedError, LimitError) as fault:
        unreadable = phrases(options.lang)["label.unreadable"].format(detail=fault)
        print(
            json.dumps({"proven": False, "conclusion": "unreadable", "text": unreadable})
            if options.json
            else unreadable
        )
        return UNPROVEN
    sha256 = source.sha256(tell)
    if options.json:
        print(json.dumps(showing.view(found, str(options.file), source.size, sha256, options.lang), indent=2))
    else:
        for line in showing.text(found, options.file.name, source.size, sha256, options.lang):
            print(line)
    if options.extract is not None:
        report_extracted(extract(source, found, options.extract), options)
    return exit_code(found)


def report_extracted(names: Sequence[str], options: argparse.Namespace) -> None:
    for name in names:
        print(f"{options.extract}/{showing.plain(name)}", file=sys.stderr if options.json else sys.stdout)


def exit_code(found: Verification) -> int:
    """Return 0 only where everything is proven and the treaty is the one that was named (EVID-008)."""
    return PROVEN if found.is_proven and found.compared else UNPROVEN


def progress(total: int) -> Callable[[int], None]:
    """Return what tells on a terminal how far a large file is."""
    if total < TELL_FROM_BYTES or not sys.stderr.isatty():
        return lambda count: None
    done, shown = 0, -1

    def tell(count: int) -> None:
        nonlocal done, shown
        done += count
        share = min(100, done * 100 // total)
        if share != shown:
            shown = share
            end = "\n" if share == 100 else ""
            print(f"\r{share} %", end=end, file=sys.stderr, flush=True)

    return tell


def complain(text: str) -> int:
    print(f"comity-verify: {showing.plain(text)}", file=sys.stderr)
    return USAGE
