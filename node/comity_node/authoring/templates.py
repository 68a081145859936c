"""Templates: what many requests of one kind have in common, so that nobody types it twice.

Those of the home are files in `templates/`, in plain JSON; others come with this package. A template holds no data of a
case: only fields that are named here are kept, and what names a person, an account or a file in them is dropped.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from comity.encoding import shape
from comity.kinds import FORMS, form_of
from comity_node.authoring.answers import AnswerError, moment
from comity_node.authoring.paths import NOTHING, Form, dotted, put
from comity_node.authoring.paths import Path as Place
from comity_node.bounds import MAX_FORM_DEPTH, MAX_TEMPLATE_BYTES
from comity_node.errors import NotFoundError
from comity_node.faults import DocumentError, FileError, UsageError
from comity_node.files import read_public, write_public
from comity_node.forms import FormError, normal
from comity_node.times import iso

DIRECTORY: Final = "templates"
ENDING: Final = ".json"
DIRECTORY_MODE: Final = 0o700
NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,47}")

#: Fields that are the same from case to case.
KEPT: Final = frozenset(
    {
        "aim", "assistance_level", "authorising_authority", "authority", "available_at_home", "capacity", "categories",
        "caveats", "certification", "confidentiality", "contact", "costs", "custodian", "do_not_notify",
        "domestic_law", "form", "formalities", "format", "fraud_type", "further_types", "holder", "language",
        "legal_basis", "measure", "mode", "nature", "offences", "originator", "proof", "provider", "purpose", "rail",
        "records_classes", "remedy", "rights", "sworn", "use", "use_restriction",
    }
)  # fmt: skip
#: Fields inside those that belong to one case all the same: whose account it is, its number, a file number.
DROPPED_INSIDE: Final = frozenset({"born", "dual_criminality", "identities", "number", "reference"})
DROPPED_OF_ACCOUNT: Final = frozenset({"holder"})


class Template(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is filled in before anybody is asked. Times in the form may be relative, as in `now+3d`."""

    kind: Annotated[str, Meta(max_length=64)]
    form: dict[str, Any]
    urgency: Annotated[int, Meta(ge=0, le=3)] | None = None
    tlp: Annotated[str, Meta(max_length=16)] | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A template with its name; `own` where it lies in the home."""

    name: str
    own: bool
    template: Template


class Templates:
    """The templates of one home, and those of the package; one of the home goes before one of the same name."""

    def __init__(self, home: Path) -> None:
        self._path = home / DIRECTORY

    def list(self) -> "list[Entry]":
        """Return all templates by name. Raises: DocumentError, when one of the home is damaged."""
        own = {path.name.removesuffix(ENDING) for path in self._path.glob(f"*{ENDING}")}
        return [self.get(name) for name in sorted(own | set(stock()))]

    def get(self, name: str) -> Entry:
        """Return a template.

        Raises:
            NotFoundError: there is none of this name.
            DocumentError: its file is no template.
        """
        path = self._file(name)
        if path.is_file():
            return Entry(name, True, template_of(read_public(path, MAX_TEMPLATE_BYTES), str(path)))
        if name in stock():
            data = resources.files("comity_node.authoring").joinpath("stock", f"{name}{ENDING}").read_bytes()
            return Entry(name, False, template_of(data, name))
        raise NotFoundError(f"there is no template {name}", "see: comity template list")

    def save(self, name: str, template: Template, *, replace: bool = False) -> Path:
        """Keep a template and return its file. Raises: FileError, when there is one of this name in the home."""
        path = self._file(name)
        self._path.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
        value = {field: item for field, item in msgspec.to_builtins(template).items() if item is not None}
        data = json.dumps(value, indent=2, ensure_ascii=False).encode()
        if len(data) > MAX_TEMPLATE_BYTES:
            raise FileError(f"the template is longer than {MAX_TEMPLATE_BYTES} bytes", "keep fewer fields")
        write_public(path, data + b"\n", replace=replace)
        return path

    def remove(self, name: str) -> Path:
        """Remove a template of the home and return where it was. Raises: NotFoundError."""
        path = self._file(name)
        if not path.is_file():
            raise NotFoundError(f"there is no template {name} in {self._path}", "see: comity template list")
        path.unlink()
        return path

    def _file(self, name: str) -> Path:
        if NAME.fullmatch(name) is None:
            raise UsageError(f"{name[:40]!r} is no name of a template", "write it like stop-payment-own-bank")
        return self._path / f"{name}{ENDING}"


def stock() -> list[str]:
    """Return the names of the templates that come with this package."""
    places = resources.files("comity_node.authoring").joinpath("stock").iterdir()
    return sorted(place.name.removesuffix(ENDING) for place in places if place.name.endswith(ENDING))


def template_of(data: bytes, name: str) -> Template:
    """Return the template that the bytes of a file state. Raises: DocumentError."""
    try:
        found = msgspec.convert(json.loads(data), Template)
        normal(found.form, MAX_FORM_DEPTH)
    except (ValueError, RecursionError, FormError):
        raise DocumentError(f"{name} is no template", "write it again: comity template save") from None
    if found.kind not in FORMS:
        raise DocumentError(f"{name} is for the kind {found.kind[:40]!r}, which is not known here", "remove it")
    return found


def kept_of(kind: str, form: Mapping[str, Any], keep: Iterable[str] = ()) -> tuple[Form, list[str]]:
    """Return what a template keeps of a form, and the paths of what it drops; `keep` names fields to keep as well."""
    wanted = set(keep)
    dropped: list[str] = []

    def stays(path: Place, value: Any) -> bool:
        if value is None:
            return False
        if is_kept(path) or path[0] in wanted or dotted(path) in wanted:
            return True
        dropped.append(dotted(path))
        return False

    kept = narrowed(form, stays)
    times = {dotted(path) for path, _ in moments(kind, kept)} - wanted
    if times:
        return narrowed(kept, lambda path, _: dotted(path) not in times), sorted([*dropped, *times])
    return kept, sorted(dropped)


def narrowed(form: Mapping[str, Any], stays: Callable[[Place, Any], bool]) -> Form:
    """Return the form with the values that stay; what is left without any value goes, and others in a list move up."""
    left = _narrowed(dict(form), (), stays)
    return left if isinstance(left, dict) else {}


def _narrowed(value: Any, path: Place, stays: Callable[[Place, Any], bool]) -> Any:
    if isinstance(value, dict):
        pairs = ((name, _narrowed(item, (*path, name), stays)) for name, item in value.items())
        return {name: item for name, item in pairs if item is not NOTHING} or NOTHING
    if isinstance(value, list):
        items = (_narrowed(item, (*path, number), stays) for number, item in enumerate(value))
        return [item for item in items if item is not NOTHING] or NOTHING
    return value if stays(path, value) else NOTHING


def is_kept(path: Place) -> bool:
    names = [step for step in path if isinstance(step, str)]
    if names[0] not in KEPT or DROPPED_INSIDE.intersection(names[1:]):
        return False
    return not DROPPED_OF_ACCOUNT.intersection(names[1:])


def resolved(kind: str, form: Mapping[str, Any], now_us: int) -> Form:
    """Return the form with every relative time as the time that it means now."""
    fixed: Form = json.loads(json.dumps(form))
    for path, value in moments(kind, form):
        try:
            put(fixed, path, iso(moment(value, now_us)))
        except AnswerError:
            continue  # what is wrong with it is told with all other faults
    return fixed


def moments(kind: str, form: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """Yield every text that stands where the kind has a time, with its path."""
    yield from _moments(shape.shape_of(form_of(kind).record), form, ())


def _moments(place: shape.Shape, value: Any, path: Place) -> Iterator[tuple[Place, str]]:
    if isinstance(place, shape.Choice) and isinstance(value, dict):
        chosen = place.options.get(str(value.get(place.tag)))
        if chosen is not None:
            yield from _moments(chosen, value, path)
    elif isinstance(place, shape.Map) and isinstance(value, dict):
        for name, inner in place.fields.items():
            yield from _moments(inner, value.get(name), (*path, name))
    elif isinstance(place, shape.Array) and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _moments(place.item, item, (*path, index))
    elif isinstance(place, shape.Number) and place.marks.get("unit") == "micros" and isinstance(value, str):
        yield path, value
