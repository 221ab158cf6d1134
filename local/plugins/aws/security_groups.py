"""`aws.ec2.SecurityGroup` and `aws.vpc.SecurityGroupIngressRule`."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from botocore.exceptions import ClientError
from typing_extensions import override

from local.plugins.aws import waiting
from local.plugins.aws.resource import ARN, REGION, TAGS, AwsResource, given, named, tag_changes, tag_list
from local.plugins.aws.session import Session
from local.plugins.errors import Failure
from local.plugins.schema import OUTPUT, Call, Kind, Property
from local.plugins.values import Properties, Value

_GROUP_GONE: Final = ("InvalidGroup.NotFound", "InvalidGroupId.NotFound")
_RULE_GONE: Final = ("InvalidSecurityGroupRuleId.NotFound", "InvalidPermission.NotFound", *_GROUP_GONE)
_IN_USE: Final = ("DependencyViolation", "InvalidGroup.InUse")
_DELETION_TIMEOUT: Final = 15 * 60.0
_ELSEWHERE: Final = "is not stood in for: declare rules as resources of their own"
_SOURCES: Final = ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")


def _group_name_problem(name: str) -> str | None:
    return "expected a name that does not begin with sg-" if name.startswith("sg-") else None


class SecurityGroup(AwsResource):
    """A security group without rules: AWS's own "allow all out" rule is taken away, as the official plugin does."""

    service = "ec2"
    token = "aws:ec2/securityGroup:SecurityGroup"
    title = "Security Group"
    schema_version = 1
    properties: ClassVar[Mapping[str, Property]] = {
        **REGION,
        **TAGS,
        **ARN,
        **named(_group_name_problem),
        "description": Property(default="Managed by Pulumi", replaces=True),
        "vpcId": Property(computed=True, replaces=True),
        "ownerId": OUTPUT,
        "revokeRulesOnDelete": Property(kind=Kind.BOOL, default=False, local=True),
        "ingress": Property(kind=Kind.LIST, computed=True, refused=_ELSEWHERE),
        "egress": Property(kind=Kind.LIST, computed=True, refused=_ELSEWHERE),
    }

    @override
    def create(self, call: Call[Session], inputs: Properties) -> str:
        """Create the group."""
        tags = tag_list(self.planned(call.session, inputs)["tagsAll"])
        arguments = given(
            GroupName=inputs["name"],
            Description=inputs["description"],
            VpcId=inputs.get("vpcId"),
            TagSpecifications=[{"ResourceType": "security-group", "Tags": tags}] if tags else None,
        )
        return str(self.client(call, inputs).create_security_group(**arguments)["GroupId"])

    @override
    def settle(self, call: Call[Session], id_: str, inputs: Properties) -> Properties:
        """Take the rules away that AWS gives to a new group."""
        self._revoke(call, id_, inputs)
        return {}

    @override
    def read(self, call: Call[Session], id_: str, prior: Properties) -> Properties | None:
        """Rules are read as AWS has them, whoever made them."""
        group = _find_group(self.client(call, prior), id_)
        if group is None:
            return None
        region = prior.get("region") or call.session.region
        partition = call.session.partition(region)["partition"]
        properties = {
            "arn": f"arn:{partition}:ec2:{region}:{group['OwnerId']}:security-group/{id_}",
            "name": group["GroupName"],
            "description": group["Description"],
            "vpcId": group.get("VpcId"),
            "ownerId": group["OwnerId"],
            "ingress": [_rule(id_, permission) for permission in group["IpPermissions"]],
            "egress": [_rule(id_, permission) for permission in group["IpPermissionsEgress"]],
        }
        return self.found(call, prior, properties, group.get("Tags"))

    @override
    def update(
        self, call: Call[Session], id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> Properties:
        """Only tags can change."""
        retag(self.client(call, new), call.session, id_, old, new)
        return {}

    @override
    def delete(self, call: Call[Session], id_: str, old: Properties) -> None:
        """Delete the group once nothing uses it any more."""
        ec2 = self.client(call, old)
        with waiting.ignoring(*_GROUP_GONE):
            if old.get("revokeRulesOnDelete"):
                self._revoke(call, id_, old)
            waiting.while_refused(_IN_USE, lambda: ec2.delete_security_group(GroupId=id_), call, _DELETION_TIMEOUT)
        waiting.until("the deletion", lambda: _find_group(ec2, id_) is None or None, call, _DELETION_TIMEOUT)

    def _revoke(self, call: Call[Session], id_: str, properties: Properties) -> None:
        ec2 = self.client(call, properties)
        group = _find_group(ec2, id_) or {}
        if group.get("IpPermissionsEgress"):
            ec2.revoke_security_group_egress(GroupId=id_, IpPermissions=group["IpPermissionsEgress"])
        if group.get("IpPermissions"):
            ec2.revoke_security_group_ingress(GroupId=id_, IpPermissions=group["IpPermissions"])


def retag(ec2: Any, session: Session, id_: str, old: Properties, new: Properties) -> None:
    """Bring the tags of anything of EC2's to what is wanted."""
    added, removed = tag_changes(session, old, new)
    if removed:
        ec2.delete_tags(Resources=[id_], Tags=[{"Key": key} for key in removed])
    if added:
        ec2.create_tags(Resources=[id_], Tags=tag_list(added))


def _find_group(ec2: Any, id_: str) -> Properties | None:
    try:
        groups: list[Properties] = ec2.describe_security_groups(GroupIds=[id_])["SecurityGroups"]
    except ClientError as error:
        if waiting.error_code(error) in _GROUP_GONE:
            return None
        raise
    return groups[0] if groups else None


def _rule(group_id: str, permission: Mapping[str, Any]) -> Properties:
    """A rule as the group's `ingress` and `egress` show it."""
    ranges, pairs = permission.get("IpRanges", []), permission.get("UserIdGroupPairs", [])
    described = [*ranges, *permission.get("Ipv6Ranges", []), *permission.get("PrefixListIds", []), *pairs]
    ids = [pair["GroupId"] for pair in pairs]
    return {
        "cidrBlocks": [entry["CidrIp"] for entry in ranges],
        "description": next((entry["Description"] for entry in described if entry.get("Description")), ""),
        "fromPort": permission.get("FromPort", 0),
        "ipv6CidrBlocks": [entry["CidrIpv6"] for entry in permission.get("Ipv6Ranges", [])],
        "prefixListIds": [entry["PrefixListId"] for entry in permission.get("PrefixListIds", [])],
        "protocol": permission["IpProtocol"],
        "securityGroups": [id_ for id_ in ids if id_ != group_id],
        "self": group_id in ids,
        "toPort": permission.get("ToPort", 0),
    }


def _network_problem(version: int) -> Any:
    def problem(text: str) -> str | None:
        try:
            right = ipaddress.ip_network(text).version == version
        except ValueError as error:
            return f"expected an IPv{version} CIDR block: {error}"
        return None if right else f"expected an IPv{version} CIDR block"

    return problem


def _port_problem(port: int) -> str | None:
    return None if -1 <= port <= 65535 else "expected -1 to 65535"


def _protocol(value: Value) -> Value:
    numbers = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}
    return numbers.get(str(value).lower(), str(value).lower())


