"""What the commands of one call share: the home, the passphrases, and the way to the node."""

import json
import time
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from comity_node.cli.passphrase import Passphrase
from comity_node.faults import UnreachableError

if TYPE_CHECKING:
    from comity_node.config import Config
    from comity_node.keyfile import KeyRing, RootKey
    from comity_node.officers import OfficerKey

BUSY_S: Final = 10.0
POLL_S: Final = 0.05
Result = dict[str, Any]


class Session:
    """One call of the command line."""

    def __init__(self, home: Path, as_json: bool) -> None:
        self.home = home
        self.as_json = as_json
        self.passphrase = Passphrase("node.key")
        self.root_passphrase = Passphrase("root.key", fallback=self.passphrase)
        self.officer_passphrase = Passphrase("the officer's key", by_service=False)  # a person's own, not the node's

    @cached_property
    def config(self) -> "Config":
        from comity_node.config import load

        return load(self.home)

    @cached_property
    def keys(self) -> "KeyRing":
        from comity_node.keyfile import load_ring

        return self.passphrase.open(partial(load_ring, self.config.node_key))

    def root_key(self, path: Path | None) -> "RootKey":
        from comity_node.keyfile import load_root

        return self.root_passphrase.open(partial(load_root, path or self.config.root_key))

    def officer_key(self, name: str, path: Path | None) -> "OfficerKey":
        """Return the key of an officer. Raises: KeyFileError, PrivateFileError, UsageError."""
        from comity_node.keyfile import KeyFileError
        from comity_node.officers import Cabinet, load_officer

        place = path or Cabinet.of(self.config).key_path(name)
        key = self.officer_passphrase.open(partial(load_officer, place))
        if (key.party, key.id) != (self.config.party, name):
            raise KeyFileError(f"{place} is the key of {key.id} of {key.party}", "name the right officer or file")
        return key

    def perform(self, op: str, **params: Any) -> Result:
        """Return the result of an operation: the daemon's where it runs, else that of a node opened for it alone.

        Raises:
            NodeError: as the operation says.
            UnreachableError: another process holds the home and does not answer.
        """
        from comity_node import caller
        from comity_node.lock import HomeLock

        patience = time.monotonic() + BUSY_S
        while time.monotonic() < patience:
            connection = caller.connect(self.config.control)
            if connection is not None:
                with connection:
                    return caller.call(connection, op, params)
            keys = self.keys  # asks for the passphrase before it takes the lock
            lock = HomeLock.try_take(self.config.lock)
            if lock is not None:
                with lock:
                    return offline(self.config, keys, op, params)
            time.sleep(POLL_S)
        raise UnreachableError(
            f"another comity process works on {self.home} and does not answer", "wait until it ends, or stop it"
        )

    def show(self, result: Any, text: Callable[[Any], object]) -> None:
        """Print the result: as one JSON value, or as `text` prints it."""
        if self.as_json:
            click.echo(json.dumps(result, indent=2))
        else:
            text(result)


def offline(config: "Config", keys: "KeyRing", op: str, params: Mapping[str, Any]) -> Result:
    """Return the result of the operation on a node that is opened for it alone and not connected to anybody."""
    import logging

    import trio

    from comity_node import operations
    from comity_node.node import open_node

    async def run() -> Result:
        async with open_node(config, keys, online=False) as node:
            return await operations.run(node, op, params)

    logging.basicConfig(handlers=[logging.NullHandler()])  # what goes wrong is in the answer
    return trio.run(run)
