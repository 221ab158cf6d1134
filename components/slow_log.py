"""Where the nodes' slow log goes."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.scope import Scope


def name(group_id: pulumi.Input[str], suffix: pulumi.Input[str]) -> pulumi.Output[str]:
    """The log group's name, which the key's policy must know before either is made.

    It ends in `suffix`, so that what another stack left behind is never taken for ours.
    """
    return pulumi.Output.concat("/elasticache/", group_id, "-", suffix, "/slow-log")


def log_group(
    scope: Scope, *, log_group_name: pulumi.Input[str], key_arn: pulumi.Input[str], retention_days: pulumi.Input[int]
) -> aws.cloudwatch.LogGroup:
    """A log group of its own (two kinds of log cannot share one), encrypted by the stack's key."""
    return aws.cloudwatch.LogGroup(
        scope.name("slow-log"),
        name=log_group_name,
        kms_key_id=key_arn,
        retention_in_days=retention_days,
        tags=scope.tagged("slow-log"),
        opts=scope.child(),
    )


def delivery(group: aws.cloudwatch.LogGroup) -> aws.elasticache.ReplicationGroupLogDeliveryConfigurationArgs:
    """What tells ElastiCache to write its slow log into `group`, as JSON."""
    return aws.elasticache.ReplicationGroupLogDeliveryConfigurationArgs(
        destination=group.name, destination_type="cloudwatch-logs", log_format="json", log_type="slow-log"
    )
