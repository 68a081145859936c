"""One trial: a scene meets an order of the shim, then those who come after are asked what they hold."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from tests.reliability.storage.forks import Fate, forked, words
from tests.reliability.storage.ledger import Ledger
from tests.reliability.storage.observer import agreed, kept, read_books
from tests.reliability.storage.scenarios import converge
from tests.reliability.storage.shim import Kind, Mode, Order, Shim
from tests.reliability.storage.stage import Scene, Stage

Tell = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Theatre:
    """A stage and the shim of this process."""

    stage: Stage
    shim: Shim
    life: int = 0  # crashes that the homes have seen before the scene
    promised: Ledger = field(default_factory=Ledger)  # by then

    def rehearse(self, scene: Scene) -> None:
        """Play the scene and its aftermath once in this process, so that its children find everything loaded."""
        self.stage.lay_out()
        self.stage.play(scene, lambda line: None, self.life)
        self.stage.play(converge, lambda line: None, self.life + 1)

    def after_crash(self, scene: Scene, order: Order) -> "Theatre":
        """Return a theatre whose scenes begin where the scene was cut off by the order. It replaces this one."""
        fate = self.perform(scene, order)
        self.stage.keep()
        return Theatre(self.stage, self.shim, self.life + 1, fate.ledger)

    def perform(self, scene: Scene, order: Order) -> Fate:
        """Play the scene on a fresh stage while the shim follows the order."""
        self.stage.lay_out()
        return forked(partial(self._perform, scene, order))

    def _perform(self, scene: Scene, order: Order, tell: Tell) -> None:
        self.shim.arm(order)
        self.stage.play(scene, tell, self.life)
        self.shim.rest()

    def calls_of(self, scene: Scene, kinds: Kind) -> list[Kind]:
        """Return the kind of every storage call of the undisturbed scene. Raises RuntimeError when it fails."""
        found: list[Kind] = []

        def count(tell: Tell) -> None:
            self.shim.arm(Order(Mode.COUNT, kinds=kinds))
            self.stage.play(scene, tell, self.life)
            tell(b'{"fault": "%s"}' % ",".join(str(int(kind)) for kind in self.shim.kinds()).encode())

        self.stage.lay_out()
        fate = forked(count)
        if not fate.finished:
            raise RuntimeError(f"the undisturbed scene fails: {fate.ledger.faults}")
        found += [Kind(int(number)) for number in fate.ledger.faults[-1].split(",")]
        return found

    def aftermath(self, promised: Ledger) -> Iterator[str]:
        """Yield what is wrong after the fault: in the databases as they lie there, and once all have started again."""
        told: list[bytes] = []
        try:
            self.stage.play(converge, told.append, self.life + 1)
        except Exception as fault:
            yield f"those who came after did not converge: {words(fault)}"
        promised.take(told).join(self.promised)
        books = {party: read_books(party, self.stage.database(party)) for party in self.stage.parties}
        for each in books.values():
            yield from kept(each, promised)
        yield from agreed(books)
