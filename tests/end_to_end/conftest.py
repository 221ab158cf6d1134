"""A clone of its own for each test of the whole program."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from local.cloud import client
from local.cloud.client import Cloud
from tests import checkout


@dataclass
class Clone:
    """A checkout in which `make`'s commands and the engine's can be run."""

    path: Path
    said: list[str] = field(default_factory=list)
    """All that was printed, of both streams."""
    tokens: set[str] = field(default_factory=set)
    """Every token ever seen in force."""
    _environment: tuple[str, dict[str, str]] | None = None

    def local(self, *arguments: str, code: int = 0, env: dict[str, str] | None = None) -> str:
        """`python -m local ...`, what `make` runs."""
        return self._run([sys.executable, "-m", "local", *arguments], code, env)

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """The same, not waited for; what it says is the caller's to read."""
        return subprocess.Popen(
            [sys.executable, "-m", "local", *arguments],
            cwd=self.path,
            env={**os.environ, "ENGINE": "embedded"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def engine(self, *arguments: str, code: int = 0, stack: str = "local") -> str:
        """`python -m local.engine ...` in the environment of `make env`."""
        return self._run([sys.executable, "-m", "local.engine", *arguments, "--stack", stack], code, self.environment())

    def environment(self) -> dict[str, str]:
        """What `eval "$(make -s env)"` sets; without a cloud, what an engine needs."""
        if not (self.path / ".local" / "cloud").exists():
            backend = self.path / ".local" / "backend"
            backend.mkdir(exist_ok=True)
            return {**os.environ, "PULUMI_BACKEND_URL": backend.as_uri(), "PULUMI_CONFIG_PASSPHRASE": "of a test"}
        runs_with = (self.path / ".local" / "cloud" / "cloud.json").read_text()
        if self._environment and self._environment[0] == runs_with:
            return self._environment[1]
        script = 'eval "$("$0" -m local env)"; exec "$0" -c "import json, os; print(json.dumps(dict(os.environ)))"'
        done = subprocess.run(
            ["bash", "-c", script, sys.executable], cwd=self.path, capture_output=True, text=True, check=True
        )
        self._environment = runs_with, json.loads(done.stdout)
        return self._environment[1]

    def cloud(self) -> Cloud:
        """Its local cloud, which runs."""
        running = client.find(self.path / ".local" / "cloud")
        assert running is not None
        return running

    def status(self) -> dict[str, Any]:
        """The contract of `status --json --show-secrets`; what it tells is kept out of `said`."""
        done = subprocess.run(
            [sys.executable, "-m", "local", "status", "--json", "--show-secrets"],
            cwd=self.path,
            capture_output=True,
            text=True,
            check=True,
        )
        status: dict[str, Any] = json.loads(done.stdout)
        token = status["stack"]["outputs"].get("authToken")
        if token:
            self.tokens.add(token)
        return status

    def _run(self, argv: list[str], code: int, env: dict[str, str] | None) -> str:
        done = subprocess.run(
            argv,
            cwd=self.path,
            env={**os.environ, "ENGINE": "embedded", **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.said.append(done.stdout)
        assert done.returncode == code, f"{' '.join(argv[1:])} ended with {done.returncode}:\n{done.stdout}"
        return done.stdout


def make_clone(path: Path) -> Clone:
    """One in `path`, with the packages and the Redis of this one."""
    checkout.copy(path)
    checkout.equip(path)
    return Clone(path)


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Clone]:
    """A clone; whatever a test leaves running in it is taken down."""
    made = make_clone(tmp_path / "clone")
    yield made
    running = client.find(made.path / ".local" / "cloud")
    if running:
        running.stop()
