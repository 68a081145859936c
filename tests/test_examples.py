"""The programs in docs/examples run as they stand."""

import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parent.parent / "docs" / "examples"


def test_the_library_example_opens_a_link_and_carries_an_envelope() -> None:
    run = subprocess.run([sys.executable, EXAMPLES / "embed_library.py"], capture_output=True, text=True, check=True)
    said = run.stdout.splitlines()
    assert said.count("bb.fiu: Opened") == 1
    assert said.count("aa.police: Opened") == 1
    assert said[-2:] == ["aa.police: MessageReceived", "an envelope of 29 bytes"]
