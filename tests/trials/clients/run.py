"""Clients at work through rotations: how many commands they sent, and how many of those failed."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from unittest import mock

import boto3

from components.auth_token.resource import AuthTokenRotationProvider
from local.cloud.client import Cloud
from tests.provider.engine import serving
from tests.trials.clients.client import Client, Kind
from tests.trials.clients.stack import Stack
from tests.trials.ground import Ground, own_cloud, settings, until

OVERLAP: Final = 2.0
"""Seconds."""
_DELAY, _STAGGER = 0.1, 0.05
"""Seconds that a change of the group takes, and until its second node has it as well."""


class Unproven(Exception):
    """The trial has not shown what it is for."""


@dataclass(frozen=True)
class Tally:
    """What all clients did."""

    commands: int
    failures: Counter[str]

    @property
    def failed(self) -> int:
        """How many commands."""
        return self.failures.total()


def main(rotations: int = 20, clients: int = 8) -> int:
    """`clients` of each kind on a local cloud of their own; prints a line per rotation, and ends as `report` does."""
    try:
        with own_cloud() as cloud:
            tally = trial(cloud, rotations=rotations, kinds=kinds(clients, OVERLAP), overlap=OVERLAP)
    except Unproven as unproven:
        _say(f"FAILED: {unproven}")
        return 1
    return report(tally)


def report(tally: Tally) -> int:
    """Print what failed how often, and `N commands, M failed`. The exit status: 0 where none failed."""
    for failure, times in tally.failures.most_common():
        _say(f"FAILED {times} times: {failure}")
    _say(f"{tally.commands} commands, {tally.failed} failed")
    return 1 if tally.failed else 0


def kinds(clients: int, overlap: float) -> list[Kind]:
    """`clients` that read AWSCURRENT at each connection, and as many that keep it for half of the overlap."""
    return [Kind("reading", 0.0, clients), Kind("caching", overlap / 2, clients)]


def trial(cloud: Cloud, *, rotations: int, kinds: Sequence[Kind], overlap: float) -> Tally:
    """Rotations one after the other, with clients of these kinds at work all the time.

    Raises Unproven where a rotation did not end as it must, where a client slept through one, or where there is none.
    """
    _require(rotations > 0 and bool(kinds) and all(kind.number > 0 for kind in kinds), "no rotations, or no clients")
    with _stack(cloud, overlap) as (ground, stack), _at_work(ground, kinds) as clients:
        for number in range(1, rotations + 1):
            before = [client.commands for client in clients]
            began = time.monotonic()
            facts = stack.rotate()
            took = time.monotonic() - began
            sent = [client.commands - then for client, then in zip(clients, before, strict=True)]
            _require(all(sent), f"rotation {number}: a client sent nothing")
            _ended(number, ground, stack, facts)
            until(lambda: all(it.told.latest == stack.tokens[-1] for it in clients), "all clients have the new token")
            nodes = f"{facts['proven']:g} of {facts['nodes']:g} nodes"
            failed = sum(client.failures.total() for client in clients)
            _say(
                f"rotation {number} of {rotations}: {facts['phase']} on {nodes} in {took:.1f} s, "
                f"meanwhile {sum(sent)} commands; {failed} failed by now"
            )
    _was_at_work(clients, stack)
    failures = sum((client.failures for client in clients), Counter[str]())
    return Tally(sum(client.commands for client in clients), failures)


def _ended(number: int, ground: Ground, stack: Stack, facts: dict[str, Any]) -> None:
    """Proven by its own word, and by ours."""
    nodes = ground.look().nodes
    proven = (facts["phase"], facts["proven"], facts["generation"]) == ("proven", len(nodes), len(stack.tokens))
    _require(proven and len(nodes) > 1, f"rotation {number} ended {facts['phase']}, on {facts['proven']:g} nodes")
    now, previous = stack.tokens[-1], stack.tokens[-2]
    for node in nodes:
        _require(ground.ask(node, now), f"rotation {number}: {node.id} does not accept the new token")
        _require(not ground.ask(node, previous), f"rotation {number}: {node.id} still accepts the token before it")


def _was_at_work(clients: Sequence[Client], stack: Stack) -> None:
    """Each client went through every rotation, and kept tokens as its kind does."""
    for it in clients:
        _require(it.told.tokens == set(stack.tokens), f"{it.name} has not seen all tokens, or others")
        each_time = it.told.reads >= it.connections
        _require(each_time == (it.kind.keep == 0), f"{it.name}: {it.told.reads} reads, {it.connections} connections")


@contextmanager
def _stack(cloud: Cloud, overlap: float) -> Iterator[tuple[Ground, Stack]]:
    """A group of two nodes; the cloud is ours as long."""
    before = cloud.settings()
    cloud.settings(delay=_DELAY, node_stagger=_STAGGER, status_lag=0.0, faults=[])
    ground = Ground(cloud)
    try:
        log = cloud.root / f"{ground.id}.provider.log"
        with serving(AuthTokenRotationProvider(), log, settings(cloud.endpoint)) as engine:
            yield ground, Stack(ground, engine, overlap)
    finally:
        cloud.settings(**before)
        ground.close()


@contextmanager
def _at_work(ground: Ground, kinds: Sequence[Kind]) -> Iterator[list[Client]]:
    """Clients, each of which has sent something; at the end they have stopped."""
    session = boto3.Session("test", "test", region_name=ground.secrets.meta.region_name)

    def made(kind: Kind, number: int) -> Client:
        secrets = session.client("secretsmanager", endpoint_url=ground.cloud.endpoint)
        return Client(kind, number, secrets, ground.secret, ground.ca_file)

    clients = [made(kind, number) for kind in kinds for number in range(1, kind.number + 1)]
    # For each connection redis-py loads the system's authorities beside those that it is given: most of its time.
    with mock.patch.dict(os.environ, SSL_CERT_FILE=ground.ca_file):
        for it in clients:
            it.start()
        try:
            until(lambda: all(it.connections > 1 for it in clients), "all clients are at work")
            yield clients
        finally:
            for it in clients:
                it.stop()


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Unproven(otherwise)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
