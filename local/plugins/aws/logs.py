"""`aws.cloudwatch.LogGroup`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from typing_extensions import override

from local.plugins.aws import waiting
from local.plugins.aws.resource import ARN, REGION, TAGS, AwsResource, given, named, tag_changes
from local.plugins.aws.session import Session
from local.plugins.schema import Call, Kind, Property
from local.plugins.values import Properties

_RETENTIONS: Final = (
    0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
"""Days; 0 keeps them for ever."""


class LogGroup(AwsResource):
    """A log group; its id is its name."""

    service = "logs"
    token = "aws:cloudwatch/logGroup:LogGroup"
    title = "CloudWatch Logs Log Group"
    properties: ClassVar[Mapping[str, Property]] = {
        **REGION,
        **TAGS,
        **ARN,
        **named(length=512),
        "kmsKeyId": Property(),
        "logGroupClass": Property(computed=True, replaces=True, choices=("STANDARD", "INFREQUENT_ACCESS", "DELIVERY")),
        "retentionInDays": Property(kind=Kind.INT, default=0, choices=_RETENTIONS),
        "skipDestroy": Property(kind=Kind.BOOL, default=False, local=True),
        "deletionProtectionEnabled": Property(kind=Kind.BOOL, computed=True),
    }

    @override
    def create(self, call: Call[Session], inputs: Properties) -> str:
        """Create the group."""
        arguments = given(
            logGroupName=inputs["name"],
            kmsKeyId=inputs.get("kmsKeyId"),
            logGroupClass=inputs.get("logGroupClass"),
            deletionProtectionEnabled=inputs.get("deletionProtectionEnabled"),
            tags=self.planned(call.session, inputs)["tagsAll"] or None,
        )
        self.client(call, inputs).create_log_group(**arguments)
        return str(inputs["name"])

    @override
    def settle(self, call: Call[Session], id_: str, inputs: Properties) -> Properties:
        """Set the retention."""
        if inputs["retentionInDays"]:
            self._set_retention(call, id_, inputs)
        return {}

    @override
    def read(self, call: Call[Session], id_: str, prior: Properties) -> Properties | None:
        """CloudWatch Logs finds groups by the beginning of their name."""
        logs = self.client(call, prior)
        pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=id_)
        group = next((entry for page in pages for entry in page["logGroups"] if entry["logGroupName"] == id_), None)
        if group is None:
            return None
        arn = group["arn"].removesuffix(":*")
        properties = {
            "arn": arn,
            "name": group["logGroupName"],
            "kmsKeyId": group.get("kmsKeyId"),
            "logGroupClass": group.get("logGroupClass"),
            "retentionInDays": group.get("retentionInDays", 0),
            "deletionProtectionEnabled": group.get("deletionProtectionEnabled"),
        }
        return self.found(call, prior, properties, logs.list_tags_for_resource(resourceArn=arn)["tags"])

    @override
    def update(
        self, call: Call[Session], id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> Properties:
        """Each setting has a call of its own."""
        logs = self.client(call, new)
        if "retentionInDays" in changed:
            self._set_retention(call, id_, new)
        if "kmsKeyId" in changed and new.get("kmsKeyId"):
            logs.associate_kms_key(logGroupName=id_, kmsKeyId=new["kmsKeyId"])
        elif "kmsKeyId" in changed:
            logs.disassociate_kms_key(logGroupName=id_)
        if "deletionProtectionEnabled" in changed:
            logs.put_log_group_deletion_protection(
                logGroupIdentifier=id_, deletionProtectionEnabled=new["deletionProtectionEnabled"]
            )
        added, removed = tag_changes(call.session, old, new)
        if added:
            logs.tag_resource(resourceArn=old["arn"], tags=added)
        if removed:
            logs.untag_resource(resourceArn=old["arn"], tagKeys=removed)
        return {}

    @override
    def delete(self, call: Call[Session], id_: str, old: Properties) -> None:
        """Delete the group and its logs, unless they are to stay."""
        if old.get("skipDestroy"):
            return
        with waiting.ignoring("ResourceNotFoundException"):
            self.client(call, old).delete_log_group(logGroupName=id_)

    def _set_retention(self, call: Call[Session], id_: str, inputs: Properties) -> None:
        logs = self.client(call, inputs)
        if inputs["retentionInDays"]:
            logs.put_retention_policy(logGroupName=id_, retentionInDays=inputs["retentionInDays"])
        else:
            logs.delete_retention_policy(logGroupName=id_)
