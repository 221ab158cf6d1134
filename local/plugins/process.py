"""The plugin as a process: says its port, serves, and ends with the engine that started it."""

from __future__ import annotations

import os
import signal
import sys
from concurrent import futures
from typing import Any, Final

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from local.plugins.provider import Provider
from local.plugins.schema import Package

_MESSAGE_LIMIT: Final = 400 * 1024 * 1024
"""Bytes of one gRPC message, as in Pulumi's own plugins."""
_THREADS: Final = 64
"""Requests at once; most of them wait for a cloud, and an engine sends as many as its --parallel says."""
_ENDINGS: Final = frozenset({signal.SIGINT, signal.SIGTERM})
_PARENT_POLL: Final = 0.5
"""Seconds between two looks at whether the engine is still there."""
_GRACE: Final = 2.0
"""Seconds that requests under way have to end once the plugin is told to stop."""


def serve(package: Package[Any]) -> None:
    """Serve the package until a signal, or until the process that started this one is gone.

    The port is the first line on standard output; anything printed later goes to standard error, where engines take
    it for a log.
    """
    # Blocked, in this thread and in all that it starts, so that they can be waited for: a handler would run anywhere.
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDINGS)
    for number in _ENDINGS:
        signal.signal(number, signal.SIG_DFL)  # the background jobs of a shell inherit SIGINT as ignored
    provider = Provider(package)
    options = [("grpc.max_receive_message_length", _MESSAGE_LIMIT), ("grpc.max_send_message_length", _MESSAGE_LIMIT)]
    server = grpc.server(futures.ThreadPoolExecutor(_THREADS), options=options)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    parent = os.getppid()
    server.start()
    print(port, flush=True)
    sys.stdout = sys.stderr
    while signal.sigtimedwait(_ENDINGS, _PARENT_POLL) is None and os.getppid() == parent:
        pass
    provider.cancelled.set()
    server.stop(_GRACE).wait()
