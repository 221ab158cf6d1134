"""All scenarios, each call of each, on as many clouds as there are processors."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Final

from local.cloud import client
from tests.trials.crashes.gate import Boundary
from tests.trials.crashes.scenarios import SCENARIOS, Scenario
from tests.trials.crashes.trial import Trial
from tests.trials.ground import own_cloud

_AT_ONCE: Final = 26
"""Boundaries that a process takes on one group."""
_PROCESSES: Final = get_context("spawn")
_root: Path


@dataclass
class _Tally:
    """Of one scenario."""

    boundaries: int
    left: int
    problems: list[str] = field(default_factory=list)
    failed: int = 0


def run_all(scenarios: Sequence[Scenario] = SCENARIOS) -> int:
    """Print a line per scenario, what went wrong, and `N boundaries, N proven`. The exit status: 0 where all were."""
    began, tallies = time.monotonic(), dict[str, _Tally]()
    _say(f"first undisturbed, to learn what each calls: {len(scenarios)} scenarios")
    with _pool() as pool:
        chunks = dict(_chunks(pool, scenarios, tallies))
        for chunk in as_completed(chunks):
            tally = tallies[chunks[chunk]]
            tally.left -= 1
            for boundary, problems in chunk.result():
                tally.failed += bool(problems)
                tally.problems += [f"  FAILED killed {boundary}: {problem}" for problem in problems]
            if not tally.left:
                _say(f"{chunks[chunk]}: {tally.boundaries} boundaries, {tally.boundaries - tally.failed} proven")
                for problem in tally.problems:
                    _say(problem)
    boundaries, failed = (sum(getattr(tally, it) for tally in tallies.values()) for it in ("boundaries", "failed"))
    _say(f"in {time.monotonic() - began:.0f} s")
    _say(f"{boundaries} boundaries, {boundaries - failed} proven")
    return 1 if failed or not boundaries else 0


def main(names: Iterable[str] = ()) -> int:
    """`run_all` of the scenarios whose names contain one of `names`; all where there are none."""
    wanted = list(names)
    return run_all([it for it in SCENARIOS if not wanted or any(name in it.name for name in wanted)])


_Results = list[tuple[Boundary, list[str]]]


def _chunks(
    pool: ProcessPoolExecutor, scenarios: Sequence[Scenario], tallies: dict[str, _Tally]
) -> Iterator[tuple[Future[_Results], str]]:
    """Learn each scenario's calls, and hand them out."""
    for scenario, boundaries in zip(scenarios, pool.map(_learn, scenarios), strict=True):
        parts = [boundaries[start : start + _AT_ONCE] for start in range(0, len(boundaries), _AT_ONCE)]
        tallies[scenario.name] = _Tally(len(boundaries), len(parts))
        for part in parts:
            yield pool.submit(_kill, scenario, part), scenario.name


@contextmanager
def _pool() -> Iterator[ProcessPoolExecutor]:
    """Processes with a cloud each, without delays."""
    size = os.cpu_count() or 1
    with ExitStack() as stack:
        roots = _PROCESSES.Queue()
        for _ in range(size):
            roots.put(stack.enter_context(own_cloud()).root)
        pool = ProcessPoolExecutor(size, _PROCESSES, _settle, (roots,))
        stack.callback(pool.shutdown, cancel_futures=True)
        yield pool


def _settle(roots: Queue[Path]) -> None:
    """Take a cloud, for good."""
    global _root
    _root = roots.get()


def _trial(scenario: Scenario) -> Trial:
    cloud = client.find(_root)
    assert cloud is not None, "the local cloud has ended"
    return Trial(cloud, scenario)


def _learn(scenario: Scenario) -> list[Boundary]:
    with _trial(scenario) as trial:
        return trial.boundaries()


def _kill(scenario: Scenario, boundaries: Sequence[Boundary]) -> _Results:
    with _trial(scenario) as trial:
        return [(boundary, trial.killed_at(boundary)) for boundary in boundaries]


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
