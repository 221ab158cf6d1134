"""The two engines that can run the local stack, `pulumi` and ours, behind the few commands that are needed here."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from local.workspace import BACKEND, ROOT, STACK, STATE

_CHOICE: Final = STATE / "engine"
NAMES: Final = ("pulumi", "embedded")


class EngineError(RuntimeError):
    """The engine could not be chosen."""


class EngineFailed(RuntimeError):
    """What the engine was asked for failed; it has said why itself."""


@dataclass(frozen=True)
class Engine:
    """One engine and the environment that it runs in."""

    name: str
    env: dict[str, str]

    def ensure_stack(self) -> None:
        """Make the stack where it is not there yet."""
        BACKEND.mkdir(parents=True, exist_ok=True)
        if not self._checkpoint.exists():
            self._run("stack", "init", STACK, quiet=True)

    def deployed(self) -> bool:
        """Whether the stack has resources."""
        if not self._checkpoint.exists():
            return False
        latest = json.loads(self._checkpoint.read_text())["checkpoint"].get("latest") or {}
        return bool(latest.get("resources"))

    def release_dead_locks(self) -> None:
        """Remove locks of processes of this machine that were killed: the next run goes on from where they were."""
        for lock in (BACKEND / ".pulumi" / "locks").rglob("*.json"):
            holder = json.loads(lock.read_text())
            if holder["hostname"] == socket.gethostname() and not _runs(holder["pid"]):
                lock.unlink(missing_ok=True)

    def set_config(self, key: str, value: str) -> None:
        """One value of the stack's configuration."""
        self._run("config", "set", key, value, "--stack", STACK, quiet=True)

    def up(self, *, refresh: bool) -> None:
        """Deploy, showing the engine's own progress. With `refresh`, look first at what is really there."""
        self.release_dead_locks()
        options = ["--refresh"] if refresh else []
        self._run("up", "--yes", "--skip-preview", "--stack", STACK, *options)

    def destroy(self) -> None:
        """Destroy every resource."""
        self.release_dead_locks()
        self._run("destroy", "--yes", "--skip-preview", "--stack", STACK)

    def outputs(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """The stack's outputs; secrets are `"[secret]"` unless asked for."""
        if not self.deployed():
            return {}
        secrets = ["--show-secrets"] if show_secrets else []
        text = self._run("stack", "output", "--json", "--stack", STACK, *secrets, quiet=True)
        outputs: dict[str, Any] = json.loads(text)
        return outputs

    @property
    def _checkpoint(self) -> Path:
        return BACKEND / ".pulumi" / "stacks" / "redis-auth-token" / f"{STACK}.json"

    def _run(self, *arguments: str, quiet: bool = False) -> str:
        command = ["pulumi"] if self.name == "pulumi" else [sys.executable, "-m", "local.engine"]
        argv = [*command, *arguments, "--non-interactive"]
        out = subprocess.PIPE if quiet else None
        with subprocess.Popen(argv, cwd=ROOT, env={**os.environ, **self.env}, stdout=out, text=True) as process:
            while True:
                try:
                    said, _ = process.communicate()
                    break
                except KeyboardInterrupt:  # the engine got it too: it ends in order, and a second one ends it at once
                    continue
        if process.returncode:
            raise EngineFailed
        return said or ""


def _runs(pid: int) -> bool:
    """Whether the process has not ended: one whose parent was killed too may wait for ever to be reaped."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def choose(env: dict[str, str]) -> Engine:
    """The engine that the stack was made with; for a new stack ENGINE, else `pulumi` where it is on PATH, else ours."""
    made_with = _CHOICE.read_text() if _CHOICE.exists() else ""
    asked = os.environ.get("ENGINE", "")
    if asked and asked not in NAMES:
        raise EngineError(f"ENGINE is {asked!r}; it can be {' or '.join(NAMES)}")
    if asked and made_with and asked != made_with:
        raise EngineError(f"the local stack was made with ENGINE={made_with}; run `make down` before ENGINE={asked}")
    name = made_with or asked or ("pulumi" if shutil.which("pulumi") else "embedded")
    if name == "pulumi" and not shutil.which("pulumi"):
        raise EngineError("`pulumi` is not on PATH; install it, or use ENGINE=embedded on a new stack")
    return Engine(name, env)


def remember(engine: Engine) -> None:
    """Keep the choice until `make down`."""
    _CHOICE.write_text(engine.name)
