"""The world on a local cloud: the stack's own adapters, real Redis over TLS, moto's Secrets Manager.

Only the clocks are not real: whoever sleeps here lets them go on. Silence and nodes that learn nothing are put on by
the port, in front of nodes that are well.
"""

from __future__ import annotations

import contextlib
import json
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final
from unittest import mock

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from components.auth_token import live
from components.auth_token.driver import Port
from components.auth_token.elasticache import ReplicationGroupApi
from components.auth_token.live import glance, published_version
from components.auth_token.probe import ask
from components.auth_token.publication import Endpoints, SecretsManagerPublication
from components.auth_token.rules import Token
from components.auth_token.seen import Answer, Group, Node, Published, Reply, Strategy
from components.auth_token.session import Aws
from local.cloud.client import Cloud
from tests.trials.model.port import KeptAws, TrialPort
from tests.trials.model.world import Nature, Props

REGION: Final = "eu-central-1"
_ACCOUNT: Final = "123456789012"
_SNAPSHOT_SECONDS: Final = 1200.0
_NAP: Final = 0.03
_PATIENCE: Final = 30.0
_FAULTS: Final = {
    "busy": "InvalidReplicationGroupState",
    "throttle": "Throttling",
    "lost": "applyThenDrop",
    "dropped": "dropBefore",
}


@cache
def _client(service: str, endpoint: str) -> Any:  # boto3 has a type per service
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )


def settings(endpoint: str) -> dict[str, str]:
    """The stack's `aws:*` configuration for this endpoint, as an engine hands it over."""
    endpoints = [dict.fromkeys(("elasticache", "secretsmanager", "sts"), endpoint)]
    return {
        "aws:region": REGION,
        "aws:accessKey": "test",
        "aws:secretKey": "test",
        "aws:endpoints": json.dumps(endpoints),
    }


