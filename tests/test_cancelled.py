"""A node whose surroundings are cancelled ends, whatever it was about to write."""

from pathlib import Path

import trio
from trio.testing import MockClock

from tests.support.alliances import alliance, until
from tests.test_node import WORDS, linked


async def test_a_node_that_is_cancelled_with_a_message_under_way_ends_and_keeps_it(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    pair = await alliance(tmp_path, "aa.police", "bb.fiu")
    with trio.fail_after(60), trio.CancelScope() as scope:
        async with pair.run_all() as nodes:
            await until(lambda: linked(nodes["aa.police"], "bb.fiu"))
            sent = await nodes["aa.police"].send("bb.fiu", "text", WORDS)
            scope.cancel()
            await trio.sleep_forever()
    assert scope.cancelled_caught
    async with pair.run("aa.police") as police:
        assert [message.id for message in police.outbox()] == [sent.id]
