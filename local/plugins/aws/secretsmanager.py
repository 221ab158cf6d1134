"""`aws.secretsmanager.Secret` and `aws.secretsmanager.SecretPolicy`: a secret without its values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Final

from botocore.exceptions import ClientError
from typing_extensions import override

from local.plugins.aws import policy, waiting
from local.plugins.aws.resource import ARN, REGION, TAGS, AwsResource, given, named, tag_changes, tag_list
from local.plugins.aws.session import Session
from local.plugins.schema import Call, Kind, Property
from local.plugins.values import Properties

_GONE: Final = ("ResourceNotFoundException",)
_TIMEOUT: Final = 2 * 60.0
_NO_REPLICAS: Final = "is not stood in for: the stand-in makes secrets of one region"
_EMPTY_POLICIES: Final = ("", "{}")


class Secret(AwsResource):
    """The place of a secret; what is in it is written by others. Its id is its ARN."""

    service = "secretsmanager"
    token = "aws:secretsmanager/secret:Secret"
    title = "Secrets Manager Secret"
    properties: ClassVar[Mapping[str, Property]] = {
        **REGION,
        **TAGS,
        **ARN,
        **named(length=512),
        "description": Property(),
        "kmsKeyId": Property(),
        "policy": replace(policy.POLICY, computed=True),
        "recoveryWindowInDays": Property(
            kind=Kind.INT,
            default=30,
            local=True,
            rule=lambda value: None if value == 0 or 7 <= value <= 30 else "expected 0 or 7 to 30",
        ),
        "forceOverwriteReplicaSecret": Property(kind=Kind.BOOL, default=False, local=True),
        "replicas": Property(kind=Kind.SET, computed=True, refused=_NO_REPLICAS),
        "type": Property(computed=True, refused="is not stood in for"),
    }

    @override
    def create(self, call: Call[Session], inputs: Properties) -> str:
        """Create the secret without a value."""
        arguments = given(
            Name=inputs["name"],
            Description=inputs.get("description"),
            KmsKeyId=inputs.get("kmsKeyId"),
            Tags=tag_list(self.planned(call.session, inputs)["tagsAll"]) or None,
        )
        return str(self.client(call, inputs).create_secret(**arguments)["ARN"])

    @override
    def settle(self, call: Call[Session], id_: str, inputs: Properties) -> Properties:
        """Attach the policy."""
        if inputs.get("policy", "") not in _EMPTY_POLICIES:
            _put_policy(self.client(call, inputs), id_, inputs)
        return {}

    @override
    def read(self, call: Call[Session], id_: str, prior: Properties) -> Properties | None:
        """A secret whose deletion is scheduled counts as gone."""
        secrets = self.client(call, prior)
        secret = _describe(secrets, id_)
        if secret is None:
            return None
        properties = {
            "arn": secret["ARN"],
            "name": secret["Name"],
            "description": secret.get("Description"),
            "kmsKeyId": secret.get("KmsKeyId"),
            "policy": secrets.get_resource_policy(SecretId=id_).get("ResourcePolicy"),
        }
        return self.found(call, prior, properties, secret.get("Tags"))

    @override
    def update(
        self, call: Call[Session], id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> Properties:
        """Change everything but the name."""
        secrets = self.client(call, new)
        if changed & {"description", "kmsKeyId"}:
            secrets.update_secret(
                **given(SecretId=id_, Description=new.get("description", ""), KmsKeyId=new.get("kmsKeyId"))
            )
        if "policy" in changed:
            if new.get("policy", "") in _EMPTY_POLICIES:
                secrets.delete_resource_policy(SecretId=id_)
            else:
                _put_policy(secrets, id_, new)
        added, removed = tag_changes(call.session, old, new)
        if added:
            secrets.tag_resource(SecretId=id_, Tags=tag_list(added))
        if removed:
            secrets.untag_resource(SecretId=id_, TagKeys=removed)
        return {}

    @override
    def delete(self, call: Call[Session], id_: str, old: Properties) -> None:
        """Schedule the deletion, or delete at once with a window of 0 days."""
        secrets = self.client(call, old)
        if _describe(secrets, id_) is None:
            return
        window = old.get("recoveryWindowInDays", 30)
        how = {"RecoveryWindowInDays": window} if window else {"ForceDeleteWithoutRecovery": True}
        with waiting.ignoring(*_GONE):
            secrets.delete_secret(SecretId=id_, **how)
        waiting.until("the deletion", lambda: _describe(secrets, id_) is None or None, call, _TIMEOUT)


def _describe(secrets: Any, id_: str) -> Properties | None:
    try:
        secret: Properties = secrets.describe_secret(SecretId=id_)
    except ClientError as error:
        if waiting.error_code(error) in _GONE:
            return None
        raise
    return None if secret.get("DeletedDate") else secret


def _put_policy(secrets: Any, id_: str, inputs: Properties) -> None:
    secrets.put_resource_policy(
        **given(
            SecretId=id_,
            ResourcePolicy=policy.normal(inputs["policy"]),
            BlockPublicPolicy=inputs.get("blockPublicPolicy"),
        )
    )


class SecretPolicy(AwsResource):
    """Who may use a secret; its id is the secret's ARN."""

    service = "secretsmanager"
    token = "aws:secretsmanager/secretPolicy:SecretPolicy"
    title = "Secrets Manager Secret Policy"
    properties: ClassVar[Mapping[str, Property]] = {
        **REGION,
        "secretArn": Property(required=True, replaces=True),
        "policy": replace(policy.POLICY, required=True),
        "blockPublicPolicy": Property(kind=Kind.BOOL, local=True),
    }

    @override
    def create(self, call: Call[Session], inputs: Properties) -> str:
        """Attach the policy."""
        _put_policy(self.client(call, inputs), inputs["secretArn"], inputs)
        return str(inputs["secretArn"])

    @override
    def read(self, call: Call[Session], id_: str, prior: Properties) -> Properties | None:
        """The policy is gone with its secret."""
        secrets = self.client(call, prior)
        if _describe(secrets, id_) is None:
            return None
        text = secrets.get_resource_policy(SecretId=id_).get("ResourcePolicy")
        return self.found(call, prior, {"secretArn": id_, "policy": text})

    @override
    def update(
        self, call: Call[Session], id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> Properties:
        """Attach the new policy in place of the old one."""
        _put_policy(self.client(call, new), id_, new)
        return {}

    @override
    def delete(self, call: Call[Session], id_: str, old: Properties) -> None:
        """Take the policy away; the secret stays."""
        secrets = self.client(call, old)
        if _describe(secrets, id_) is None:
            return
        with waiting.ignoring(*_GONE):
            secrets.delete_resource_policy(SecretId=id_)
