"""The nodes, what runs on them, and how."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from components.rules import engines

_MOST_NODES: Final = 6
_NODE_TYPE: Final = re.compile(r"cache\.([a-z0-9]+)\.([a-z0-9]+)")
_UNENCRYPTED: Final = ("t1", "m1", "m2", "c1")
_TIERED: Final = ("r6gd",)
_FIRST_WITH_TOKENS: Final = (5, 0, 6)
_FIRST_WITH_SLOW_LOG: Final = (6,)


def engine_is_one(engine: str) -> Iterator[str]:
    """redis or valkey (CreateReplicationGroup: Engine)."""
    if engine not in engines.ENGINES:
        yield f"is no engine of a replication group; write {' or '.join(engines.ENGINES)}"


def version_is_one(engine_version: str, engine: str) -> Iterator[str]:
    """A version of the engine: three parts for Redis OSS below 6, then 6.x or 6.2, then two parts; two parts for
    Valkey, from 7.2 on."""
    if engine in engines.ENGINES:
        try:
            engines.parse(engine, engine_version)
        except ValueError as error:
            yield str(error)


def version_has_tokens(engine_version: str, engine: str) -> Iterator[str]:
    """Tokens can be changed from Redis OSS 5.0.6 on, and on any Valkey (user guide, "Authenticating with AUTH")."""
    if (version := _version(engine, engine_version)) and version.number < _FIRST_WITH_TOKENS:
        yield "is too old: tokens can be changed from Redis OSS 5.0.6 on"


def slow_log_has_a_version(slow_log: bool, engine_version: str, engine: str) -> Iterator[str]:
    """The slow log is delivered from Redis OSS 6 on, and by any Valkey (user guide, "Log delivery")."""
    if slow_log and (version := _version(engine, engine_version)) and version.number < _FIRST_WITH_SLOW_LOG:
        yield f"needs Redis OSS 6 or later, engineVersion is {engine_version}; choose a later one, or slowLog: false"


def _version(engine: str, text: str) -> engines.Version | None:
    try:
        return engines.parse(engine, text) if engine in engines.ENGINES else None
    except ValueError:
        return None  # said by version_is_one


def parameters_have_names(parameters: Mapping[str, str]) -> Iterator[str]:
    """Parameters are named in small letters, digits and hyphens, and none of them turns cluster mode on, whose groups
    have other endpoints."""
    for name, value in parameters.items():
        if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
            yield f"{name!r}: parameters are named in small letters, digits and hyphens, such as maxmemory-policy"
        if not value:
            yield f"{name}: has no value; leave the parameter out to have the engine's own"
        if name == "cluster-enabled" and value != "no":
            yield f"{name}: this program makes groups without cluster mode"


def node_type_encrypts(node_type: str) -> Iterator[str]:
    """A node type is written cache.FAMILY.SIZE; t1, m1, m2 and c1 know no encryption, without which there is no token,
    and r6gd demands data tiering, which this program does not set."""
    match = _NODE_TYPE.fullmatch(node_type)
    if match is None:
        yield "is no node type, which are written cache.FAMILY.SIZE, such as cache.t4g.micro"
    elif match[1] in _UNENCRYPTED:
        yield f"knows no encryption, without which there is no token; all but {', '.join(_UNENCRYPTED)} do, such as t4g"
    elif match[1] in _TIERED:
        yield "demands data tiering, which this program does not set; choose a family such as r7g"


def node_count_is_possible(node_count: int) -> Iterator[str]:
    """1 to 6 nodes: a primary and up to five replicas (CreateReplicationGroup: NumCacheClusters)."""
    if not 1 <= node_count <= _MOST_NODES:
        yield f"is outside 1 to {_MOST_NODES}: a primary and up to {_MOST_NODES - 1} replicas"


def failover_has_a_replica(automatic_failover: bool, node_count: int) -> Iterator[str]:
    """Automatic failover needs a node to fail over to (CreateReplicationGroup: AutomaticFailoverEnabled)."""
    if automatic_failover and node_count == 1:
        yield "needs a node to fail over to, nodeCount is 1; choose nodeCount 2 or more, or automaticFailover: false"


def multi_az_fails_over(multi_az: bool, automatic_failover: bool) -> Iterator[str]:
    """Multi-AZ needs automatic failover (user guide, "Minimizing downtime by using Multi-AZ")."""
    if multi_az and not automatic_failover:
        yield "needs automaticFailover: true, which is false; turn both on, or both off"


CHECKS: Final = (
    engine_is_one,
    version_is_one,
    version_has_tokens,
    slow_log_has_a_version,
    parameters_have_names,
    node_type_encrypts,
    node_count_is_possible,
    failover_has_a_replica,
    multi_az_fails_over,
)
