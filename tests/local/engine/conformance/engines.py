"""The two engines, as command lines over the same stack files and the same backend."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.local.engine.conformance.scenario import Command

REPOSITORY = Path(__file__).parents[4]
STACK = "dev"


class Engine(Protocol):
    """How an engine is called; `name` tells them apart in test ids and messages."""

    @property
    def name(self) -> str: ...

    def init(self, project: Path) -> list[str]: ...

    def command(self, command: Command, project: Path, events: Path, arguments: tuple[str, ...]) -> list[str]: ...


@dataclass(frozen=True)
class Embedded:
    """`python -m local.engine`, started in the repository."""

    name: str = "embedded"

    def init(self, project: Path) -> list[str]:
        return [*self._call("init"), *self._stack(project)]

    def command(self, command: Command, project: Path, events: Path, arguments: tuple[str, ...]) -> list[str]:
        if command in ("config", "output"):
            return [*self._call(command), *self._stack(project), *arguments]
        return [*self._call(command), *self._stack(project), "--event-log", str(events), *arguments]

    @staticmethod
    def _call(command: str) -> list[str]:
        return [sys.executable, "-m", "local.engine", command]

    @staticmethod
    def _stack(project: Path) -> list[str]:
        return ["--stack", STACK, "--cwd", str(project)]


@dataclass(frozen=True)
class Real:
    """The `pulumi` command that is on PATH."""

    name: str = "pulumi"

    def init(self, project: Path) -> list[str]:
        return ["pulumi", "stack", "init", STACK, "--cwd", str(project), "--non-interactive"]

    def command(self, command: Command, project: Path, events: Path, arguments: tuple[str, ...]) -> list[str]:
        on_stack = ["--stack", STACK, "--cwd", str(project), "--non-interactive"]
        match command:
            case "config":
                return ["pulumi", "config", *arguments, *on_stack]
            case "output":
                return ["pulumi", "stack", "output", *arguments, *on_stack]
            case "preview":
                return ["pulumi", "preview", *on_stack, "--event-log", str(events), *arguments]
        return ["pulumi", command, "--yes", "--skip-preview", *on_stack, "--event-log", str(events), *arguments]


def real_version() -> str | None:
    """The version of the `pulumi` on PATH, or None where there is none."""
    found = shutil.which("pulumi")
    if found is None:
        return None
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    done = subprocess.run([found, "version"], capture_output=True, text=True, check=True, env=environment)
    return done.stdout.strip().removeprefix("v")


def sdk_version() -> str:
    """The version of the Python SDK, which decides what an engine is asked."""
    from importlib.metadata import version

    return version("pulumi")


def environment(home: Path, plugins: Path, control_port: int) -> dict[str, str]:
    """What both engines run with: nothing of the machine's own Pulumi, and no network."""
    path = os.pathsep.join([str(plugins), str(Path(sys.executable).parent), os.environ["PATH"]])
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PULUMI_")}
    return {
        **inherited,
        "PATH": path,
        "PULUMI_HOME": str(home / "pulumi"),
        "PULUMI_BACKEND_URL": f"file://{home / 'backend'}",
        "PULUMI_CONFIG_PASSPHRASE": "conformance",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_DEBUG_COMMANDS": "true",  # without it the real engine has no --event-log
        # Programs change within a second and to the same size, which is how stale bytecode would be told.
        "PYTHONDONTWRITEBYTECODE": "1",
        "TOY_CONTROL": str(control_port),
    }


def write_project(project: Path, settings: dict[str, object]) -> None:
    """Pulumi.yaml, as JSON, which is YAML."""
    (project / "Pulumi.yaml").write_text(json.dumps({"name": "conformance", "runtime": "python", **settings}))
