"""The operations: preview, up, refresh, destroy."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from local.engine.deployment.aliases import Aliases
from local.engine.deployment.context import Deployment
from local.engine.deployment.executor import Executor
from local.engine.deployment.journal import Journal
from local.engine.deployment.refresh import Refresh
from local.engine.deployment.registrations import Registrations
from local.engine.deployment.steps import NO_CHANGES, Op
from local.engine.events.masking import Masker
from local.engine.events.model import Ended, Prelude, Summary
from local.engine.events.reporter import Listener, Reporter
from local.engine.interrupts import interrupts
from local.engine.program.monitor import Monitor
from local.engine.program.session import EngineServer, ProgramSession
from local.engine.project.manifest import find_project
from local.engine.project.stack import Configuration, Stack
from local.engine.properties.values import Properties
from local.engine.providers.plugin import PluginHost
from local.engine.providers.processes import Processes
from local.engine.providers.registry import Registry
from local.engine.state.backend import Backend
from local.engine.state.checkpoint import Checkpoint
from local.engine.state.resource import ResourceState
from local.engine.state.urns import STACK_TYPE, ProviderReference

DEFAULT_PARALLEL: Final = 16


class Command(StrEnum):
    """An operation on a stack."""

    PREVIEW = "preview"
    UP = "up"
    REFRESH = "refresh"
    DESTROY = "destroy"

    @property
    def runs_program(self) -> bool:
        """Whether the program is run; the others go by the state alone."""
        return self in (Command.PREVIEW, Command.UP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to do: `refresh` reads everything anew before; `preview_only` changes nothing."""

    command: Command
    stack: str
    folder: Path = Path()
    refresh: bool = False
    preview_only: bool = False
    parallel: int = DEFAULT_PARALLEL

    @property
    def dry_run(self) -> bool:
        """Whether nothing may change."""
        return self.preview_only or self.command is Command.PREVIEW


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it went: `changes` counts by operation what people are told in the summary, `outputs` are the stack's."""

    result: str
    changes: Mapping[Op, int]
    outputs: Properties

    @property
    def succeeded(self) -> bool:
        """Whether all went well."""
        return self.result == "succeeded"

    @property
    def changed(self) -> bool:
        """Whether anything changed, or would."""
        return any(count for op, count in self.changes.items() if op not in NO_CHANGES)


def run(request: Request, listeners: Sequence[Listener], masker: Masker | None = None) -> Outcome:
    """Carry out an operation, telling the listeners what happens.

    Raises an `EngineError` for what keeps it from beginning; what goes wrong later is told, and in the outcome.
    """
    project = find_project(request.folder)
    stack = Stack(project, request.stack)
    backend = Backend.of(project)
    configuration = stack.configuration(validate=request.command.runs_program)
    backend.require(stack)
    reporter = Reporter(listeners, masker or Masker())
    reporter.masker.learn(configuration.secrets)
    with nullcontext() if request.dry_run else backend.lock(stack):
        checkpoint = backend.checkpoint(stack)
        for state in checkpoint.resources:
            reporter.masker.learn_value(state.inputs)
            reporter.masker.learn_value(state.outputs)
        return _Operation(request, stack, configuration, checkpoint, reporter).run()


