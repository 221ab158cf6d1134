"""A process that ends the engine's children when the engine is gone, even by kill -9.

It is run as a script, with nothing but the standard library. Its input is a pipe whose other end only the engine has:
lines `+<group>` and `-<group>` name process groups to watch and to forget; at the end of the pipe it kills the rest.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys


def main() -> None:
    """Watch until the pipe ends."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        (groups.add if line.startswith("+") else groups.discard)(int(line[1:]))
    for group in groups:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
