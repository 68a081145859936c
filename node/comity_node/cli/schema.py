"""The command for JSON Schemas of forms."""

import difflib
import json
from pathlib import Path
from typing import Any

import click

from comity_node.cli.options import FILE, Command
from comity_node.cli.session import Session
from comity_node.faults import UsageError


@click.command(cls=Command)
@click.argument("kind", required=False)
@click.option("--all", "every", is_flag=True, help="Write the schema of every kind.")
@click.option("--out", "directory", type=FILE, metavar="DIR", help="Where --all writes them, as KIND.json.")
@click.option("--lang", default="en", show_default=True, help="Language of titles and descriptions.")
@click.pass_obj
def schema(session: Session, /, kind: str | None, every: bool, directory: Path | None, lang: str) -> None:
    """Print the JSON Schema of the form of KIND, for systems that fill in forms.

    \b
    comity schema cooperation.preserve --lang fr
    comity schema --all --out schemas
    """
    if every != (kind is None) or every != (directory is not None):
        raise UsageError("it takes either a kind, or --all with --out", "see: comity schema --help")
    from comity import wording
    from comity.kinds import FORMS

    if lang.partition("-")[0] not in wording.languages():
        raise UsageError(f"there is no wording in {lang[:40]!r}", f"use one of: {', '.join(wording.languages())}")
    if kind is not None and kind not in FORMS:
        near = difflib.get_close_matches(kind[:80], FORMS) or FORMS
        raise UsageError(f"the kind {kind[:60]!r} is not known here", f"use one of: {', '.join(near)}")
    if directory is None:
        click.echo(text_of(str(kind), lang), nl=False)
        return
    directory.mkdir(parents=True, exist_ok=True)
    for each in FORMS:
        (directory / f"{each}.json").write_text(text_of(each, lang), encoding="utf-8")
    session.show({"written": len(FORMS), "directory": str(directory)}, print_written)


def text_of(kind: str, lang: str) -> str:
    from comity.vocabulary import newest
    from comity_node.schemas import schema_of

    return json.dumps(schema_of(kind, newest(), lang), indent=2, ensure_ascii=False) + "\n"


def print_written(result: dict[str, Any]) -> None:
    print(f"{result['written']} schemas in {result['directory']}")


COMMANDS = (schema,)
