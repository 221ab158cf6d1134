"""What was measured, beside what it is meant to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any


class NotMeasured(RuntimeError):
    """What was to be measured did not work; the message says what, and its last words."""


@dataclass(frozen=True)
class Figure:
    """One thing, measured once or several times. `at_most` is its target; without one it is told for comparison."""

    name: str
    unit: str
    """`s`, `MiB`, or nothing for a ratio."""
    values: Sequence[float]
    at_most: float | None = None

    @property
    def median(self) -> float:
        """The middle of what was measured."""
        return median(self.values)

    @property
    def met(self) -> bool | None:
        """Whether the median keeps the target; None where there is none."""
        return None if self.at_most is None else self.median <= self.at_most

    def told(self) -> dict[str, Any]:
        """For scripts."""
        summary = {"median": self.median, "min": min(self.values), "max": max(self.values), "met": self.met}
        return asdict(self) | summary
