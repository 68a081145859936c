"""Two homes, founded once and copied for each test; key files that cost little."""

import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from comity_node import keyfile
from comity_node.cli import passphrase
from comity_node.keyfile import Kdf
from tests.support.desk import PASSPHRASE, Desk, draft, write_secret


@pytest.fixture(scope="module", autouse=True)
def _cheap_keys() -> Iterator[None]:
    """Let key files cost little: the cost itself is the matter of test_keyfile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keyfile, "DEFAULT_KDF", Kdf(memory_bytes=8 << 20, passes=1))
        patch.setattr(passphrase, "has_terminal", lambda: False)
        patch.delenv("CREDENTIALS_DIRECTORY", raising=False)
        yield


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with two homes, a treaty signed by both and imported, bundles exchanged."""
    path = tmp_path_factory.mktemp("desk")
    write_secret(path / "passphrase", PASSPHRASE)
    (path / "treaty.txt").write_text("The parties help each other.")
    desk = Desk(path)
    for home, party in (("a", "aa.police"), ("b", "bb.fiu")):
        desk.ok("init", party, "--name", f"Office of {party}", "--listen", "127.0.0.1:0", home=home)
        shutil.copytree(path / home, path / f"{home}-empty")
    draft(desk, "treaty.draft")
    for home in "ab":
        desk.ok("treaty", "sign", path / "treaty.draft", "--out", path / f"{home}.sig", home=home)
    signatures = [path / "a.sig", path / "b.sig"]
    desk.ok("treaty", "add-signature", path / "treaty.draft", *signatures, "--out", path / "treaty", keys=False)
    for home in "ab":
        desk.ok("treaty", "import", path / "treaty", home=home)
        desk.ok("bundle", "publish", "--endpoint", "127.0.0.1:9", home=home)
    desk.ok("bundle", "import", path / "b" / "bb.fiu.bundle")
    desk.ok("bundle", "import", path / "a" / "aa.police.bundle", home="b")
    return path


@pytest.fixture
def desk(founded: Path, tmp_path: Path) -> Desk:
    shutil.copytree(founded, tmp_path / "d")
    return Desk(tmp_path / "d")


@pytest.fixture(autouse=True)
def _logs_end_with_the_test() -> Iterator[None]:
    """Take away what `serve` or a test has made of logging."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