class SecurityGroupIngressRule(AwsResource):
    """One source that may reach a group; its id is the rule's."""

    service = "ec2"
    token = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    title = "VPC Security Group Ingress Rule"
    fills_unset = False
    properties: ClassVar[Mapping[str, Property]] = {
        **REGION,
        **TAGS,
        **ARN,
        "securityGroupId": Property(required=True, replaces=True),
        "securityGroupRuleId": OUTPUT,
        "ipProtocol": Property(required=True, canonical=_protocol),
        "fromPort": Property(kind=Kind.INT, rule=_port_problem),
        "toPort": Property(kind=Kind.INT, rule=_port_problem),
        "cidrIpv4": Property(rule=_network_problem(4)),
        "cidrIpv6": Property(rule=_network_problem(6)),
        "prefixListId": Property(),
        "referencedSecurityGroupId": Property(),
        "description": Property(),
    }

    @override
    def check(self, inputs: Properties) -> list[Failure]:
        """One source, no more and no less."""
        sources = [name for name in _SOURCES if name in inputs]
        if len(sources) == 1:
            return []
        return [Failure(sources[0] if sources else _SOURCES[0], f"expected exactly one of {', '.join(_SOURCES)}")]

    @override
    def extra_replaces(self, old: Properties, new: Properties) -> set[str]:
        """A rule cannot change the kind of its source."""
        before, after = ({name for name in _SOURCES if side.get(name)} for side in (old, new))
        return before ^ after

    @override
    def create(self, call: Call[Session], inputs: Properties) -> str:
        """Add the rule to its group."""
        tags = tag_list(self.planned(call.session, inputs)["tagsAll"])
        arguments = given(
            GroupId=inputs["securityGroupId"],
            IpPermissions=[_permission(inputs)],
            TagSpecifications=[{"ResourceType": "security-group-rule", "Tags": tags}] if tags else None,
        )
        answer = self.client(call, inputs).authorize_security_group_ingress(**arguments)
        return str(answer["SecurityGroupRules"][0]["SecurityGroupRuleId"])

    @override
    def read(self, call: Call[Session], id_: str, prior: Properties) -> Properties | None:
        """Ports that were not given read as -1, and stay unset."""
        try:
            rules = self.client(call, prior).describe_security_group_rules(SecurityGroupRuleIds=[id_])
        except ClientError as error:
            if waiting.error_code(error) in _RULE_GONE:
                return None
            raise
        rule = next((entry for entry in rules["SecurityGroupRules"] if not entry.get("IsEgress")), None)
        if rule is None:
            return None
        description = rule.get("Description") or prior.get("description")  # moto forgets it where the source is a group
        region = prior.get("region") or call.session.region
        partition = call.session.partition(region)["partition"]
        properties = {
            "arn": f"arn:{partition}:ec2:{region}:{call.session.account}:security-group-rule/{id_}",
            "securityGroupId": rule["GroupId"],
            "securityGroupRuleId": id_,
            "ipProtocol": rule["IpProtocol"],
            "fromPort": _port(rule.get("FromPort"), prior.get("fromPort")),
            "toPort": _port(rule.get("ToPort"), prior.get("toPort")),
            "cidrIpv4": rule.get("CidrIpv4"),
            "cidrIpv6": rule.get("CidrIpv6"),
            "prefixListId": rule.get("PrefixListId"),
            "referencedSecurityGroupId": rule.get("ReferencedGroupInfo", {}).get("GroupId"),
            "description": description,
        }
        return self.found(call, prior, properties, rule.get("Tags"))

    @override
    def update(
        self, call: Call[Session], id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> Properties:
        """Change the rule in place."""
        ec2 = self.client(call, new)
        if changed - {"tags", "tagsAll"}:
            rule = given(
                IpProtocol=new["ipProtocol"],
                FromPort=new.get("fromPort"),
                ToPort=new.get("toPort"),
                CidrIpv4=new.get("cidrIpv4"),
                CidrIpv6=new.get("cidrIpv6"),
                PrefixListId=new.get("prefixListId"),
                ReferencedGroupId=new.get("referencedSecurityGroupId"),
                Description=new.get("description"),
            )
            ec2.modify_security_group_rules(
                GroupId=new["securityGroupId"],
                SecurityGroupRules=[{"SecurityGroupRuleId": id_, "SecurityGroupRule": rule}],
            )
        retag(ec2, call.session, id_, old, new)
        return {}

    @override
    def delete(self, call: Call[Session], id_: str, old: Properties) -> None:
        """Take the rule away."""
        with waiting.ignoring(*_RULE_GONE):
            self.client(call, old).revoke_security_group_ingress(
                GroupId=old["securityGroupId"], SecurityGroupRuleIds=[id_]
            )


def _permission(inputs: Properties) -> Properties:
    source = {
        "cidrIpv4": ("IpRanges", "CidrIp"),
        "cidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
        "prefixListId": ("PrefixListIds", "PrefixListId"),
        "referencedSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
    }
    (where, name), value = next((source[key], inputs[key]) for key in _SOURCES if inputs.get(key))
    entry = given(**{name: value, "Description": inputs.get("description")})
    ports = given(FromPort=inputs.get("fromPort"), ToPort=inputs.get("toPort"))
    return {"IpProtocol": inputs["ipProtocol"], **ports, where: [entry]}


def _port(found: int | None, wanted: int | None) -> int | None:
    return None if found == -1 and wanted is None else found
