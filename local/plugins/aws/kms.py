"""`aws.kms.Key` and `aws.kms.Alias`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Final

from botocore.exceptions import ClientError
from typing_extensions import override

from local.plugins.aws import policy, waiting
from local.plugins.aws.resource import ARN, REGION, TAGS, AwsResource, given, named, tag_changes, tag_list
from local.plugins.aws.session import Session
from local.plugins.errors import Failure
from local.plugins.schema import OUTPUT, AutoName, Call, Kind, Property
from local.plugins.values import Properties, Value

_GONE: Final = ("NotFoundException",)
_GOING: Final = ("PendingDeletion", "PendingReplicaDeletion")
_DELETION_TIMEOUT: Final = 20 * 60.0
_ALIAS: Final = "alias/"


def _between(low: int, high: int) -> Property:
    return Property(
        kind=Kind.INT,
        rule=lambda value: None if low <= value <= high else f"expected {low} to {high}",
    )


class Key(AwsResource):
    """A KMS key; deleting it schedules its deletion."""

    service = "kms"
    token = "aws:kms/key:Key"
    title = "KMS Key"
    properties: ClassVar[Mapping[str, Property]] = {
        **REGION,
        **TAGS,
        **ARN,
        "keyId": OUTPUT,
        "description": Property(computed=True),
        "policy": replace(policy.POLICY, computed=True),
        "enableKeyRotation": Property(kind=Kind.BOOL, default=False),
        "rotationPeriodInDays": replace(_between(90, 2560), computed=True),
        "isEnabled": Property(kind=Kind.BOOL, default=True),
        "deletionWindowInDays": replace(_between(7, 30), local=True),
        "bypassPolicyLockoutSafetyCheck": Property(kind=Kind.BOOL, default=False, local=True),
        "customerMasterKeySpec": Property(default="SYMMETRIC_DEFAULT", replaces=True),
        "keyUsage": Property(
            default="ENCRYPT_DECRYPT",
            replaces=True,
            choices=("ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT"),
        ),
        "multiRegion": Property(kind=Kind.BOOL, computed=True, replaces=True),
        "customKeyStoreId": Property(refused="is not stood in for: there is no key store"),
        "xksKeyId": Property(refused="is not stood in for: there is no key store"),
    }

    @override
    def check(self, inputs: Properties) -> list[Failure]:
        """A rotation period is of a rotation."""
        if "rotationPeriodInDays" in inputs and inputs["enableKeyRotation"] is False:
            return [Failure("rotationPeriodInDays", "needs enableKeyRotation to be true")]
        return []

    @override
    def create(self, call: Call[Session], inputs: Properties) -> str:
        """Create the key with its policy and tags."""
        arguments = given(
            BypassPolicyLockoutSafetyCheck=inputs["bypassPolicyLockoutSafetyCheck"],
            KeySpec=inputs["customerMasterKeySpec"],
            KeyUsage=inputs["keyUsage"],
            Description=inputs.get("description"),
            MultiRegion=inputs.get("multiRegion"),
            Policy=policy.normal(inputs["policy"]) if inputs.get("policy") else None,
            Tags=tag_list(self.planned(call.session, inputs)["tagsAll"], "TagKey", "TagValue") or None,
        )
        return str(self.client(call, inputs).create_key(**arguments)["KeyMetadata"]["KeyId"])

    @override
    def settle(self, call: Call[Session], id_: str, inputs: Properties) -> Properties:
        """Switch rotation on, and the key off, which creating cannot do."""
        kms = self.client(call, inputs)
        if inputs["enableKeyRotation"]:
            _set_rotation(kms, id_, inputs)
        if not inputs["isEnabled"]:
            kms.disable_key(KeyId=id_)
        return {}

    @override
    def read(self, call: Call[Session], id_: str, prior: Properties) -> Properties | None:
        """A key whose deletion is scheduled counts as gone."""
        kms = self.client(call, prior)
        key = _describe(kms, id_)
        if key is None:
            return None
        rotation = kms.get_key_rotation_status(KeyId=id_)
        period = rotation.get("RotationPeriodInDays", prior.get("rotationPeriodInDays"))  # moto does not tell it
        tags = kms.get_paginator("list_resource_tags").paginate(KeyId=id_).build_full_result().get("Tags", [])
        properties = {
            "arn": key["Arn"],
            "keyId": key["KeyId"],
            "description": key.get("Description"),
            "policy": policy.normal(kms.get_key_policy(KeyId=id_, PolicyName="default")["Policy"]),
            "enableKeyRotation": rotation["KeyRotationEnabled"],
            "rotationPeriodInDays": period if rotation["KeyRotationEnabled"] else None,
            "isEnabled": key["Enabled"],
            "customerMasterKeySpec": key.get("KeySpec"),
            "keyUsage": key.get("KeyUsage"),
            "multiRegion": key.get("MultiRegion"),
            "customKeyStoreId": key.get("CustomKeyStoreId"),
            "xksKeyId": key.get("XksKeyConfiguration", {}).get("Id"),
        }
        return self.found(call, prior, properties, tags)

    @override
    def update(
        self, call: Call[Session], id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> Properties:
        """Enabled first and disabled last: a disabled key takes no other change."""
        kms = self.client(call, new)
        if "isEnabled" in changed and new["isEnabled"]:
            kms.enable_key(KeyId=id_)
        if changed & {"enableKeyRotation", "rotationPeriodInDays"}:
            _set_rotation(kms, id_, new)
        if "description" in changed:
            kms.update_key_description(KeyId=id_, Description=new["description"])
        if "policy" in changed:
            kms.put_key_policy(
                KeyId=id_,
                PolicyName="default",
                Policy=policy.normal(new["policy"]),
                BypassPolicyLockoutSafetyCheck=new["bypassPolicyLockoutSafetyCheck"],
            )
        added, removed = tag_changes(call.session, old, new)
        if added:
            kms.tag_resource(KeyId=id_, Tags=tag_list(added, "TagKey", "TagValue"))
        if removed:
            kms.untag_resource(KeyId=id_, TagKeys=removed)
        if "isEnabled" in changed and not new["isEnabled"]:
            kms.disable_key(KeyId=id_)
        return {}

    @override
    def delete(self, call: Call[Session], id_: str, old: Properties) -> None:
        """Schedule the deletion, in 30 days unless the key says otherwise."""
        kms = self.client(call, old)
        if _describe(kms, id_) is None:
            return
        kms.schedule_key_deletion(**given(KeyId=id_, PendingWindowInDays=old.get("deletionWindowInDays")))
        waiting.until("the deletion", lambda: _describe(kms, id_) is None or None, call, _DELETION_TIMEOUT)


def _describe(kms: Any, id_: str) -> Properties | None:
    try:
        key: Properties = kms.describe_key(KeyId=id_)["KeyMetadata"]
    except ClientError as error:
        if waiting.error_code(error) in _GONE:
            return None
        raise
    return None if key["KeyState"] in _GOING else key


def _set_rotation(kms: Any, id_: str, inputs: Properties) -> None:
    if inputs["enableKeyRotation"]:
        kms.enable_key_rotation(**given(KeyId=id_, RotationPeriodInDays=inputs.get("rotationPeriodInDays")))
    else:
        kms.disable_key_rotation(KeyId=id_)


def _alias_problem(name: str) -> str | None:
    return None if name.startswith(_ALIAS) and len(name) > len(_ALIAS) else f"expected a name that begins with {_ALIAS}"


def _key_id(value: Value) -> Value:
    """The id in a key's ARN: either names the same key."""
    return value.rsplit("/", 1)[-1] if isinstance(value, str) else value


