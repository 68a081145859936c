"""Commands for attachments: list, get; and how `send` and `reply` seal files into the home."""

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from comity_node import render
from comity_node.cli.options import FILE, Group, passphrase_options
from comity_node.cli.session import Result, Session
from comity_node.faults import UnreachableError, UsageError, first_of

if TYPE_CHECKING:
    from comity.attachment import Attachment
    from comity_node.attachments.sealer import Sealer
    from comity_node.attachments.unsealer import Unsealer

SHOW_FROM_BYTES: Final = 33_554_432  # what is smaller is done before a bar would be seen
POLL_S: Final = 0.5
Tell = Callable[[int], None]

attach_option = click.option("--attach", "files", type=FILE, multiple=True, help="A file to attach; may be repeated.")


@click.group(cls=Group)
def attachment() -> None:
    """List the files that came with messages or went out with them, and save those that came."""


@attachment.command("list")
@click.argument("message_id", metavar="ID")
@click.option("--follow", is_flag=True, help="Wait until all are complete or have failed, with a bar for each.")
@passphrase_options
@click.pass_context
def list_(context: click.Context, message_id: str, follow: bool) -> None:
    """Show the attachments of a message: where each stands, and why.

    ID is the beginning of the message's id, 4 digits or more.

    \b
    comity attachment list 5f3a09 --follow
    """
    session: Session = context.obj
    result = followed(session, message_id) if follow else session.perform("attachment-list", id=message_id)
    session.show(result, lambda found: render.attachments(found["attachments"]))
    if follow and any(each["state"] == "failed" for each in result["attachments"]):
        context.exit(1)


@attachment.command()
@click.argument("message_id", metavar="ID")
@click.argument("name", required=False)
@click.option("--out", type=FILE, help="Where to write it: a file, or a directory [its name, in this directory].")
@click.option("--force", is_flag=True, help="Replace the file that is there.")
@passphrase_options
@click.pass_obj
def get(session: Session, message_id: str, name: str | None, out: Path | None, force: bool) -> None:
    """Save an attachment, proved to be what its sender has signed. NAME may be left out where there is only one.

    \b
    comity attachment get 5f3a09 statement.pdf --out /srv/cases/
    """
    from comity.attachment import Attachment
    from comity_node.attachments import Shelf
    from comity_node.attachments.unsealer import Unsealer

    found = session.perform("attachment-open", id=message_id, name=name)
    secrets = {field: bytes.fromhex(found[field]) for field in ("hash", "key", "sealed")}
    wanted = Attachment(name=found["name"], media=found["media"], size=found["size"], **secrets)
    target = out or Path.cwd() / wanted.name
    target = target / wanted.name if target.is_dir() else target
    unsealer = Unsealer(Shelf(session.config.home), wanted, target, force)
    try:
        with bar(session, wanted.name, wanted.size) as tell:
            drive(unsealer, tell)
        unsealer.finish()
    finally:
        unsealer.close()
    shown = {key: found[key] for key in ("name", "media", "size", "hash")}
    session.show({**shown, "path": str(target)}, print_saved)


def print_saved(result: Result) -> None:
    print(f"saved {render.plain(result['name'])}: {result['size']:,} bytes, as its sender has signed them")
    print(f"path    {render.plain(result['path'])}")
    print(f"sha256  {result['hash']}")


def perform_with(
    session: Session, op: str, files: Sequence[Path], perform: Callable[..., Result] | None = None, **params: Any
) -> Result:
    """Return the result of `send` or `reply` with the files sealed into the home; what is not sent is removed again.

    `perform` does it instead of the session, where more is to be done than to send.
    """
    perform = perform or session.perform
    if not files:
        return perform(op, **params)
    from comity.limits import MAX_ATTACHMENTS
    from comity_node.attaching import sealed_view
    from comity_node.attachments import Shelf
    from comity_node.attachments.sealer import Sealer

    if len(files) > MAX_ATTACHMENTS:
        raise UsageError(f"{len(files)} files for one message", f"attach {MAX_ATTACHMENTS} at most, or pack them")
    shelf = Shelf(session.config.home)
    sealed: list[Attachment] = []
    try:
        for source in files:
            sealer = Sealer(source, shelf, os.urandom(32))
            try:
                with bar(session, sealer.name, sealer.size) as tell:
                    drive(sealer, tell)
                sealed.append(sealer.finish())
            finally:
                sealer.close()
        return perform(op, **params, attachments=[sealed_view(each) for each in sealed])
    except BaseException as fault:
        if not isinstance(first_of(fault), UnreachableError):  # else it may have been sent; the node tidies up
            for each in sealed:
                shelf.remove(shelf.place(each.sealed))
        raise


def drive(job: "Sealer | Unsealer", tell: Tell) -> None:
    while job.step():
        tell(job.read)
    tell(job.read)


@contextmanager
def bar(session: Session, name: str, size: int) -> Iterator[Tell]:
    """Show how far a file is, on a terminal and where it takes longer than a moment."""
    if session.as_json or size < SHOW_FROM_BYTES or not on_terminal():
        yield lambda count: None
        return
    with bars() as progress:
        task = progress.add_task(label(name), total=size)
        yield lambda count: progress.update(task, completed=count)


def on_terminal() -> bool:
    return sys.stderr.isatty()


def bars() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(binary_units=True))
    return Progress(*columns, TransferSpeedColumn(), TimeRemainingColumn(), console=Console(stderr=True))


def label(name: str) -> str:
    shown = render.plain(name)
    return shown if len(shown) <= 40 else shown[:37] + "..."


def followed(session: Session, message_id: str) -> Result:
    """Return the list once nothing moves any more.

    Raises:
        UnreachableError: the daemon does not run, so nothing would move.
    """
    if session.as_json or not on_terminal():
        return polled(session, message_id, lambda views: None)
    tasks: dict[tuple[str, str], Any] = {}
    with bars() as progress:

        def tell(views: Sequence[Result]) -> None:
            for each in views:
                key = each["name"], each["party"]
                if key not in tasks:
                    tasks[key] = progress.add_task(label(each["name"]), total=each["size"])
                progress.update(tasks[key], completed=each["moved"])

        return polled(session, message_id, tell)


def polled(session: Session, message_id: str, tell: Callable[[Sequence[Result]], None]) -> Result:
    from comity_node import caller

    while True:
        result = session.perform("attachment-list", id=message_id)
        tell(result["attachments"])
        if all(each["state"] != "moving" for each in result["attachments"]):
            return result
        connection = caller.connect(session.config.control)
        if connection is None:
            raise UnreachableError("the daemon does not run, so nothing moves", "start it: comity serve")
        connection.close()
        time.sleep(POLL_S)
