"""Where the nodes live, and who may reach them."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

_PORTS: Final = range(1150, 65536)


def port_is_possible(port: int) -> Iterator[str]:
    """A port of 1150 to 65535 (CreateReplicationGroup: Port)."""
    if port not in _PORTS:
        yield f"is outside {_PORTS[0]} to {_PORTS[-1]}"


def vpc_is_one(vpc_id: str) -> Iterator[str]:
    """A VPC's id is written vpc- and 8 or 17 hexadecimal digits."""
    if vpc_id and not _is_id(vpc_id, "vpc"):
        yield _no_id("vpc")


def subnets_are_some(subnet_ids: Sequence[str]) -> Iterator[str]:
    """Subnet ids are written subnet- and 8 or 17 hexadecimal digits, each once."""
    yield from (f"{subnet}: {_no_id('subnet')}" for subnet in subnet_ids if not _is_id(subnet, "subnet"))
    yield from _twice(subnet_ids)


def subnets_are_of_a_vpc(subnet_ids: Sequence[str], vpc_id: str) -> Iterator[str]:
    """A VPC and its subnets are given together."""
    if vpc_id and not subnet_ids:
        yield f"are needed with vpcId {vpc_id}: name the private subnets of that VPC that the nodes may live in"
    if subnet_ids and not vpc_id:
        yield "belong to a VPC: name it with vpcId"


def nodes_have_a_place(use_default_vpc: bool, vpc_id: str, subnet_ids: Sequence[str]) -> Iterator[str]:
    """Either vpcId and subnetIds are given, or useDefaultVpc is true; never both."""
    if use_default_vpc and (vpc_id or subnet_ids):
        yield "contradicts vpcId and subnetIds; leave one or the other out"
    if not use_default_vpc and not vpc_id and not subnet_ids:
        yield "leaves the nodes without a place: set vpcId and subnetIds, or useDefaultVpc: true for a first try"


def multi_az_has_subnets(multi_az: bool, subnet_ids: Sequence[str]) -> Iterator[str]:
    """Multi-AZ needs subnets in two zones, so at least two of them."""
    if multi_az and len(subnet_ids) == 1:
        yield "needs subnets in two zones, subnetIds names one; add one of another zone"


def groups_are_some(allowed_security_group_ids: Sequence[str]) -> Iterator[str]:
    """Security group ids are written sg- and 8 or 17 hexadecimal digits, each once."""
    yield from (f"{group}: {_no_id('sg')}" for group in allowed_security_group_ids if not _is_id(group, "sg"))
    yield from _twice(allowed_security_group_ids)


def blocks_are_some(allowed_cidr_blocks: Sequence[str]) -> Iterator[str]:
    """CIDR blocks are networks with their length, such as 10.0.0.0/16 or 2001:db8::/56, each once."""
    for block in allowed_cidr_blocks:
        yield from _block_problems(block)
    yield from _twice(allowed_cidr_blocks)


def not_everybody_is_let_in(allowed_cidr_blocks: Sequence[str], allow_any_source: bool) -> Iterator[str]:
    """A block of every address there is (0.0.0.0/0, ::/0) needs allowAnySource: true."""
    for block in allowed_cidr_blocks:
        if lets_everybody_in(block) and not allow_any_source:
            yield f"{block}: is every address there is; name the networks that need it, or set allowAnySource: true"


def lets_everybody_in(block: str) -> bool:
    """Whether `block` is a network of every IPv4 or of every IPv6 address."""
    try:
        return ipaddress.ip_network(block, strict=False).prefixlen == 0
    except ValueError:
        return False


def _block_problems(block: str) -> Iterator[str]:
    try:
        network = str(ipaddress.ip_network(block, strict=False))
    except ValueError:
        yield f"{block}: is no network; write address/length, such as 10.0.0.0/16"
        return
    if network != block:
        yield f"{block}: is not the name of a network; if this one is meant, write {network}"


def _is_id(text: str, kind: str) -> bool:
    return re.fullmatch(rf"{kind}-[0-9a-f]{{8}}(?:[0-9a-f]{{9}})?", text) is not None


def _no_id(kind: str) -> str:
    return f"is no id of this kind, which are written {kind}- and 8 or 17 hexadecimal digits"


def _twice(entries: Sequence[str]) -> Iterator[str]:
    for entry, times in Counter(entries).items():
        if times > 1:
            yield f"{entry}: is there {times} times; once is enough"


CHECKS: Final = (
    port_is_possible,
    vpc_is_one,
    subnets_are_some,
    subnets_are_of_a_vpc,
    nodes_have_a_place,
    multi_az_has_subnets,
    groups_are_some,
    blocks_are_some,
    not_everybody_is_let_in,
)
