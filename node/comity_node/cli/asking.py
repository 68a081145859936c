"""What is asked around the form of a message: to whom it goes, how urgent it is, which officer writes it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from comity_node.cli.session import Result, Session
from comity_node.faults import RefusedError
from comity_node.render import plain
from comity_node.urgency import URGENCIES

if TYPE_CHECKING:
    from comity_node.authoring.answers import Desk, Option
    from comity_node.authoring.dialogue import Person


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks a person; `!` leaves at every question. `context` is what the operation request-kinds says of the kind."""

    person: "Person"
    desk: "Desk"
    context: Result

    def line(self, prompt: str) -> str:
        """Return the answer to a prompt. Raises: LeaveError, EOFError."""
        from comity_node.authoring.dialogue import LEAVE, LeaveError

        text = self.person.ask(f"{prompt}: ").strip()
        if text == LEAVE:
            raise LeaveError
        return text

    def recipients(self) -> list[str]:
        """Return one or more of the parties that accept the kind. Raises: RefusedError, when there are none."""
        from comity_node.authoring.answers import AnswerError, Option, chosen

        say, kind = self.desk.phrases.say, self.context["kinds"][0]
        names = {member["party"]: member["name"] for member in self.context["members"]}
        choices = [Option(party, names[party]) for party in kind["accepted_by"]]
        if not choices:
            raise RefusedError(f"no other party accepts {kind['kind']}", "see: comity request kinds")
        self._list(choices)
        while True:
            words = self.line(say("ask.to")).replace(",", " ").split()
            try:
                found = sorted({chosen(choices, word) for word in words})
            except AnswerError:
                self.person.tell(f"  {say('fault.no-party', party=plain(' '.join(words)))}")
                continue
            if found:
                return found
            self.person.tell(f"  {say('said.needed')}")

    def answered(self) -> str:
        """Return the beginning of the id of the message that is answered."""
        say = self.desk.phrases.say
        while not (text := self.line(say("ask.reply"))):
            self.person.tell(f"  {say('said.needed')}")
        return text

    def urgency(self, usual: int) -> int:
        """Return how urgent it is, 0 to 3."""
        from comity_node.authoring.answers import AnswerError, Option, chosen

        say, lang = self.desk.phrases.say, self.desk.phrases.lang
        choices = [Option(code, self.desk.vocabulary.label("urgency", code, lang)) for code in URGENCIES]
        self._list(choices)
        while True:
            text = self.line(f"{say('ask.urgency')} [{self.desk.phrases.isolated(plain(choices[usual].label))}]")
            if text == "?":
                self.person.tell(f"  {say('explain.urgency')}")
                continue
            try:
                return URGENCIES.index(chosen(choices, text)) if text else usual
            except AnswerError as fault:
                self.person.tell(f"  {say(fault.key, **fault.params)}")

    def officer(self, session: Session) -> str:
        """Return the officer who writes the message, of those who are known in this home, "" for none yet."""
        from comity_node.authoring.answers import AnswerError, Option, chosen
        from comity_node.officers import Cabinet

        say = self.desk.phrases.say
        choices = [Option(paper.id, ", ".join(paper.roles)) for paper in Cabinet.of(session.config).papers()]
        self.person.tell(f"  {say('preview.two-officers')}")
        self._list(choices)
        while choices and (text := self.line(f"{say('ask.officer')} ({say('prompt.optional')})")):
            try:
                return chosen(choices, text)
            except AnswerError as fault:
                self.person.tell(f"  {say(fault.key, **fault.params)}")
        return ""

    def is_sure(self) -> bool:
        """Return whether the person answers the question whether to discard it with yes."""
        from comity_node.authoring.answers import AnswerError, yes_or_no

        try:
            return yes_or_no(self.line(self.desk.phrases.say("said.sure")), self.desk.phrases)
        except AnswerError:
            return False

    def _list(self, choices: "list[Option]") -> None:
        for number, each in enumerate(choices, 1):
            self.person.tell(f"  {number:>3}  {plain(each.code)}  {self.desk.phrases.isolated(plain(each.label))}")
