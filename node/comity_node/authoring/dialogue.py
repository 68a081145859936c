"""Asking a person, one question after another: each answer is checked at once, kept at once, and can be taken back."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any, Final, Protocol

from comity.encoding import shape
from comity_node.authoring.answers import MESSAGE_NAMES, SHOWN_CHOICES, AnswerError, Desk, Option, options, read
from comity_node.authoring.fields import Spot, way
from comity_node.authoring.judging import faults_of_answer
from comity_node.authoring.paths import Form, Path, dotted, get, has, put, remove
from comity_node.authoring.questions import Course, Menu, Question, Step, Walk
from comity_node.authoring.telling import fault_line, value_text
from comity_node.formfaults import FormFault
from comity_node.letters import shown
from comity_node.render import plain

EXPLAIN, BACK, LEAVE, CLEAR, ESCAPE = "?", "<", "!", "-", "\\"
CONTINUED: Final = "\\"  # at the end of a line: the text goes on on the next one
LONG: Final = 254  # characters: longer texts may have several lines
SPECIAL: Final = frozenset({EXPLAIN, BACK, LEAVE, CLEAR})


class LeaveError(Exception):
    """The person wants to go on another time."""


class BackError(Exception):
    """The person wants to answer the question before once more."""


class Person(Protocol):
    """The one who answers."""

    def ask(self, prompt: str) -> str:
        """Return one line. Raises: EOFError, when there are no more."""
        ...

    def tell(self, text: str) -> None:
        """Show a line."""
        ...


class Dialogue:
    """Fills in one form. `keep` is called after every answer with the form as it is by then."""

    def __init__(
        self, form: Form, desk: Desk, person: Person, keep: Callable[[Form], None], usual: Mapping[Path, Any]
    ) -> None:
        self.form = form
        self._desk = desk
        self._phrases = desk.phrases
        self._person = person
        self._keep = keep
        self._usual = usual
        self._before: dict[Path, Any] = {}  # what was answered before it was taken back
        self._around: list[str] = []

    def fill(self) -> None:
        """Ask for all that the form needs, and offer the rest. Raises: LeaveError, EOFError."""
        self._go(lambda course: course.whole(), is_edit=False)

    def edit(self, path: Path) -> None:
        """Ask once more for one field and all that is in it. Raises: LeaveError, EOFError."""
        for below, value in list(leaves_below(self.form, path)):
            self._before[below] = value
        kept = deepcopy(self.form)

        def walk(course: Course) -> Walk:
            remove(course.form, path)
            yield from course.at(path)
            yield from course.rules()

        try:
            self._go(walk, is_edit=True)
        except BackError:
            self.form = kept
            self._keep(self.form)

    def _go(self, walk: Callable[[Course], Walk], *, is_edit: bool) -> None:
        base, answers = deepcopy(self.form), list[Any]()
        while True:
            try:
                self._play(walk, deepcopy(base), answers)
            except BackError:
                if answers:
                    answers.pop()
                elif is_edit:
                    raise
                else:
                    self._say("said.first")
            else:
                return

    def _play(self, walk: Callable[[Course], Walk], form: Form, answers: list[Any]) -> None:
        """Walk once; the first steps are answered as they were before."""
        self.form = form
        self._around = []
        steps, count = walk(Course(form, self._desk)), 0
        step = next(steps, None)
        while step is not None:
            fresh = count == len(answers)
            if fresh:
                answers.append(self._answer(step))
            self._take(step, answers[count])
            if fresh:
                self._keep(form)
            count += 1
            try:
                step = steps.send(answers[count - 1] if isinstance(step, Menu) else None)
            except StopIteration:
                return

    def _take(self, step: Step, answer: Any) -> None:
        if isinstance(step, Question) and answer is not None:
            put(self.form, step.path, answer)
            self._before[step.path] = answer

    def _answer(self, step: Step) -> Any:
        return self._choose(step) if isinstance(step, Menu) else self._question(step)

    # --- one field ----------------------------------------------------------------------------------------------------

    def _question(self, question: Question) -> Any:
        """Return the value that was answered, None where nothing was."""
        self._head(question)
        choices = options(question.spot.place, self._desk)
        if 0 < len(choices) <= SHOWN_CHOICES:
            self._list(choices)
        while True:
            text = self._line(question)
            if text == EXPLAIN:
                self._explain(question.spot, choices)
                continue
            value = self._usual_answer(question) if text == "" else None
            if (text == "" and value is None) or text == CLEAR:
                if question.optional or question.ends:
                    return None
                self._say("said.needed")
                continue
            try:
                if value is None:
                    value = read(question.spot.place, question.spot.name, unescaped(text), self._desk)
            except AnswerError as fault:
                self._say(fault.key, **fault.params)
                continue
            if not (faults := self._faults(question.path, value)):
                return value
            for each in faults:
                self._person.tell(f"  {fault_line(each, self._desk)}")

    def _faults(self, path: Path, value: Any) -> Sequence[FormFault]:
        tried = deepcopy(self.form)
        put(tried, path, value)
        return faults_of_answer(tried, path, self._desk)

    def _head(self, question: Question) -> None:
        """Tell which part comes now, where it is another one than before."""
        around = way(self._desk.kind, self.form, question.path[:-1], self._phrases.lang)
        if isinstance(question.path[-1], int) or isinstance(question.spot.place, shape.Choice):
            around = around[:-1]
        if around and around != self._around:
            self._person.tell(" > ".join(self._phrases.isolated(plain(label)) for label in around))
        self._around = around

    def _line(self, question: Question) -> str:
        lines = [self._person.ask(self._prompt(question)).strip()]
        if lines[0] == BACK:
            raise BackError
        if lines[0] == LEAVE:
            raise LeaveError
        place = question.spot.place
        if isinstance(place, shape.Text) and (place.most or 0) > LONG:
            while lines[-1].endswith(CONTINUED) and lines[-1] != CONTINUED:
                lines[-1] = lines[-1].removesuffix(CONTINUED)
                lines.append(self._person.ask("  ").rstrip())
        return "\n".join(lines).strip()

    def _prompt(self, question: Question) -> str:
        label = question.spot.wording(self._desk.kind, self._phrases.lang).label
        if isinstance(question.path[-1], int):
            label = f"{label} {question.path[-1] + 1}"
        usual = self._usual_answer(question)
        hint = ""
        if usual is not None:
            text = value_text(question.spot.place, usual, self._desk)
            hint = f" [{self._phrases.isolated(shown(text))}]"
        elif question.ends:
            hint = f" ({self._phrases.say('prompt.no-more')})"
        elif question.optional:
            hint = f" ({self._phrases.say('prompt.optional')})"
        return f"{self._phrases.isolated(plain(label))}{hint}: "

    def _usual_answer(self, question: Question) -> Any:
        """Return what an empty answer means: what was there before, or what is usual; None for nothing."""
        value = self._before.get(question.path)
        if value is None and not question.ends:
            value = self._usual.get(question.path)
        return value if value is not None and not self._faults(question.path, value) else None

    def _explain(self, spot: Spot, choices: Sequence[Option]) -> None:
        words = spot.wording(self._desk.kind, self._phrases.lang)
        self._person.tell(f"  {self._phrases.isolated(plain(words.help or words.label))}")
        place, group = spot.place, spot.place.marks.get("group")
        if isinstance(place, shape.Number) and place.marks.get("unit") == "micros":
            self._say("explain.time")
        if isinstance(place, shape.Text) and (place.most or 0) > LONG:
            self._say("explain.lines")
        if isinstance(place, shape.Binary) and spot.name in MESSAGE_NAMES:
            self._say("explain.message")
        for number, each in enumerate(choices, 1):
            meaning = self._desk.vocabulary.definition(group, each.code, self._phrases.lang) if group else ""
            self._person.tell(f"  {number:>3}  {self._option(each)}")
            if meaning:
                self._person.tell(f"       {self._phrases.isolated(plain(meaning))}")

    def _list(self, choices: Sequence[Option]) -> None:
        for number, each in enumerate(choices, 1):
            self._person.tell(f"  {number:>3}  {self._option(each)}")

    def _option(self, each: Option) -> str:
        label = "" if each.label == each.code else f"  {self._phrases.isolated(plain(each.label))}"
        return f"{plain(each.code)}{label}"

    # --- several fields -----------------------------------------------------------------------------------------------

    def _choose(self, menu: Menu) -> tuple[Path, ...]:
        """Return the paths that were chosen, by number or by name."""
        self._around = []
        if menu.why is not None:
            self._person.tell(self._why(menu))
            if len(menu.spots) == 1:
                return (menu.spots[0].path,)
        self._say("menu.why" if menu.why else "menu.optional")
        for number, each in enumerate(menu.spots, 1):
            labels = way(self._desk.kind, self.form, each.path, self._phrases.lang)
            self._person.tell(f"  {number:>3}  {' > '.join(self._phrases.isolated(plain(one)) for one in labels)}")
        while True:
            text = self._person.ask(f"{self._phrases.say('prompt.menu')}: ").strip()
            if text in (BACK, LEAVE):
                raise BackError if text == BACK else LeaveError
            if text == EXPLAIN:
                self._explain_all(menu.spots)
                continue
            found = [self._spot_named(word, menu.spots) for word in text.replace(",", " ").split()]
            if None not in found:
                return tuple(each.path for each in found if each is not None)
            self._say("fault.no-such-field")

    def _why(self, menu: Menu) -> str:
        """Return what a rule needs, where nothing was answered yet that it speaks of, or how it is broken."""
        if menu.why is None or any(has(self.form, each.path) for each in menu.spots):
            return "" if menu.why is None else fault_line(menu.why.fault, self._desk)
        right = menu.why.fault.right(self._desk.kind, self._phrases.lang)
        return self._phrases.say("said.still-needed", right=plain(right))

    def _explain_all(self, spots: Sequence[Spot]) -> None:
        for number, each in enumerate(spots, 1):
            words = each.wording(self._desk.kind, self._phrases.lang)
            self._person.tell(f"  {number:>3}  {dotted(each.path)}: {self._phrases.isolated(plain(words.help))}")

    def _spot_named(self, word: str, spots: Sequence[Spot]) -> Spot | None:
        if word.isdecimal() and word.isascii():
            return spots[int(word) - 1] if 1 <= int(word[:6]) <= len(spots) else None
        exact = [each for each in spots if dotted(each.path) == word]
        found = exact or [each for each in spots if dotted(each.path).startswith(word)]
        return found[0] if len(found) == 1 else None

    def _say(self, key: str, **params: str) -> None:
        self._person.tell(f"  {self._phrases.say(key, **params)}")


def unescaped(text: str) -> str:
    """Return the text that was meant: `\\?` stands for a question mark that is an answer."""
    return text[1:] if text[:1] == ESCAPE and text[1:] in SPECIAL else text


def leaves_below(form: Form, path: Path) -> list[tuple[Path, Any]]:
    """Return the values at and below a path, the sums whole."""
    value = get(form, path)
    found: list[tuple[Path, Any]] = [(path, value)]
    if isinstance(value, dict):
        return found + [pair for name in value for pair in leaves_below(form, (*path, name))]
    if isinstance(value, list):
        return found + [pair for index in range(len(value)) for pair in leaves_below(form, (*path, index))]
    return found
