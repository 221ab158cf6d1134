"""`aws.ec2.SecurityGroup` and `aws.vpc.SecurityGroupIngressRule`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.local.plugins.client import UNKNOWN, Json, Plugin, State
from tests.local.plugins.conftest import REGION

GROUP = "aws:ec2/securityGroup:SecurityGroup"
RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"


@pytest.fixture
def ec2(others: Callable[..., Any]) -> Any:
    """EC2 as others see it."""
    return others("ec2")


@pytest.fixture
def group(aws: Plugin, request: pytest.FixtureRequest) -> State:
    """A security group of this test."""
    return aws.create(GROUP, {}, name=request.node.name)


def _rule(group: State, **changes: Any) -> Json:
    wanted: Json = {
        "securityGroupId": group.id,
        "ipProtocol": "tcp",
        "fromPort": 6379,
        "toPort": 6379,
        "cidrIpv4": "10.0.0.0/8",
        "description": "clients",
    } | changes
    return {key: value for key, value in wanted.items() if value is not None}


def test_a_group_lets_nothing_out(aws: Plugin, ec2: Any) -> None:
    vpc = aws.invoke("aws:ec2/getVpc:getVpc", {"default": True})["id"]
    wanted = {"name": "cache", "description": "the cache", "vpcId": vpc, "tags": {"a": "1"}}
    state = aws.create(GROUP, wanted)
    [found] = ec2.describe_security_groups(GroupIds=[state.id])["SecurityGroups"]
    assert found["IpPermissionsEgress"] == found["IpPermissions"] == []
    assert {tag["Key"]: tag["Value"] for tag in found["Tags"]} == {"a": "1", "owner": "tests"}
    assert {key: state.outputs[key] for key in wanted} == wanted
    assert state.outputs["arn"] == f"arn:aws:ec2:{REGION}:{found['OwnerId']}:security-group/{state.id}"
    assert (state.outputs["ingress"], state.outputs["egress"]) == ([], [])
    assert not aws.diff(state, wanted).diffs
    aws.delete(state)
    assert aws.read(state) is None
    aws.delete(state)


def test_what_a_group_can_change(aws: Plugin, group: State) -> None:
    diff = aws.diff(group, {"tags": {"b": "2"}})
    assert (set(diff.diffs), list(diff.replaces)) == ({"tags", "tagsAll"}, [])
    updated = aws.update(group, {"tags": {"b": "2"}})
    assert updated.outputs["tagsAll"] == {"b": "2", "owner": "tests"}
    assert aws.update(updated, {}).outputs["tags"] == {}
    assert list(aws.diff(group, {"description": "other"}).replaces) == ["description"]
    assert list(aws.diff(group, {"vpcId": UNKNOWN}).replaces) == ["vpcId"]


def test_rules_inside_of_a_group_are_refused(aws: Plugin) -> None:
    failures = aws.check(GROUP, {"egress": [], "name": "sg-1"}).failures
    assert failures == {
        "egress": "is not stood in for: declare rules as resources of their own",
        "name": "expected a name that does not begin with sg-, got 'sg-1'",
    }


def test_a_rule_as_the_program_asks_for_it(aws: Plugin, group: State, ec2: Any) -> None:
    wanted = _rule(group, tags={"a": "1"})
    state = aws.create(RULE, wanted)
    [rule] = ec2.describe_security_group_rules(SecurityGroupRuleIds=[state.id])["SecurityGroupRules"]
    assert (rule["CidrIpv4"], rule["FromPort"], rule["Description"]) == ("10.0.0.0/8", 6379, "clients")
    assert {key: state.outputs[key] for key in wanted} == wanted
    assert state.outputs["securityGroupRuleId"] == state.id
    assert state.outputs["tagsAll"] == {"a": "1", "owner": "tests"}
    assert "cidrIpv6" not in state.outputs
    assert not aws.diff(state, wanted).diffs
    seen = aws.read(group)
    assert seen is not None
    assert [entry["cidrBlocks"] for entry in seen.outputs["ingress"]] == [["10.0.0.0/8"]]
    aws.delete(state)
    assert aws.read(state) is None
    aws.delete(state)


def test_a_rule_from_another_group(aws: Plugin, group: State) -> None:
    clients = aws.create(GROUP, {}, name="clients")
    wanted = _rule(group, cidrIpv4=None, referencedSecurityGroupId=clients.id)
    state = aws.create(RULE, wanted)
    assert state.outputs["referencedSecurityGroupId"] == clients.id
    assert not aws.diff(state, wanted).diffs


def test_a_rule_over_ipv6_without_ports(aws: Plugin, group: State) -> None:
    wanted = _rule(group, cidrIpv4=None, cidrIpv6="fd00::/8", ipProtocol="-1", fromPort=None, toPort=None)
    state = aws.create(RULE, wanted)
    assert state.outputs["cidrIpv6"] == "fd00::/8"
    assert not aws.diff(state, wanted).diffs


def test_changes_of_a_rule(aws: Plugin, group: State) -> None:
    state = aws.create(RULE, _rule(group))
    wanted = _rule(group, cidrIpv4="10.1.0.0/16", description="others", tags={"b": "2"})
    diff = aws.diff(state, wanted)
    assert (list(diff.replaces), set(diff.diffs)) == ([], {"cidrIpv4", "description", "tags", "tagsAll"})
    updated = aws.update(state, wanted)
    assert {key: updated.outputs[key] for key in wanted} == wanted
    assert not aws.diff(updated, {**wanted, "ipProtocol": "TCP"}).diffs


def test_what_needs_a_new_rule(aws: Plugin, group: State) -> None:
    state = aws.create(RULE, _rule(group))
    other_kind = aws.diff(state, _rule(group, cidrIpv4=None, cidrIpv6="fd00::/8"))
    assert list(other_kind.replaces) == ["cidrIpv4", "cidrIpv6"]
    assert list(aws.diff(state, _rule(group, securityGroupId="sg-0")).replaces) == ["securityGroupId"]
    assert not other_kind.deleteBeforeReplace


@pytest.mark.parametrize(
    ("changes", "property_", "reason"),
    [
        ({"cidrIpv4": "10.0.0.1/8"}, "cidrIpv4", "expected an IPv4 CIDR block: 10.0.0.1/8 has host bits set"),
        ({"cidrIpv4": "fd00::/8"}, "cidrIpv4", "expected an IPv4 CIDR block, got 'fd00::/8'"),
        ({"cidrIpv4": None}, "cidrIpv4", "expected exactly one of cidrIpv4, cidrIpv6, "),
        ({"cidrIpv6": "fd00::/8"}, "cidrIpv4", "expected exactly one of cidrIpv4, cidrIpv6, "),
        ({"fromPort": 70000}, "fromPort", "expected -1 to 65535, got 70000"),
        ({"ipProtocol": None}, "ipProtocol", "is required"),
    ],
)
def test_broken_rules(aws: Plugin, changes: Json, property_: str, reason: str) -> None:
    group = State(aws, GROUP, {}, "sg-1", {})
    failures = aws.check(RULE, _rule(group, **changes)).failures
    assert list(failures) == [property_]
    assert failures[property_].startswith(reason)


def test_a_group_goes_once_nothing_points_at_it(aws: Plugin, group: State) -> None:
    """AWS refuses to delete a group that another one's rule names; the rules of the group itself do not matter."""
    aws.create(RULE, _rule(group))
    state = aws.update(group, {"revokeRulesOnDelete": True})
    aws.delete(state)
    assert aws.read(state) is None
