"""`comity doctor`: what could keep this node from working, each with what to do about it."""

import os
import shutil
import socket
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from comity.vocabulary import Pin
from comity_node import caller, keyfile
from comity_node.config import Config, Listen, load
from comity_node.errors import NodeError, NotFoundError
from comity_node.faults import fault_of
from comity_node.render import plain
from comity_node.vocabularies import Vocabularies

FIRST_SANE_US: Final = 1_767_225_600_000_000  # 2026: this program did not exist before
DAY_US: Final = 86_400_000_000
TREATY_WARN_DAYS: Final = 30
BUNDLE_WARN_DAYS: Final = 14
MIN_FREE_BYTES: Final = 500_000_000
REACH_S: Final = 3.0
DUTY_OFFICER: Final = "duty-officer"
Perform = Callable[..., dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Check:
    """One finding: `state` is ok, warn or fail; `next` says what to do, "" when all is well."""

    name: str
    state: str
    detail: str
    next: str = ""

    def view(self) -> dict[str, str]:
        return asdict(self)


def examine(home: Path, perform: Perform) -> list[Check]:
    """Return every finding. `perform(op, **params)` asks the node, the daemon or one opened for it."""
    checks = [check_home(home)]
    try:
        config = load(home)
    except NodeError as fault:
        return [*checks, failure("configuration", fault)]
    running = is_running(config)
    checks += [
        Check("configuration", "ok", f"{config.party}, {len(config.listen)} addresses to listen on"),
        *check_keys(config),
        check_clock(config),
        check_disk(config),
        check_database(config),
        *check_node(perform, running, Vocabularies(home)),
    ]
    if running:
        return [*checks, Check("daemon", "ok", "running")]
    ports = [check_port(place) for place in config.listen]
    return [*checks, *ports, Check("daemon", "warn", "not running", "start it: comity serve")]


def check_home(home: Path) -> Check:
    try:
        status = home.stat()
    except OSError as fault:
        return Check("home", "fail", f"{home}: {fault.strerror}", "make one: comity init")
    if stat.S_IMODE(status.st_mode) & 0o077:
        return Check("home", "fail", f"{home} is open to other users", f"run: chmod 700 {home}")
    if status.st_uid != os.geteuid():
        return Check("home", "warn", f"{home} belongs to another user", "run comity as the user who owns it")
    return Check("home", "ok", str(home))


def check_keys(config: Config) -> Iterator[Check]:
    try:
        header = keyfile.describe(config.node_key)
    except NodeError as fault:
        yield failure("node key", fault)
    else:
        if header.party != config.party or header.purpose != "node":
            yield Check(
                "node key", "fail", f"it is the {header.purpose} key of {header.party}", "restore the right file"
            )
        elif header.kdf.memory_bytes < keyfile.DEFAULT_KDF.memory_bytes:
            yield Check("node key", "warn", "its passphrase is cheap to guess", "make the file again with more memory")
        else:
            yield Check("node key", "ok", f"{len(header.keys)} keys under a passphrase")
    if config.root_key.exists():
        yield Check("root key", "warn", "it lies on this machine", "move it to an offline medium")


def check_clock(config: Config) -> Check:
    now_us = time.time_ns() // 1_000
    written = config.database.stat().st_mtime_ns // 1_000 if config.database.exists() else 0
    if now_us < FIRST_SANE_US or now_us < written - DAY_US:
        return Check("clock", "fail", "this machine's clock is behind", "set it right, for example with NTP")
    return Check("clock", "ok", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now_us // 1_000_000)))


def check_disk(config: Config) -> Check:
    free = shutil.disk_usage(config.home).free
    detail = f"{free // 1_000_000} MB free"
    return Check("disk", "ok", detail) if free >= MIN_FREE_BYTES else Check("disk", "warn", detail, "free space on it")


def check_database(config: Config) -> Check:
    if not config.database.exists():
        return Check("database", "warn", "there is none yet", "import a treaty: comity treaty import FILE")
    from comity_node.store import Database

    try:
        database = Database(config.database)
        try:
            found = database.reading.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        finally:
            database.close()
    except Exception as fault:  # whatever is wrong with the file, it is a finding
        return failure("database", fault)
    if found != "ok":
        return Check("database", "fail", plain(str(found))[:200], "restore it from a backup")
    return Check("database", "ok", f"{config.database.stat().st_size // 1_000} kB, consistent")


def check_port(place: Listen) -> Check:
    """Return whether the address is free for the daemon to come."""
    name = f"port {place.port}"
    try:
        family = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((place.host, place.port))
    except OSError as fault:
        return Check(name, "fail", f"cannot listen on {place}: {reason(fault)}", "stop what uses it, or change listen")
    return Check(name, "ok", f"{place} is free")


def check_listening(place: Listen) -> Check:
    """Return whether the daemon that runs answers at the address where it says that it listens."""
    name = f"port {place.port}"
    fault = unreachable(place.host, place.port)
    if fault:
        return Check(name, "fail", f"{place} does not answer: {fault}", "look at the daemon's log")
    return Check(name, "ok", f"{place} answers")


def unreachable(host: str, port: int) -> str:
    """Return why nobody answers there, "" when somebody does."""
    try:
        socket.create_connection((host, port), REACH_S).close()
    except OSError as fault:
        return reason(fault)
    return ""


def is_running(config: Config) -> bool:
    connection = caller.connect(config.control)
    if connection is not None:
        connection.close()
    return connection is not None


def check_node(perform: Perform, running: bool, vocabularies: Vocabularies) -> Iterator[Check]:
    try:
        status = perform("status")
    except Exception as fault:  # whatever keeps the node from opening is a finding
        told = fault_of(fault)
        yield Check("node", "warn" if told.code == "key" else "fail", told.message, told.next)
        return
    if running:
        yield from (check_listening(Listen.parse(place)) for place in status["listening"])
    yield from (Check("alarm", "fail", alarm, "stop, and call the other parties") for alarm in status["alarms"])
    now_us = time.time_ns() // 1_000
    yield validity("treaty", status["treaty_expires_us"], now_us, TREATY_WARN_DAYS, "comity treaty import FILE")
    yield validity("bundle", status["bundle_until_us"], now_us, BUNDLE_WARN_DAYS, "comity bundle publish")
    if status["treaty_version"] is not None:
        yield check_vocabulary(perform("treaty-show")["treaty"]["vocabulary"], vocabularies)
    yield from check_officers(perform)
    for peer in status["peers"]:
        yield from check_peer(peer, perform)


def check_officers(perform: Perform) -> Iterator[Check]:
    """Say whether two officers can ask for what the treaty lets nobody ask for alone."""
    try:
        coercive = perform("treaty-show")["treaty"]["coercive"]
        officers = perform("bundle-show")["bundle"]["officers"]
    except NodeError:
        return  # that there is no treaty or bundle is a finding of its own
    if not coercive:
        return
    names = {each["id"] for each in officers}
    on_duty = {each["id"] for each in officers if DUTY_OFFICER in each["roles"]}
    approvers = on_duty | {each["id"] for each in officers if "releaser" in each["roles"]}
    more = "comity officer new NAME --role ROLE, then: comity bundle publish"
    if not approvers or len(names) < 2:
        kinds = ", ".join(coercive[:3]) + (" and more" if len(coercive) > 3 else "")
        lack = f"two officers must approve {kinds}; the bundle lists {len(names)}, {len(approvers)} of them approvers"
        yield Check("officers", "warn", lack, more)
    elif not on_duty:
        yield Check("officers", "warn", "no duty officer is listed, so no flash request can be approved", more)
    else:
        yield Check("officers", "ok", f"{len(names)} listed, {len(approvers)} may approve")


def validity(name: str, until_us: int | None, now_us: int, warn_days: int, remedy: str) -> Check:
    if until_us is None or until_us <= now_us:
        return Check(name, "fail", "none is in force", f"run: {remedy}")
    days = (until_us - now_us) // DAY_US
    detail = f"in force for {days} more days"
    return Check(name, "warn", detail, f"renew it in time: {remedy}") if days < warn_days else Check(name, "ok", detail)


def check_vocabulary(named: dict[str, Any], vocabularies: Vocabularies) -> Check:
    """Say whether the vocabulary that the newest treaty version names is held; without it codes are shown raw."""
    try:
        vocabularies.require(Pin(hash=bytes.fromhex(named["hash"]), version=named["version"]))
    except NotFoundError as fault:
        return Check("vocabulary", "warn", fault.cause, fault.next_step)
    except NodeError as fault:
        return failure("vocabulary", fault)
    return Check("vocabulary", "ok", f"version {named['version']}")


def check_peer(peer: dict[str, Any], perform: Perform) -> Iterator[Check]:
    party = peer["party"]
    try:
        endpoints = perform("bundle-show", party=party)["bundle"]["endpoints"]
    except Exception as error:
        told = fault_of(error)
        yield Check(f"peer {party}", "warn", told.message, told.next)
        return
    if not endpoints:
        yield Check(f"peer {party}", "ok", f"it dials us; the link is {peer['link']}")
    for place in endpoints:
        where = f"{place['host']}:{place['port']}"
        fault = unreachable(place["host"], place["port"])
        if fault:
            yield Check(f"peer {party}", "warn", f"{where} cannot be reached: {fault}", "call its contact")
        else:
            yield Check(f"peer {party}", "ok", f"{where} answers")


def reason(fault: OSError) -> str:
    return fault.strerror or type(fault).__name__


def failure(name: str, fault: Exception) -> Check:
    told = fault_of(fault)
    return Check(name, "fail", told.message, told.next)


def print_checks(checks: list[Check]) -> None:
    for check in checks:
        print(
            f"{check.state:<5}{check.name:<16}{plain(check.detail)}"
            + (f"  -> {plain(check.next)}" if check.next else "")
        )
