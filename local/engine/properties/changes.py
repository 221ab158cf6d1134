"""The difference between two sets of properties, path by path."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import TypeAlias

from local.engine.properties.paths import Path
from local.engine.properties.values import Properties, PropertyValue, Secret, equal


class Kind(StrEnum):
    """What happened to one property; the values are those of the event log."""

    ADD = "add"
    ADD_REPLACE = "add-replace"
    DELETE = "delete"
    DELETE_REPLACE = "delete-replace"
    UPDATE = "update"
    UPDATE_REPLACE = "update-replace"

    @property
    def replaces(self) -> bool:
        """Whether this change makes the resource be replaced."""
        return self.value.endswith("-replace")

    @property
    def with_replacement(self) -> Kind:
        """The same change, as a reason to replace."""
        return self if self.replaces else Kind(f"{self.value}-replace")

    @property
    def inverted(self) -> Kind:
        """The change that would undo this one."""
        swapped = {"add": "delete", "delete": "add"}
        kind, dash, suffix = self.value.partition("-")
        return Kind(swapped.get(kind, kind) + dash + suffix)


Differences: TypeAlias = dict[Path, Kind]


def differences(old: Properties, new: Properties) -> Differences:
    """Every place where the two differ, at the finest path that tells the difference; a null is as good as nothing."""
    return dict(sorted(_of_objects((), old, new), key=lambda found: [str(step) for step in found[0]]))


def _of_objects(at: Path, old: Properties, new: Properties) -> Iterator[tuple[Path, Kind]]:
    for key in {*old, *new}:
        yield from _of_values((*at, key), old.get(key), new.get(key))


def _of_lists(at: Path, old: list[PropertyValue], new: list[PropertyValue]) -> Iterator[tuple[Path, Kind]]:
    for index in range(max(len(old), len(new))):
        if index >= len(old):
            yield (*at, index), Kind.ADD
        elif index >= len(new):
            yield (*at, index), Kind.DELETE
        else:
            yield from _of_values((*at, index), old[index], new[index])


def _of_values(at: Path, old: PropertyValue, new: PropertyValue) -> Iterator[tuple[Path, Kind]]:
    if isinstance(old, Secret) and isinstance(new, Secret):
        if not equal(old, new):
            yield at, Kind.UPDATE  # a path into a secret would tell something about it
    elif isinstance(old, dict) and isinstance(new, dict):
        yield from _of_objects(at, old, new)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _of_lists(at, old, new)
    elif not equal(old, new):
        yield at, Kind.ADD if old is None else Kind.DELETE if new is None else Kind.UPDATE
