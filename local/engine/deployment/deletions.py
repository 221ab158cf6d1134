"""The end of a deployment: deleting what the program no longer asks for, dependents first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from local.engine.deployment.context import Deployment, load_providers
from local.engine.deployment.executor import Executor
from local.engine.deployment.replacements import deletion_of
from local.engine.deployment.steps import Op, Step
from local.engine.errors import OperationFailed
from local.engine.events.model import StepBegun, StepFailed
from local.engine.state.resource import ResourceState


class Deletions:
    """The deletions of one deployment."""

    def __init__(self, deployment: Deployment, executor: Executor) -> None:
        self._deployment, self._executor = deployment, executor
        self._spared: set[str] = set()

    def run(self) -> None:
        """Delete what is left over. A failed deletion ends it; a protected resource only spares what it needs."""
        d = self._deployment
        doomed = {step.resource: step for step in self._steps()}
        d.deleted.update(step.urn for step in doomed.values())
        if not load_providers(d, doomed):
            return
        with ThreadPoolExecutor(d.parallel) as pool:
            for group in _groups(list(doomed)):
                wanted = [state for state in group if state.delete or state.urn not in self._spared]
                list(pool.map(self._delete, [doomed[state] for state in wanted]))
                if d.progress.stopping.is_set():
                    return

    def _steps(self) -> list[Step]:
        d = self._deployment
        steps = []
        for state in d.journal.base:
            if d.journal.is_done(state) or (state in d.deleted_first and not state.pending_replacement):
                continue
            if state.delete:
                steps.append(Step(deletion_of(state, replaced=True), old=state))
            elif d.aliases.current(state.urn) not in d.decided:
                forgotten = state.pending_replacement  # its deletion has been done, and nobody wants it back
                steps.append(
                    Step(Op.REMOVE_PENDING_REPLACE if forgotten else deletion_of(state, replaced=False), state)
                )
        return steps

    def _delete(self, step: Step) -> None:
        state = step.resource
        if step.op is Op.DELETE and state.protect:
            self._refuse(step)
            return
        try:
            self._executor.run([step])
        except OperationFailed:
            return  # it has been reported, and the deployment is stopping

    def _refuse(self, step: Step) -> None:
        d = self._deployment
        reason = (
            f'resource "{step.urn}" cannot be deleted\nbecause it is protected. To unprotect the resource, either '
            "remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`, or use the "
            f"command:\n`pulumi state unprotect '{step.urn}'`"
        )
        d.reporter.emit(StepBegun(step, planning=d.preview))
        d.progress.failed.set()  # the deletions go on, so that all that is protected is told at once
        d.reporter.diagnostic("error", f"Preview failed: {reason}" if d.preview else reason, step.urn)
        if not d.preview:
            d.reporter.emit(StepFailed(step))
        self._spare(step.resource)

    def _spare(self, state: ResourceState) -> None:
        """Keep all that a resource which stays cannot be without."""
        waiting = [state]
        while waiting:
            current = waiting.pop()
            new = (current.needs() | {current.parent}) - {""} - self._spared
            self._spared |= new
            waiting += [self._deployment.journal.olds[urn] for urn in new if urn in self._deployment.journal.olds]


def _groups(doomed: list[ResourceState]) -> list[list[ResourceState]]:
    """Groups that may go side by side, each after the one before it.

    A URN means the nearest resource of that name which stands before in the state, so the order there matters.
    """
    left, groups = list(doomed), []
    while left:
        free: list[ResourceState] = []
        before: set[str] = set()
        for state in left:
            if not (state.needs() | {state.parent}) & before:
                free.append(state)
            before.add(state.urn)
        groups.append(free)
        gone = set(free)
        left = [state for state in left if state not in gone]
    return groups[::-1]
