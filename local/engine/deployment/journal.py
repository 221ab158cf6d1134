"""What the checkpoint has to say at every moment: the new states, and the old ones that are not yet dealt with."""

from __future__ import annotations

import threading
from typing import Final

from local.engine.deployment.aliases import Aliases
from local.engine.deployment.steps import DELETIONS, Op, Step
from local.engine.properties.values import equal
from local.engine.state.checkpoint import Checkpoint, PendingOperation
from local.engine.state.resource import ResourceState

_PENDING: Final = {
    Op.CREATE: "creating",
    Op.CREATE_REPLACEMENT: "creating",
    Op.UPDATE: "updating",
    Op.DELETE: "deleting",
    Op.DELETE_REPLACED: "deleting",
    Op.DISCARD: "deleting",
    Op.DISCARD_REPLACED: "deleting",
    Op.READ: "reading",
    Op.READ_REPLACEMENT: "reading",
}
_TELLING: Final = (
    "urn",
    "type",
    "custom",
    "custom_timeouts",
    "retain_on_delete",
    "provider",
    "parent",
    "deleted_with",
    "protect",
)


class Journal:
    """The states of before (`base`), those made since, and the operations under way.

    Every change is written to the checkpoint at once, except in a preview. The order of states matters: whatever a
    resource needs stands before it, and what a URN means is decided by the nearest one before.
    """

    def __init__(self, checkpoint: Checkpoint, aliases: Aliases, *, dry_run: bool) -> None:
        self._checkpoint, self._aliases, self._dry_run = checkpoint, aliases, dry_run
        self._guard = threading.RLock()
        self._made: list[ResourceState] = []
        self._done: set[ResourceState] = set()
        self._operations: list[PendingOperation] = []
        self.base: list[ResourceState] = []
        self.olds: dict[str, ResourceState] = {}
        self.rebase(checkpoint.resources)

    def rebase(self, states: list[ResourceState]) -> None:
        """Go on from these states: a refresh has read them anew."""
        self.base = states
        self.olds = {state.urn: state for state in states if not state.delete}

    def is_done(self, state: ResourceState) -> bool:
        """Whether an old state has been replaced by a new one, or is gone."""
        return state in self._done

    def begin(self, step: Step) -> None:
        """Write down that a step is about to begin."""
        if step.op not in _PENDING or self._dry_run:
            return
        with self._guard:
            self._operations.append(PendingOperation(_subject(step), _PENDING[step.op]))
            self.write()

    def fail(self, step: Step) -> None:
        """Write down that a step ended and changed nothing."""
        with self._guard:
            self._forget_operation(step)
            self.write()

    def end(self, step: Step) -> None:
        """Write down what a step has come to."""
        with self._guard:
            self._forget_operation(step)
            if step.op is Op.REPLACE:
                return  # says what its two halves have done
            if step.new is not None:
                self._made.append(step.new)
            if step.old is not None and _is_settled(step, step.old):
                self._done.add(step.old)
            if step.op is not Op.SAME or _differs(step):
                self.write()

    def _forget_operation(self, step: Step) -> None:
        subject = _subject(step)
        self._operations = [operation for operation in self._operations if operation.resource is not subject]

    def write(self) -> None:
        """Write the checkpoint as things stand."""
        if self._dry_run:
            return
        with self._guard:
            states = [state for state in (*self._made, *self.base) if state not in self._done]
            if self._aliases.new_urns:
                states = [self._aliases.renamed(state) for state in states]
            # Whether a resource exists whose creation was not seen to end, only a person can tell.
            stuck = [operation for operation in self._checkpoint.pending if operation.type == "creating"]
            self._checkpoint.save(states, [*self._operations, *stuck])


def _subject(step: Step) -> ResourceState:
    state = step.old if step.op in DELETIONS else step.new
    return state or step.resource


def _is_settled(step: Step, old: ResourceState) -> bool:
    """Whether nothing remains to be done about the old state."""
    if step.op in DELETIONS:
        return not old.pending_replacement
    if step.op in (Op.SAME, Op.UPDATE, Op.READ, Op.REMOVE_PENDING_REPLACE):
        return True
    return old.pending_replacement  # a creation after its deletion; one before it leaves the old state to be deleted


def _differs(step: Step) -> bool:
    """Whether an unchanged resource's state is to be written all the same: where it comes from has changed."""
    old, new = step.old, step.new
    if old is None or new is None:
        return True
    return (
        any(getattr(old, name) != getattr(new, name) for name in _TELLING)
        or set(old.dependencies) != set(new.dependencies)
        or not equal(old.inputs, new.inputs)
        or not equal(old.outputs, new.outputs)
    )
