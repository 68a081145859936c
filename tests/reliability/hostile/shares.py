"""Trials that need nothing but a processor, shared out to two processes."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

from tests.reliability.row import Tier

T = TypeVar("T")
PROCESSES = 2


def halves(work: Callable[[int, int], T], tier: Tier) -> list[T]:
    """Return what `work(share, shares)` returns for each share; one share, in this process, in the first tier."""
    if tier < Tier.CI:
        return [work(0, 1)]
    context = multiprocessing.get_context("spawn")  # nothing of this process must leak into the trials
    with ProcessPoolExecutor(PROCESSES, mp_context=context) as pool:
        return [future.result() for future in [pool.submit(work, n, PROCESSES) for n in range(PROCESSES)]]
