"""Start a local cloud, find one that runs, talk to it, stop it. Only the standard library, so that looking is quick."""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.cloud.errors import CloudError

_RUN_FILE = "cloud.json"
_CLONE = Path(__file__).parents[2]
_ANSWER_SECONDS = 10.0
_START_SECONDS = 60.0  # a redis-server may have to be downloaded; a second otherwise
_STOP_SECONDS = 20.0
_POLL_SECONDS = 0.01
# No proxy stands between a machine and itself, whatever its environment says.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Cloud:
    """A cloud that was running when it was found."""

    root: Path
    pid: int
    endpoint: str
    ca_file: Path
    instance: str

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Change settings, by their names in Python or in JSON, and return all of them as JSON has them.

        Raises:
            CloudError: a setting does not exist or its value is not allowed, or the cloud is gone.
        """
        if not changes:
            return dict(_ask(f"{self.endpoint}/_local/settings"))
        return dict(_ask(f"{self.endpoint}/_local/settings", {_camel(name): value for name, value in changes.items()}))

    def calls(self) -> list[dict[str, Any]]:
        """The latest 10,000 calls, oldest first; secrets are hashes.

        Raises:
            CloudError: the cloud is gone.
        """
        return list(_ask(f"{self.endpoint}/_local/calls"))

    def stop(self) -> None:
        """End the cloud with all its nodes, and wait until they are gone.

        Raises:
            CloudError: it does not end, or belongs to another user.
        """
        if find(self.root) != self:
            return
        try:
            os.kill(self.pid, signal.SIGTERM)
        except ProcessLookupError:
            return
        except PermissionError as error:
            raise CloudError(f"the local cloud, process {self.pid}, belongs to another user") from error
        deadline = time.monotonic() + _STOP_SECONDS
        while _alive(self.pid):
            if time.monotonic() > deadline:
                raise CloudError(f"the local cloud does not end; type: kill -9 {self.pid}")
            time.sleep(_POLL_SECONDS)


def find(root: Path) -> Cloud | None:
    """The cloud of this root, if its process runs and answers as the instance that wrote the run file."""
    try:
        written = json.loads((root / _RUN_FILE).read_text())
        answered = _ask(f"{written['endpoint']}/_local/health")
    except (OSError, ValueError, KeyError, CloudError):
        return None
    if answered.get("instance") != written["instance"]:
        return None
    return Cloud(root, written["pid"], written["endpoint"], Path(written["caFile"]), written["instance"])


def start(
    root: Path,
    *,
    delay: float = 0.0,
    redis_server: Path | None = None,
    valkey_server: Path | None = None,
    settings: dict[str, Any] | None = None,
) -> Cloud:
    """Start a cloud in the background and wait until it is ready; one that runs at this root already is returned.

    ``delay`` is the seconds that each change of the control plane takes; further settings by their names in JSON.

    Raises:
        CloudError: it ended instead; the message is its own, its log is ``cloud.log`` in the root.
    """
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (root / "start.lock").open("w") as lock:  # whoever comes second finds the cloud of the first
        fcntl.flock(lock, fcntl.LOCK_EX)
        return find(root) or _start(root, {"delay": delay} | (settings or {}), redis_server, valkey_server)


def _start(root: Path, settings: dict[str, Any], redis_server: Path | None, valkey_server: Path | None) -> Cloud:
    (root / _RUN_FILE).unlink(missing_ok=True)
    command = [sys.executable, "-m", "local.cloud", "--root", str(root.resolve())]
    command += ["--settings", json.dumps(settings)]
    for option, path in (("--redis-server", redis_server), ("--valkey-server", valkey_server)):
        command += [option, str(path.absolute())] if path else []
    log = root / "cloud.log"
    # One heap for all threads: each of the many would keep what it has freed for itself.
    environment = {"MALLOC_ARENA_MAX": "1", **os.environ}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=_CLONE,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    deadline = time.monotonic() + _START_SECONDS
    while True:
        if (root / _RUN_FILE).exists() and (cloud := find(root)) is not None:
            return cloud
        if process.poll() is not None:
            raise CloudError(_last_words(log) or f"the local cloud ended at once, with exit code {process.returncode}")
        if time.monotonic() > deadline:
            process.kill()
            raise CloudError(f"the local cloud was not ready after {_START_SECONDS:.0f} s; see {log}")
        time.sleep(_POLL_SECONDS)


def _ask(url: str, content: Any = None) -> Any:
    """GET, or PUT where there is content."""
    data = None if content is None else json.dumps(content).encode()
    method = "GET" if data is None else "PUT"
    request = urllib.request.Request(url, data, method=method)  # noqa: S310 - the URL is our own endpoint's
    try:
        with _opener.open(request, timeout=_ANSWER_SECONDS) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        with error, contextlib.suppress(ValueError):
            raise CloudError(f"the local cloud refused this: {json.load(error)['error']}") from error
        raise CloudError(f"the local cloud answered {error.code}") from error
    except OSError as error:
        raise CloudError(f"the local cloud at {url} does not answer: {error}") from error


def _alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and whose parent has not looked yet does not."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)


def _last_words(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""
