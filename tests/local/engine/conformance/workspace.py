"""One stack of one engine in a folder of its own: runs commands and tells what was seen, raw."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copyfile, copytree, rmtree
from typing import Any

from tests.local.engine.conformance import checkpoint, engines
from tests.local.engine.conformance.scenario import Command, Scenario, Step
from tests.local.engine.conformance.toy.cloud import Cloud
from tests.local.engine.conformance.toy.control import Control, control, write_plugin

Json = dict[str, Any]
_PROGRAM = Path(__file__).parent / "program" / "toy.py"
_IMPORTS = """import pulumi
from pulumi import ResourceOptions as Opts
from toy import Group, Provider, Thing, Token, measure, measured
"""
_PATIENCE = 60.0
"""Seconds for one command; it takes one or two."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one command did.

    `text` is all that it printed, `state` the checkpoint and `settings` the stack's file after it, both with secrets
    opened; `in_clear` is everything that it wrote, as it wrote it.
    """

    exit: int
    text: str
    events: list[Json]
    calls: list[Json]
    state: Json
    settings: Json
    in_clear: str


@dataclass(kw_only=True)
class Workspace:
    """The folder `root` holds project, backend and logs."""

    root: Path
    cloud: Cloud
    door: Control
    _runs: int = 0
    _environment: dict[str, str] = field(default_factory=dict)

    @property
    def project(self) -> Path:
        return self.root / "project"

    @property
    def settings_path(self) -> Path:
        return self.project / f"Pulumi.{engines.STACK}.yaml"

    @property
    def state_path(self) -> Path:
        return checkpoint.path_of(self.root / "backend", engines.STACK)

    def prepare(self, settings: dict[str, object]) -> None:
        plugins = self.root / "plugins"
        for folder in (self.project, plugins, self.root / "backend"):
            folder.mkdir()
        write_plugin(plugins)
        copyfile(_PROGRAM, self.project / "toy.py")
        engines.write_project(self.project, settings)
        self._environment = engines.environment(self.root, plugins, self.door.port)

    def init(self, engine: engines.Engine) -> None:
        """Make the stack, empty."""
        code, text = self._execute(engine.init(self.project))
        assert code == 0, text

    def adopt(self, other: Path) -> None:
        """Take over the empty stack that `init` made in another workspace's folder, with its salt and its key."""
        copytree(other / "backend", self.root / "backend", dirs_exist_ok=True)
        copyfile(other / "project" / self.settings_path.name, self.settings_path)

    def run(self, engine: engines.Engine, step: Step) -> Run:
        if step.program is not None:
            (self.project / "__main__.py").write_text(_IMPORTS + step.program)
        if step.cloud is not None:
            step.cloud(self.cloud)
        if step.unlock:
            rmtree(self.root / "backend" / ".pulumi" / "locks")
        return self.command(engine, step.command, *step.arguments)

    def command(self, engine: engines.Engine, command: Command, *arguments: str) -> Run:
        self._runs += 1
        events = self.root / f"events-{self._runs}.jsonl"
        code, text = self._execute(engine.command(command, self.project, events, arguments))
        happened = events.read_text() if events.exists() else ""
        settings = self.settings_path.read_text()
        return Run(
            exit=code,
            text=text,
            events=[json.loads(line) for line in happened.splitlines()],
            calls=self.cloud.take_calls(),
            state=checkpoint.read(self.state_path),
            settings=checkpoint.open_settings(settings),
            in_clear="\n".join([text, happened, settings, self.state_path.read_text()]),
        )

    def _execute(self, command: list[str]) -> tuple[int, str]:
        """Exit code and output; to a file, because plugins inherit pipes and may live on."""
        log = self.root / f"output-{self._runs}.txt"
        with log.open("w") as output:
            process = subprocess.Popen(
                command,
                cwd=engines.REPOSITORY,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            self.cloud.kill_engine = process.kill
            code = process.wait(_PATIENCE)
        return code, log.read_text()


def end_strays(home: Path) -> None:
    """Kill what an engine that was killed left behind: the processes whose environment names this very folder."""
    mark = f"PULUMI_HOME={home / 'pulumi'}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile, or is another user's
            if mark in (process / "environ").read_bytes().split(b"\0"):
                os.kill(int(process.name), signal.SIGKILL)


@contextmanager
def workspace(root: Path, scenario: Scenario) -> Iterator[Workspace]:
    """A stack's new folder for a scenario, and the door for its plugins."""
    root.mkdir()
    cloud = Cloud()
    with control(cloud, accepts_secrets=scenario.accepts_secrets) as door:
        space = Workspace(root=root, cloud=cloud, door=door)
        space.prepare(dict(scenario.project))
        try:
            yield space
        finally:
            end_strays(root)
