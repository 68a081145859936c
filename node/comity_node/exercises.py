"""Which cases are exercises. An exercise and what is none never mix (HAND-025, HAND-026)."""

from collections.abc import Iterable

from comity.errors import MarkingError
from comity.message import Body
from comity_node.signing import RuleError
from comity_node.store.keeping import Step, as_exercise
from comity_node.store.store import Store


class Exercises:
    """Knows the exercises by heart: there are few, and every message asks."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._cases = store.keeping.exercises()
        self._fresh: dict[bytes, bool] = {}  # cases that began in the batch at hand

    def is_exercise(self, case: bytes) -> bool:
        """Return whether the case is known as an exercise."""
        return case in self._cases

    def flag_for(self, case: bytes | None, asked: bool | None) -> bool:
        """Return the flag of a message that is to be sent in the case, None for a new one (HAND-025).

        Raises:
            RuleError: another flag is asked for than that of the case.
        """
        if case is None or (case not in self._cases and not self._store.keeping.knows_case(case)):
            return bool(asked)
        flag = case in self._cases
        if asked not in (None, flag):
            raise RuleError(*mixture(flag))
        return flag

    def begin_batch(self) -> None:
        """What was accepted so far is durable or lost."""
        self._fresh.clear()

    def refuse_mixture(self, body: Body) -> None:
        """Return when a message that came has the flag of its case (HAND-026). Raises: MarkingError."""
        known = self._fresh.get(body.case)
        if known is None and (body.case in self._cases or body.exercise):
            known = body.case in self._cases or not self._store.keeping.knows_case(body.case)
        if known not in (None, body.exercise):
            raise MarkingError("an exercise and what is no exercise in one case")

    def accepted(self, body: Body) -> None:
        """The message will be kept with the batch at hand."""
        self._fresh[body.case] = body.exercise

    def steps(self, bodies: Iterable[Body]) -> list[Step]:
        """Return what keeps of these messages which cases are exercises."""
        fresh = {body.case: None for body in bodies if body.exercise and body.case not in self._cases}
        return [step for case in fresh for step in as_exercise(case)]

    def kept(self, bodies: Iterable[Body]) -> None:
        """The messages are durable."""
        self._cases |= {body.case for body in bodies if body.exercise}


def mixture(flag: bool) -> tuple[str, str]:
    """Return what is wrong, and what to do, where the case has this flag."""
    if flag:
        return "the case is an exercise", "leave --exercise out to answer in it, or start a case that is none"
    return "the case is no exercise", "start a case for the exercise: comity send ... --exercise"
