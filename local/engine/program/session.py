"""One run of the program against a deployment."""

from __future__ import annotations

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import grpc
from pulumi.runtime.proto import engine_pb2_grpc, resource_pb2_grpc

from local.engine.deployment.context import Deployment
from local.engine.deployment.executor import Executor
from local.engine.deployment.registrations import Registrations
from local.engine.events.reporter import Reporter
from local.engine.program.log_service import LogService
from local.engine.program.monitor import Monitor
from local.engine.program.run_program import TOLD
from local.engine.project.manifest import Project
from local.engine.project.stack import ORGANIZATION, Configuration
from local.engine.providers.plugin import CHANNEL_OPTIONS
from local.engine.providers.processes import Child, Processes

_SCRIPT: Final = Path(__file__).with_name("run_program.py")
_POLL: Final = 0.02
_LAST_WORDS: Final = 30.0
"""Seconds that a program has to end once its monitor is gone."""


class EngineServer:
    """The gRPC server of one operation; the log service is there from the start, a monitor once a program runs."""

    def __init__(self, reporter: Reporter, parallel: int) -> None:
        # A registration holds its thread until it is done, and a program may have many of them waiting.
        self._server = grpc.server(ThreadPoolExecutor(parallel * 4 + 64), options=CHANNEL_OPTIONS)
        port = self._server.add_insecure_port("127.0.0.1:0")
        self.address = f"127.0.0.1:{port}"
        engine_pb2_grpc.add_EngineServicer_to_server(LogService(reporter), self._server)

    def start(self, monitor: Monitor | None) -> None:
        """Serve; gRPC takes no further service after this."""
        if monitor is not None:
            resource_pb2_grpc.add_ResourceMonitorServicer_to_server(monitor, self._server)
        self._server.start()

    def stop(self) -> None:
        """Serve no longer."""
        self._server.stop(grace=None)


class ProgramSession:
    """Runs the program, and with it the deployment, to the end."""

    def __init__(
        self, project: Project, configuration: Configuration, deployment: Deployment, executor: Executor
    ) -> None:
        self._project, self._configuration = project, configuration
        self._deployment, self._executor = deployment, executor

    def run(self, server: EngineServer, monitor: Monitor, registrations: Registrations, processes: Processes) -> None:
        """Start the program, wait for it, finish the deployment; the outcome is in the deployment's progress."""
        program = self._start(server, processes)
        progress = self._deployment.progress
        while not (monitor.program_done.wait(_POLL) or program.exit_code is not None or progress.stopping.is_set()):
            pass
        complete = monitor.program_done.is_set() and not progress.stopping.is_set()
        if not complete:
            progress.stopping.set()
            self._end(program, monitor)
        registrations.finish(complete=complete)
        monitor.release.set()
        self._note_exit(program.wait(_LAST_WORDS) or 0)
        program.kill()

    def _start(self, server: EngineServer, processes: Processes) -> Child:
        d = self._deployment
        arguments = {
            "monitor": server.address,
            "engine": server.address,
            "project": d.project,
            "root_directory": str(self._project.root),
            "stack": d.stack,
            "pwd": str(self._project.program),
            "dry_run": str(d.preview).lower(),
            "parallel": str(d.parallel),
            "organization": ORGANIZATION,
        }
        options = [part for name, value in arguments.items() for part in (f"--{name}", value)]
        return processes.start(
            [str(self._project.python), "-u", "-P", str(_SCRIPT), *options, "."],
            env={
                **os.environ,
                "PULUMI_CONFIG": json.dumps(self._configuration.texts),
                "PULUMI_CONFIG_SECRET_KEYS": json.dumps(self._configuration.secret_keys),
            },
            cwd=self._project.program,
            on_line=lambda stream, line: d.reporter.diagnostic("info" if stream == "stdout" else "info#err", line),
        )

    def _end(self, program: Child, monitor: Monitor) -> None:
        """Let what is under way end, then the program, which finds its monitor gone."""
        while self._executor.busy:
            time.sleep(_POLL)
        monitor.release.set()
        self._note_exit(program.wait(_LAST_WORDS) or 0)
        program.kill()

    def _note_exit(self, code: int) -> None:
        """Take a program's failure for the deployment's; say so if neither it nor the engine has."""
        progress = self._deployment.progress
        if not code or progress.failed.is_set() or progress.cancelled.is_set():
            return
        progress.bail()
        if code != TOLD and not self._deployment.reporter.errors:
            self._deployment.reporter.diagnostic("error", f"Program exited with non-zero exit code: {code}")
