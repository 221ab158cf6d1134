"""The steps a deployment is made of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from local.engine.providers.diff import Diff
from local.engine.state.resource import ResourceState
from local.engine.state.urns import is_default_provider


class Op(StrEnum):
    """What a step does; the names are those of the event log."""

    SAME = "same"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    REPLACE = "replace"
    CREATE_REPLACEMENT = "create-replacement"
    DELETE_REPLACED = "delete-replaced"
    READ = "read"
    READ_REPLACEMENT = "read-replacement"
    REFRESH = "refresh"
    DISCARD = "discard"
    DISCARD_REPLACED = "discard-replaced"
    REMOVE_PENDING_REPLACE = "remove-pending-replace"


DELETIONS: Final = frozenset({Op.DELETE, Op.DELETE_REPLACED, Op.DISCARD, Op.DISCARD_REPLACED})
NO_CHANGES: Final = frozenset({Op.SAME, Op.READ, Op.READ_REPLACEMENT, Op.DISCARD})
_PHYSICAL_HALVES: Final = frozenset(
    {
        Op.CREATE_REPLACEMENT,
        Op.DELETE_REPLACED,
        Op.READ_REPLACEMENT,
        Op.DISCARD_REPLACED,
        Op.REFRESH,
        Op.REMOVE_PENDING_REPLACE,
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One step on one resource, from its old state to its new one.

    `deletes_first` marks the deletion that is the first half of a replacement: until the second half is done the
    resource stays in the state, as pending. `found_by_refresh` marks what a refresh came upon, rather than did.
    """

    op: Op
    old: ResourceState | None = None
    new: ResourceState | None = None
    diff: Diff | None = None
    deletes_first: bool = False
    found_by_refresh: bool = False

    @property
    def resource(self) -> ResourceState:
        """The latest that is known of the resource."""
        state = self.new or self.old
        assert state is not None, "a step without a resource"
        return state

    @property
    def urn(self) -> str:
        """The resource's URN."""
        return self.resource.urn

    @property
    def is_logical(self) -> bool:
        """Whether people count it: the two halves of a replacement count as one `replace`."""
        return self.op not in _PHYSICAL_HALVES and not self.found_by_refresh

    @property
    def is_internal(self) -> bool:
        """Whether it concerns the engine alone: people are not shown its own default providers."""
        return self.op is Op.REMOVE_PENDING_REPLACE or is_default_provider(self.urn)
