"""Many seeds, in as many processes as are wanted, one after another."""

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from functools import partial
from typing import TypeVar

from tests.simulation.alliance import Result, simulate
from tests.simulation.bugs import planted
from tests.simulation.plan import plan_of
from tests.simulation.replay import replay, replay_of
from tests.simulation.split import part, split_of

Show = Callable[[str], None]
T = TypeVar("T")


def one(seed: int, parties: int, days: float, only: frozenset[str] | None = None, bug: str | None = None) -> Result:
    """Return what came of the seed; `bug` is planted for its time."""
    with planted(bug) if bug else nullcontext():
        return simulate(plan_of(seed, parties, days, only))


def one_script(name: str, number: int, bug: str | None = None, show: Show | None = None) -> Result:
    """Return what came of the script `split` or `replay` with the number."""
    with planted(bug) if bug else nullcontext():
        if name == "split":
            return part(split_of(number), show=show)
        return replay(replay_of(number), show)


def many_scripts(name: str, numbers: Sequence[int], bug: str | None = None, jobs: int = 2) -> Iterator[Result]:
    """Yield the results of a script in the order of the numbers."""
    yield from spread(partial(one_script, name, bug=bug), numbers, jobs)


def many(
    seeds: Sequence[int],
    parties: int = 8,
    days: float = 30.0,
    only: frozenset[str] | None = None,
    bug: str | None = None,
    jobs: int = 2,
) -> Iterator[Result]:
    """Yield the results in the order of the seeds, as they come."""
    yield from spread(partial(one, parties=parties, days=days, only=only, bug=bug), seeds, jobs)


def spread(run: Callable[[int], T], numbers: Sequence[int], jobs: int) -> Iterator[T]:
    """Yield `run(number)` for each number, from so many processes at once."""
    if jobs <= 1 or len(numbers) <= 1:
        yield from map(run, numbers)
        return
    # A fresh interpreter for each worker: nothing of this process may be in their simulations.
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(run, numbers)


def line(result: Result) -> str:
    """Return one seed as a line of the report."""
    return (
        f"seed {result.seed:5d}  {result.days:5.1f} days  {result.running_s / 3_600:4.1f} node hours"
        f"  {result.exchanges:5d} exchanges  {result.faults:4d} faults  settled in {result.settled_s:4.0f} s"
        f"  {len(result.violations)} violations  {result.digest[:16]}  {result.wall_s:5.1f} s"
    )


def total(results: Sequence[Result], wall_s: float) -> str:
    """Return the last line of the report."""
    sums: Counter[str] = Counter()
    for result in results:
        sums.update(result.counts)
    return (
        f"{len(results)} seeds, {sum(each.days for each in results):.0f} simulated days,"
        f" {sum(each.exchanges for each in results)} exchanges,"
        f" {sum(each.faults for each in results)} faults, {sums['expired']} expired with notice"
        f" ({sums['expired-though-accepted']} of them had been accepted),"
        f" {sum(len(each.violations) for each in results)} violations, {wall_s:.0f} s"
    )


def report(results: Iterator[Result], write: Callable[[str], None]) -> list[Result]:
    """Write a line for each result as it comes, with its violations, and return all."""
    done = []
    for result in results:
        done.append(result)
        write(line(result))
        for violation in result.violations:
            write(f"    {violation}")
    return done
