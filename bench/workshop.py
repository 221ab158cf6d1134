"""A temporary directory to measure in, of which nothing is left: no file, and no process that was at work there."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.figures import NotMeasured
from bench.processes import end_all_in
from tests import checkout

_FATAL = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_FOREIGN = ("AWS_", "MAKE", "MFLAGS", "PULUMI_", "PYTHON", "VIRTUAL_ENV")
_LAST_LINES = 5


@dataclass(frozen=True)
class Clone:
    """A checkout in which a person could type `make up`."""

    path: Path

    def make(self, target: str, **env: str) -> float:
        """Seconds that `make TARGET` takes.

        Raises:
            NotMeasured: it failed.
        """
        return timed(["make", target], cwd=self.path, env=env)

    def status(self) -> dict[str, Any]:
        """What runs in it, for scripts.

        Raises:
            NotMeasured: it cannot be had.
        """
        status: dict[str, Any] = json.loads(_said([sys.executable, "-m", "local", "status", "--json"], self.path, {}))
        return status


@contextmanager
def workshop() -> Iterator[Path]:
    """The directory. However the work ends, it is cleaned up; an interruption meanwhile waits until that is done."""
    directory = Path(tempfile.mkdtemp(prefix="bench-")).resolve()
    try:
        yield directory
    finally:
        with _undisturbed():
            end_all_in(directory)
            shutil.rmtree(directory)


def heed_signals() -> None:
    """Let what ends this process unwind it."""
    for number in _FATAL:
        signal.signal(number, lambda number, _: sys.exit(128 + number))


@contextmanager
def _undisturbed() -> Iterator[None]:
    """What ends this process waits until the block is over. A mask would not do: other threads have their own."""
    came: list[int] = []
    before = {number: signal.signal(number, lambda number, _: came.append(number)) for number in _FATAL}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            sys.exit(128 + came[0])


def clone(path: Path, *, warm: bool) -> Clone:
    """The files that git tracks or would track. A warm one has this clone's packages and Redis, a cold one has nothing.

    Raises:
        NotMeasured: this is no git checkout.
    """
    try:
        checkout.copy(path)
    except subprocess.CalledProcessError as error:
        raise NotMeasured(f"a clone is made from what git lists: {error.stderr.strip()}") from error
    if warm:
        checkout.equip(path)
    return Clone(path)


def timed(argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], typed: str = "") -> float:
    """Seconds that a command takes, with `typed` on its standard input.

    Raises:
        NotMeasured: it failed.
    """
    began = time.perf_counter()
    _said(argv, cwd, env, typed)
    return time.perf_counter() - began


def _said(argv: Sequence[str], cwd: Path, env: Mapping[str, str], typed: str = "") -> str:
    """What a command prints."""
    pipe = subprocess.PIPE
    done = subprocess.run(
        argv, cwd=cwd, env={**_environment(), **env}, input=typed, stdout=pipe, stderr=pipe, text=True, check=False
    )
    if done.returncode:
        last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-_LAST_LINES:])
        raise NotMeasured(f"`{' '.join(argv)}` ended with exit code {done.returncode}:\n{last}")
    return done.stdout


def _environment() -> dict[str, str]:
    """That of a person in a fresh shell: without what `make` tells its children, or `make env` this shell."""
    return {key: value for key, value in os.environ.items() if not key.startswith(_FOREIGN)}
