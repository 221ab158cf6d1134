"""Windows, snapshots, logs, and how long things are kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from components.rules import windows

_MOST_SNAPSHOT_DAYS: Final = 35
_KEY_DAYS: Final = range(7, 31)
_LOG_DAYS: Final = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)


def maintenance_window_is_one(maintenance_window: str) -> Iterator[str]:
    """A weekly window in UTC, ddd:hh:mm-ddd:hh:mm, of 60 minutes or more (CreateReplicationGroup:
    PreferredMaintenanceWindow)."""
    try:
        windows.weekly(maintenance_window)
    except ValueError as error:
        yield str(error)


def snapshot_window_is_one(snapshot_window: str) -> Iterator[str]:
    """A daily window in UTC, hh:mm-hh:mm, of 60 minutes or more (CreateReplicationGroup: SnapshotWindow)."""
    try:
        windows.daily(snapshot_window)
    except ValueError as error:
        yield str(error)


def windows_are_apart(snapshot_window: str, maintenance_window: str) -> Iterator[str]:
    """The snapshot window and the maintenance window must not overlap on any day of the week."""
    try:
        overlap = windows.daily(snapshot_window).overlaps(windows.weekly(maintenance_window))
    except ValueError:
        return  # said by the rules above
    if overlap:
        yield f"overlaps maintenanceWindow {maintenance_window}; move one of them"


def snapshots_are_kept(snapshot_retention_days: int) -> Iterator[str]:
    """Snapshots are kept 0 to 35 days, 0 makes none (CreateReplicationGroup: SnapshotRetentionLimit)."""
    if not 0 <= snapshot_retention_days <= _MOST_SNAPSHOT_DAYS:
        yield f"is outside 0 to {_MOST_SNAPSHOT_DAYS} days"


def slow_log_is_kept(slow_log_retention_days: int) -> Iterator[str]:
    """CloudWatch keeps a log for certain numbers of days only (PutRetentionPolicy: retentionInDays)."""
    if slow_log_retention_days not in _LOG_DAYS:
        nearest = min(_LOG_DAYS, key=lambda days: abs(days - slow_log_retention_days))
        yield f"is no number of days that CloudWatch keeps a log for; the nearest is {nearest}"


def key_can_be_called_back(key_deletion_days: int) -> Iterator[str]:
    """A KMS key waits 7 to 30 days before it is gone (ScheduleKeyDeletion: PendingWindowInDays)."""
    if key_deletion_days not in _KEY_DAYS:
        yield f"is outside {_KEY_DAYS[0]} to {_KEY_DAYS[-1]} days"


CHECKS: Final = (
    maintenance_window_is_one,
    snapshot_window_is_one,
    windows_are_apart,
    snapshots_are_kept,
    slow_log_is_kept,
    key_can_be_called_back,
)
