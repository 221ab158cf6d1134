"""The component as somebody else's program uses it: outputs of other resources go in, and a provider of its own."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from typing import Any, Final

import pulumi
import pulumi_aws as aws
import pytest

from components.replication_group import ReplicationGroup, ReplicationGroupArgs
from components.settings import Settings
from tests.program.conftest import Execute
from tests.program.stacks import NETWORK

PLAIN: Final[dict[str, Any]] = {
    "adopt": "",
    "adopt_token": "",
    "replication_group_id": "baskets",
    "description": "Baskets",
    "service": "shop",
    "tags": {"Team": "checkout"},
    "engine": "redis",
    "engine_version": "7.1",
    "parameters": {},
    "node_type": "cache.t4g.micro",
    "node_count": 2,
    "automatic_failover": True,
    "multi_az": True,
    "port": 6379,
    "use_default_vpc": False,
    "vpc_id": NETWORK["vpcId"],
    "subnet_ids": NETWORK["subnetIds"],
    "allowed_security_group_ids": NETWORK["allowedSecurityGroupIds"],
    "allowed_cidr_blocks": [],
    "allow_any_source": False,
    "maintenance_window": "sun:18:00-sun:19:00",
    "snapshot_window": "16:00-17:00",
    "snapshot_retention_days": 35,
    "final_snapshot": True,
    "apply_immediately": False,
    "auto_minor_version_upgrade": True,
    "slow_log": True,
    "slow_log_retention_days": 365,
    "key_deletion_days": 30,
    "protect": True,
    "generation": 1,
    "max_age": "30d",
    "publish": "secretsManager",
    "secret_recovery_days": 30,
    "overlap": "5m",
    "max_wait": "10m",
    "revoke_through": 0,
    "verify": "required",
    "rotation_deadline": "60m",
    "apply_pending_changes": False,
    "ca_file": "",
}


def _args(**changes: Any) -> ReplicationGroupArgs:
    return ReplicationGroupArgs(**{**PLAIN, **changes})


def test_arguments_are_what_settings_say() -> None:
    values = {**PLAIN, "base_name": "shop", "subnet_ids": tuple(PLAIN["subnet_ids"]), "allowed_cidr_blocks": ()}
    values |= {"allowed_security_group_ids": tuple(PLAIN["allowed_security_group_ids"])}
    del values["replication_group_id"]
    arguments = Settings(**{**values, "service": "", "description": ""}).arguments()
    assert arguments.keys() == {field.name for field in fields(ReplicationGroupArgs)}
    assert arguments["replication_group_id"] == "shop-cache"
    assert arguments["service"] == "shop"
    assert arguments["description"] == "shop: a cache with an auth token"
    assert Settings(**{**values, "service": "baskets", "description": "B"}).arguments()["service"] == "baskets"


def test_arguments_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        _args().port = 1  # type: ignore[misc]  # that this cannot be written is what is tested


def test_plain_values_are_judged_at_once() -> None:
    with pytest.raises(ValueError, match=r"replicationGroupId does not begin with a letter; .*port is outside 1150"):
        _args(replication_group_id="1st", port=80)


def test_outputs_are_left_to_aws(execute: Execute) -> None:
    def program() -> None:
        later = {
            name: pulumi.Output.from_input(PLAIN[name])
            for name in ("vpc_id", "subnet_ids", "engine", "engine_version", "port", "generation", "rotation_deadline")
        }
        group = ReplicationGroup(
            "baskets",
            _args(
                **later,
                replication_group_id=pulumi.Output.from_input("baskets"),
                allowed_security_group_ids=[pulumi.Output.from_input("sg-01234567")],
                allowed_cidr_blocks=[pulumi.Output.from_input("2001:db8::/32")],
                tags={"Team": pulumi.Output.from_input("checkout")},
                parameters={"timeout": pulumi.Output.from_input("300")},
            ),
        )
        pulumi.export("id", group.replication_group_id)

    run = execute(program)
    assert run.exports == {"id": "baskets"}
    assert run.only("aws:elasticache/parameterGroup:ParameterGroup").inputs["family"] == "redis7"
    assert run.only("pulumi-python:dynamic:AuthTokenRotation").inputs["deadline_seconds"] == 3600
    assert run.only("aws:elasticache/subnetGroup:SubnetGroup").inputs["subnetIds"] == NETWORK["subnetIds"]
    assert run.resources["baskets-token"].inputs["keepers"] == {"generation": "1"}
    assert run.resources["baskets-group"].inputs["tags"]["Team"] == "checkout"
    rules = {name: r.inputs for name, r in run.resources.items() if "IngressRule" in r.type}
    assert rules["baskets-from-group-0"]["referencedSecurityGroupId"] == "sg-01234567"
    assert rules["baskets-from-block-0"]["cidrIpv6"] == "2001:db8::/32"
    assert len(rules) == 2


def test_two_groups_live_in_one_program(execute: Execute) -> None:
    def program() -> None:
        ReplicationGroup("one", _args(replication_group_id="one"))
        ReplicationGroup("two", _args(replication_group_id="two"))

    names = execute(program).resources
    assert len([name for name in names if name.startswith("one")]) == len(names) / 2


def test_a_provider_of_its_own_is_used_for_everything(execute: Execute) -> None:
    def program() -> None:
        provider = aws.Provider("elsewhere", region="eu-west-1")
        args = _args(use_default_vpc=True, vpc_id="", subnet_ids=[])
        ReplicationGroup("baskets", args, pulumi.ResourceOptions(providers=[provider]))

    run = execute(program)
    assert {token.rpartition(":")[2] for token, _ in run.questions} == {
        *("getCallerIdentity", "getPartition", "getRegion", "getVpc", "getSubnets")
    }
    used = {provider for _, provider in run.questions}
    used |= {r.options.get("provider", "") for r in run.resources.values() if r.type.startswith("aws:")}
    assert len(used) == 1
    assert "::elsewhere::" in used.pop()
