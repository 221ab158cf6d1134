"""A replication group that demands its token: the one public component."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, cast

import pulumi
import pulumi_aws as aws
import pulumi_random as random
from pydantic.alias_generators import to_camel

from components import adoption, encryption, network, parameters, publication_secret, rules, slow_log
from components.auth_token.resource import AuthTokenRotation, AuthTokenRotationArgs
from components.auth_token.rules import TOKEN_LENGTH, TOKEN_SPECIAL
from components.auth_token.schedule import TokenSchedule, TokenScheduleArgs
from components.auth_token.seen import Verify
from components.rules.network import lets_everybody_in
from components.rules.rotation import seconds
from components.scope import Scope


@dataclass(frozen=True, kw_only=True)
class ReplicationGroupArgs:
    """What a ReplicationGroup is made from; Pulumi.yaml says what each value means, under its name in camel case.

    Raises ValueError at once with every rule of `components.rules` that the values known by now break; outputs of other
    resources are not looked at. What decides which resources there are must be plain.
    """

    adopt: str
    """Where it is not empty, the group of this id, which stays whose it is, takes the place of one made here."""
    adopt_token: pulumi.Input[str]

    replication_group_id: pulumi.Input[str]
    description: pulumi.Input[str]
    service: pulumi.Input[str]
    tags: Mapping[str, pulumi.Input[str]]

    engine: pulumi.Input[str]
    engine_version: pulumi.Input[str]
    parameters: Mapping[str, pulumi.Input[str]]
    node_type: pulumi.Input[str]
    node_count: pulumi.Input[int]
    automatic_failover: pulumi.Input[bool]
    multi_az: pulumi.Input[bool]

    port: pulumi.Input[int]
    use_default_vpc: bool
    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    allowed_security_group_ids: Sequence[pulumi.Input[str]]
    allowed_cidr_blocks: Sequence[pulumi.Input[str]]
    allow_any_source: bool

    maintenance_window: pulumi.Input[str]
    snapshot_window: pulumi.Input[str]
    snapshot_retention_days: pulumi.Input[int]
    final_snapshot: bool
    apply_immediately: pulumi.Input[bool]
    auto_minor_version_upgrade: pulumi.Input[bool]
    slow_log: bool
    slow_log_retention_days: pulumi.Input[int]
    key_deletion_days: pulumi.Input[int]
    protect: bool

    generation: pulumi.Input[int]
    max_age: pulumi.Input[str]
    publish: str
    secret_recovery_days: pulumi.Input[int]
    overlap: pulumi.Input[str]
    max_wait: pulumi.Input[str]
    revoke_through: pulumi.Input[int]
    verify: pulumi.Input[str]
    rotation_deadline: pulumi.Input[str]
    apply_pending_changes: pulumi.Input[bool]
    ca_file: pulumi.Input[str]

    def __post_init__(self) -> None:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        rules.enforce({name: value for name, value in values.items() if _is_plain(value)})


class ReplicationGroup(pulumi.ComponentResource):
    """An encrypted replication group without cluster mode, whose token is changed and proven by AuthTokenRotation."""

    replication_group_id: pulumi.Output[str]
    """The group's id."""
    primary_endpoint: pulumi.Output[str]
    """Host name of the primary, which follows a failover; for reads and writes."""
    reader_endpoint: pulumi.Output[str]
    """Host name that spreads over the replicas; for reads."""
    port: pulumi.Output[int]
    """The port of both endpoints; TLS only."""
    auth_token: pulumi.Output[str]
    """The token that the nodes ask for, a secret; AuthTokenRotation's, which alone knows when a new one is in force."""
    rotation: pulumi.Output[Mapping[str, Any]]
    """What is known about the token: generation, phase, what was proven on how many nodes, and when."""
    secret_arn: pulumi.Output[str]
    """The secret in which clients find the token and the endpoints; empty where the token is not published."""

    def __init__(self, name: str, args: ReplicationGroupArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("redis-auth-token:index:ReplicationGroup", name, None, opts)
        scope = Scope(self, name, {**args.tags, "Service": args.service})
        if args.verify == Verify.OFF:
            pulumi.log.warn("verify is off: nothing proves that the nodes ask for the token", self)
        if args.adopt:
            group, issue = adoption.live(scope, args.adopt), _adopted_issue(scope, args)
            fate = pulumi.ResourceOptions(parent=self)
        else:
            _warn_of_risks(self, args)
            parts = _parts(scope, args)
            made, issue = _group(scope, args, parts), parts.issue
            _warn_of_differences(self, args, made)
            group = _live(made)
            # A group that is replaced is deleted first, and the engine deletes what must be replaced with it even
            # before that, when it has not loaded the provider of dynamic resources; deleted_with spares it that call.
            fate = pulumi.ResourceOptions(parent=self, replace_with=[made], deleted_with=made)
        changed = AuthTokenRotation(
            scope.name("rotation"),
            AuthTokenRotationArgs(
                replication_group_id=group.id,
                replication_group_arn=group.arn,
                token=issue.token.result,
                generation=issue.schedule.turn,
                verify=args.verify,
                deadline_seconds=_seconds(args.rotation_deadline),
                apply_pending_changes=args.apply_pending_changes,
                ca_file=args.ca_file,
                secret_arn=issue.secret_arn,
                primary_endpoint=group.primary_endpoint,
                reader_endpoint=group.reader_endpoint,
                port=group.port,
                overlap_seconds=_seconds(args.overlap),
                max_wait_seconds=_seconds(args.max_wait),
                revoke_through=args.revoke_through,
                adopted=bool(args.adopt),
                adopt_token=args.adopt_token,
            ),
            fate,
        )
        self.replication_group_id = group.id
        self.primary_endpoint = group.primary_endpoint
        self.reader_endpoint = group.reader_endpoint
        self.port = group.port
        self.auth_token = changed.token
        self.rotation = changed.facts
        self.secret_arn = issue.secret_arn
        self.register_outputs(
            {
                "replicationGroupId": self.replication_group_id,
                "primaryEndpoint": self.primary_endpoint,
                "readerEndpoint": self.reader_endpoint,
                "port": self.port,
                "authToken": self.auth_token,
                "rotation": self.rotation,
                "secretArn": self.secret_arn,
            }
        )


@dataclass(frozen=True)
class _Issue:
    """What makes a token and hands it to clients."""

    schedule: TokenSchedule
    token: random.RandomPassword
    """The wanted token. It is in force when AuthTokenRotation says so, not before."""
    secret_arn: pulumi.Output[str]


@dataclass(frozen=True)
class _Parts:
    """What a group stands on."""

    key: aws.kms.Key
    subnets: aws.elasticache.SubnetGroup
    access: aws.ec2.SecurityGroup
    parameters: aws.elasticache.ParameterGroup
    deliveries: list[aws.elasticache.ReplicationGroupLogDeliveryConfigurationArgs]
    issue: _Issue


def _live(group: aws.elasticache.ReplicationGroup) -> adoption.Live:
    return adoption.Live(
        id=group.replication_group_id,
        arn=group.arn,
        primary_endpoint=group.primary_endpoint_address,
        reader_endpoint=group.reader_endpoint_address,
        port=cast("pulumi.Output[int]", group.port),  # always there once the group is
    )


def _adopted_issue(scope: Scope, args: ReplicationGroupArgs) -> _Issue:
    """The same as for a group made here, with a key that encrypts the secret alone."""
    if args.publish != "secretsManager":
        return _issue(scope, args, args.adopt, key_arn=None)
    key = encryption.key(
        scope,
        group_id=args.adopt,
        suffix=random.RandomId(scope.name("suffix"), byte_length=4, opts=scope.child()).hex,
        what="Published token",
        log_group_name=None,
        deletion_days=args.key_deletion_days,
        protect=args.protect,
        keep=False,
    )
    return _issue(scope, args, args.adopt, key_arn=key.arn)


def _issue(
    scope: Scope, args: ReplicationGroupArgs, group_id: pulumi.Input[str], key_arn: pulumi.Input[str] | None
) -> _Issue:
    """`key_arn` of the published secret; None where there is none."""
    schedule = TokenSchedule(
        scope.name("schedule"),
        TokenScheduleArgs(generation=args.generation, max_age_seconds=_seconds(args.max_age)),
        scope.child(),
    )
    secret_arn = pulumi.Output.from_input("")
    if key_arn is not None:
        secret_arn = publication_secret.secret(
            scope, group_id=group_id, key_arn=key_arn, recovery_days=args.secret_recovery_days
        )
    return _Issue(
        schedule=schedule,
        token=random.RandomPassword(
            scope.name("token"),
            length=TOKEN_LENGTH,
            override_special=TOKEN_SPECIAL,
            # Named as before there was a schedule, whose first turn is the generation: such stacks keep their token.
            keepers={"generation": schedule.turn.apply(lambda turn: str(int(turn)))},
            opts=scope.child(),
        ),
        secret_arn=secret_arn,
    )


def _parts(scope: Scope, args: ReplicationGroupArgs) -> _Parts:
    group_id = args.replication_group_id
    suffix = random.RandomId(scope.name("suffix"), byte_length=4, opts=scope.child()).hex
    log_group_name = slow_log.name(group_id, suffix) if args.slow_log else None
    key = encryption.key(
        scope,
        group_id=group_id,
        suffix=suffix,
        log_group_name=log_group_name,
        deletion_days=args.key_deletion_days,
        protect=args.protect,
        keep=args.final_snapshot,
    )
    deliveries = []
    if log_group_name is not None:
        logs = slow_log.log_group(
            scope, log_group_name=log_group_name, key_arn=key.arn, retention_days=args.slow_log_retention_days
        )
        deliveries.append(slow_log.delivery(logs))
    place = network.default_place(scope) if args.use_default_vpc else network.Place(args.vpc_id, args.subnet_ids)
    return _Parts(
        key=key,
        subnets=network.subnet_group(scope, place, group_id),
        access=network.security_group(
            scope,
            place,
            group_id=group_id,
            port=args.port,
            allowed_security_group_ids=args.allowed_security_group_ids,
            allowed_cidr_blocks=args.allowed_cidr_blocks,
        ),
        parameters=parameters.parameter_group(
            scope,
            group_id=group_id,
            engine=args.engine,
            engine_version=args.engine_version,
            parameters=args.parameters,
        ),
        deliveries=deliveries,
        issue=_issue(scope, args, group_id, key.arn if args.publish == "secretsManager" else None),
    )


def _seconds(duration: pulumi.Input[str]) -> pulumi.Output[int]:
    """The seconds of a duration; none of an empty one."""
    return pulumi.Output.from_input(duration).apply(lambda text: seconds(text) if text else 0)


def _group(scope: Scope, args: ReplicationGroupArgs, parts: _Parts) -> aws.elasticache.ReplicationGroup:
    return aws.elasticache.ReplicationGroup(
        scope.name("group"),
        replication_group_id=args.replication_group_id,
        description=args.description,
        engine=args.engine,
        engine_version=args.engine_version,
        parameter_group_name=parts.parameters.name,
        node_type=args.node_type,
        num_cache_clusters=args.node_count,
        automatic_failover_enabled=args.automatic_failover,
        multi_az_enabled=args.multi_az,
        subnet_group_name=parts.subnets.name,
        security_group_ids=[parts.access.id],
        port=args.port,
        maintenance_window=args.maintenance_window,
        snapshot_window=args.snapshot_window,
        snapshot_retention_limit=args.snapshot_retention_days,
        final_snapshot_identifier=_final_snapshot(scope, args, parts) if args.final_snapshot else None,
        apply_immediately=args.apply_immediately,
        auto_minor_version_upgrade=args.auto_minor_version_upgrade,
        at_rest_encryption_enabled=True,
        kms_key_id=parts.key.arn,  # an alias's ARN would replace the group at every deployment
        transit_encryption_enabled=True,
        # Write-only and of one version for ever: sent at creation, so that a group which replaces another is born with
        # the current token; afterwards neither compared nor sent again, which is AuthTokenRotation's business.
        auth_token_wo=parts.issue.token.result,
        auth_token_wo_version=1,
        log_delivery_configurations=parts.deliveries,
        tags=scope.tagged("group"),
        opts=pulumi.ResourceOptions(
            parent=scope.owner, protect=args.protect, ignore_changes=list(_READ_AT_CREATION.values())
        ),
    )


def _final_snapshot(scope: Scope, args: ReplicationGroupArgs, parts: _Parts) -> pulumi.Output[str]:
    """The name of the snapshot that is made when the group is deleted.

    A name that is taken blocks the deletion, so each group has one of its own: what ends it is drawn anew whenever one
    of the properties changes that a group cannot change in place. Who replaces a group without such a change (`pulumi
    up --replace`) names this ending there as well.
    """
    ending = random.RandomId(
        scope.name("final-snapshot"),
        byte_length=4,
        keepers={
            "replicationGroupId": args.replication_group_id,
            "engine": args.engine,
            "port": pulumi.Output.from_input(args.port).apply(lambda number: str(int(number))),
            "kmsKeyId": parts.key.arn,
            "subnetGroupName": parts.subnets.name,
        },
        opts=scope.child(),
    )
    return pulumi.Output.concat(args.replication_group_id, "-final-", ending.hex)


_READ_AT_CREATION = {"node_count": "num_cache_clusters", "apply_immediately": "apply_immediately"}
"""Arguments that say how a group is made and no more, and the properties they become.

The number of nodes is changed by scaling, which people and AWS do in operations of their own; a deployment that undid
it would delete replicas.
"""


def _warn_of_differences(
    owner: pulumi.Resource, args: ReplicationGroupArgs, group: aws.elasticache.ReplicationGroup
) -> None:
    for argument, property_name in _READ_AT_CREATION.items():

        def compare(values: list[Any], argument: str = argument) -> None:
            wanted, live = (json.dumps(value) for value in values)
            if live not in (wanted, "null"):  # null: the provider does not know, as after an import
                pulumi.log.warn(
                    f"{to_camel(argument)} is {wanted} in the configuration and {live} in the group; it is read when "
                    "the group is made, so nothing changes. Change the group itself, or put the configuration right",
                    owner,
                )

        pulumi.Output.all(getattr(args, argument), getattr(group, property_name)).apply(compare)


def _warn_of_risks(owner: pulumi.Resource, args: ReplicationGroupArgs) -> None:
    blocks = [block for block in args.allowed_cidr_blocks if isinstance(block, str)]
    if everybody := [block for block in blocks if lets_everybody_in(block)]:
        pulumi.log.warn(f"{' and '.join(everybody)} may connect: only the token keeps strangers out", owner)
    if not args.allowed_cidr_blocks and not args.allowed_security_group_ids:
        pulumi.log.warn("nobody may connect: name who may in allowedSecurityGroupIds or allowedCidrBlocks", owner)


def _is_plain(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(_is_plain(entry) for entry in value.values())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return all(_is_plain(entry) for entry in value)
    return isinstance(value, str | int | bool)
