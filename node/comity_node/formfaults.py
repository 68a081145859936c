"""One fault of a form: where, what stands there, what sort of fault, and what would be right."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from comity import wording
from comity.encoding import Record

#: What would be right is said by the help of the field.
HELP: Final = "help"
FULL_STOPS: Final = ".。"


class Sort(StrEnum):
    """What is wrong; `fault.<sort>` words it."""

    CHARACTER = "character"
    CHECK_DIGIT = "check-digit"
    CHOICE = "choice"
    COUNTRY = "country"
    CURRENCY = "currency"
    HIDDEN = "hidden"
    ITEMS = "items"
    LENGTH = "length"
    MISSING = "missing"
    MIXED_SCRIPT = "mixed-script"
    PAST = "past"
    PATTERN = "pattern"
    RANGE = "range"
    RULE = "rule"
    TERM = "term"
    TIME = "time"
    TIME_WITHOUT_ZONE = "time-without-zone"
    TYPE = "type"
    UNKNOWN_FIELD = "unknown-field"


#: Beyond the form of the kind: what a recipient might take, and what the one who fills in the form did not mean.
BEYOND_FORM: Final = frozenset(
    {Sort.CHARACTER, Sort.COUNTRY, Sort.CURRENCY, Sort.HIDDEN, Sort.MIXED_SCRIPT, Sort.PAST, Sort.TERM}
)


@dataclass(frozen=True, slots=True)
class FormFault:
    """A fault.

    Attributes:
        path: names of fields and indices from the form down, as in `hops.0.amount.currency`; "" is the form itself.
        value: what stands there, cut and escaped; "" where nothing does. It is what an officer wrote: it is shown to
            whoever filled in the form and never goes into a log or an error text (CONV-008).
        wanted: key of what would be right: `wanted.<...>`, or `help`, or `rule.<clause>`.
        optional: nothing would be right as well.
        field: the record and the name of the field, which word it; None where the record has no such field.
    """

    path: str
    sort: Sort
    value: str
    wanted: str
    params: Mapping[str, str]
    optional: bool = False
    field: tuple[type[Record], str] | None = None

    def what(self, lang: str = wording.FALLBACK) -> str:
        """Return what is wrong, in words that do not repeat the value."""
        return wording.fault_text(f"fault.{self.sort}", self.params, lang)

    def right(self, kind: str, lang: str = wording.FALLBACK) -> str:
        """Return what would be right."""
        if self.wanted == HELP:
            text = self._help(kind, lang)
        elif "clause" in self.params:
            text = wording.rule_text(self.params["clause"], self.params["rule"], lang)
        else:
            text = wording.fault_text(self.wanted, self.params, lang)
        return wording.fault_text("wanted.or-null", {"wanted": text}, lang) if self.optional else text

    def label(self, kind: str, lang: str = wording.FALLBACK) -> str:
        """Return the label of the field, "" where it has none."""
        found = self._wording(kind, lang)
        return "" if found is None else found.label

    def told(self, kind: str, lang: str = wording.FALLBACK) -> str:
        """Return the whole fault on one line, without the value."""
        label = self.label(kind, lang)
        place = f"{self.path} ({label})" if label else self.path
        params = {"place": place, "what": self.what(lang), "right": self.right(kind, lang)}
        return wording.fault_text("told" if place else "told.whole", params, lang)

    def view(self, kind: str, lang: str = wording.FALLBACK) -> dict[str, Any]:
        """Return the fault for programs and for whoever filled in the form."""
        return {
            "path": self.path,
            "label": self.label(kind, lang),
            "code": str(self.sort),
            "value": self.value,
            "what": self.what(lang),
            "right": self.right(kind, lang),
        }

    def _help(self, kind: str, lang: str) -> str:
        found = self._wording(kind, lang)
        return wording.fault_text("wanted.words", {}, lang) if found is None else found.help.rstrip(FULL_STOPS)

    def _wording(self, kind: str, lang: str) -> wording.Wording | None:
        if self.field is None:
            return None
        try:
            return wording.of_record(wording.chapter_of(kind), *self.field, lang)
        except LookupError:
            return None