class _Operation:
    """One operation, put together."""

    def __init__(
        self,
        request: Request,
        stack: Stack,
        configuration: Configuration,
        checkpoint: Checkpoint,
        reporter: Reporter,
    ) -> None:
        self._request, self._stack, self._configuration = request, stack, configuration
        self._checkpoint, self._reporter = checkpoint, reporter
        self._processes = Processes()
        self._server = EngineServer(reporter, request.parallel)
        host = PluginHost(
            project=stack.project,
            engine_address=self._server.address,
            configuration=configuration.texts,
            processes=self._processes,
            log_line=reporter.diagnostic,
        )
        aliases = Aliases(stack.name, stack.project.name)
        self._deployment = Deployment(
            stack=stack.name,
            project=stack.project.name,
            preview=request.dry_run,
            parallel=request.parallel,
            registry=Registry(host, self._old_provider),
            journal=Journal(checkpoint, aliases, dry_run=request.dry_run),
            aliases=aliases,
            reporter=reporter,
        )
        self._executor = Executor(self._deployment)
        self._registrations = Registrations(self._deployment, self._executor)

    def _old_provider(self, reference: ProviderReference) -> ResourceState | None:
        return next((s for s in self._deployment.journal.base if (s.urn, s.id) == reference), None)

    def run(self) -> Outcome:
        """Carry it out, from the first event to the last."""
        began = time.monotonic()
        self._reporter.emit(Prelude(self._configuration.masked))
        self._warn()
        try:
            with interrupts(self._cancel, self._terminate):
                self._carry_out()
        finally:
            self._deployment.registry.close()
            self._server.stop()
            self._processes.close()
        result = self._result()
        outcome = Outcome(result, self._executor.changes, self._outputs())
        self._reporter.emit(Summary(self._request.dry_run, time.monotonic() - began, outcome.changes, result))
        self._reporter.emit(Ended())
        return outcome

    def _carry_out(self) -> None:
        request, d = self._request, self._deployment
        d.registry.launch_ahead(d.journal.base)
        monitor = None
        if request.command.runs_program:
            monitor = Monitor(self._stack.project, self._configuration, d, self._registrations)
        self._server.start(monitor)
        if request.refresh or request.command is Command.REFRESH or self._stack.project.always_refresh:
            Refresh(d, self._executor, counted=request.command is Command.REFRESH).run()
        if not d.progress.stopping.is_set():
            self._deploy(monitor)
        d.journal.write()
        if d.progress.failed.is_set() and not d.progress.bailed.is_set():
            self._reporter.diagnostic("error", f"{'preview' if d.preview else 'update'} failed")

    def _deploy(self, monitor: Monitor | None) -> None:
        """What follows the refresh, if there was one: the program's wishes, or the end of everything."""
        if monitor is not None:
            session = ProgramSession(self._stack.project, self._configuration, self._deployment, self._executor)
            session.run(self._server, monitor, self._registrations, self._processes)
        elif self._request.command is Command.DESTROY:
            self._registrations.finish(complete=True)

    def _warn(self) -> None:
        for key in self._stack.settings.empty_keys:
            self._reporter.diagnostic(
                "warning",
                f'No value for configuration key "{key}". This is treated as an empty string `""`.\n'
                'Set the value to `""` to avoid this warning.',
            )
        if self._checkpoint.pending and not self._request.dry_run:
            listed = "\n".join(
                f"  * {state.urn}, interrupted while {type_}" for state, type_ in self._checkpoint.pending
            )
            self._reporter.diagnostic(
                "warning",
                "Attempting to deploy or update resources with pending operations from a previous deployment.\n"
                f"{listed}\nThese resources are in an unknown state because the engine was interrupted while waiting "
                "for changes to these resources to complete. Compare them with what is really there; `refresh` settles "
                "all but interrupted creations, which only a person can tell.",
            )

    def _result(self) -> str:
        progress = self._deployment.progress
        if progress.cancelled.is_set():
            return "canceled"
        return "failed" if progress.failed.is_set() else "succeeded"

    def _outputs(self) -> Properties:
        made = next((s for s in self._deployment.news.values() if s.type == STACK_TYPE), None)
        stack = made or self._checkpoint.stack_resource
        gone = self._request.command is Command.DESTROY and not self._request.dry_run
        return {} if stack is None or gone else stack.outputs

    def _cancel(self) -> None:
        progress = self._deployment.progress
        self._reporter.diagnostic(
            "error",
            "cancelled: waiting for the operations under way to end, so that the state says what there is; "
            "interrupt again to end them at once, and leave them in the state as pending",
        )
        progress.cancelled.set()
        progress.stopping.set()

    def _terminate(self) -> None:
        self._deployment.progress.terminated.set()
        threading.Thread(target=self._deployment.registry.interrupt, daemon=True).start()
