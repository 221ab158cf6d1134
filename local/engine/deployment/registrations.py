"""What the program's registrations come to: the face of a deployment that its monitor turns to."""

from __future__ import annotations

import threading

from local.engine.deployment.context import Deployment
from local.engine.deployment.deletions import Deletions
from local.engine.deployment.executor import Executor
from local.engine.deployment.generator import StepGenerator
from local.engine.deployment.goal import Goal
from local.engine.deployment.steps import Step
from local.engine.errors import CheckFailed, InvalidConfiguration, OperationFailed, ProviderError
from local.engine.events.model import StepEnded
from local.engine.properties.values import Properties, equal
from local.engine.state.resource import ResourceState
from local.engine.state.urns import STACK_TYPE


class Registrations:
    """Turns goals into states, one decision at a time and many steps at once."""

    def __init__(self, deployment: Deployment, executor: Executor) -> None:
        self._deployment, self._executor = deployment, executor
        self._generator = StepGenerator(deployment)
        self._deciding = threading.Lock()
        self._steps: dict[str, Step] = {}
        self._stack_outputs: Properties | None = None

    def register(self, goal: Goal) -> ResourceState:
        """Bring about what a goal asks for; raises `OperationFailed` once the deployment is not to go on."""
        return self._carry_out(goal, None)

    def read(self, goal: Goal, resource_id: str) -> ResourceState:
        """Look at a resource that is somebody else's; raises as `register` does."""
        return self._carry_out(goal, resource_id)

    def _carry_out(self, goal: Goal, resource_id: str | None) -> ResourceState:
        self._deployment.reporter.masker.learn_value(goal.properties)
        with self._deciding:
            if self._deployment.progress.stopping.is_set():
                raise OperationFailed("the deployment has been stopped")
            steps = self._decide(goal, resource_id)
        logical = next(step for step in steps if step.is_logical and step.new is not None)
        self._steps[logical.urn] = logical
        self._executor.run(steps)
        return logical.resource

    def _decide(self, goal: Goal, resource_id: str | None) -> list[Step]:
        try:
            if resource_id is None:
                return self._generator.for_registration(goal)
            return self._generator.for_read(goal, resource_id)
        except (ProviderError, OperationFailed, InvalidConfiguration) as error:
            urn = self._generator.urn_of(goal)
            self._deployment.progress.bail()
            for line in str(error).splitlines() if isinstance(error, CheckFailed) else [str(error)]:
                self._deployment.reporter.diagnostic("error", line, urn)
            raise OperationFailed(str(error)) from error

    def refuse(self, message: str) -> None:
        """End the deployment for a reason that no step is to blame for."""
        self._deployment.progress.bail()
        self._deployment.reporter.diagnostic("error", message)

    def set_outputs(self, urn: str, outputs: Properties) -> None:
        """Take a component's outputs; the stack's are settled in the end, when it is known how it went."""
        step = self._steps.get(urn)
        if step is None:
            raise OperationFailed(f"cannot complete a resource '{urn}' whose registration isn't pending")
        self._deployment.reporter.masker.learn_value(outputs)
        if step.resource.type == STACK_TYPE:
            self._stack_outputs = outputs
        else:
            self._settle(step, outputs)

    def _settle(self, step: Step, outputs: Properties) -> None:
        changed = not equal(step.resource.outputs, outputs)
        step.resource.outputs = outputs
        self._deployment.reporter.emit(StepEnded(step, planning=self._deployment.preview))
        if changed:
            self._deployment.journal.write()

    def finish(self, *, complete: bool) -> None:
        """Delete what the program no longer asks for, if it ran to its end, and settle the stack's outputs."""
        d = self._deployment
        if complete:
            Deletions(d, self._executor).run()
        stack = next((step for step in self._steps.values() if step.resource.type == STACK_TYPE), None)
        if stack is None or self._stack_outputs is None:
            return
        outputs = self._stack_outputs
        old = d.journal.olds.get(stack.urn)
        if d.progress.failed.is_set() and old is not None:  # what is missing may only not have been reached
            outputs = {**old.outputs, **outputs}
        self._settle(stack, outputs)
