"""Commands for the node itself: init, serve, status, ping, doctor, version."""

from typing import Any

import click

from comity_node import render
from comity_node.cli.options import Command, passphrase_options, root_options
from comity_node.cli.session import Session
from comity_node.faults import Exit


@click.command(cls=Command)
@click.argument("party")
@click.option("--name", required=True, help="Name of the agency, as the treaty shows it.")
@click.option("--listen", multiple=True, metavar="HOST:PORT", help="Where the node accepts links; may be repeated.")
@click.option("--contact", default="Duty officer", show_default=True, help="Who answers.")
@click.option("--phone", default="not stated", help="Telephone of the contact.")
@click.option("--email", default=None, help="E-mail of the contact.")
@click.option("--hours", default="not stated", help="Office hours of the contact.")
@click.option("--time-zone", default="UTC", show_default=True, help="Time zone of the hours.")
@passphrase_options
@root_options
@click.pass_obj
def init(session: Session, /, party: str, name: str, listen: tuple[str, ...], **options: Any) -> None:
    """Make a new home: configuration, node key, root key, and PARTY.member, the request to be listed in a treaty.

    PARTY is two letters of the country, a point, and a short name. Both keys lie under a passphrase.

    \b
    comity --home /srv/comity init aa.police --name "Police of Aa" --listen 192.0.2.7:7411
    """
    from comity_node.homes import Founding, found

    root_key = options.pop("root_key")
    founding = Founding(session.home, party, name, list(listen), root_key, options)
    result = found(founding, session.passphrase.get_new, session.root_passphrase.get_new)
    session.show(result, print_home)


def print_home(result: dict[str, Any]) -> None:
    print(f"made the home of {result['party']} in {result['home']}")
    print(f"root key   {result['root_key']}  (move it to an offline medium; treaty sign and bundle publish need it)")
    print(f"member     {result['member']}  (give it to the one who drafts the treaty)")
    print(f"to compare by telephone: {result['fingerprint']}")


@click.command(cls=Command)
@passphrase_options
@click.pass_obj
def serve(session: Session) -> None:
    """Run the node until SIGTERM or SIGINT. The line `ready: ...` on standard output says that it listens.

    \b
    comity --home /srv/comity serve --passphrase-file /run/keys/comity
    """
    from comity_node import daemon, logs

    logs.configure(session.config.log_level)
    daemon.serve(session.config, session.keys, click.echo)


@click.command(cls=Command)
@passphrase_options
@click.pass_obj
def status(session: Session) -> None:
    """Show treaty, bundle, links and what waits.

    \b
    comity status --json
    """
    session.show(session.perform("status"), render.status)


@click.command(cls=Command)
@click.argument("party")
@passphrase_options
@click.pass_context
def ping(context: click.Context, party: str) -> None:
    """Try the whole path to a peer, step by step, and name the step that fails. Exit code 1 when one does.

    The daemon must run: it is its path that is tried. Nothing is sent that the peer keeps.

    \b
    comity ping bb.fiu
    """
    session: Session = context.obj
    result = session.perform("ping", party=party)
    session.show(result, render.ping)
    if not result["ok"]:
        context.exit(Exit.FAILED)


@click.command(cls=Command)
@passphrase_options
@click.pass_context
def doctor(context: click.Context) -> None:
    """Check configuration, permissions, keys, database, documents, clock, port and peers. Exit code 1 if one fails.

    Without the daemon and without a passphrase the checks that need the keys are left out.

    \b
    comity doctor
    """
    from comity_node.doctor import examine, print_checks

    session: Session = context.obj
    checks = examine(session.home, session.perform)
    failed = any(check.state == "fail" for check in checks)
    session.show({"ok": not failed, "checks": [check.view() for check in checks]}, lambda _: print_checks(checks))
    if failed:
        context.exit(Exit.FAILED)


@click.command(cls=Command)
@click.pass_obj
def version(session: Session) -> None:
    """Print the version of this program and of the protocol.

    \b
    comity version
    """
    from importlib.metadata import version as version_of

    result = {"comity": version_of("comity"), "protocol": 1}
    session.show(result, lambda found: print(f"comity {found['comity']}, protocol version {found['protocol']}"))


COMMANDS = (init, serve, status, ping, doctor, version)
