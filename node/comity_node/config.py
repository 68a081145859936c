"""The settings of one node: `comity.toml` in its home directory, and the names of the other files there."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from comity.limits import MAX_ATTACHMENT_BYTES, MAX_WINDOW_BYTES, MIN_WINDOW_BYTES
from comity_node.bounds import ATTACHMENT_BYTES, MAX_CONFIG_BYTES, QUOTA_BYTES
from comity_node.errors import NodeError

CONFIG_NAME: Final = "comity.toml"
MAX_SOCKET_PATH_BYTES: Final = 107  # sun_path of a Unix socket
PARTY: Final = r"\A[a-z]{2}\.[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?\Z"
KIND_PATTERN: Final = r"\A(\*|[a-z][a-z0-9-]{0,30}(\.(\*|[a-z][a-z0-9-]{0,30}))?)\Z"
LANGUAGE: Final = r"\A(ar|en|es|fr|pt|ru|th|zh)\Z"
ADDRESS: Final = re.compile(r"(?:\[([0-9A-Fa-f:.%]{2,253})\]|([A-Za-z0-9._-]{1,253})):([0-9]{1,5})")

LogLevel = Literal["debug", "info", "warning", "error"]
Short = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class ConfigError(NodeError):
    """The home directory or its `comity.toml` is not usable as it stands."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Where a node is reached: a host name or address, and a TCP port from 0 (any free one) to 65,535."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> "Listen":
        """Return the address that `text` (`HOST:PORT`, `[IPv6]:PORT`) names.

        Raises:
            ConfigError: the text has another form.
        """
        found = ADDRESS.fullmatch(text)
        if found is None or int(found[3]) > 65_535:
            raise ConfigError(f"{text[:60]!r} is no address", "write HOST:PORT, for example 127.0.0.1:7411")
        return cls(found[1] or found[2], int(found[3]))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class ContactCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who answers at this party; goes into its key bundle (spec page bundle)."""

    name: Short = "Duty officer"
    phone: Annotated[str, msgspec.Meta(min_length=1, max_length=32)] = "not stated"
    hours: Short = "not stated"
    time_zone: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] = "UTC"
    email: Annotated[str, msgspec.Meta(min_length=1, max_length=254)] | None = None


NO_CONTACT: Final = ContactCard()


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `comity.toml` may say. Unknown keys are refused, so that a typing error cannot pass as a default."""

    party: Annotated[str, msgspec.Meta(pattern=PARTY)]
    name: Short | None = None
    listen: Annotated[list[str], msgspec.Meta(max_length=8)] = []
    window_bytes: Annotated[int, msgspec.Meta(ge=MIN_WINDOW_BYTES, le=MAX_WINDOW_BYTES)] = 1_048_576
    max_waiting: Annotated[int, msgspec.Meta(ge=1, le=4_096)] = 64
    attachment_bytes: Annotated[int, msgspec.Meta(ge=0, le=MAX_ATTACHMENT_BYTES)] = ATTACHMENT_BYTES
    quota_bytes: Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)] = QUOTA_BYTES
    log_level: LogLevel = "info"
    lang: Annotated[str, msgspec.Meta(pattern=LANGUAGE)] | None = None
    contact: ContactCard = NO_CONTACT
    promises: Annotated[list[Annotated[str, msgspec.Meta(max_length=64)]], msgspec.Meta(max_length=24)] = []
    reservations: Annotated[list[Annotated[str, msgspec.Meta(pattern=KIND_PATTERN)]], msgspec.Meta(max_length=64)] = []


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one node.

    Attributes:
        home: directory that holds everything of the node.
        party: its party identifier (CONV-002).
        listen: where it accepts links; empty when it only dials.
        name: the name of the agency, as the treaty shows it.
        window_bytes: memory for what one peer has sent and the node has not worked off (bytes).
        max_waiting: connections that may wait for authentication at a time.
        attachment_bytes: the largest attachment that is taken (bytes).
        quota_bytes: how much is kept of the attachments of one peer (bytes).
        log_level: the least important lines that are logged.
        contact: who answers, for the key bundle.
        promises: how long it takes at most, as `acknowledge:flash=15m`, for the key bundle.
        reservations: patterns of kinds that the party does not accept though the treaty lets it.
        lang: in which language its officers are asked and told; None where nobody has said.
    """

    home: Path
    party: str
    listen: Sequence[Listen] = ()
    name: str = ""
    window_bytes: int = 1_048_576
    max_waiting: int = 64
    attachment_bytes: int = ATTACHMENT_BYTES
    quota_bytes: int = QUOTA_BYTES
    log_level: LogLevel = "info"
    contact: ContactCard = NO_CONTACT
    promises: Sequence[str] = ()
    reservations: Sequence[str] = ()
    lang: str | None = None

    @property
    def database(self) -> Path:
        return self.home / "comity.db"

    @property
    def control(self) -> Path:
        return self.home / "control.sock"

    @property
    def lock(self) -> Path:
        return self.home / "node.lock"

    @property
    def node_key(self) -> Path:
        return self.home / "node.key"

    @property
    def root_key(self) -> Path:
        return self.home / "root.key"


def load(home: Path) -> Config:
    """Return the settings of the node whose files are in `home`.

    Raises:
        ConfigError: there is no such node, or its settings are wrong; the text names the place and what to do.
    """
    path = home / CONFIG_NAME
    config = config_of(home, read_settings(path), path)
    if len(bytes(config.control.absolute())) > MAX_SOCKET_PATH_BYTES:
        raise ConfigError(f"the path of {config.control} is too long for a socket", "use a home with a shorter path")
    return config


def read_settings(path: Path) -> bytes:
    """Return the bytes of the file, at most `MAX_CONFIG_BYTES` of them."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_CONFIG_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise ConfigError(
            f"{path} does not exist", "name the home with --home, or make one with: comity init"
        ) from None
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or "not a path"
        raise ConfigError(f"{path} cannot be read: {reason}", "check the file and its permissions") from None
    if len(data) > MAX_CONFIG_BYTES:
        raise ConfigError(f"{path} is longer than {MAX_CONFIG_BYTES} bytes", "shorten it") from None
    return data


