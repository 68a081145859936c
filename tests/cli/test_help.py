"""Help: every command has it, with an example, and it comes at once."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comity_node.cli import comity
from comity_node.faults import Exit
from tests.support.desk import EXAMPLES, Desk


def commands(group: click.Group, path: str = "comity") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


@pytest.mark.parametrize(("path", "command"), list(commands(comity)))
def test_every_command_has_help_with_an_example(path: str, command: click.Command) -> None:
    done = CliRunner().invoke(comity, [*path.split()[1:], "--help"])
    assert done.exit_code == 0
    example = re.search(r"^ +(comity .*)$", done.stdout, re.MULTILINE)
    assert example is not None
    assert path.removeprefix("comity ") in example[1]
    assert "--json" in done.stdout


def test_every_command_is_documented() -> None:
    page = (EXAMPLES.parents[1] / "docs" / "commands.md").read_text()
    for path, _ in commands(comity):
        assert f"`{path}" in page
    for code in Exit:
        assert f"| {int(code)} |" in page


def test_help_loads_nothing_heavy() -> None:
    heavy = ("trio", "sqlalchemy", "nacl", "rich", "msgspec", "comity")
    code = f"import sys, comity_node.cli; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_version_is_one_line() -> None:
    done = CliRunner().invoke(comity, ["version"])
    assert re.fullmatch(r"comity [0-9.]+, protocol version 1\n", done.stdout)


def test_a_fault_is_json_where_json_is_asked_for(desk: Desk) -> None:
    for words in (("--json", "show", "ffff"), ("show", "ffff", "--json")):
        done = desk.run(*words)
        assert (done.exit_code, done.stdout) == (Exit.NOT_FOUND, "")
        error = json.loads(done.stderr)["error"]
        assert (error["code"], error["exit"]) == ("not-found", 6)
        assert error["message"]
        assert error["next"]
    done = CliRunner().invoke(comity, ["--json", "no-such-command"])
    assert json.loads(done.stderr)["error"]["code"] == "usage"


def test_no_command_at_all_shows_help() -> None:
    done = CliRunner().invoke(comity, [])
    assert done.exit_code == Exit.USAGE
    assert "Commands:" in done.stderr


WORDS = st.sampled_from(
    ["send", "inbox", "show", "treaty", "bundle", "sign", "verify", "draft", "publish", "import", "init", "serve",
     "doctor", "status", "version", "--json", "--to", "--form", "--text", "-", "--", "--help", "--passphrase-file",
     "--passphrase-fd", "--out", "--limit", "--home", "--name", "aa.police", "text", "0",
     "request", "new", "kinds", "draft", "template", "list", "save", "edit", "discard", "--set", "--save",
     "--yes", "--lang"]
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(words=st.lists(WORDS | st.text(max_size=12), max_size=6))
def test_any_words_leave_a_documented_exit_code(
    tmp_path: Path, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COMITY_HOME", str(tmp_path / "none"))
    done = CliRunner().invoke(comity, words, catch_exceptions=False)
    assert done.exit_code in set(Exit)
    assert "Traceback" not in done.output
    assert not re.search(r"comity: unexpected \w+ at", done.output)
