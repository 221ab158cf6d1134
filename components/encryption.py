"""The key that encrypts the nodes' disks, their snapshots, the slow log and the published token.

Secrets Manager needs no statement of its own in the key's policy: it uses the key as whoever reads the secret.
"""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws

from components.scope import Scope


def key(
    scope: Scope,
    *,
    group_id: pulumi.Input[str],
    suffix: pulumi.Input[str],
    what: str = "Disks, snapshots, slow log and published token",
    log_group_name: pulumi.Input[str] | None,
    deletion_days: pulumi.Input[int],
    protect: bool,
    keep: bool,
) -> aws.kms.Key:
    """A key of this stack's own, whose material AWS renews every year, with an alias that ends in `suffix`.

    `what`: all that it encrypts, for people.
    `keep`: leave it behind when the stack is destroyed, for the final snapshot, which is worthless without it.
    """
    made = aws.kms.Key(
        scope.name("key"),
        description=pulumi.Output.concat(what, " of ", group_id),
        policy=pulumi.Output.json_dumps(policy(scope, log_group_name)),
        enable_key_rotation=True,
        deletion_window_in_days=deletion_days,
        tags=scope.tagged("key"),
        opts=pulumi.ResourceOptions(parent=scope.owner, protect=protect, retain_on_delete=keep),
    )
    aws.kms.Alias(
        scope.name("key-alias"),
        name=pulumi.Output.concat("alias/", group_id, "-", suffix),
        target_key_id=made.key_id,
        opts=scope.child(),
    )
    return made


def policy(scope: Scope, log_group_name: pulumi.Input[str] | None) -> dict[str, Any]:
    """Who may use the key: whom this account's own IAM policies let, and CloudWatch Logs for one log group.

    ElastiCache needs no statement: it uses the key by grants of whoever creates the group.
    """
    account = aws.get_caller_identity_output(opts=scope.look()).account_id
    partition = aws.get_partition_output(opts=scope.look())
    region = aws.get_region_output(opts=scope.look()).region
    statements: list[dict[str, Any]] = [
        {
            "Sid": "Account",
            "Effect": "Allow",
            "Principal": {"AWS": pulumi.Output.format("arn:{0}:iam::{1}:root", partition.partition, account)},
            "Action": "kms:*",
            "Resource": "*",
        }
    ]
    if log_group_name is not None:
        log_group = pulumi.Output.format(
            "arn:{0}:logs:{1}:{2}:log-group:{3}", partition.partition, region, account, log_group_name
        )
        statements.append(
            {
                "Sid": "SlowLog",
                "Effect": "Allow",
                "Principal": {"Service": pulumi.Output.format("logs.{0}.{1}", region, partition.dns_suffix)},
                "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
                "Resource": "*",
                "Condition": {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": log_group}},
            }
        )
    return {"Version": "2012-10-17", "Statement": statements}
