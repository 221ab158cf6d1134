"""A group that the stack does not own: read by its id, never imported, never changed but for its token."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.scope import Scope


@dataclass(frozen=True)
class Live:
    """What a token needs to know of a group, ours or not."""

    id: pulumi.Output[str]
    arn: pulumi.Output[str]
    primary_endpoint: pulumi.Output[str]
    reader_endpoint: pulumi.Output[str]
    port: pulumi.Output[int]


def live(scope: Scope, group_id: str) -> Live:
    """The group called `group_id`, as AWS tells it now. The run ends where there is none, or it is in cluster mode."""
    found = aws.elasticache.get_replication_group_output(replication_group_id=group_id, opts=scope.look())
    return Live(
        id=found.replication_group_id,
        arn=found.arn,
        primary_endpoint=found.apply(_primary),
        reader_endpoint=found.reader_endpoint_address,
        port=found.port,
    )


def _primary(found: aws.elasticache.GetReplicationGroupResult) -> str:
    if not found.primary_endpoint_address:
        raise pulumi.RunError(
            f"{found.replication_group_id} is in cluster mode, with no primary that clients could be told; "
            "only a group without it can be adopted"
        )
    return found.primary_endpoint_address
