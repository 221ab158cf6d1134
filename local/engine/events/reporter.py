"""The one place through which an operation tells what happens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TypeAlias

from local.engine.events.masking import Masker
from local.engine.events.model import Diagnostic, Event

Listener: TypeAlias = Callable[[Event], None]


class Reporter:
    """Hands events to its listeners, one at a time and at once: states change later on.

    A listener that fails, because a terminal or a disk is gone, is heard no more: nothing that is being deployed may
    depend on who watches.
    """

    def __init__(self, listeners: Sequence[Listener], masker: Masker) -> None:
        self._listeners, self.masker = list(listeners), masker
        self._guard = threading.RLock()
        self.errors = 0

    def emit(self, event: Event) -> None:
        """Tell of an event."""
        with self._guard:
            for listener in list(self._listeners):
                try:
                    listener(event)
                except (Exception, SystemExit) as error:  # noqa: BLE001 - rich exits when a pipe is closed
                    self._listeners.remove(listener)
                    self.diagnostic("warning", f"events are no longer told to {listener!r}, which failed: {error!r}")

    def diagnostic(self, severity: str, message: str, urn: str = "", *, ephemeral: bool = False) -> None:
        """Tell a person something; secrets in it are masked."""
        if severity == "error":
            self.errors += 1
        self.emit(Diagnostic(severity, self.masker.masked(message), urn, ephemeral))
