"""Row 32: after the runs of rows 1 and 3 no key, passphrase or body lies open in a file or a log line."""

import base64
import gc
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any, Final

from comity_node import keyfile, logs
from tests.reliability.row import Outcome, Row, Tier
from tests.reliability.storage import crew
from tests.reliability.storage.bitflips import CHEAP, PASSPHRASE, much
from tests.reliability.storage.diskerrors import FAULTS
from tests.reliability.storage.forks import Fate, forked
from tests.reliability.storage.scenarios import MARKER, PAIR, SCENES, troubled
from tests.reliability.storage.shim import CHANGES, Mode, Order
from tests.reliability.storage.stage import keys_of
from tests.reliability.storage.trials import Theatre

IN_CI: Final = 90
SEED: Final = 32
BUGS: Final[Mapping[str, str]] = {
    "plaintext-at-rest": "bodies are written as they are",
    "body-in-the-log": "a line for debugging says what a message says",
    "key-in-the-log": "a line for debugging shows the storage key",
}


def secrets_of(parties: tuple[str, ...]) -> dict[str, bytes]:
    """Return what must never lie open, by name."""
    found = {"passphrase": PASSPHRASE.encode(), "body": MARKER.encode()}
    for party in parties:
        seeds = keys_of(party).seeds
        found |= {f"{use} key of {party}": getattr(seeds, use) for use in seeds.__struct_fields__}
    return found


def forms_of(secret: bytes) -> dict[str, bytes]:
    """Return how the secret could be written: as it is, in hexadecimal, in base64 wherever it begins."""
    forms = {"raw": secret, "hex": secret.hex().encode(), "HEX": secret.hex().upper().encode()}
    for shift in range(3):
        code = base64.b64encode(bytes(shift) + secret)
        inner = code[-(-shift * 8 // 6) : -4]  # what does not depend on the bytes around it
        forms[f"base64+{shift}"] = inner
        forms[f"base64url+{shift}"] = inner.translate(bytes.maketrans(b"+/", b"-_"))
    return forms


class Hunter:
    """Looks through the files of a stage for every form of every secret."""

    def __init__(self, theatre: Theatre) -> None:
        self._theatre = theatre
        self._needles = {
            f"{name} ({form})": data
            for name, secret in secrets_of(theatre.stage.parties).items()
            for form, data in forms_of(secret).items()
        }

    @property
    def log(self) -> Path:
        return self._theatre.stage.place / "node.log"

    def found(self) -> Iterator[str]:
        """Yield what lies open, and where."""
        for path in [*self._theatre.stage.place.rglob("*")]:
            if path.is_file():
                data = path.read_bytes()
                yield from (f"{name} in {path.name}" for name, needle in self._needles.items() if needle in data)

    def wired(self, tell: Any, theatre: Theatre, scene: Any, order: Order) -> None:
        """Play the scene while every log line of any level goes to the log."""
        with self.log.open("w") as stream:
            logging.disable(logging.NOTSET)
            logs.configure("debug", stream)
            theatre.shim.arm(order)
            theatre.stage.play(scene, tell, relieve=theatre.shim.rest)


def order_of(random: Random, number: int) -> tuple[Any, Order]:
    """Return a scene and what befalls it: by turns a kill and a disk that fails."""
    if number % 2:
        return random.choice([much, *SCENES.values()]), Order(Mode.TORN, random.randrange(20, 160), CHANGES)
    fault = FAULTS[random.choice(list(FAULTS))]
    return troubled, Order(fault.mode, random.randrange(4, 90), fault.kinds, fault.error)


def run_share(theatre: Theatre, share: dict[str, Any]) -> dict[str, Any]:
    """Run and hunt, the share's part of the times."""
    hunter = Hunter(theatre)
    violations: list[str] = []
    tried = 0
    for number in range(share["first"], share["most"], share["step"]):
        place = f"run {number}"
        if not crew.wanted(share, place):
            continue
        scene, order = order_of(Random(f"{share['seed']} {number}"), number)
        theatre.stage.lay_out()
        for party in theatre.stage.parties:
            home = theatre.stage.trial / party
            keyfile.save(home / "node.key", keys_of(party), PASSPHRASE, Random(number).randbytes, CHEAP)

        def hunt(tell: Any, scene: Any = scene, order: Order = order) -> None:
            hunter.wired(tell, theatre, scene, order)

        fate: Fate = forked(hunt)
        tried += 1
        told = theatre.stage.place / "told.txt"
        told.write_text(
            "\n".join([*fate.ledger.faults, *map(repr, fate.ledger.refusals), *map(repr, fate.ledger.ends)])
        )
        violations += [f"{place}: {each}" for each in hunter.found()]
        gc.collect()
        if len(violations) >= share["enough"]:
            break
    return {"trials": tried, "violations": violations, "figures": {}}


def run(tier: Tier, bug: str | None, only: str | None = None) -> Outcome:
    common = {"parties": PAIR, "seed": SEED, "step": 2, "most": tier.trials(IN_CI, 12)}
    shares = [common | {"first": half} for half in range(2)]
    return crew.outcome(32, crew.work("leaks", shares, bug, only), str(SEED))


ROWS: Final = (
    Row(
        number=32,
        fault="secrets are looked for after kills and disk errors: keys, the passphrase, the text of messages",
        injected_by="a search of databases, logs, key files and what else lies there; as bytes, hexadecimal, base64",
        holds="none is found",
        run=run,
        bugs=BUGS,
    ),
)
