"""Row 27: a node goes on from an old copy of its database, as after a restore from a backup."""

import gc
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import trio

from comity.errors import EquivocationError
from comity_node.records import Ending
from tests.reliability.row import Outcome, Row, Tier
from tests.reliability.storage import crew
from tests.reliability.storage.forks import words
from tests.reliability.storage.observer import Books, read_books
from tests.reliability.storage.scenarios import PAIR, A, B
from tests.reliability.storage.stage import Troupe
from tests.reliability.storage.trials import Theatre

IN_CI: Final = 60
SEED: Final = 27
BUGS: Final[Mapping[str, str]] = {
    "id-changed-at-restart": "what waits is signed again, under a new id, when it is read from the database",
    "witness-blind": "nobody compares the checkpoints of a peer",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is said before the copy, between copy and restore, and after it."""

    before: int
    waiting: int
    between: int
    after: int

    @classmethod
    def of(cls, random: Random) -> "Plan":
        return cls(random.randint(0, 3), random.randint(1, 3), random.randint(2, 4), random.randint(1, 3))


class Restored:
    """The scene: `old` goes on from its old copy, while `other` runs all the time."""

    def __init__(self, theatre: Theatre, old: str, plan: Plan) -> None:
        self.theatre, self.plan = theatre, plan
        self.old, self.other = old, B if old == A else A
        self.waiting: list[str] = []
        self.earlier: Books | None = None  # of the other one, before the restore
        self.alarms: list[str] = []
        self.incidents: set[int] = set()

    async def __call__(self, troupe: Troupe) -> None:
        stage, plan = self.theatre.stage, self.plan
        async with troupe.run():
            await self.talk(troupe, plan.before)
        async with troupe.run(self.old):
            self.waiting = [(await troupe.send(self.old, self.other)).hex() for _ in range(plan.waiting)]
        backup = shutil.copy(stage.database(self.old), stage.place / "backup.db")
        async with troupe.run(self.other):
            async with troupe.run(self.old):
                await self.talk(troupe, plan.between)
            self.earlier = read_books(self.other, stage.database(self.other))
            shutil.copy(backup, stage.database(self.old))
            async with troupe.run(self.old):
                await self.talk(troupe, plan.after)
                await trio.sleep(1)
            node = troupe.nodes[self.other]
            self.alarms = node.status().alarms
            self.incidents = {row.code for row in node._store.incidents()}

    async def talk(self, troupe: Troupe, rounds: int) -> None:
        """Let both say something, so many times, and wait until all of it has arrived."""
        await troupe.settled()
        for _ in range(rounds):
            await troupe.send(self.old, self.other)
            await troupe.send(self.other, self.old)
            await troupe.settled()

    def faults(self) -> Iterator[str]:
        """Yield what is wrong after the scene."""
        stage, plan = self.theatre.stage, self.plan
        own, theirs = (read_books(party, stage.database(party)) for party in (self.old, self.other))
        for message_id in self.waiting:
            yield from self.again(message_id, own, theirs)
        arrived = [row for row in theirs.messages if not row["outgoing"]]
        wanted = plan.before + plan.waiting + plan.between + plan.after
        if len(arrived) != wanted:
            yield f"{self.other} holds {len(arrived)} messages of {self.old}, who has sent {wanted}"
        if any(row["state"] == Ending.WAITING for row in own.deliveries):
            yield f"something of {self.old} still waits"
        if EquivocationError.code not in self.incidents or not self.alarms:
            yield f"{self.other} did not notice that the log of {self.old} has two ends"

    def again(self, message_id: str, own: Books, theirs: Books) -> Iterator[str]:
        """Yield what is wrong with a message that the old copy still holds as waiting."""
        first = self.earlier.received(self.old, message_id) if self.earlier is not None else []
        now = theirs.received(self.old, message_id)
        sent = [row for row in own.deliveries if row["id"].hex() == message_id]
        if [row["receipt"] for row in now] != [row["receipt"] for row in first] or len(now) != 1:
            yield f"{message_id} arrived {len(now)} times, or its receipt has changed"
        elif [(row["state"], row["receipt"], row["hash"]) for row in sent] != [
            (Ending.ACCEPTED, now[0]["receipt"], now[0]["hash"])
        ]:
            yield f"{message_id} did not get its first receipt again"


def run_share(theatre: Theatre, share: dict[str, Any]) -> dict[str, Any]:
    """Restore an old copy of one party, then of the other, with other plans."""
    violations: list[str] = []
    tried = 0
    for number in range(share["first"], share["most"], share["step"]):
        plan = Plan.of(Random(f"{share['seed']} {number}"))
        scene = Restored(theatre, (A, B)[number // share["step"] % 2], plan)
        place = f"restore {number} of {scene.old}"
        if not crew.wanted(share, place):
            continue
        theatre.stage.lay_out()
        tried += 1
        try:
            theatre.stage.play(scene, lambda line: None)
            wrong = list(scene.faults())
        except Exception as fault:
            wrong = [words(fault)]
        violations += [f"{place}: {each} in {plan}" for each in wrong]
        gc.collect()
        if len(violations) >= share["enough"]:
            break
    return {"trials": tried, "violations": violations, "figures": {}}


def run(tier: Tier, bug: str | None, only: str | None = None) -> Outcome:
    common = {"parties": PAIR, "seed": SEED, "step": 2, "most": tier.trials(IN_CI, 8)}
    shares = [common | {"first": half} for half in range(2)]
    return crew.outcome(27, crew.work("backups", shares, bug, only), str(SEED))


ROWS: Final = (
    Row(
        number=27,
        fault="a node goes on from an old copy of its database while its peer runs on",
        injected_by="a file that is copied and put back",
        holds="ids do not change, what had arrived gets its first receipt again, nothing is doubled, and the peer "
        "alarms because the log has two ends",
        run=run,
        bugs=BUGS,
    ),
)
