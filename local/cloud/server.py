"""A cloud's process, from its start to its end."""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.cloud.calls import CallLog
from local.cloud.elasticache.api import ElastiCache
from local.cloud.elasticache.changes import Changes
from local.cloud.elasticache.context import Services
from local.cloud.elasticache.slow_log import SlowLogs
from local.cloud.elasticache.state import State
from local.cloud.errors import CloudError
from local.cloud.gateway import Gateway
from local.cloud.http import listen
from local.cloud.moto_services import MotoServices
from local.cloud.nodes.addresses import claim_network
from local.cloud.nodes.certificates import Authority
from local.cloud.nodes.plant import Plant
from local.cloud.nodes.processes import Processes
from local.cloud.nodes.relay import Relay
from local.cloud.settings import LiveSettings, Settings

RUN_FILE = "cloud.json"


@dataclass(frozen=True)
class Options:
    """How a cloud is started. ``binaries`` maps engines to the programs that serve them."""

    root: Path
    binaries: dict[str, Path]
    settings: Settings


def run(options: Options) -> None:
    """Be a cloud until SIGTERM or SIGINT, or until the keeper of the nodes is gone.

    Raises:
        CloudError: it cannot start, with what is in the way.
    """
    options.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (options.root / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CloudError(f"a local cloud runs in {options.root} already") from error
        with _told_to_end() as (over, end), _cloud(options, end):
            over.recv(1)


@contextmanager
def _told_to_end() -> Iterator[tuple[socket.socket, Callable[[], None]]]:
    """A socket that can be read once it is over, and what says so; SIGTERM and SIGINT do, too.

    Not an Event: a signal that comes while other threads keep the main one from its `wait` would not end that.
    """
    over, sender = socket.socketpair()
    with over, sender:
        sender.setblocking(False)
        signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)  # the wake-up byte says it

        def end() -> None:
            with contextlib.suppress(OSError):  # it is over already
                sender.send(b"e")

        try:
            yield over, end
        finally:
            signal.set_wakeup_fd(-1)


@contextmanager
def _cloud(options: Options, end: Callable[[], None]) -> Iterator[None]:
    root = options.root.resolve()
    run_file = root / RUN_FILE
    with ExitStack() as stack:
        network = claim_network(root)
        stack.callback(network.claim.close)
        nodes = root / "nodes"
        shutil.rmtree(nodes, ignore_errors=True)  # of an instance that was killed
        state, settings = State(), LiveSettings(options.settings)
        changes = Changes(state, settings)
        relay = Relay()
        processes = Processes([network.claim])
        processes.keeper_died = end
        stack.callback(relay.close)
        stack.callback(changes.join)
        stack.callback(processes.close)  # what still waits for a node ends with the nodes
        stack.callback(changes.end)
        authority = Authority(root / "ca.pem")
        moto = MotoServices()
        plant = Plant(nodes, network, authority, processes, relay, options.binaries)
        services = Services(state, settings, plant, changes, moto)
        slow_logs = SlowLogs(services)
        slow_logs.start()
        stack.callback(slow_logs.stop)
        health: dict[str, Any] = {"instance": uuid.uuid4().hex, "pid": os.getpid()}
        gateway = Gateway(ElastiCache(services), moto, settings, CallLog(root / "calls.jsonl"), health)
        server = listen(network.api, gateway)
        server.start()
        stack.callback(server.stop)
        health |= {
            "endpoint": f"http://{network.api}:{server.port}",
            "caFile": str(authority.file),
            "keeperPid": processes.keeper_pid,
            "binaries": {engine: str(path) for engine, path in options.binaries.items()},
        }
        _write(run_file, health)
        stack.callback(run_file.unlink, missing_ok=True)
        moto.warm_up()
        yield


def _write(file: Path, content: dict[str, Any]) -> None:
    """All of it or nothing, for those who wait for the file."""
    partial = file.with_suffix(f".{os.getpid()}")
    partial.write_text(json.dumps(content, indent=2) + "\n")
    partial.replace(file)
