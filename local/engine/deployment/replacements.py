"""Deleting before replacing: what must go first, because it would not survive."""

from __future__ import annotations

from local.engine.deployment.comparison import Comparison
from local.engine.deployment.context import Deployment
from local.engine.deployment.steps import Op, Step
from local.engine.errors import OperationFailed
from local.engine.properties.values import UNKNOWN, contains, is_unknown
from local.engine.state.resource import ResourceState


class Replacements:
    """The deletions ahead of replacements that delete first."""

    def __init__(self, deployment: Deployment, comparison: Comparison) -> None:
        self._deployment, self._comparison = deployment, comparison

    def deletions_before(self, old: ResourceState) -> list[Step]:
        """The deletions of a resource and of all that is replaced with it, dependents first.

        Raises `OperationFailed` where one of them is protected.
        """
        d = self._deployment
        steps: list[Step] = []
        doomed = [*self._dependents(old), *self._bound_to(old.urn)]
        for dependent in reversed(doomed):
            if dependent in d.deleted_first or dependent is old:
                continue
            if dependent.delete:
                steps.append(Step(Op.DELETE, old=dependent))
            else:
                self._refuse_protected(dependent, old)
                steps.append(Step(deletion_of(dependent, replaced=True), old=dependent, deletes_first=True))
            d.deleted.add(dependent.urn)
            d.deleted_first.add(dependent)
        if not old.pending_replacement:
            d.deleted.add(old.urn)
            steps.append(Step(deletion_of(old, replaced=True), old=old, deletes_first=True))
        return steps

    def _refuse_protected(self, dependent: ResourceState, old: ResourceState) -> None:
        if dependent.protect:
            raise OperationFailed(
                f'unable to replace resource "{dependent.urn}" as part of replacing "{old.urn}" as it is currently '
                "marked for protection. To unprotect the resource, remove the `protect` flag from the resource in your "
                f"Pulumi program and run `pulumi up`, or use the command:\n`pulumi state unprotect '{dependent.urn}'`"
            )

    def _dependents(self, root: ResourceState) -> list[ResourceState]:
        """Old resources that a replacement of `root` replaces as well, what they depend on first."""
        d = self._deployment
        if root not in d.journal.base:
            return []
        found: list[ResourceState] = []
        replaced, dependents = {root.urn}, {root.urn}
        for state in d.journal.base[d.journal.base.index(root) + 1 :]:
            if state.urn in d.decided or state.urn in d.deleted or not state.needs() & dependents:
                continue
            dependents.add(state.urn)
            if state.custom and not state.external and self._must_go(state, replaced):
                found.append(state)
                replaced.add(state.urn)
        return found

    def _must_go(self, state: ResourceState, replaced: set[str]) -> bool:
        """Whether a dependent does not survive: its inputs from what is replaced, unknown as yet, would replace it."""
        if state.provider_urn in replaced or state.deleted_with in replaced:
            return True
        inputs = {
            key: UNKNOWN if replaced.intersection(state.property_dependencies.get(key, ())) else value
            for key, value in state.inputs.items()
        }
        if not contains(dict(inputs), is_unknown):
            return False
        diff = self._comparison.of_inputs(state, state, inputs, state.ignore_changes)
        diff = diff.with_replace_on_changes(state.replace_on_changes, init_errors=False)
        if diff.replaces:
            self._deployment.dependent_keys[state.urn] = diff.replace_keys
        return diff.replaces

    def _bound_to(self, urn: str) -> list[ResourceState]:
        """Old resources that the program asked to have replaced, or deleted, with this one."""
        d = self._deployment
        return [
            state
            for state in d.journal.olds.values()
            if (urn in state.replace_with or state.deleted_with == urn) and state.urn not in d.decided
        ]


def deletion_of(state: ResourceState, *, replaced: bool) -> Op:
    """What deleting a state is called: one that was only looked at is merely forgotten."""
    if state.external:
        return Op.DISCARD_REPLACED if replaced else Op.DISCARD
    return Op.DELETE_REPLACED if replaced else Op.DELETE
