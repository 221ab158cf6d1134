"""What a person types: `make up`, `make rotate`, `make down`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure
from bench.processes import memory_of
from bench.workshop import clone


def warm(directory: Path, rounds: int) -> Iterator[Figure]:
    """The life of a stack, several times, where everything is installed; and what its local cloud needs by then.

    Raises:
        NotMeasured: a command failed.
    """
    here = clone(directory / "warm", warm=True)
    seconds = defaultdict[str, list[float]](list)
    memory, engine = [], ""
    for _ in range(rounds):
        for what, target in (("first", "up"), ("again", "up"), ("rotate", "rotate")):
            seconds[what].append(here.make(target))
        status = here.status()
        memory.append(memory_of(status["cloud"]["pid"]))
        engine = f"{status['engine']} engine"
        seconds["down"].append(here.make("down"))
    yield Figure(f"make up, packages installed, nothing deployed ({engine})", "s", seconds["first"])
    yield Figure(f"make up, warm and unchanged ({engine})", "s", seconds["again"], 6)
    yield Figure(f"make rotate ({engine})", "s", seconds["rotate"], 10)
    yield Figure(f"make down ({engine})", "s", seconds["down"], 5)
    yield Figure("local cloud's memory after these, PSS, without Redis", "MiB", [now.pss for now in memory], 150)
    yield Figure("local cloud's memory after these, RSS, without Redis", "MiB", [now.rss for now in memory])


def cold(directory: Path) -> Iterator[Figure]:
    """The very first `make up`: no venv, no packages in pip's cache, no `.local/`.

    Raises:
        NotMeasured: a command failed.
    """
    here = clone(directory / "cold", warm=False)
    seconds = here.make("up", PIP_NO_CACHE_DIR="1")
    here.make("down")
    yield Figure("make up, cold: packages downloaded", "s", [seconds], 240)
