"""The root command: global options, and one place where every failure becomes one sentence and an exit code."""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from comity_node.cli import (
    approval,
    attachment,
    bundle,
    case,
    draft,
    export,
    handling,
    interchange,
    messages,
    node,
    officer,
    request,
    schema,
    template,
    treaty,
    vocabulary,
)
from comity_node.cli.session import Session
from comity_node.faults import Exit, Fault, fault, fault_of
from comity_node.render import plain

View = dict[str, Any]


class Root(click.Group):
    """A group whose failures are told as docs/commands.md says."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        words = list(sys.argv[1:] if args is None else args)
        code = self.run(words, prog_name or "comity", complete_var, extra)
        if standalone_mode:
            sys.exit(code)
        return code

    def run(self, words: list[str], prog_name: str, complete_var: str | None, extra: dict[str, Any]) -> int:
        """Return the exit code; everything that went wrong has been told."""
        try:
            code = super().main(list(words), prog_name, complete_var, standalone_mode=False, **extra)
            sys.stdout.flush()
        except click.exceptions.NoArgsIsHelpError as help_page:
            help_page.show()
            return Exit.USAGE
        except click.ClickException as usage:
            return tell(usage_fault(usage), words)
        except click.Abort:
            return tell(fault_of(KeyboardInterrupt()), words)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the reader has gone; nothing more to say
            return Exit.FAILED
        except (Exception, KeyboardInterrupt) as error:  # the last place where it can be told
            return tell(fault_of(error), words, views_of(error))
        return code if isinstance(code, int) else Exit.OK


def usage_fault(usage: click.ClickException) -> Fault:
    context = getattr(usage, "ctx", None)
    command = context.command_path if context is not None else "comity"
    return fault(Exit.USAGE, usage.format_message().rstrip(". \n"), f"see: {command} --help")


def tell(what: Fault, words: Sequence[str], faults: Sequence[View] = ()) -> int:
    """Print the fault on standard error, as JSON where the words asked for it, and return its exit code.

    The faults of a form are printed one by one with what stands there: this process has read the form itself.
    """
    options = words[: words.index("--")] if "--" in words else words
    if "--json" in options:
        click.echo(json.dumps({"error": {**asdict(what), **({"faults": list(faults)} if faults else {})}}), err=True)
        return what.exit
    head = replace(what, message=what.message.partition(": ")[0]) if faults else what  # the rest is listed below it
    click.echo(f"comity: {plain(str(head))}", err=True)
    for line in listed(faults):
        click.echo(plain(line), err=True)
    return what.exit


def views_of(error: BaseException) -> list[View]:
    """Return the faults of a form, in the language of whoever runs the command."""
    from comity_node.cli.language import language

    faults = getattr(error, "faults", ())
    return [fault.view(getattr(error, "kind", ""), language()) for fault in faults]


def listed(faults: Sequence[View]) -> Iterator[str]:
    """Yield two lines for each fault: where and what, and what would be right."""
    for each in faults:
        value = f" [{each['value']}]" if each["value"] else ""
        yield f"  {each['path'] or 'the form'}{value}: {each['what']}"
        yield f"      {each['label'] + ': ' if each['label'] else ''}{each['right']}"


@click.group(cls=Root, name="comity", context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--home",
    type=click.Path(path_type=Path),
    envvar="COMITY_HOME",
    default=Path.home() / ".comity",
    help="Directory of the node [COMITY_HOME; ~/.comity].",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON value instead of text.")
@click.pass_context
def comity(context: click.Context, home: Path, as_json: bool) -> None:
    """Exchange authenticated requests and replies between agencies, without a hub.

    Set up a party: init, treaty, bundle, serve. Then: send, inbox, show, reply.

    \b
    comity --home /srv/comity status
    """
    context.obj = Session(home, as_json)


GROUPS = (
    treaty.treaty,
    bundle.bundle,
    attachment.attachment,
    officer.officer,
    approval.approval,
    vocabulary.vocabulary,
    request.request,
    draft.draft,
    template.template,
    case.case,
    interchange.interchange,
    *handling.GROUPS,
)
COMMANDS = (*node.COMMANDS, *messages.COMMANDS, *export.COMMANDS, *schema.COMMANDS, *handling.COMMANDS)
for command in (*COMMANDS, *GROUPS):
    comity.add_command(command)
