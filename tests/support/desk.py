"""A hand at the command line, for tests."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from comity_node.cli import comity

ENGLISH = {"COMITY_LANG": "en"}
EXAMPLES = Path(__file__).resolve().parents[2] / "spec" / "examples"
PASSPHRASE = "correct horse battery staple"


@dataclass
class Desk:
    """A directory with the homes `a` of aa.police and `b` of bb.fiu, and a hand at the command line."""

    path: Path

    def run(self, *words: str | Path, home: str = "a", stdin: str = "", keys: bool = True) -> Result:
        opening = ["--passphrase-file", str(self.path / "passphrase")] if keys else []
        command = ["--home", str(self.path / home), *map(str, words), *opening]
        return CliRunner().invoke(comity, command, input=stdin, catch_exceptions=False, env=ENGLISH)

    def ok(self, *words: str | Path, home: str = "a", keys: bool = True) -> Any:
        """Return the JSON value that the command prints; it must work."""
        done = self.run("--json", *words, home=home, keys=keys)
        assert done.exit_code == 0, done.stderr + done.stdout
        return json.loads(done.stdout)

    def form(self, kind: str) -> Path:
        """Return a file with the example of the kind, moved by a century so that its deadlines lie ahead."""
        path = self.path / f"{kind}.json"
        text = (EXAMPLES / f"{kind}.json").read_text(encoding="utf-8")
        path.write_text(re.sub(r'"20(?=\d\d-\d\d-\d\d)', '"21', text))
        return path

    def fails(self, code: int, *words: str | Path, home: str = "a", keys: bool = True, stdin: str = "") -> str:
        """Return what the command prints: one sentence, below it the faults of a form; it must fail with the code."""
        done = self.run(*words, home=home, keys=keys, stdin=stdin)
        assert (done.exit_code, done.stdout) == (code, ""), done.stderr
        assert done.stderr.startswith("comity: ")
        sentence, *faults = done.stderr.removesuffix("\n").split("\n")
        assert sentence.endswith(".")
        assert all(line.startswith("  ") for line in faults)
        return done.stderr


def draft(desk: Desk, name: str, *more: str | Path) -> None:
    requests = (desk.path / "a" / "aa.police.member", desk.path / "b" / "bb.fiu.member")
    members: list[str | Path] = ["--member", requests[0], "--member", requests[1]]
    terms: list[str | Path] = ["--title", "Alliance", "--text", desk.path / "treaty.txt", "--out", desk.path / name]
    if "--coercive" not in more:  # most tests are about something else than two officers
        terms += ["--coercive", "none"]
    desk.ok("treaty", "draft", *terms, *members, *more, keys=False)


def write_secret(path: Path, text: str) -> None:
    path.write_text(text + "\n")
    path.chmod(0o600)


def sign_all(desk: Desk, name: str, homes: str) -> None:
    for home in homes:
        signature = desk.path / f"{name}.{home}"
        desk.ok("treaty", "sign", desk.path / name, "--out", signature, home=home)
        desk.ok("treaty", "add-signature", desk.path / name, signature, keys=False)
