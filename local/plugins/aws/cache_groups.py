"""`aws.elasticache.SubnetGroup` and `aws.elasticache.ParameterGroup`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, ClassVar, Final

from botocore.exceptions import ClientError
from typing_extensions import override

from local.plugins.aws import waiting
from local.plugins.aws.elasticache import NAME, retag
from local.plugins.aws.resource import ARN, REGION, TAGS, AwsResource, tag_list
from local.plugins.aws.session import Session
from local.plugins.schema import Call, Kind, Property
from local.plugins.values import Properties

_SUBNETS_GONE: Final = ("CacheSubnetGroupNotFoundFault",)
_PARAMETERS_GONE: Final = ("CacheParameterGroupNotFound",)
_SUBNETS_IN_USE: Final = ("DependencyViolation", "CacheSubnetGroupInUse")
_PARAMETERS_BUSY: Final = ("InvalidCacheParameterGroupState",)
_DELETION_TIMEOUT: Final = 5 * 60.0
_PARAMETERS_AT_ONCE: Final = 20
"""The most that ModifyCacheParameterGroup takes."""


class SubnetGroup(AwsResource):
    """The subnets a group's nodes may be in; its id is its name in lower case."""

    service = "elasticache"
    token = "aws:elasticache/subnetGroup:SubnetGroup"
    title = "ElastiCache Subnet Group"
    properties: ClassVar[Mapping[str, Property]] = {
        **REGION,
        **TAGS,
        **ARN,
        **NAME,
        "description": Property(default="Managed by Pulumi"),
        "subnetIds": Property(kind=Kind.SET, required=True),
        "vpcId": Property(output=True, follows=("subnetIds",)),
    }

    @override
    def create(self, call: Call[Session], inputs: Properties) -> str:
        """Create the subnet group."""
        self.client(call, inputs).create_cache_subnet_group(
            CacheSubnetGroupName=inputs["name"],
            CacheSubnetGroupDescription=inputs["description"],
            SubnetIds=inputs["subnetIds"],
            Tags=tag_list(self.planned(call.session, inputs)["tagsAll"]),
        )
        return str(inputs["name"]).lower()

    @override
    def read(self, call: Call[Session], id_: str, prior: Properties) -> Properties | None:
        """Describe the subnet group."""
        elasticache = self.client(call, prior)
        try:
            group = elasticache.describe_cache_subnet_groups(CacheSubnetGroupName=id_)["CacheSubnetGroups"][0]
        except ClientError as error:
            if waiting.error_code(error) in _SUBNETS_GONE:
                return None
            raise
        properties = {
            "arn": group["ARN"],
            "name": group["CacheSubnetGroupName"],
            "description": group["CacheSubnetGroupDescription"],
            "subnetIds": [subnet["SubnetIdentifier"] for subnet in group["Subnets"]],
            "vpcId": group.get("VpcId"),
        }
        tags = elasticache.list_tags_for_resource(ResourceName=group["ARN"])["TagList"]
        return self.found(call, prior, properties, tags)

    @override
    def update(
        self, call: Call[Session], id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> Properties:
        """Change subnets, description and tags."""
        elasticache = self.client(call, new)
        if changed & {"subnetIds", "description"}:
            elasticache.modify_cache_subnet_group(
                CacheSubnetGroupName=id_,
                CacheSubnetGroupDescription=new["description"],
                SubnetIds=new["subnetIds"],
            )
        retag(elasticache, call.session, old, new)
        return {}

    @override
    def delete(self, call: Call[Session], id_: str, old: Properties) -> None:
        """Delete the subnet group once no group uses it any more."""
        elasticache = self.client(call, old)
        with waiting.ignoring(*_SUBNETS_GONE):
            waiting.while_refused(
                _SUBNETS_IN_USE,
                lambda: elasticache.delete_cache_subnet_group(CacheSubnetGroupName=id_),
                call,
                _DELETION_TIMEOUT,
            )


class ParameterGroup(AwsResource):
    """Engine parameters; only those the program sets are kept. Its id is its name."""

    service = "elasticache"
    token = "aws:elasticache/parameterGroup:ParameterGroup"
    title = "ElastiCache Parameter Group"
    properties: ClassVar[Mapping[str, Property]] = {
        **REGION,
        **TAGS,
        **ARN,
        **NAME,
        "family": Property(required=True, replaces=True),
        "description": Property(default="Managed by Pulumi", replaces=True),
        "parameters": Property(
            kind=Kind.SET, fields={"name": Property(required=True), "value": Property(required=True)}
        ),
    }

    @override
    def create(self, call: Call[Session], inputs: Properties) -> str:
        """Create the group with its family's values."""
        answer = self.client(call, inputs).create_cache_parameter_group(
            CacheParameterGroupName=inputs["name"],
            CacheParameterGroupFamily=inputs["family"],
            Description=inputs["description"],
            Tags=tag_list(self.planned(call.session, inputs)["tagsAll"]),
        )
        return str(answer["CacheParameterGroup"]["CacheParameterGroupName"])

    @override
    def settle(self, call: Call[Session], id_: str, inputs: Properties) -> Properties:
        """Set the parameters."""
        self._set_parameters(call, id_, {}, inputs)
        return {}

    @override
    def read(self, call: Call[Session], id_: str, prior: Properties) -> Properties | None:
        """Describe the group, and the parameters that are not the family's."""
        elasticache = self.client(call, prior)
        try:
            group = elasticache.describe_cache_parameter_groups(CacheParameterGroupName=id_)["CacheParameterGroups"][0]
        except ClientError as error:
            if waiting.error_code(error) in _PARAMETERS_GONE:
                return None
            raise
        pages = elasticache.get_paginator("describe_cache_parameters").paginate(
            CacheParameterGroupName=id_, Source="user"
        )
        properties = {
            "arn": group["ARN"],
            "name": group["CacheParameterGroupName"],
            "family": group["CacheParameterGroupFamily"],
            "description": group["Description"],
            "parameters": [
                {"name": entry["ParameterName"].lower(), "value": entry["ParameterValue"]}
                for page in pages
                for entry in page["Parameters"]
                if entry.get("ParameterValue") is not None
            ],
        }
        tags = elasticache.list_tags_for_resource(ResourceName=group["ARN"])["TagList"]
        return self.found(call, prior, properties, tags)

    @override
    def update(
        self, call: Call[Session], id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> Properties:
        """Change parameters and tags."""
        if "parameters" in changed:
            self._set_parameters(call, id_, old, new)
        retag(self.client(call, new), call.session, old, new)
        return {}

    @override
    def delete(self, call: Call[Session], id_: str, old: Properties) -> None:
        """Delete the group once nothing uses it any more."""
        elasticache = self.client(call, old)
        with waiting.ignoring(*_PARAMETERS_GONE):
            waiting.while_refused(
                _PARAMETERS_BUSY,
                lambda: elasticache.delete_cache_parameter_group(CacheParameterGroupName=id_),
                call,
                _DELETION_TIMEOUT,
            )

    def _set_parameters(self, call: Call[Session], id_: str, old: Properties, new: Properties) -> None:
        elasticache = self.client(call, new)
        before, after = _values(old), _values(new)
        for some in _portions({name: value for name, value in before.items() if name not in after}):
            reset = partial(
                elasticache.reset_cache_parameter_group, CacheParameterGroupName=id_, ParameterNameValues=some
            )
            waiting.while_refused(_PARAMETERS_BUSY, reset, call, _DELETION_TIMEOUT)
        for some in _portions({name: value for name, value in after.items() if before.get(name) != value}):
            elasticache.modify_cache_parameter_group(CacheParameterGroupName=id_, ParameterNameValues=some)


def _values(properties: Properties) -> dict[str, str]:
    return {entry["name"]: entry["value"] for entry in properties.get("parameters") or []}


def _portions(parameters: Mapping[str, str]) -> Iterator[list[dict[str, Any]]]:
    every = [{"ParameterName": name, "ParameterValue": value} for name, value in sorted(parameters.items())]
    for start in range(0, len(every), _PARAMETERS_AT_ONCE):
        yield every[start : start + _PARAMETERS_AT_ONCE]
