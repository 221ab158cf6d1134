"""The event log: every event as a line of JSON, in the real engine's shapes."""

from __future__ import annotations

import json
import time
from typing import TextIO

from local.engine.events.apitype import engine_event
from local.engine.events.masking import Masker
from local.engine.events.model import Event


class EventLog:
    """Writes each event at once, for whoever follows the file."""

    def __init__(self, file: TextIO, masker: Masker) -> None:
        self._file, self._masker = file, masker
        self._sequence = 0

    def __call__(self, event: Event) -> None:
        """Write an event."""
        stamped = {"sequence": self._sequence, "timestamp": int(time.time()), **engine_event(event, self._masker)}
        self._sequence += 1
        print(json.dumps(stamped, ensure_ascii=False, separators=(",", ":")), file=self._file, flush=True)
