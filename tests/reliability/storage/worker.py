"""A process under the shim that does one share of a row's trials: `python -m tests.reliability.storage.worker`.

It reads its share as JSON from standard input and writes what came of it as JSON to standard output.
"""

import gc
import json
import logging
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest

from tests.reliability.storage import diskerrors, killpoints, powercuts
from tests.reliability.storage.bugs import BUGS
from tests.reliability.storage.ledger import Scribe, watch_receipts
from tests.reliability.storage.scenarios import PAIR
from tests.reliability.storage.shim import Shim
from tests.reliability.storage.stage import Stage, build_stage, prepare_process
from tests.reliability.storage.trials import Theatre

Task = Callable[[Theatre, dict[str, Any]], dict[str, Any]]
TASKS: Final[dict[str, Task]] = {
    "killpoints": killpoints.run_share,
    "powercuts": powercuts.run_share,
    "diskerrors": diskerrors.run_share,
}


@contextmanager
def theatre(parties: tuple[str, ...]) -> Iterator[Theatre]:
    """Return a theatre of these parties; its files are gone at the end."""
    stage = build_stage(*parties)
    try:
        yield Theatre(stage, Shim())
    finally:
        shutil.rmtree(stage.place, ignore_errors=True)


def tell_receipts() -> None:
    """Let the scribe of the troupe that plays now tell of every receipt that leaves."""
    latest: list[Scribe] = []
    gather = Stage.troupe

    def gathering(stage: Stage, *args: Any, **options: Any) -> Any:
        troupe = gather(stage, *args, **options)
        latest[:] = [troupe.scribe]
        return troupe

    pytest.MonkeyPatch().setattr(Stage, "troupe", gathering)
    watch_receipts(lambda: latest[0])


def main() -> None:
    share = json.load(sys.stdin)
    logging.disable(logging.CRITICAL)
    prepare_process()
    tell_receipts()
    with theatre(tuple(share.get("parties", PAIR))) as built:
        if share["bug"] is not None:
            BUGS[share["bug"]](pytest.MonkeyPatch())
        gc.disable()
        json.dump(TASKS[share["task"]](built, share), sys.stdout)


if __name__ == "__main__":
    main()