class Alias(AwsResource):
    """A name for a KMS key; its id is that name."""

    service = "kms"
    token = "aws:kms/alias:Alias"
    title = "KMS Alias"
    properties: ClassVar[Mapping[str, Property]] = {
        **REGION,
        **ARN,
        **named(_alias_problem),
        "name": replace(
            named(_alias_problem)["name"],
            autoname=AutoName(transform=lambda name: name if name.startswith(_ALIAS) else _ALIAS + name),
        ),
        "targetKeyId": Property(required=True, canonical=_key_id),
        "targetKeyArn": Property(output=True, follows=("targetKeyId",)),
    }

    @override
    def create(self, call: Call[Session], inputs: Properties) -> str:
        """Create the alias."""
        self.client(call, inputs).create_alias(AliasName=inputs["name"], TargetKeyId=inputs["targetKeyId"])
        return str(inputs["name"])

    @override
    def read(self, call: Call[Session], id_: str, prior: Properties) -> Properties | None:
        """KMS lists aliases, it does not describe one."""
        pages = self.client(call, prior).get_paginator("list_aliases").paginate()
        alias = next((entry for page in pages for entry in page["Aliases"] if entry["AliasName"] == id_), None)
        if alias is None:
            return None
        arn = alias["AliasArn"]
        properties = {
            "arn": arn,
            "name": alias["AliasName"],
            "targetKeyId": alias.get("TargetKeyId"),
            "targetKeyArn": f"{arn.split(_ALIAS)[0]}key/{alias.get('TargetKeyId')}",
        }
        return self.found(call, prior, properties)

    @override
    def update(
        self, call: Call[Session], id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> Properties:
        """Point it at another key."""
        if "targetKeyId" in changed:
            self.client(call, new).update_alias(AliasName=id_, TargetKeyId=new["targetKeyId"])
        return {}

    @override
    def delete(self, call: Call[Session], id_: str, old: Properties) -> None:
        """Delete the alias; the key stays."""
        with waiting.ignoring(*_GONE):
            self.client(call, old).delete_alias(AliasName=id_)
