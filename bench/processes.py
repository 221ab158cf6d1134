"""Processes as /proc shows them: what they need, and which of them are at work in a directory."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PATIENCE_SECONDS = 10.0
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Memory:
    """Of some processes together, in MiB."""

    pss: float
    """Memory that processes share is counted once in all."""
    rss: float
    """Memory that processes share is counted in each."""


def memory_of(root: int) -> Memory:
    """What a local cloud needs besides its nodes: the process `root` and its descendants that are Python."""
    pss = rss = 0.0
    for pid in _tree(root):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            if "python" in Path(f"/proc/{pid}/exe").readlink().name:
                shown = dict(_numbers(Path(f"/proc/{pid}/smaps_rollup")))
                pss += shown["Pss"] / 1024
                rss += shown["Rss"] / 1024
    return Memory(pss, rss)


def end_all_in(directory: Path) -> None:
    """End every process that works in `directory` or was started with a path in it, and wait until it is gone."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    number = signal.SIGTERM
    asked: set[int] = set()
    while found := set(_in(directory)):
        if time.monotonic() > deadline:
            number, asked = signal.SIGKILL, set()
        for pid in found - asked:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        asked |= found
        time.sleep(_POLL_SECONDS)


def _in(directory: Path) -> Iterator[int]:
    for pid in _all():
        with contextlib.suppress(OSError):  # another user's, or one that has ended
            here = Path(f"/proc/{pid}/cwd").readlink().is_relative_to(directory)
            if here or os.fsencode(directory) in Path(f"/proc/{pid}/cmdline").read_bytes():
                yield pid


def _tree(root: int) -> Iterator[int]:
    """A process and all that descend from it."""
    parents = {}
    for pid in _all():
        with contextlib.suppress(OSError):
            parents[pid] = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    family = [root]
    for member in family:
        family += [pid for pid, parent in parents.items() if parent == member]
    yield from family


def _all() -> Iterator[int]:
    numbers = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return (pid for pid in numbers if pid != os.getpid())


def _numbers(file: Path) -> Iterator[tuple[str, int]]:
    """Names and numbers of kilobytes."""
    for line in file.read_text().splitlines()[1:]:
        name, _, value = line.partition(":")
        yield name, int(value.split()[0])
