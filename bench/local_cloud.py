"""The local cloud alone: its start, its groups, its changes of tokens."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure
from bench.groups import Groups
from components.auth_token.rules import Token
from local.cloud import client

_STARTS, _GROUPS, _CHANGES = 5, 7, 20


def measure(directory: Path) -> Iterator[Figure]:
    """Start clouds; on the last of them make groups, and rotate and set tokens, without any delay."""
    yield Figure("local cloud: ready", "s", [_start(directory / f"cloud-{number}") for number in range(_STARTS)], 1)
    cloud = client.start(directory / "cloud")
    groups = Groups(cloud.endpoint)
    groups.delete(groups.make(1, Token.random()))  # what is imported late is imported now
    yield Figure("local cloud: group of 2 nodes available", "s", [_make(groups, 2) for _ in range(_GROUPS)], 0.2)
    yield Figure("local cloud: group of 6 nodes available", "s", [_make(groups, 6) for _ in range(_GROUPS)], 0.5)
    group = groups.make(2, Token.random())
    changes = [_change(groups, group) for _ in range(_CHANGES)]
    yield Figure("local cloud: ROTATE and SET of 2 nodes by boto3", "s", changes, 0.05)


def _start(root: Path) -> float:
    began = time.perf_counter()
    cloud = client.start(root)
    seconds = time.perf_counter() - began
    cloud.stop()
    return seconds


def _make(groups: Groups, nodes: int) -> float:
    began = time.perf_counter()
    group = groups.make(nodes, Token.random())
    seconds = time.perf_counter() - began
    groups.delete(group)
    return seconds


def _change(groups: Groups, group: str) -> float:
    token = Token.random()
    began = time.perf_counter()
    groups.change(group, token, "ROTATE")
    groups.change(group, token, "SET")
    return time.perf_counter() - began
