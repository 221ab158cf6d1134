"""One operation at a time per stack: a lock file per process, as the real engine's `file://` backend keeps them."""

from __future__ import annotations

import getpass
import json
import os
import socket
import uuid
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from local.engine.errors import EngineError
from local.engine.state.resource import timestamp

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


class Lock:
    """A stack's lock, held in a `with` block.

    A lock of this engine whose process has died on this very machine is set aside: after a kill -9 the next operation
    goes on. Any other lock stays until its process ends, or a person says `cancel`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own = folder / f"{uuid.uuid4()}.json"

    def __enter__(self) -> Lock:
        self._refuse_others()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._own.write_text(json.dumps(_description()), encoding="utf-8")
        try:
            self._refuse_others()  # two may have looked at the same time
        except EngineError:
            self._own.unlink(missing_ok=True)
            raise
        return self

    def __exit__(self, _type: type[BaseException] | None, _e: BaseException | None, _tb: TracebackType | None) -> None:
        self._own.unlink(missing_ok=True)

    def remove_all(self) -> int:
        """Remove every lock of the stack, whoever holds it; returns how many there were."""
        files = list(self._folder.glob("*.json"))
        for file in files:
            file.unlink(missing_ok=True)
        return len(files)

    def _refuse_others(self) -> None:
        others = [(file, lock) for file in self._folder.glob("*.json") if file != self._own and (lock := _read(file))]
        held = []
        for file, lock in others:
            if _holder_is_gone(lock):
                file.unlink(missing_ok=True)
            else:
                held.append(
                    f"\n  {file}: created by {lock.get('username')}@{lock.get('hostname')} "
                    f"(pid {lock.get('pid')}) at {lock.get('timestamp')}"
                )
        if held:
            raise EngineError(
                f"the stack is currently locked by {len(held)} lock(s). Either wait for the other process(es) to end "
                f"or delete the lock file with `pulumi cancel`.{''.join(held)}"
            )


def _read(file: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        content = {}
    return content if isinstance(content, dict) else {}


def _description() -> dict[str, Any]:
    return {
        "pid": os.getpid(),
        "username": getpass.getuser(),
        "hostname": socket.gethostname(),
        "timestamp": timestamp(),
        # What the real engine does not write: enough to know later that the holder is gone.
        "boot": _boot(),
        "started": _start_time(os.getpid()),
    }


def _holder_is_gone(lock: dict[str, Any]) -> bool:
    """Whether the lock is of this engine, of this machine since its last start, and its process is no more."""
    if not lock.get("started") or lock.get("hostname") != socket.gethostname() or lock.get("boot") != _boot():
        return False
    return bool(_start_time(int(lock.get("pid", 0))) != lock["started"])


def _boot() -> str:
    return _BOOT_ID.read_text().strip() if _BOOT_ID.exists() else ""


def _start_time(pid: int) -> str:
    """When a process began, in the kernel's own clock; empty if there is none. A pid alone may have a new owner."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]
