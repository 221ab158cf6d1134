"""Where the nodes live, and who may reach them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.scope import Scope


@dataclass(frozen=True)
class Place:
    """A VPC and the subnets in it that the nodes may live in."""

    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]]


def default_place(scope: Scope) -> Place:
    """The account's default VPC and the subnet that AWS made in each of its zones."""
    vpc = aws.ec2.get_vpc_output(default=True, opts=scope.look())
    filters = vpc.id.apply(
        lambda vpc_id: [
            aws.ec2.GetSubnetsFilterArgs(name="vpc-id", values=[vpc_id]),
            aws.ec2.GetSubnetsFilterArgs(name="default-for-az", values=["true"]),
        ]
    )
    subnets = aws.ec2.get_subnets_output(filters=filters, opts=scope.look())
    return Place(vpc.id, subnets.ids.apply(sorted))  # AWS lists them in no order, which is not to show as a difference


def subnet_group(scope: Scope, place: Place, group_id: pulumi.Input[str]) -> aws.elasticache.SubnetGroup:
    """The subnets, as ElastiCache wants them."""
    return aws.elasticache.SubnetGroup(
        scope.name("subnets"),
        description=pulumi.Output.concat("Where the nodes of ", group_id, " live"),
        subnet_ids=place.subnet_ids,
        tags=scope.tagged("subnets"),
        opts=scope.child(),
    )


def security_group(
    scope: Scope,
    place: Place,
    *,
    group_id: pulumi.Input[str],
    port: pulumi.Input[int],
    allowed_security_group_ids: Sequence[pulumi.Input[str]],
    allowed_cidr_blocks: Sequence[pulumi.Input[str]],
) -> aws.ec2.SecurityGroup:
    """Lets the given sources in, to the one port, and nothing out.

    No rule for the way out is needed: the aws provider takes AWS's own, which lets everything out, off each group it
    makes, and nodes answer on the connections that clients open.
    """
    made = aws.ec2.SecurityGroup(
        scope.name("access"),
        description=pulumi.Output.concat("Who may connect to ", group_id),
        vpc_id=place.vpc_id,
        tags=scope.tagged("access"),
        opts=scope.child(),
    )

    def let_in(part: str, source: pulumi.Input[str], **source_argument: pulumi.Input[str | None]) -> None:
        aws.vpc.SecurityGroupIngressRule(
            scope.name(part),
            security_group_id=made.id,
            description=pulumi.Output.concat("Clients from ", source),
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            tags=scope.tagged(part),
            opts=scope.child(),
            **source_argument,
        )

    for position, group in enumerate(allowed_security_group_ids):
        let_in(f"from-{_label(group, 'group', position)}", group, referenced_security_group_id=group)
    for position, block in enumerate(allowed_cidr_blocks):
        let_in(f"from-{_label(block, 'block', position)}", block, **_by_family(block))
    return made


def _label(source: pulumi.Input[str], kind: str, position: int) -> str:
    # Named after what it lets in, a rule never takes over another's place in the list: EC2 refuses to turn one rule
    # into a copy of the next before that one is gone. An output has no text yet, so its place must do.
    # Two colons in a row, as IPv6 has them, part a URN.
    return source.replace(":", ".") if isinstance(source, str) else f"{kind}-{position}"


def _by_family(block: pulumi.Input[str]) -> dict[str, pulumi.Input[str | None]]:
    text = pulumi.Output.from_input(block)
    return {
        "cidr_ipv4": text.apply(lambda text: None if ":" in text else text),
        "cidr_ipv6": text.apply(lambda text: text if ":" in text else None),
    }
