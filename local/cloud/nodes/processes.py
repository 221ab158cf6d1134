"""The cloud's side of the keeper: start a process, kill it, be told when it ends."""

import itertools
import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from local.cloud.errors import CloudError

_ANSWER_SECONDS = 10
_END_SECONDS = 10


class Processes:
    """Processes that end with this one, whatever happens to it; see ``keeper`` for how."""

    def __init__(self, inherited: Sequence[socket.socket] = ()) -> None:
        """Start the keeper; it keeps ``inherited`` open until the last process has ended."""
        self._channel, theirs = socket.socketpair()
        passed = [theirs.fileno(), *(s.fileno() for s in inherited)]
        with theirs:
            self._keeper = subprocess.Popen(
                [sys.executable, "-m", "local.cloud.nodes.keeper", str(theirs.fileno())],
                cwd=Path(__file__).parents[3],
                stdin=subprocess.DEVNULL,
                pass_fds=passed,
                start_new_session=True,
            )
        self._numbers = itertools.count(1)
        self._answers: dict[int, Future[int]] = {}
        self._ends: dict[int, Callable[[int], None]] = {}
        self._early_ends: dict[int, int] = {}
        self._lock = threading.Lock()
        self._closing = False
        self._gone = False
        self.keeper_died: Callable[[], None] = lambda: None
        self._listener = threading.Thread(target=self._listen, name="keeper", daemon=True)
        self._listener.start()

    @property
    def keeper_pid(self) -> int:
        """The keeper's process id."""
        return self._keeper.pid

    def start(self, argv: Sequence[str], *, cwd: Path, log: Path, on_exit: Callable[[int], None]) -> int:
        """Start a process and return its id; ``on_exit`` is called with its exit status, from another thread.

        Raises:
            CloudError: it could not be started.
        """
        number, answer = next(self._numbers), Future[int]()
        with self._lock:
            self._answers[number] = answer
        self._send({"id": number, "start": {"argv": list(argv), "cwd": str(cwd), "log": str(log)}})
        pid = answer.result(_ANSWER_SECONDS)
        with self._lock:
            ended = self._early_ends.pop(pid, -signal.SIGKILL if self._gone else None)
            if ended is None:
                self._ends[pid] = on_exit
        if ended is not None:
            on_exit(ended)
        return pid

    def kill(self, pid: int) -> None:
        """Send SIGKILL, if the process is still there."""
        self._send({"kill": pid})

    def close(self) -> None:
        """Kill all processes and wait until they are gone."""
        self._closing = True
        self._channel.shutdown(socket.SHUT_WR)
        self._keeper.wait(_END_SECONDS)
        self._listener.join(_END_SECONDS)
        self._channel.close()

    def _send(self, message: dict[str, Any]) -> None:
        try:
            with self._lock:
                self._channel.sendall(json.dumps(message).encode() + b"\n")
        except OSError as error:
            raise CloudError(
                f"the process that keeps the Redis servers is gone ({error}); restart the local cloud"
            ) from error

    def _listen(self) -> None:
        with self._channel.makefile("rb") as lines:
            for line in lines:
                self._handle(json.loads(line))
        with self._lock:  # the keeper takes all with it: who waits for one of them must not go on
            self._gone = True
            ends, answers = list(self._ends.values()), list(self._answers.values())
        for on_exit in ends:
            on_exit(-signal.SIGKILL)
        for answer in answers:
            answer.set_exception(CloudError("the process that keeps the Redis servers ended; restart the local cloud"))
        if not self._closing:
            self.keeper_died()

    def _handle(self, message: dict[str, Any]) -> None:
        if "exited" in message:
            with self._lock:
                on_exit = self._ends.pop(message["exited"], None)
                if on_exit is None:
                    self._early_ends[message["exited"]] = message["status"]
            if on_exit is not None:
                on_exit(message["status"])
            return
        with self._lock:
            answer = self._answers.pop(message["id"])
        if "error" in message:
            answer.set_exception(CloudError(f"a Redis server could not be started: {message['error']}"))
        else:
            answer.set_result(message["pid"])
