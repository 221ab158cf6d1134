"""A stack on the toy plugin, operated on within the test's own process."""

from __future__ import annotations

import io
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from local.engine.commands.main import main
from local.engine.display.progress import Progress
from local.engine.events.log import EventLog
from local.engine.events.masking import Masker
from local.engine.events.model import Diagnostic, Event
from local.engine.events.reporter import Listener
from local.engine.operations import Command, Outcome, Request, run
from local.engine.state.passphrase import Passphrase
from tests.local.engine.conformance.toy.cloud import Cloud, Properties
from tests.local.engine.conformance.toy.control import control, write_plugin

PATIENCE = 20.0
"""Seconds until a test gives up waiting; nothing of the kind takes one."""
PASSPHRASE = "a passphrase"
_TOY = Path(__file__).parent / "conformance" / "program" / "toy.py"
_IMPORTS = """import pulumi
from pulumi import ResourceOptions as Opts
from toy import Group, Provider, Thing, Token, measured
"""


@dataclass(kw_only=True)
class Gate:
    """A call that waits to be let through."""

    reached: threading.Event = field(default_factory=threading.Event)
    open: threading.Event = field(default_factory=threading.Event)


@dataclass(kw_only=True)
class GatedCloud(Cloud):
    """The toy cloud, where a call on a resource can be held up: `gates` by method and name."""

    gates: dict[tuple[str, str], Gate] = field(default_factory=dict)

    def gate(self, method: str, name: str) -> Gate:
        return self.gates.setdefault((method, name), Gate())

    def record(self, method: str, request: Properties) -> None:
        super().record(method, request)
        gate = self.gates.get((method, str(request.get("urn", "")).rpartition("::")[2]))
        if gate is not None and not request.get("preview"):
            gate.reached.set()
            gate.open.wait(PATIENCE)


@dataclass(frozen=True, kw_only=True)
class Result:
    """What an operation did: `shown` is what a person saw, `logged` the event log."""

    outcome: Outcome
    shown: str
    logged: str
    events: list[Event]

    def messages(self, severity: str) -> list[str]:
        return [e.message for e in self.events if isinstance(e, Diagnostic) and e.severity == severity]


@dataclass(kw_only=True)
class Bench:
    """The stack `dev` of the project `bench`."""

    root: Path
    cloud: GatedCloud

    @property
    def project(self) -> Path:
        return self.root / "project"

    @property
    def state_file(self) -> Path:
        return self.root / "backend" / ".pulumi" / "stacks" / "bench" / "dev.json"

    @property
    def settings_file(self) -> Path:
        return self.project / "Pulumi.dev.yaml"

    @property
    def locks(self) -> list[Path]:
        return list((self.root / "backend" / ".pulumi" / "locks").rglob("*.json"))

    def write_project(self, **settings: Any) -> None:
        manifest = {"name": "bench", "runtime": "python", **settings}
        (self.project / "Pulumi.yaml").write_text(json.dumps(manifest))

    def write_program(self, program: str) -> None:
        (self.project / "__main__.py").write_text(_IMPORTS + program)

    def command(self, *arguments: str) -> int:
        """A command line on the stack."""
        return main([*arguments, "--stack", "dev", "--cwd", str(self.project)])

    def run(
        self,
        command: str,
        program: str | None = None,
        *,
        on_event: Callable[[Event], None] = lambda _: None,
        **options: Any,
    ) -> Result:
        """An operation; keyword arguments are those of `Request`."""
        if program is not None:
            self.write_program(program)
        masker, events = Masker(), list[Event]()
        shown, logged = io.StringIO(), io.StringIO()
        console = Console(file=shown, width=200, highlight=False)
        request = Request(**{"command": Command(command), "stack": "dev", "folder": self.project, **options})
        with Progress(console, masker, f"{command}:") as progress:
            listeners: list[Listener] = [progress, EventLog(logged, masker), events.append, on_event]
            outcome = run(request, listeners, masker)
        return Result(outcome=outcome, shown=shown.getvalue(), logged=logged.getvalue(), events=events)

    def state(self) -> Any:
        """What the checkpoint holds."""
        return json.loads(self.state_file.read_text())["checkpoint"]["latest"]

    def names(self) -> list[str]:
        """The names of the resources that the checkpoint holds, the engine's own providers left out."""
        names = [resource["urn"].split("::")[-1] for resource in self.state().get("resources", [])]
        return [name for name in names if name != "default" and name != "bench-dev"]

    def pending(self) -> list[tuple[str, str]]:
        """The operations that the checkpoint says are under way."""
        operations = self.state().get("pending_operations", [])
        return [(operation["type"], operation["resource"]["urn"].split("::")[-1]) for operation in operations]


@cache
def _salt() -> str:
    """One salt for all tests of a process: the engine derives its key, which takes its time, only once."""
    return Passphrase.create(PASSPHRASE).state


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A new, empty stack, and the toy plugin for it."""
    with _bench(tmp_path, monkeypatch) as made:
        yield made


@contextmanager
def _bench(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    for name in [name for name in os.environ if name.startswith("PULUMI_")]:
        monkeypatch.delenv(name)
    plugins = root / "plugins"
    for folder in (plugins, root / "backend", root / "project"):
        folder.mkdir()
    write_plugin(plugins)
    (root / "project" / "toy.py").write_text(_TOY.read_text())
    monkeypatch.setenv("PATH", f"{plugins}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{root / 'backend'}")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", PASSPHRASE)
    # Programs change within a second and to the same size, which is how stale bytecode would be told.
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    cloud = GatedCloud()
    with control(cloud, accepts_secrets=True) as door:
        monkeypatch.setenv("TOY_CONTROL", str(door.port))
        made = Bench(root=root, cloud=cloud)
        made.write_project()
        made.write_program("")
        made.settings_file.write_text(f"encryptionsalt: {_salt()}\n")
        assert made.command("init") == 0
        yield made
        for gate in cloud.gates.values():
            gate.open.set()
        assert door.plugins_ended(within=PATIENCE), "a plugin outlived its operation"
