"""The world on a local cloud: the stack's own adapters, real Redis over TLS, moto's Secrets Manager.

Only the clocks are not real: whoever sleeps here lets them go on. Silence and nodes that learn nothing are put on by
the port, in front of nodes that are well.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from unittest import mock

from components.auth_token import live
from components.auth_token.driver import Port
from components.auth_token.live import glance, published_version
from components.auth_token.publication import Endpoints
from components.auth_token.rules import Token
from components.auth_token.seen import Group, Published, Reply, Strategy
from components.auth_token.session import Aws
from local.cloud.client import Cloud
from tests.trials.ground import Ground, settings
from tests.trials.model.port import KeptAws, TrialPort
from tests.trials.model.world import Nature, Props

_SNAPSHOT_SECONDS: Final = 1200.0
_NAP: Final = 0.03
_FAULTS: Final = {
    "busy": "InvalidReplicationGroupState",
    "throttle": "Throttling",
    "lost": "applyThenDrop",
    "dropped": "dropBefore",
}


class CloudWorld:
    """See world.World for the methods."""

    def __init__(self, cloud: Cloud, nature: Nature, token: Token | None) -> None:
        self.cloud = cloud
        self.boundary: Callable[[str], None] = lambda _: None
        self.faults: list[str] = []
        self.sent: list[tuple[Strategy, Token]] = []
        self.aws = settings(cloud.endpoint)
        self.ground = Ground(cloud, nature.nodes)
        self._passed = self._jumped = self.busy_until = 0.0
        self.silent: set[str] = set()
        self.stuck: dict[str, set[Token]] = {}
        self._known: set[Token] = set()
        self._clients: Aws | None = None
        self._answered_at: object = None
        self._answered: dict[Token | None, dict[str, bool]] = {}
        self._endpoints = Endpoints("", "", 6379)
        self._before_deletion: Published | None = None
        cloud.settings(
            delay=nature.delay / 100,
            same_token="refuse" if nature.same_token_refused else "apply",
            set_without_rotate="refuse" if nature.set_needs_rotate else "apply",
            faults=[],
        )
        self._born(token, puzzle=nature.born == "open")

    # ---- the machine's doors
    def port(self, aws: Mapping[str, object], props: Props) -> Port:
        self._endpoints = Endpoints(props["primary_endpoint"], props["reader_endpoint"], int(props["port"]))
        with self._one_aws():
            return TrialPort(self, aws, self._real(props))

    def glance(self, aws: Mapping[str, object], group_id: str) -> Group | None:
        with self._one_aws():
            return glance(aws, self.ground.id)

    def published_version(self, aws: Mapping[str, object], props: Props) -> str:
        with self._one_aws():
            return published_version(aws, self._real(props))

    def carried(
        self, strategy: Strategy, token: Token, send: Callable[[Strategy, Token], tuple[Reply, str]]
    ) -> tuple[Reply, str]:
        """Send, with the next of the faults."""
        fault = self.faults.pop(0) if self.faults else ""
        faults = [{"operation": "ModifyReplicationGroup", "code": _FAULTS[fault]}] if fault else []
        self.cloud.settings(faults=faults)
        self._known.add(token)
        reply = send(strategy, token)
        self.cloud.settings(faults=[])
        if reply[0] is Reply.ACCEPTED or (reply[0] is Reply.UNSURE and fault == "lost"):
            self.sent.append((strategy, token))
        return reply

    def now(self) -> float:
        return time.monotonic() + self._passed

    def wall(self) -> float:
        return time.time() + self._passed + self._jumped

    def pass_time(self, seconds: float) -> None:
        nap = min(seconds, _NAP)
        time.sleep(nap)
        self._passed += seconds - nap

    def jump(self, seconds: float) -> None:
        self._jumped += seconds

    # ---- the truth
    def accepted(self, token: Token | None) -> bool:
        return all(self._answers(token))

    def accepted_somewhere(self, token: Token | None) -> bool:
        return any(self._answers(token))

    def labels(self) -> Published:
        if self._before_deletion is not None:
            return self._before_deletion
        return self.ground.labels(self._endpoints)

    def kept(self, token: Token) -> bool:
        if (before := self._before_deletion) is not None:
            return token in (before.current, before.pending, before.previous, before.retired, before.rejected)
        return any(token.reveal() in text for text in self.ground.contents())

    def unlabelled(self) -> bool:
        return not self.ground.versions()

    def obstacles(self) -> frozenset[str]:
        found = {
            "unreachable": self.silent,
            "stuck": self.stuck,
            "busy": self.busy,
            "pending": self.ground.look().pending,
            "no secret": self._before_deletion is not None,
        }
        return frozenset(what for what, there in found.items() if there)

    @property
    def busy(self) -> bool:
        """Whether a snapshot is being made, so to speak."""
        return self.now() < self.busy_until

    # ---- the hands of others
    def change_token(self, strategy: Strategy, token: Token) -> bool:
        if self.busy or not self.ground.look().settled:
            return False
        self._known.add(token)
        return self.ground.change_token(strategy, token)

    def under_way(self) -> bool:
        return not self.ground.look().settled

    def last_change(self) -> Any:
        return self.ground.look().changed_at

    def last_rotated(self) -> Token | None:
        return next((token for strategy, token in reversed(self.sent) if strategy is Strategy.ROTATE), None)

    def edit_secret(self, how: str) -> bool:
        on = {label: id_ for id_, labels in self.ground.versions().items() for label in labels}
        gone, where = self._before_deletion is not None, {"SecretId": self.ground.secret}
        match how:
            case "restore the previous" if "AWSPREVIOUS" in on and not gone:
                change = {"MoveToVersionId": on["AWSPREVIOUS"], "RemoveFromVersionId": on["AWSCURRENT"]}
                self.ground.secrets.update_secret_version_stage(**where, VersionStage="AWSCURRENT", **change)
            case "nothing pending" if "AWSPENDING" in on and not gone:
                change = {"VersionStage": "AWSPENDING", "RemoveFromVersionId": on["AWSPENDING"]}
                self.ground.secrets.update_secret_version_stage(**where, **change)
            case "rewrite" if on and not gone:
                self.ground.secrets.put_secret_value(**where, SecretString='{"written": "by hand"}')
            case "delete" if not gone:
                self._before_deletion = self.labels()
                self.ground.secrets.delete_secret(**where, RecoveryWindowInDays=7)
            case "restore" if gone:
                self.ground.secrets.restore_secret(**where)
                self._before_deletion = None
            case "renew":
                self.ground.renew_secret()
                self._before_deletion = None
            case _:
                return False
        return True

    def disturb_nodes(self, how: str) -> bool:
        nodes = self.ground.look().nodes
        match how:
            case "silent" | "answering" if nodes:
                self.silent = {nodes[-1].id} if how == "silent" else set()
            case "stuck" if nodes and not self.stuck and not self.accepted_somewhere(None):
                last = nodes[-1]
                tokens = {token for token in self._known if self.ground.ask(last, token)}
                self.stuck = {last.id: tokens}
            case "learning":
                self.stuck = {}
            case "more" if 0 < len(nodes) < 4 and not self.silent and not self.stuck and not self.busy:
                self.ground.elasticache.increase_replica_count(
                    ReplicationGroupId=self.ground.id, NewReplicaCount=len(nodes), ApplyImmediately=True
                )
                self.ground.available()
            case _:
                return False
        return True

    def disturb_group(self, how: str) -> bool:
        if not self.ground.look().settled:
            return False
        match how:
            case "snapshot":
                self.busy_until = self.now() + _SNAPSHOT_SECONDS
            case "pending":
                return not self.busy and self.ground.modify(at_once=False, CacheNodeType="cache.t4g.small")
            case "applied":
                return not self.busy and self.ground.modify(CacheNodeType="cache.t4g.small")
        return True

    def replace(self, token: Token) -> None:
        self.calm()
        self.ground.available()
        self.ground.delete()
        self._born(token, puzzle=False)

    def calm(self) -> None:
        self.silent, self.stuck, self.busy_until = set(), {}, 0.0
        self.faults.clear()
        self.cloud.settings(faults=[])
        self.edit_secret("restore")
        self.ground.available()
        self.disturb_group("applied")

    def close(self) -> None:
        self.ground.close()

    # ---- how that is done
    @contextlib.contextmanager
    def _one_aws(self) -> Iterator[None]:
        """The stack's clients, made once: reading their models takes longer than what they are for."""

        def kept(parsed: Mapping[str, Any]) -> Aws:
            self._clients = self._clients or KeptAws(parsed)
            return self._clients

        with mock.patch.object(live, "Aws", kept):
            yield

    def _real(self, props: Props) -> Props:
        ground = self.ground
        real = {"replication_group_id": ground.id, "replication_group_arn": ground.arn, "ca_file": ground.ca_file}
        return {**props, **real, "secret_arn": ground.secret if props["secret_arn"] else ""}

    def _born(self, token: Token | None, *, puzzle: bool) -> None:
        self._known |= {token} if token else set()
        self.ground.born(token, puzzle=puzzle)

    def _answers(self, token: Token | None) -> list[bool]:
        """What each node answers; asked once, as long as neither the tokens nor the nodes change."""
        group = self.ground.look()
        now = (group.changed_at, group.nodes, group.settled)
        if now != self._answered_at or not group.settled:
            self._answered_at, self._answered = now, {}
        if token not in self._answered:
            self._answered[token] = {node.id: self.ground.ask(node, token) for node in group.nodes}
        stuck = {node: token in known for node, known in self.stuck.items()}
        return list((self._answered[token] | stuck).values())
