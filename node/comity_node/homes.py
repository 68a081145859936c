"""Making a home: configuration, keys, and the request to be listed in a treaty."""

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from comity_node.config import CONFIG_NAME, PARTY, ConfigError, config_of
from comity_node.files import write_public
from comity_node.keyfile import KeyRing, RootKey, fingerprint, save
from comity_node.papers import member_paper
from comity_node.private import write_private

HOME_MODE: Final = 0o700
Ask = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Founding:
    """What the founder of a home says. `contact` has the fields contact, phone, email, hours, time_zone."""

    home: Path
    party: str
    name: str
    listen: list[str]
    root_key: Path | None
    contact: Mapping[str, str | None]


def found(founding: Founding, passphrase: Ask, root_passphrase: Ask) -> dict[str, Any]:
    """Make the home and return where its files are.

    Raises:
        ConfigError: the party, an address or the contact has the wrong form, or the home has a node already.
        KeyFileError: the passphrase is too short, or a key file exists.
    """
    settings = settings_text(founding).encode()
    path = founding.home / CONFIG_NAME
    if re.search(PARTY, founding.party) is None:
        raise ConfigError(f"{founding.party[:60]!r} is no party identifier", "write it like aa.police")
    config = config_of(founding.home, settings, path)
    if path.exists():
        raise ConfigError(f"{founding.home} is the home of a node already", "choose another directory with --home")
    ring, root = KeyRing.generate(config.party, os.urandom), RootKey.generate(config.party, os.urandom)
    words, root_words = passphrase(), root_passphrase()
    founding.home.mkdir(mode=HOME_MODE, parents=True, exist_ok=True)
    root_path = founding.root_key or config.root_key
    save(root_path, root, root_words, os.urandom)
    save(config.node_key, ring, words, os.urandom)
    paper = member_paper(root, config.name)
    member = founding.home / f"{config.party}.member"
    write_public(member, paper)
    write_private(path, settings)
    return {
        "party": config.party,
        "home": str(founding.home),
        "node_key": str(config.node_key),
        "root_key": str(root_path),
        "member": str(member),
        "fingerprint": fingerprint(paper),
    }


def settings_text(founding: Founding) -> str:
    """Return a `comity.toml`. JSON strings are TOML strings as long as they hold no control characters."""
    contact = {"name" if name == "contact" else name: text for name, text in founding.contact.items() if text}
    for text in (founding.name, founding.party, *founding.listen, *contact.values()):
        if text is None or not text.isprintable():
            raise ConfigError("a name or contact holds control characters", "write it on one line of plain text")
    lines = [
        f"party = {quoted(founding.party)}",
        f"name = {quoted(founding.name)}",
        f"listen = [{', '.join(quoted(place) for place in founding.listen)}]",
        'log_level = "info"',
        "",
        "[contact]",
        *(f"{name} = {quoted(str(text))}" for name, text in sorted(contact.items())),
    ]
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