def config_of(home: Path, data: bytes, path: Path) -> Config:
    """Return the settings that the bytes of a `comity.toml` state.

    Raises:
        ConfigError: any other bytes.
    """
    try:
        settings = msgspec.convert(tomllib.loads(data.decode()), Settings)
    except UnicodeDecodeError as fault:
        raise ConfigError(f"{path} is not UTF-8 at byte {fault.start}", "save it as UTF-8") from None
    except (ValueError, RecursionError, OverflowError) as fault:
        raise ConfigError(
            f"{path}: {sentence(fault)}", "correct that place; docs/operating.md lists the keys"
        ) from None
    return Config(
        home=home,
        party=settings.party,
        name=settings.name or settings.party,
        listen=[listen_at(path, index, text) for index, text in enumerate(settings.listen)],
        window_bytes=settings.window_bytes,
        max_waiting=settings.max_waiting,
        attachment_bytes=settings.attachment_bytes,
        quota_bytes=settings.quota_bytes,
        log_level=settings.log_level,
        contact=settings.contact,
        promises=settings.promises,
        reservations=sorted(set(settings.reservations)),
        lang=settings.lang,
    )


def listen_at(path: Path, index: int, text: str) -> Listen:
    try:
        return Listen.parse(text)
    except ConfigError as fault:
        raise ConfigError(f"{path}: {fault.cause} - at `$.listen[{index}]`", fault.next_step) from None


def sentence(fault: Exception) -> str:
    """Return the first line of the fault, without characters that could confuse a terminal."""
    words = str(fault).splitlines()[0] if str(fault) else type(fault).__name__
    words = re.sub(r"^Expected `str` matching regex '.*'(?= - at |$)", "Not of the allowed form", words)
    return "".join(c if c.isprintable() else "?" for c in words)[:300]
