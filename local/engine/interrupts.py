"""Ctrl-C: once to end in order, twice to end at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def interrupts(first: Callable[[], None], second: Callable[[], None]) -> Iterator[None]:
    """Within the block an interruption calls `first`, another one `second`, from a thread of their own.

    Handlers are set even where a signal was inherited as ignored, as background jobs of a shell inherit SIGINT. Outside
    the main thread, where Python allows no handlers, nothing is done.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reading, writing = os.pipe()

    def watch() -> None:
        for action in (first, second):
            if not os.read(reading, 1):
                return
            action()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number in _SIGNALS:  # a handler may run in the middle of anything: all it may do is write to a pipe
        signal.signal(number, lambda *_: _write(writing))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(writing)
        watcher.join()
        os.close(reading)


def _write(pipe: int) -> None:
    os.write(pipe, b"!")
