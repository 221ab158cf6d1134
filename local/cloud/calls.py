"""The log of calls: what was asked of which service and how it ended, with everything secret as a hash."""

import json
import threading
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.cloud.nodes.tokens import digest

_KEPT = 10_000
_SECRET = frozenset(
    {
        "AuthToken",
        "SecretString",
        "SecretBinary",
        "Plaintext",
        "Password",
        "NewPassword",
        "OldPassword",
        "Passwords",
        "Message",
        "logEvents",
    }
)


class CallLog:
    """In the order of the answers: all in a file of JSON lines, the latest in memory for ``GET /_local/calls``."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._calls: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        file.write_bytes(b"")

    def record(
        self, *, service: str, region: str, operation: str, parameters: Any, status: int, error: str | None
    ) -> None:
        """Note a call that has been answered; ``status`` 0 means that the connection was dropped instead."""
        call = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "service": service,
            "region": region,
            "operation": operation,
            "parameters": redacted(parameters),
            "status": status,
            "error": error,
        }
        with self._lock:
            self._calls.append(call)
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(call, default=str) + "\n")

    def all(self) -> list[dict[str, Any]]:
        """The latest calls."""
        with self._lock:
            return list(self._calls)


def redacted(value: Any, name: str = "") -> Any:
    """The same parameters with ``sha256:...`` in place of every secret, however deep."""
    if name.split(".", 1)[0] in _SECRET:
        text = value if isinstance(value, str | bytes) else json.dumps(value, sort_keys=True, default=str)
        return f"sha256:{digest(text)}"
    if isinstance(value, dict):
        return {key: redacted(item, str(key)) for key, item in value.items()}
    if isinstance(value, list):
        return [redacted(item) for item in value]
    return value
