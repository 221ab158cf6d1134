"""The keeper: a process that starts the redis-servers, so that none of them outlives the cloud.

Each server asks the kernel to be killed when its parent ends (PR_SET_PDEATHSIG). The kernel means the parent *thread*,
and the request is made between fork and exec: the cloud, which has many threads and forks from any of them, can do
neither safely. The keeper has a single thread and little memory, so it can. It ends when the socket to the cloud is
closed, which the kernel does however the cloud dies; and if the keeper itself is killed, the kernel kills its servers.
It also holds the cloud's claim on its addresses until the last server has let go of them.

Lines of JSON over the socket: ``{"id", "start": {"argv", "cwd", "log"}}`` is answered with ``{"id", "pid"}`` or
``{"id", "error"}``; ``{"kill": pid}`` is not answered; ``{"exited": pid, "status": N}`` tells of a server's end.
"""

import ctypes
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class Keeper:
    """Starts servers on request and tells of their end, until its socket is closed."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._servers: dict[int, subprocess.Popen[bytes]] = {}
        self._wake, wake_sender = socket.socketpair()
        wake_sender.setblocking(False)
        self._wake_sender = wake_sender
        signal.set_wakeup_fd(wake_sender.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # the wake-up byte says it
        for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(ignored, signal.SIG_IGN)  # the cloud decides when it is over

    def run(self) -> None:
        """Serve until the cloud is gone, then kill every server and wait for it."""
        selector = selectors.DefaultSelector()
        selector.register(self._channel, selectors.EVENT_READ)
        selector.register(self._wake, selectors.EVENT_READ)
        received = b""
        try:
            while True:
                for key, _ in selector.select():
                    if key.fileobj is self._wake:
                        self._wake.recv(4096)
                        self._report_ends()
                        continue
                    data = self._channel.recv(65536)
                    if not data:
                        return
                    *lines, received = (received + data).split(b"\n")
                    for line in lines:
                        self._handle(json.loads(line))
        except ConnectionError:
            return
        finally:
            for server in self._servers.values():
                server.kill()
            for server in self._servers.values():
                server.wait()

    def _handle(self, request: dict[str, Any]) -> None:
        if "kill" in request:
            server = self._servers.get(request["kill"])
            if server is not None:
                server.kill()
            return
        try:
            server = _start(**request["start"])
        except (OSError, subprocess.SubprocessError) as error:
            self._send({"id": request["id"], "error": str(error)})
            return
        self._servers[server.pid] = server
        self._send({"id": request["id"], "pid": server.pid})

    def _report_ends(self) -> None:
        for pid, server in list(self._servers.items()):
            status = server.poll()
            if status is not None:
                del self._servers[pid]
                self._send({"exited": pid, "status": status})

    def _send(self, message: dict[str, Any]) -> None:
        self._channel.sendall(json.dumps(message).encode() + b"\n")


def _start(argv: list[str], cwd: str, log: str) -> subprocess.Popen[bytes]:
    with Path(log).open("ab") as output:
        return subprocess.Popen(
            argv,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            preexec_fn=_die_with_parent(os.getpid()),
            start_new_session=True,
        )


def _die_with_parent(parent: int) -> Any:
    def ask_kernel() -> None:
        # A child forked from a process that ignores a signal ignores it too, and Redis would miss its own.
        for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(ignored, signal.SIG_DFL)
        if _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
        if os.getppid() != parent:  # it died before the kernel knew
            os.kill(os.getpid(), signal.SIGKILL)

    return ask_kernel


if __name__ == "__main__":
    Keeper(socket.socket(fileno=int(sys.argv[1]))).run()
