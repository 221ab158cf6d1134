"""The machine that figures were measured on: without it they mean nothing."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Machine:
    """What it is, and how busy it was when it was looked at."""

    cpu: str
    cores: int
    """Those that this process may use."""
    memory_gib: float
    python: str
    kernel: str
    load: tuple[float, float, float]
    """Load averages of 1, 5 and 15 minutes."""


def look() -> Machine:
    """This machine, now."""
    return Machine(
        cpu=_field("cpuinfo", "model name") or platform.machine(),
        cores=len(os.sched_getaffinity(0)),
        memory_gib=round(int(_field("meminfo", "MemTotal").split()[0]) / 1024**2, 1),
        python=platform.python_version(),
        kernel=platform.release(),
        load=os.getloadavg(),
    )


def _field(file: str, name: str) -> str:
    """The first value of this name in a file of /proc; empty where the architecture has none."""
    for line in Path("/proc", file).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""
