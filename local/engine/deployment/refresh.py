"""Reading every resource anew, so that the state says what there is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from local.engine.deployment.comparison import Comparison
from local.engine.deployment.context import Deployment, load_providers
from local.engine.deployment.executor import Executor, mark_secret_outputs
from local.engine.deployment.steps import Op, Step
from local.engine.errors import PartialFailure, ProviderError
from local.engine.events.model import StepBegun, StepEnded, StepFailed
from local.engine.properties.values import equal
from local.engine.providers.provider import ReadResult
from local.engine.state.resource import ResourceState, timestamp
from local.engine.state.urns import is_provider_type


class Refresh:
    """The refresh of one deployment, of its own or ahead of another; `counted` where the summary is about it."""

    def __init__(self, deployment: Deployment, executor: Executor, *, counted: bool) -> None:
        self._deployment, self._executor, self._counted = deployment, executor, counted
        self._comparison = Comparison(deployment)

    def run(self) -> None:
        """Read all, `parallel` at a time; what is gone leaves the state, and whoever depended on it is told so."""
        d = self._deployment
        if not load_providers(d, d.journal.base):
            return
        with ThreadPoolExecutor(d.parallel) as pool:
            found = list(pool.map(self._refresh, d.journal.base))
        d.journal.rebase(_without_dangling([state for state in found if state is not None]))
        d.journal.write()

    def _refresh(self, old: ResourceState) -> ResourceState | None:
        d = self._deployment
        if d.progress.stopping.is_set():
            return old
        step = Step(Op.REFRESH, old, old)
        d.reporter.emit(StepBegun(step, planning=d.preview))
        try:
            ended = self._read(old)
        except ProviderError as error:
            d.progress.stop_failed()
            d.reporter.diagnostic("error", f"Preview failed: {error}" if d.preview else str(error), old.urn)
            if not d.preview:
                d.reporter.emit(StepFailed(step))
            return old
        if self._counted:
            self._executor.count(ended)
        told = ended if self._counted else replace(ended, op=Op.REFRESH)
        d.reporter.emit(StepEnded(told, planning=d.preview))
        return ended.new

    def _read(self, old: ResourceState) -> Step:
        """What a resource has become, as the step that made it so."""
        d = self._deployment
        if not old.custom or is_provider_type(old.type) or old.pending_replacement:
            return Step(Op.SAME, old, old, found_by_refresh=True)
        found, init_errors = self._ask(old)
        if not found.id:
            return Step(Op.DELETE, old, found_by_refresh=True)
        new = old.copy()
        new.id, new.outputs, new.init_errors = found.id, found.outputs, init_errors
        if found.inputs is not None:
            new.inputs = found.inputs
        mark_secret_outputs(new)
        d.reporter.masker.learn_value(new.outputs)
        same = equal(new.inputs, old.inputs) and equal(new.outputs, old.outputs)
        if not same:
            new.modified = timestamp()
        if old.external:
            op = Op.SAME if equal(new.outputs, old.outputs) else Op.UPDATE
            return Step(op, old, new, found_by_refresh=True)
        # What the next `up` would do, seen from the other side: not from what there is, but from what is wanted.
        diff = self._comparison.of_inputs(new, new, old.inputs, new.ignore_changes).inverted
        return Step(Op.UPDATE if diff.changed else Op.SAME, old, new, diff, found_by_refresh=True)

    def _ask(self, old: ResourceState) -> tuple[ReadResult, list[str]]:
        d = self._deployment
        try:
            return d.registry.get(old.provider).read(old, old.outputs), []
        except PartialFailure as failure:
            d.reporter.diagnostic(
                "warning",
                "Refreshed resource is in an unhealthy state:\n* " + "\n* ".join(failure.reasons),
                old.urn,
            )
            return ReadResult(failure.resource_id, failure.outputs, failure.inputs or None), failure.reasons


def _without_dangling(states: list[ResourceState]) -> list[ResourceState]:
    """The states without references to resources that are gone."""
    there = {state.urn for state in states}
    kept = []
    for state in states:
        twin = state.copy()
        twin.dependencies = [urn for urn in state.dependencies if urn in there]
        twin.replace_with = [urn for urn in state.replace_with if urn in there]
        left = {key: [urn for urn in urns if urn in there] for key, urns in state.property_dependencies.items()}
        twin.property_dependencies = {key: urns for key, urns in left.items() if urns}
        twin.deleted_with = state.deleted_with if state.deleted_with in there else ""
        twin.parent = state.parent if state.parent in there else ""
        kept.append(twin)
    return kept
