"""Child processes of the engine: the program and the plugins, each in a group of its own, none outliving the engine."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Final, TypeAlias

LineHandler: TypeAlias = Callable[[str, str], None]
"""Takes `stdout` or `stderr`, and one line that the process printed there."""

_KEEPER: Final = Path(__file__).with_name("keeper.py")


class Processes:
    """Starts children and sees to their end; to be closed."""

    def __init__(self) -> None:
        self._keeper: subprocess.Popen[str] | None = None
        self._guard = threading.Lock()

    def start(
        self, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, on_line: LineHandler, first_line: bool = False
    ) -> Child:
        """Start a process. With `first_line`, its first line on stdout goes to `Child.first_line`, not to `on_line`."""
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            cwd=cwd,
            env=dict(env),
            start_new_session=True,  # Ctrl-C is the engine's to hand on
        )
        self._tell_keeper(f"+{process.pid}")
        return Child(process, on_line, first_line=first_line, forget=lambda: self._tell_keeper(f"-{process.pid}"))

    def _tell_keeper(self, line: str) -> None:
        with self._guard:
            if self._keeper is None:
                self._keeper = subprocess.Popen(
                    [sys.executable, "-I", "-S", str(_KEEPER)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    text=True,
                    start_new_session=True,
                )
            with contextlib.suppress(BrokenPipeError):
                assert self._keeper.stdin is not None
                print(line, file=self._keeper.stdin, flush=True)

    def close(self) -> None:
        """Let the keeper go; every child has been ended before."""
        with self._guard:
            if self._keeper is not None and self._keeper.stdin is not None:
                with contextlib.suppress(BrokenPipeError):
                    self._keeper.stdin.close()
                self._keeper.wait()


class Child:
    """A running process, its lines being handed on as they come."""

    def __init__(
        self, process: subprocess.Popen[str], on_line: LineHandler, *, first_line: bool, forget: Callable[[], None]
    ) -> None:
        self._process, self._on_line, self._forget = process, on_line, forget
        self._killed = False
        self._first_line = ""
        self._first_line_seen = threading.Event()
        assert process.stdout is not None
        assert process.stderr is not None
        self._readers = [
            threading.Thread(target=self._read, args=("stdout", process.stdout, first_line), daemon=True),
            threading.Thread(target=self._read, args=("stderr", process.stderr, False), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, stream: str, pipe: IO[str], take_first: bool) -> None:
        with pipe:
            if take_first:
                self._first_line = pipe.readline().strip()
                self._first_line_seen.set()
            for line in pipe:
                self._on_line(stream, line.rstrip("\n"))

    def first_line(self, timeout: float) -> str:
        """The first line on stdout: empty if the process ended without one, or within `timeout` seconds wrote none."""
        self._first_line_seen.wait(timeout)
        return self._first_line

    @property
    def exit_code(self) -> int | None:
        """The exit code, or None while the process runs."""
        return self._process.poll()

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait for the end and for the last line; None if `timeout` seconds were not enough."""
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        for reader in self._readers:
            reader.join(1)  # a grandchild may hold the pipe open
        return code

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the whole group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def kill(self) -> None:
        """End the whole group at once, whatever is left of it; to be called once a child is no longer wanted."""
        if not self._killed:
            self._killed = True  # the number may have a new owner after this
            self.signal(signal.SIGKILL)
            self.wait()
            self._forget()
