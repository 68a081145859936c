"""Fields of a kind as people meet them: in which order, and under which label."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from comity import wording
from comity.encoding import Record, shape
from comity.kinds import form_of
from comity_node.authoring.paths import NOTHING, Path, get

#: The order in which a person tells a case: what happened, to whom, what is wanted, on what ground. What is not named
#: here comes between the two halves, by its name.
FIRST: Final = (
    "kind", "subject", "indicators", "amount", "amounts", "executed", "beneficiary", "wallets", "accounts",
    "originator", "payment_reference", "rail", "transfers", "hops", "intermediaries",
    "interviewee", "sought", "addressee_person", "addressee_entity", "identifiers", "provider", "custodian",
    "measure", "assets", "places", "items", "data", "records_classes", "categories", "questions", "documents",
    "name", "bank", "number", "value", "currency", "asset", "address", "chain", "country", "bic", "holder", "account",
    "wallet",
    "since", "role", "born", "nationality", "phone", "email",
    "result", "outcomes", "status", "text", "wanted", "purpose", "offence", "link", "use", "aim",
    "fraud_type", "further_types", "summary", "persons", "entities",
)  # fmt: skip
LAST: Final = (
    "period", "measure_from", "measure_until", "review", "until", "wanted_by", "urgency_reason", "offences", "nature",
    "assistance_level", "order", "authorising_authority", "legal_basis", "domestic_law", "available_at_home",
    "intended_request", "confidentiality", "formalities", "costs", "earlier_requests", "police_report", "parent",
    "authority", "remedy", "contact",
)  # fmt: skip
RANK: Final[Mapping[str, tuple[int, int]]] = {
    **{name: (0, number) for number, name in enumerate(FIRST)},
    **{name: (2, number) for number, name in enumerate(LAST)},
}
MONEY: Final = ({"currency", "value"}, {"asset", "value"})


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a form. `record` and `name` are the field that words it, also for the items of a list."""

    path: Path
    place: shape.Shape
    record: type[Record] | None
    name: str

    def wording(self, kind: str, lang: str) -> wording.Wording:
        """Return label and help; where there is no wording the name of the field itself, and no help."""
        otherwise = wording.Wording(self.name.replace("_", " "), "")
        if self.record is None:
            return otherwise
        try:
            return wording.of_record(wording.chapter_of(kind), self.record, self.name, lang)
        except LookupError:
            return otherwise


def in_order(place: shape.Map) -> list[str]:
    """Return the names of the fields of a record in the order in which a person is asked for them."""
    return sorted(place.fields, key=lambda name: (*RANK.get(name, (1, 0)), name))


def is_money(place: shape.Shape) -> bool:
    """Return whether the place holds a sum with its unit, which people write in one go."""
    return isinstance(place, shape.Map) and set(place.fields) in MONEY


def is_single(place: shape.Shape) -> bool:
    """Return whether one answer fills the place."""
    return is_money(place) or not isinstance(place, shape.Map | shape.Array | shape.Choice)


def spots(kind: str, form: Any, path: Path) -> Iterator[Spot]:
    """Yield the place of each step of a path, from the outermost; it ends before a step that the kind has not."""
    place: shape.Shape | None = shape.shape_of(form_of(kind).record)
    record: type[Record] | None = None
    name = ""
    for count, step in enumerate(path, 1):
        if isinstance(place, shape.Choice):
            if step == place.tag:
                yield Spot(path[:count], place, record, name)
                return
            chosen = get(form, (*path[: count - 1], place.tag))
            place = None if chosen is NOTHING else place.options.get(str(chosen))
        if isinstance(place, shape.Map) and step in place.fields:
            record, name = place.record, str(step)
            place = place.fields[name]
        elif isinstance(place, shape.Array) and isinstance(step, int):
            place = place.item
        else:
            return
        yield Spot(path[:count], place, record, name)


def spot(kind: str, form: Any, path: Path) -> Spot | None:
    """Return the place of a path, None where the kind has no such place."""
    found = list(spots(kind, form, path))
    return found[-1] if len(found) == len(path) and found else None


def way(kind: str, form: Any, path: Path, lang: str) -> list[str]:
    """Return the labels on the way to a place; an item of a list goes by the label of the list and its number."""
    labels: list[str] = []
    for each in spots(kind, form, path):
        if isinstance(each.path[-1], int):
            labels[-1] += f" {each.path[-1] + 1}"
        else:
            labels.append(each.wording(kind, lang).label)
    return labels
