"""The toy provider's cloud: what exists, which calls came, and what is to go wrong, all in the test's memory."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Properties = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What a call is answered instead of the truth.

    `message` is the error. With `exists` the resource is there all the same, which a provider tells apart as a failed
    initialisation. With `kill` nothing is answered: the engine is killed while it waits.
    """

    message: str = "the toy cloud said no"
    exists: bool = False
    kill: bool = False
    times: int = 1


@dataclass(kw_only=True)
class Cloud:
    """Resources by id, and every call in the order of its arrival."""

    things: dict[str, Properties] = field(default_factory=dict)
    calls: list[Properties] = field(default_factory=list)
    faults: dict[tuple[str, str], Fault] = field(default_factory=dict)
    kill_engine: Callable[[], None] = lambda: None
    _born: dict[str, int] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def record(self, method: str, request: Properties) -> None:
        with self._lock:
            self.calls.append({"method": method, **request})

    def take_calls(self) -> list[Properties]:
        """The calls since the last time."""
        with self._lock:
            calls, self.calls = self.calls, []
        return calls

    def fault(self, method: str, name: str) -> Fault | None:
        """The fault that is due for a call on a resource, counted down."""
        with self._lock:
            found = self.faults.get((method, name))
            if found is None:
                return None
            left = found.times - 1
            if left:
                self.faults[(method, name)] = Fault(
                    message=found.message, exists=found.exists, kill=found.kill, times=left
                )
            else:
                del self.faults[(method, name)]
            return found

    def new_id(self, name: str) -> str:
        """`a-1`, `a-2`, ...: the same in every run, so that runs can be compared."""
        with self._lock:
            self._born[name] = self._born.get(name, 0) + 1
            return f"{name}-{self._born[name]}"

    def put(self, identity: str, outputs: Properties) -> None:
        with self._lock:
            self.things[identity] = outputs

    def get(self, identity: str) -> Properties | None:
        with self._lock:
            found = self.things.get(identity)
            return None if found is None else dict(found)

    def remove(self, identity: str) -> None:
        with self._lock:
            self.things.pop(identity, None)

    def drift(self, identity: str, **changes: Any) -> None:
        """Somebody changes a resource behind the engine's back."""
        with self._lock:
            self.things[identity] = {**self.things[identity], **changes}
