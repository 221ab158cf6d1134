"""Changing a token where the control plane takes its time: ours, and two commands with the waiter between them."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.figures import Figure, NotMeasured
from bench.groups import KEYS, REGION, Groups
from bench.workshop import timed
from components.auth_token.resource import AuthTokenRotationArgs, AuthTokenRotationProvider
from components.auth_token.rules import Token
from local.cloud import client
from local.cloud.client import Cloud
from tests.provider.engine import serving

_NODES = 2
_CHANGES = 2
"""ROTATE and SET, each of which takes the control plane its delay."""


def measure(directory: Path, delay: float) -> Iterator[Figure]:
    """Both ways on one cloud, one after the other, as ratios of wall time to the control plane's own `delay`s.

    Raises:
        NotMeasured: one of them failed, or ended without a proof.
    """
    cloud = client.start(directory / "slow")
    groups = Groups(cloud.endpoint)
    own, old = _CHANGES * delay, Token.random()
    ours = _Ours(directory, cloud, groups, old).rotate(delay)
    cloud.settings(delay=0.0)
    recipe = _recipe(directory, cloud, groups.make(_NODES, old), delay)
    each = f"{delay:g} s per change"
    yield Figure(f"rotation, {each}: ours, its process and all proofs included", "s", [ours])
    yield Figure(f"rotation, {each}: ours over the control plane's own", "", [ours / own], 1.1)
    yield Figure(f"rotation, {each}: aws ROTATE, wait, SET, wait", "s", [recipe])
    yield Figure(f"rotation, {each}: that over the control plane's own", "", [recipe / own])


class _Ours:
    """The dynamic provider in its pickled form, in a process of its own, as an engine runs it."""

    def __init__(self, directory: Path, cloud: Cloud, groups: Groups, token: Token) -> None:
        self._cloud, self._token, self._log = cloud, token, directory / "provider.log"
        self._group = groups.make(_NODES, token)
        self._arn = groups.arn(self._group)
        self._config = {
            "aws:region": REGION,
            "aws:accessKey": KEYS[0],
            "aws:secretKey": KEYS[1],
            "aws:endpoints": json.dumps([{"elasticache": cloud.endpoint, "sts": cloud.endpoint}]),
        }

    def rotate(self, delay: float) -> float:
        """Seconds from the start of the provider's process to the proof of a new token."""
        with serving(AuthTokenRotationProvider(), self._log, self._config) as engine:
            _, recorded = engine.create(self._inputs(self._token, 1))
        self._cloud.settings(delay=delay)
        began = time.perf_counter()
        with serving(AuthTokenRotationProvider(), self._log, self._config) as engine:
            facts = engine.update(self._group, recorded, self._inputs(Token.random(), 2))["facts"]
            seconds = time.perf_counter() - began
        if facts["phase"] != "proven":
            raise NotMeasured(f"the rotation ended as {facts['phase']!r}")
        return seconds

    def _inputs(self, token: Token, generation: int) -> dict[str, Any]:
        args = AuthTokenRotationArgs(
            replication_group_id=self._group,
            replication_group_arn=self._arn,
            token=token.reveal(),
            generation=generation,
            verify="required",
            ca_file=str(self._cloud.ca_file),
        )
        return {**asdict(args), "facts": None}


def _recipe(directory: Path, cloud: Cloud, group: str, delay: float) -> float:
    """Seconds of four commands as people type them; but the token goes by standard input, not by arguments."""
    cloud.settings(delay=delay)
    env = {
        "AWS_ACCESS_KEY_ID": KEYS[0],
        "AWS_SECRET_ACCESS_KEY": KEYS[1],
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": cloud.endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    aws = [str(Path(sys.executable).with_name("aws")), "elasticache"]
    of_it = ["--replication-group-id", group]
    change = [*aws, "modify-replication-group", *of_it, "--apply-immediately", "--auth-token", "file:///dev/stdin"]
    token, seconds = Token.random().reveal(), 0.0
    for strategy in ("ROTATE", "SET"):
        seconds += timed([*change, "--auth-token-update-strategy", strategy], cwd=directory, env=env, typed=token)
        seconds += timed([*aws, "wait", "replication-group-available", *of_it], cwd=directory, env=env)
    return seconds
