"""The secret that clients read the token from. What is in it, AuthTokenRotation writes: it alone knows when."""

from __future__ import annotations

from typing import Any, Final

import pulumi
import pulumi_aws as aws

from components.scope import Scope

POLICY: Final[dict[str, Any]] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "secretsmanager:*",
            "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ],
}
"""Refuses whoever comes without TLS. It allows nothing: who may read is up to the account's own IAM policies."""


def secret(
    scope: Scope, *, group_id: pulumi.Input[str], key_arn: pulumi.Input[str], recovery_days: pulumi.Input[int]
) -> pulumi.Output[str]:
    """A secret without a value, encrypted by the stack's key; its ARN, known once the policy is on it.

    Named by Pulumi: a deleted secret keeps its name for `recovery_days`, and must not be in the way of the next one,
    be it this stack's or another's.
    """
    made = aws.secretsmanager.Secret(
        scope.name("auth-token"),
        description=pulumi.Output.concat("Endpoints and auth token of ", group_id, ", for its clients"),
        kms_key_id=key_arn,
        recovery_window_in_days=recovery_days,
        tags=scope.tagged("auth-token"),
        opts=scope.child(),
    )
    guarded = aws.secretsmanager.SecretPolicy(
        scope.name("auth-token-policy"),
        secret_arn=made.arn,
        policy=pulumi.Output.json_dumps(POLICY),
        opts=scope.child(),
    )
    return guarded.secret_arn
