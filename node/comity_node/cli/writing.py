"""Writing a message at a terminal: the questions, the preview, and what happens to it then."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from comity_node.cli.approval import as_author, print_proposed
from comity_node.cli.asking import Asking
from comity_node.cli.attachment import perform_with
from comity_node.cli.messages import print_sent
from comity_node.cli.session import Result, Session
from comity_node.cli.surroundings import Terminal
from comity_node.faults import UnreachableError
from comity_node.render import plain

if TYPE_CHECKING:
    from comity_node.authoring.answers import Desk
    from comity_node.authoring.letter import Letter

SHORT_DRAFT: Final = 8


@dataclass
class Writing:
    """One message that is being written.

    Attributes:
        letter: what was said so far.
        context: what the operation request-kinds says of its kind.
        draft_id: under which it is kept; None while nothing is kept.
        officer_key: where the key of the officer lies who writes it, where that is not the usual place.
    """

    session: Session
    letter: "Letter"
    desk: "Desk"
    context: Result
    draft_id: str | None = None
    officer_key: Path | None = None
    terminal: Terminal = field(init=False)

    def __post_init__(self) -> None:
        self.terminal = Terminal(self.desk.phrases)
        self._asking = Asking(self.terminal, self.desk, self.context)

    # --- without a person ---------------------------------------------------------------------------------------------

    def refuse_faults(self) -> None:
        """Return when it can be sent. Raises: LetterError, which lists every fault."""
        from comity_node.authoring.setting import LetterError, listed

        faults = [*self.around_faults(), *listed(self.letter.form, self.desk)]
        if faults:
            raise LetterError(self.letter.kind, faults)

    def around_faults(self) -> list[Any]:
        """Return what is wrong around the form: recipients, and the officer who writes it."""
        from comity_node.authoring.setting import Listed

        say, kind, letter = self.desk.phrases.say, self.context["kinds"][0], self.letter
        faults = []
        right = say("right.to", parties=", ".join(kind["accepted_by"]))
        if not letter.to and not letter.reply_to and kind["role"] != "event":
            faults.append(Listed("to", "", "missing", "", say("fault.recipient"), right))
        for party in letter.to:
            if party not in kind["accepted_by"]:
                what = say("fault.not-accepted", party=plain(party))
                faults.append(Listed("to", "", "not-accepted", plain(party), what, right))
        if not kind["may_send"]:
            faults.append(Listed("kind", "", "not-allowed", letter.kind, say("fault.not-allowed"), say("right.kind")))
        if kind["role"] == "event" and not letter.reply_to:
            faults.append(Listed("reply_to", "", "missing", "", say("fault.reply"), say("right.reply")))
        if letter.sending:
            perhaps = say("said.perhaps-sent", id=str(self.draft_id)[:SHORT_DRAFT])
            faults.append(Listed("draft", "", "perhaps-sent", "", perhaps, say("right.outbox")))
        if kind["coercive"] and not letter.officer:
            faults.append(Listed("officer", "", "missing", "", say("fault.officer"), say("right.officer")))
        return faults

    def keep(self) -> str:
        """Keep the letter as a draft, or in place of the one it came from, and return its id."""
        kept = self.session.perform("draft-save", letter=self.letter.view(), id=self.draft_id)
        self.draft_id = kept["id"]
        return str(kept["id"])

    def preview(self) -> None:
        from comity_node.authoring.preview import lines

        for line in lines(self.letter, self.desk, self.context):
            self.terminal.tell(line)

    def send(self) -> Result:
        """Send the letter, forget its draft, and return what the operation says."""
        letter = self.letter
        params: dict[str, Any] = {
            "kind": letter.kind,
            "form": self._whole_form(),
            "lang": letter.lang,
            "marking": letter.marking,
            "exercise": letter.exercise or None,
            "urgency": letter.urgency,
            "lifetime_s": letter.lifetime_s,
        }
        way = {"id": letter.reply_to} if letter.reply_to else {"to": letter.to}
        files = [Path(name) for name in letter.files]
        perform = as_author(self.session, letter.officer or None, self.officer_key)
        self._mark_sending(True)
        try:
            result = perform_with(self.session, "reply" if letter.reply_to else "send", files, perform, **way, **params)
        except UnreachableError:
            raise  # nobody knows whether it has gone
        except BaseException:
            self._mark_sending(False)
            raise
        self.forget()
        return result

    def _mark_sending(self, sending: bool) -> None:
        """Note in the draft that it is about to be sent, for whoever finds it after a crash."""
        if self.draft_id is not None:
            self._change(sending=sending)
            self.keep()

    def print_sent(self, result: Result) -> None:
        """Print what became of a message that was sent, or waits for a second officer."""
        (print_proposed if self.letter.officer else print_sent)(result)

    def _whole_form(self) -> dict[str, Any]:
        from comity_node.authoring.paths import completed

        return completed(self.letter.kind, self.letter.form)

    def forget(self) -> None:
        if self.draft_id is not None:
            self.session.perform("draft-discard", id=self.draft_id)
            self.draft_id = None

    # --- with a person ------------------------------------------------------------------------------------------------

    def converse(self, ask_urgency: bool) -> Result | None:
        """Ask for everything, show it, and do what the person says. Return what was sent, None where nothing was."""
        from comity_node.authoring.dialogue import LeaveError

        try:
            self._introduce()
            if self.letter.sending:
                self.terminal.tell(self.desk.phrases.say("said.perhaps-sent", id=str(self.draft_id)[:SHORT_DRAFT]))
                self._change(sending=False)
            if self.context["kinds"][0]["role"] == "event" and not self.letter.reply_to:
                self._change(reply_to=self._asking.answered())
            if not self.letter.to and not self.letter.reply_to:
                self._change(to=self._asking.recipients())
            if ask_urgency:
                self._change(urgency=self._asking.urgency(self.letter.urgency))
            if self.context["kinds"][0]["coercive"] and not self.letter.officer:
                self._change(officer=self._asking.officer(self.session))
            self._dialogue(lambda dialogue: dialogue.fill())
            return self._review()
        except LeaveError:
            self._told_kept()
            return None
        except (EOFError, KeyboardInterrupt, click.Abort):
            print()
            if self.draft_id is not None:
                self._told_kept()
            raise

    def _introduce(self) -> None:
        say, lang = self.desk.phrases.say, self.desk.phrases.lang
        kind, vocabulary = self.letter.kind, self.desk.vocabulary
        self.terminal.tell(say("intro.title", kind=plain(f"{vocabulary.label('kind', kind, lang)}")))
        if meaning := vocabulary.definition("kind", kind, lang):
            self.terminal.tell(self.desk.phrases.isolated(plain(meaning)))
        self.terminal.tell(say("intro.help"))

    def _change(self, **fields: Any) -> None:
        import msgspec

        self.letter = msgspec.structs.replace(self.letter, **fields)

    def _keep_form(self, form: dict[str, Any]) -> None:
        is_new = self.draft_id is None
        self._change(form=form)
        kept = self.keep()
        if is_new:
            self.terminal.tell(f"  {self.desk.phrases.say('intro.draft', id=kept[:SHORT_DRAFT])}")

    def _dialogue(self, run: "Callable[[Any], None]") -> None:
        from comity_node.authoring.dialogue import Dialogue
        from comity_node.authoring.setting import usual_values
        from comity_node.times import iso

        now = iso(self.desk.now_us // 1_000_000 * 1_000_000)
        usual = usual_values(self.letter.kind, now)
        dialogue = Dialogue(dict(self.letter.form), self.desk, self.terminal, self._keep_form, usual)
        run(dialogue)
        self._change(form=dialogue.form)

    # --- what happens to it -------------------------------------------------------------------------------------------

    def _review(self) -> Result | None:
        phrases = self.desk.phrases
        self._show()
        while True:
            word, _, rest = self._asking.line(phrases.say("prompt.action")).casefold().partition(" ")
            if word in phrases.words("words.send"):
                if not self._tell_faults():
                    return self.send()
            elif word in phrases.words("words.draft"):
                self.keep()
                self._told_kept()
                return None
            elif word in phrases.words("words.discard"):
                if self._asking.is_sure():
                    self.forget()
                    self.terminal.tell(phrases.say("said.discarded"))
                    return None
            elif word in phrases.words("words.edit") or (word[:1] == "e" and word[1:].isdecimal()):
                self._edit(rest or word[1:])
            else:
                self.terminal.tell(f"  {phrases.say('said.what-action')}")

    def _show(self) -> None:
        self.terminal.tell("")
        self.preview()
        self._tell_faults()

    def _tell_faults(self) -> bool:
        """Tell what would be refused, and return whether there is anything."""
        from comity_node.authoring.setting import listed

        faults = [*self.around_faults(), *listed(self.letter.form, self.desk)]
        if faults:
            self.terminal.tell(self.desk.phrases.say("said.not-sent"))
        for each in faults:
            self.terminal.tell(f"  {each.label or each.path}: {each.fault}  [{each.right}]")
        return bool(faults)

    def _edit(self, words: str) -> None:
        from comity_node.authoring.fields import spot
        from comity_node.authoring.paths import path_of
        from comity_node.authoring.preview import entries

        text = words.strip()
        numbered = {str(each.number): each.path for each in entries(self.letter.form, self.desk) if each.number}
        path = numbered.get(text) or path_of(text)
        if path is None or spot(self.letter.kind, self.letter.form, path) is None:
            self.terminal.tell(f"  {self.desk.phrases.say('said.which-line')}")
            return
        self._dialogue(lambda dialogue: dialogue.edit(path))
        self._show()

    def _told_kept(self) -> None:
        if self.draft_id is None:
            self.keep()
        self.terminal.tell(self.desk.phrases.say("said.kept", id=str(self.draft_id)[:SHORT_DRAFT]))
