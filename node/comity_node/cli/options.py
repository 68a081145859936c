"""Options that many commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from comity_node.cli.session import Session

F = TypeVar("F", bound=Callable[..., Any])
FILE = click.Path(path_type=Path)


class Command(click.Command):
    """A command that takes the global option --json behind its own name as well."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(
            click.Option(["--json"], is_flag=True, expose_value=False, callback=want_json, help="Print one JSON value.")
        )


def want_json(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        session_of(context).as_json = True


class Group(click.Group):
    command_class = Command


def passphrase_options(command: F) -> F:
    """Add where the passphrase of the node's key file comes from."""
    for option in (
        click.option("--passphrase-fd", type=click.IntRange(0), expose_value=False, callback=set_descriptor,
                     help="Read the passphrase from this file descriptor."),
        click.option("--passphrase-file", type=FILE, expose_value=False, callback=set_path,
                     help="Read the passphrase from this file, which only you may read."),
    ):  # fmt: skip
        command = option(command)
    return command


def officer_passphrase_options(command: F) -> F:
    """Add where the passphrase of an officer's key comes from. The node never sees it."""
    for option in (
        click.option("--officer-passphrase-fd", type=click.IntRange(0), expose_value=False, callback=set_descriptor,
                     help="Read the passphrase of the officer's key from this file descriptor."),
        click.option("--officer-passphrase-file", type=FILE, expose_value=False, callback=set_path,
                     help="Read the passphrase of the officer's key from this file."),
    ):  # fmt: skip
        command = option(command)
    return command


def officer_options(command: F) -> F:
    """Add which officer signs, where the key is, and where its passphrase comes from."""
    command = officer_passphrase_options(command)
    for option in (
        click.option("--officer-key", type=FILE, help="The key file of the officer [officers/NAME.key in the home]."),
        click.option("--officer", metavar="NAME", help="The officer who signs."),
    ):
        command = option(command)
    return command


def root_options(command: F) -> F:
    """Add where the root key is, and where its passphrase comes from."""
    for option in (
        click.option("--root-key", type=FILE, help="The root key file [root.key in the home]."),
        click.option("--root-passphrase-fd", type=click.IntRange(0), expose_value=False, callback=set_descriptor,
                     help="Read the passphrase of the root key from this file descriptor."),
        click.option("--root-passphrase-file", type=FILE, expose_value=False, callback=set_path,
                     help="Read the passphrase of the root key from this file."),
    ):  # fmt: skip
        command = option(command)
    return command


def set_descriptor(context: click.Context, parameter: click.Parameter, value: int | None) -> None:
    if value is not None:
        source(context, parameter).descriptor = value


def set_path(context: click.Context, parameter: click.Parameter, value: Path | None) -> None:
    if value is not None:
        source(context, parameter).path = value


def session_of(context: click.Context) -> Session:
    session = context.find_object(Session)
    assert session is not None  # noqa: S101 - the root command sets it
    return session


def source(context: click.Context, parameter: click.Parameter) -> Any:
    session, name = session_of(context), parameter.name or ""
    if name.startswith("officer"):
        return session.officer_passphrase
    return session.root_passphrase if name.startswith("root") else session.passphrase