class CloudWorld:
    """See world.World for the methods."""

    def __init__(self, cloud: Cloud, nature: Nature, token: Token | None) -> None:
        self.cloud, self._nature = cloud, nature
        self.boundary: Callable[[str], None] = lambda _: None
        self.faults: list[str] = []
        self.sent: list[tuple[Strategy, Token]] = []
        self.aws = settings(cloud.endpoint)
        self._elasticache, self._secrets = (_client(it, cloud.endpoint) for it in ("elasticache", "secretsmanager"))
        self.id = f"m{uuid.uuid4().hex[:12]}"
        self._api = ReplicationGroupApi(self._elasticache, self._elasticache, self.id)
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
        self._secret = self._new_secret()

    # ---- the machine's doors
    def port(self, aws: Mapping[str, object], props: Props) -> Port:
        self._endpoints = Endpoints(props["primary_endpoint"], props["reader_endpoint"], int(props["port"]))
        with self._one_aws():
            return TrialPort(self, aws, self._real(props))

    def glance(self, aws: Mapping[str, object], group_id: str) -> Group | None:
        with self._one_aws():
            return glance(aws, self.id)

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
        return SecretsManagerPublication(self._secrets, self._secret, self._endpoints).look()

    def kept(self, token: Token) -> bool:
        return any(token.reveal() in text for text in self._contents())

    def unlabelled(self) -> bool:
        return not self._versions()

    def obstacles(self) -> frozenset[str]:
        found = {
            "unreachable": self.silent,
            "stuck": self.stuck,
            "busy": self.busy,
            "pending": self._look().pending,
            "no secret": self._before_deletion is not None,
        }
        return frozenset(what for what, there in found.items() if there)

    @property
    def busy(self) -> bool:
        """Whether a snapshot is being made, so to speak."""
        return self.now() < self.busy_until

    # ---- the hands of others
    def change_token(self, strategy: Strategy, token: Token) -> bool:
        if self.busy or not self._look().settled:
            return False
        self._known.add(token)
        return self._modify(AuthToken=token.reveal(), AuthTokenUpdateStrategy=strategy.value)

    def under_way(self) -> bool:
        return not self._look().settled

    def last_change(self) -> Any:
        return self._look().changed_at

    def last_rotated(self) -> Token | None:
        return next((token for strategy, token in reversed(self.sent) if strategy is Strategy.ROTATE), None)

    def edit_secret(self, how: str) -> bool:
        on = {label: id_ for id_, labels in self._versions().items() for label in labels}
        gone, where = self._before_deletion is not None, {"SecretId": self._secret}
        match how:
            case "restore the previous" if "AWSPREVIOUS" in on and not gone:
                change = {"MoveToVersionId": on["AWSPREVIOUS"], "RemoveFromVersionId": on["AWSCURRENT"]}
                self._secrets.update_secret_version_stage(**where, VersionStage="AWSCURRENT", **change)
            case "nothing pending" if "AWSPENDING" in on and not gone:
                change = {"VersionStage": "AWSPENDING", "RemoveFromVersionId": on["AWSPENDING"]}
                self._secrets.update_secret_version_stage(**where, **change)
            case "rewrite" if on and not gone:
                self._secrets.put_secret_value(**where, SecretString='{"written": "by hand"}')
            case "delete" if not gone:
                self._before_deletion = self.labels()
                self._secrets.delete_secret(**where, RecoveryWindowInDays=7)
            case "restore" if gone:
                self._secrets.restore_secret(**where)
                self._before_deletion = None
            case "renew":
                self._secret, self._before_deletion = self._new_secret(), None
            case _:
                return False
        return True

    def disturb_nodes(self, how: str) -> bool:
        nodes = self._look().nodes
        match how:
            case "silent" | "answering" if nodes:
                self.silent = {nodes[-1].id} if how == "silent" else set()
            case "stuck" if nodes and not self.stuck and not self.accepted_somewhere(None):
                last = nodes[-1]
                tokens = {token for token in self._known if self._ask(last, token) is Answer.ACCEPTED}
                self.stuck = {last.id: tokens}
            case "learning":
                self.stuck = {}
            case "more" if 0 < len(nodes) < 4 and not self.silent and not self.stuck and not self.busy:
                self._elasticache.increase_replica_count(
                    ReplicationGroupId=self.id, NewReplicaCount=len(nodes), ApplyImmediately=True
                )
                self._available()
            case _:
                return False
        return True

    def disturb_group(self, how: str) -> bool:
        if not self._look().settled:
            return False
        match how:
            case "snapshot":
                self.busy_until = self.now() + _SNAPSHOT_SECONDS
            case "pending":
                return not self.busy and self._modify(at_once=False, CacheNodeType="cache.t4g.small")
            case "applied":
                return not self.busy and self._modify(CacheNodeType="cache.t4g.small")
        return True

    def replace(self, token: Token) -> None:
        self.calm()
        self._available()
        self._delete()
        self._born(token, puzzle=False)

    def calm(self) -> None:
        self.silent, self.stuck, self.busy_until = set(), {}, 0.0
        self.faults.clear()
        self.cloud.settings(faults=[])
        self.edit_secret("restore")
        self._available()
        self.disturb_group("applied")

    def close(self) -> None:
        self._available()
        self._delete()
        with contextlib.suppress(ClientError):
            self._secrets.delete_secret(SecretId=self._secret, ForceDeleteWithoutRecovery=True)

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
        arn = f"arn:aws:elasticache:{REGION}:{_ACCOUNT}:replicationgroup:{self.id}"
        secret = self._secret if props["secret_arn"] else ""
        real = {"replication_group_id": self.id, "replication_group_arn": arn, "secret_arn": secret}
        return {**props, **real, "ca_file": str(self.cloud.ca_file)}

    def _born(self, token: Token | None, *, puzzle: bool) -> None:
        self.cloud.settings(puzzle=puzzle)
        self._known |= {token} if token else set()
        self._elasticache.create_replication_group(
            ReplicationGroupId=self.id,
            ReplicationGroupDescription="of a trial",
            Engine="redis",
            CacheNodeType="cache.t4g.micro",
            NumCacheClusters=self._nature.nodes,
            TransitEncryptionEnabled=True,
            **({"AuthToken": token.reveal()} if token else {}),
        )
        self._available()

    def _delete(self) -> None:
        self._elasticache.delete_replication_group(ReplicationGroupId=self.id)
        _until(lambda: self._api.look() is None)

    def _new_secret(self) -> str:
        return str(self._secrets.create_secret(Name=f"of/{uuid.uuid4().hex}")["ARN"])

    def _modify(self, *, at_once: bool = True, **changes: str) -> bool:
        try:
            self._elasticache.modify_replication_group(ReplicationGroupId=self.id, ApplyImmediately=at_once, **changes)
        except ClientError:  # nothing to change, or not now
            return False
        self._available()
        return True

    def _available(self) -> None:
        _until(lambda: self._look().settled)

    def _look(self) -> Group:
        group = self._api.look()
        assert group is not None, "the group is gone"
        return group

    def _answers(self, token: Token | None) -> list[bool]:
        """What each node answers; asked once, as long as neither the tokens nor the nodes change."""
        group = self._look()
        now = (group.changed_at, group.nodes, group.settled)
        if now != self._answered_at or not group.settled:
            self._answered_at, self._answered = now, {}
        if token not in self._answered:
            self._answered[token] = {node.id: self._ask(node, token) is Answer.ACCEPTED for node in group.nodes}
        stuck = {node: token in known for node, known in self.stuck.items()}
        return list((self._answered[token] | stuck).values())

    def _ask(self, node: Node, token: Token | None) -> Answer:
        return ask(node, token, str(self.cloud.ca_file))

    def _versions(self) -> dict[str, list[str]]:
        stages = self._secrets.describe_secret(SecretId=self._secret).get("VersionIdsToStages", {})
        return {id_: labels for id_, labels in stages.items() if labels}

    def _contents(self) -> Iterable[str]:
        for id_ in self._versions():
            yield self._secrets.get_secret_value(SecretId=self._secret, VersionId=id_)["SecretString"]


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "the local cloud does not get ready"
        time.sleep(0.005)
