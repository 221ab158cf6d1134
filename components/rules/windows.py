"""Maintenance and snapshot windows: recurring spans of time, in UTC, as ElastiCache writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

DAY: Final = 24 * 60
"""Minutes of a day."""

WEEK: Final = 7 * DAY
"""Minutes of a week."""

SHORTEST: Final = 60
"""Minutes that a window lasts at least (CreateReplicationGroup: PreferredMaintenanceWindow, SnapshotWindow)."""

_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_CLOCK: Final = r"([01]\d|2[0-3]):([0-5]\d)"
_WEEKLY: Final = re.compile(rf"({'|'.join(_DAYS)}):{_CLOCK}-({'|'.join(_DAYS)}):{_CLOCK}")
_DAILY: Final = re.compile(rf"{_CLOCK}-{_CLOCK}")


@dataclass(frozen=True)
class Window:
    """A span that comes back every `period` minutes; it may reach over midnight, or over the end of the week."""

    start: int
    """Minutes from the beginning of the period: the week's is Sunday 00:00."""
    length: int
    """Minutes; less than the period."""
    period: int
    """`DAY` or `WEEK`."""

    def overlaps(self, other: Window) -> bool:
        """Whether the two ever share a minute. Touching ends are no overlap: the end is not part of a window."""
        common = min(self.period, other.period)  # a week is seven days to the minute, so the shorter period decides
        if max(self.length, other.length) >= common:
            return True
        ahead = (other.start - self.start) % common
        return ahead < self.length or (common - ahead) % common < other.length


def weekly(text: str) -> Window:
    """The maintenance window `text`, such as `sun:05:00-sun:06:00`. Raises ValueError, which names the rule."""
    match = _WEEKLY.fullmatch(text)
    if match is None:
        raise ValueError("is written ddd:hh:mm-ddd:hh:mm, days in small letters, such as sun:05:00-sun:06:00 (UTC)")
    day, hour, minute, last_day, last_hour, last_minute = match.groups()
    return _window(
        _DAYS.index(day) * DAY + int(hour) * 60 + int(minute),
        _DAYS.index(last_day) * DAY + int(last_hour) * 60 + int(last_minute),
        WEEK,
    )


def daily(text: str) -> Window:
    """The snapshot window `text`, such as `03:00-04:00`. Raises ValueError, which names the rule."""
    match = _DAILY.fullmatch(text)
    if match is None:
        raise ValueError("is written hh:mm-hh:mm, such as 03:00-04:00 (UTC)")
    hour, minute, last_hour, last_minute = (int(part) for part in match.groups())
    return _window(hour * 60 + minute, last_hour * 60 + last_minute, DAY)


def _window(start: int, end: int, period: int) -> Window:
    length = (end - start) % period
    if length < SHORTEST:
        raise ValueError(f"lasts {length} minutes; ElastiCache asks for {SHORTEST} or more")
    return Window(start, length, period)
