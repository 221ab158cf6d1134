"""Deciding what a registration means: the steps from a resource's old state to what the program asks for."""

from __future__ import annotations

import os

from local.engine.deployment.comparison import Comparison
from local.engine.deployment.context import Deployment
from local.engine.deployment.goal import Goal
from local.engine.deployment.replacements import Replacements
from local.engine.deployment.steps import Op, Step
from local.engine.errors import OperationFailed
from local.engine.properties import paths
from local.engine.properties.values import Properties
from local.engine.providers.diff import Diff
from local.engine.state.resource import ResourceState
from local.engine.state.urns import is_provider_type, make_urn

_SEED_BYTES = 32


class StepGenerator:
    """Makes steps; to be used by one thread at a time, since each decision rests on those before."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._comparison = Comparison(deployment)
        self._replacements = Replacements(deployment, self._comparison)

    def urn_of(self, goal: Goal) -> str:
        """The URN of what a goal asks for."""
        return make_urn(self._deployment.stack, self._deployment.project, goal.parent, goal.type, goal.name)

    def for_registration(self, goal: Goal) -> list[Step]:
        """The steps for a registration; raises `ProviderError` or `OperationFailed`, the message being the reason."""
        d = self._deployment
        urn, old = self._claim(goal)
        new = goal.new_state(urn, old)
        recreating = urn in d.deleted
        seed = os.urandom(_SEED_BYTES)
        if old is None or recreating or old.external:  # nothing of the old inputs is ours to carry on
            new.inputs = self._check(new, {}, goal.properties, seed)
        else:
            new.inputs = self._check(new, old.inputs, self._with_ignored(new, old), seed)
        d.news[urn] = new
        d.decided.add(urn)
        if old is None:
            return [Step(Op.CREATE, None, new)]
        if recreating:
            d.deleted.discard(urn)
            d.replaced.add(urn)
            reasons = Diff(changed=True, replace_keys=d.dependent_keys.get(urn, ()))
            return [Step(Op.REPLACE, old, new), Step(Op.CREATE_REPLACEMENT, old, new, reasons)]
        if old.external:  # until now only looked at: what is there is not ours to change
            return [Step(Op.CREATE_REPLACEMENT, old, new), Step(Op.REPLACE, old, new)]
        return self._from_difference(goal, old, new, seed)

    def for_read(self, goal: Goal, resource_id: str) -> list[Step]:
        """The steps for a resource that the program only wants to look at."""
        d = self._deployment
        urn, old = self._claim(goal)
        new = goal.new_state(urn, None)
        new.external, new.id = True, resource_id
        d.news[urn] = new
        d.decided.add(urn)
        if old is not None and not old.external and old.id != resource_id:
            d.replaced.add(urn)
            return [Step(Op.READ_REPLACEMENT, old, new), Step(Op.REPLACE, old, new)]
        return [Step(Op.READ, old, new)]

    def _claim(self, goal: Goal) -> tuple[str, ResourceState | None]:
        d = self._deployment
        urn = self.urn_of(goal)
        if urn in d.seen:
            raise OperationFailed(f"Duplicate resource URN '{urn}'; try giving it a unique name")
        old = d.aliases.find_old(urn, goal, d.journal.olds, d.seen)
        d.seen.add(urn)
        if old is not None and old.urn != urn and is_provider_type(goal.type):
            d.registry.rename(old.urn, urn)
        return urn, old

    def _with_ignored(self, new: ResourceState, old: ResourceState) -> Properties:
        """The program's inputs, with what it wants ignored put back to what it was."""
        inputs, impossible = paths.restored(new.ignore_changes, old.inputs, new.inputs)
        if impossible:
            self._deployment.reporter.diagnostic(
                "info",
                f'cannot ignore changes in added or removed elements of the path: "{", ".join(impossible)}"',
                new.urn,
            )
        return inputs

    def _check(self, new: ResourceState, olds: Properties, news: Properties, seed: bytes) -> Properties:
        if not new.custom:
            return news
        if is_provider_type(new.type):
            return self._deployment.registry.check(new, olds, news)
        return self._deployment.registry.get(new.provider).check(new, olds, news, seed)

    def _from_difference(self, goal: Goal, old: ResourceState, new: ResourceState, seed: bytes) -> list[Step]:
        diff = self._comparison.of_registration(old, new)
        diff = diff.with_replace_on_changes(new.replace_on_changes, init_errors=bool(old.init_errors))
        if old.pending_replacement or (diff.changed and diff.replaces):
            return self._replacement(goal, old, new, diff, seed)
        if diff.changed or old.init_errors:  # without a difference: another attempt to see it come up
            return [Step(Op.UPDATE, old, new, diff)]
        return [Step(Op.SAME, old, new)]

    def _replacement(self, goal: Goal, old: ResourceState, new: ResourceState, diff: Diff, seed: bytes) -> list[Step]:
        self._refuse_protected(old, new)
        self._deployment.replaced.add(new.urn)
        if new.custom:  # with defaults of its own, not those of the resource that goes
            new.inputs = self._check(new, {}, goal.properties, seed)
        first = diff.delete_before_replace if goal.delete_before_replace is None else goal.delete_before_replace
        if first:
            deletions = self._replacements.deletions_before(old)
            return [*deletions, Step(Op.REPLACE, old, new, diff), Step(Op.CREATE_REPLACEMENT, old, new, diff)]
        return [Step(Op.CREATE_REPLACEMENT, old, new, diff), Step(Op.REPLACE, old, new, diff)]

    def _refuse_protected(self, old: ResourceState, new: ResourceState) -> None:
        if not (old.protect and new.protect):
            return
        reason = (
            f'unable to replace resource "{new.urn}"\nas it is currently marked for protection. To unprotect the '
            "resource, remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`"
        )
        if not self._deployment.preview:
            raise OperationFailed(reason)
        self._deployment.reporter.diagnostic("error", reason, new.urn)
        self._deployment.progress.failed.set()  # a preview goes on, to show all there is to see
