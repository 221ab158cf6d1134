"""Carrying out steps."""

from __future__ import annotations

import threading
import uuid
from collections import Counter

from local.engine.deployment.context import Deployment
from local.engine.deployment.steps import DELETIONS, Op, Step
from local.engine.errors import OperationFailed, PartialFailure, ProviderError
from local.engine.events.model import StepBegun, StepEnded, StepFailed
from local.engine.properties.values import UNKNOWN_TEXT, Secret, equal, is_secret
from local.engine.providers.provider import for_plugin
from local.engine.state.resource import ResourceState, timestamp
from local.engine.state.urns import is_provider_type


class Executor:
    """Carries out steps, `parallel` at a time, and counts what people are told in the summary."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._slots = threading.Semaphore(deployment.parallel)
        self._guard = threading.Lock()
        self._running = 0
        self.changes: Counter[Op] = Counter()

    @property
    def busy(self) -> bool:
        """Whether a step is under way."""
        return self._running > 0

    def run(self, steps: list[Step]) -> None:
        """Carry out a resource's steps in their order; raises `OperationFailed` when one fails or all is to stop."""
        for step in steps:
            with self._slots:
                self._count_running(1)
                try:
                    if self._deployment.progress.stopping.is_set():
                        raise OperationFailed("the deployment has been stopped")
                    self._run(step)
                finally:
                    self._count_running(-1)

    def _count_running(self, change: int) -> None:
        with self._guard:
            self._running += change

    def _run(self, step: Step) -> None:
        d = self._deployment
        d.reporter.emit(StepBegun(step, planning=d.preview))
        d.journal.begin(step)
        try:
            self._perform(step)
        except PartialFailure as error:
            self._take_over(step, error)
            self._record(step)
            self._report_failure(step, error)
            raise OperationFailed(str(error)) from error
        except ProviderError as error:
            if not d.progress.terminated.is_set():  # then the checkpoint is to say that nobody saw it end
                d.journal.fail(step)
            self._report_failure(step, error)
            raise OperationFailed(str(error)) from error
        self._record(step)
        self.count(step)
        if step.resource.custom or step.op is Op.DELETE:  # a component's come when it registers its outputs
            d.reporter.emit(StepEnded(step, planning=d.preview))

    def _record(self, step: Step) -> None:
        if step.new is not None and step.op is not Op.REPLACE:
            mark_secret_outputs(step.new)
            self._deployment.reporter.masker.learn_value(step.new.outputs)
        self._deployment.journal.end(step)

    def count(self, step: Step) -> None:
        """Count a step for the summary, if it is one that people count."""
        if step.is_internal or not (step.is_logical or step.found_by_refresh):
            return
        if step.op is Op.READ and not _read_anew(step):
            return
        with self._guard:
            self.changes[step.op] += 1

    def _report_failure(self, step: Step, error: ProviderError) -> None:
        d = self._deployment
        message = f"Preview failed: {error}" if d.preview else str(error)
        d.progress.stop_failed()
        d.reporter.diagnostic("error", message, "" if step.is_internal else step.urn)
        if not d.preview:
            d.reporter.emit(StepFailed(step))

    @staticmethod
    def _take_over(step: Step, failure: PartialFailure) -> None:
        """Keep what there is of a resource that did not come up; its old inputs, so that the next run tries again."""
        new = step.new
        assert new is not None, "only creations, updates and reads can half succeed"
        new.id = failure.resource_id or new.id
        new.outputs, new.init_errors = failure.outputs, failure.reasons
        if step.op is Op.UPDATE and step.old is not None:
            new.inputs = step.old.inputs
            new.modified = timestamp()
        if step.op in (Op.CREATE, Op.CREATE_REPLACEMENT):
            new.created = new.modified = timestamp()
            _leave_for_deletion(step)

    def _perform(self, step: Step) -> None:
        old, new = step.old, step.new
        if step.op in DELETIONS:
            assert old is not None
            self._delete(old, deletes_first=step.deletes_first)
            return
        assert new is not None or step.op is Op.REMOVE_PENDING_REPLACE
        match step.op, old, new:
            case Op.SAME, ResourceState() as before, ResourceState() as after:
                self._keep(before, after)
            case ((Op.CREATE | Op.CREATE_REPLACEMENT), _, ResourceState() as after):
                self._create(after)
                _leave_for_deletion(step)
            case Op.UPDATE, ResourceState() as before, ResourceState() as after:
                self._update(before, after)
            case ((Op.READ | Op.READ_REPLACEMENT), _, ResourceState() as after):
                self._read(old, after)
                _leave_for_deletion(step)

    def _keep(self, old: ResourceState, new: ResourceState) -> None:
        new.id, new.outputs = old.id, old.outputs
        registry = self._deployment.registry
        if is_provider_type(new.type) and not registry.is_configured(new):
            # With the old inputs: what the provider calls no difference must not reach it in part.
            registry.configure(new, old.inputs)

    def _create(self, new: ResourceState) -> None:
        d = self._deployment
        if is_provider_type(new.type):
            new.id = UNKNOWN_TEXT if d.preview else str(uuid.uuid4())
            d.registry.configure(new, new.inputs)
            new.outputs = for_plugin(new.inputs)
        elif new.custom:
            new.id, new.outputs = d.registry.get(new.provider).create(new, preview=d.preview)
        new.created = new.modified = timestamp()

    def _update(self, old: ResourceState, new: ResourceState) -> None:
        d = self._deployment
        new.id = old.id
        if is_provider_type(new.type):
            d.registry.configure(new, new.inputs)
            new.outputs = for_plugin(new.inputs)
        elif new.custom:
            new.outputs = d.registry.get(new.provider).update(old, new, preview=d.preview)
        if new.custom:
            new.modified = timestamp()

    def _delete(self, old: ResourceState, *, deletes_first: bool) -> None:
        d = self._deployment
        elsewhere = old.external or old.retain_on_delete or old.deleted_with in d.deleted
        if old.custom and not d.preview and not elsewhere:
            if is_provider_type(old.type):
                d.registry.retire(old)
            else:
                d.registry.get(old.provider).delete(old)
        if deletes_first:  # only now: until it is gone, the next operation has to delete it
            old.pending_replacement = True

    def _read(self, old: ResourceState | None, new: ResourceState) -> None:
        if new.id == UNKNOWN_TEXT:
            new.outputs = {}
            return
        found = self._deployment.registry.get(new.provider).read(new, new.inputs)
        if not found.id:
            raise ProviderError(f"resource '{new.id}' does not exist")
        new.id, new.outputs = found.id, found.outputs
        if old is not None:
            new.created, new.modified = old.created, old.modified
            if not (equal(old.inputs, new.inputs) and equal(old.outputs, new.outputs)):
                new.modified = timestamp()


def _leave_for_deletion(step: Step) -> None:
    """The new one is there: mark the old one, which the end of the deployment deletes."""
    replaces = step.op in (Op.CREATE_REPLACEMENT, Op.READ_REPLACEMENT)
    if replaces and step.old is not None and not step.old.pending_replacement:
        step.old.delete = True


def _read_anew(step: Step) -> bool:
    """Whether a look at somebody else's resource found something else than the last time."""
    if step.old is None or step.new is None:
        return False
    return not equal(step.old.outputs, step.new.outputs)


def mark_secret_outputs(state: ResourceState) -> None:
    """Mark the outputs that the program wants secret, and those whose input of the same name is."""
    for key, value in state.outputs.items():
        wanted = key in state.additional_secret_outputs and key != "id"
        if not is_secret(value) and (wanted or is_secret(state.inputs.get(key))):
            state.outputs[key] = Secret(value)
