"""The demonstration that `make demo` runs."""

import subprocess
import sys
from pathlib import Path

import pytest

DEMO = Path(__file__).resolve().parent.parent / "docs" / "examples" / "demo.py"


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.clause("OVER-001", "OVER-004", "OVER-005")
def test_the_demo_is_all_true() -> None:
    done = subprocess.run([sys.executable, str(DEMO)], capture_output=True, text=True, timeout=170, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "demo: all of it is true"
    assert done.stdout.count("checked: ") == 24
