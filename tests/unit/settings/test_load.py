"""How the configuration is read, and what a refusal looks like."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from components.settings import Settings, SettingsError
from tests.program.stacks import schema
from tests.unit.settings.conftest import Read


def _refusal(read: Read, **changes: Any) -> str:
    with pytest.raises(SettingsError) as refused:
        read(**changes)
    return str(refused.value)


def test_values_arrive_in_their_types(read: Read) -> None:
    settings = read(
        nodeCount="3",
        protect="true",
        allowedCidrBlocks=["10.0.0.0/8"],
        parameters={"timeout": 300, "maxmemory-policy": "allkeys-lru"},
    )
    assert settings.node_count == 3
    assert settings.protect is True
    assert settings.allowed_cidr_blocks == ("10.0.0.0/8",)
    assert settings.parameters == {"timeout": "300", "maxmemory-policy": "allkeys-lru"}


def test_settings_are_frozen(read: Read) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        read().port = 6380  # type: ignore[misc]  # that this cannot be written is what is tested


def test_settings_made_without_load_obey_the_rules_too(read: Read) -> None:
    values = dict(read())
    with pytest.raises(ValidationError, match=r"nodeCount is outside 1 to 6.*; port is outside 1150"):
        Settings(**{**values, "node_count": 7, "port": 80})


# One case per line of the list of refusals: the changes, then the key, its value as shown, and the rule.
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"automaticFailover": True}, "automaticFailover true: needs a node to fail over to, nodeCount is 1"),
    ({"multiAz": True}, "multiAz true: needs automaticFailover: true"),
    ({"nodeType": "cache.t1.micro"}, "nodeType cache.t1.micro: knows no encryption"),
    ({"nodeType": "cache.m1.small"}, "nodeType cache.m1.small: knows no encryption"),
    ({"nodeType": "cache.m2.xlarge"}, "nodeType cache.m2.xlarge: knows no encryption"),
    ({"nodeType": "cache.c1.xlarge"}, "nodeType cache.c1.xlarge: knows no encryption"),
    ({"nodeType": "t4g.micro"}, "nodeType t4g.micro: is no node type"),
    ({"maintenanceWindow": "sunday"}, "maintenanceWindow sunday: is written ddd:hh:mm-ddd:hh:mm"),
    ({"maintenanceWindow": "Sun:05:00-Sun:06:00"}, "maintenanceWindow Sun:05:00-Sun:06:00: is written ddd:hh:mm"),
    ({"maintenanceWindow": "sun:05:00-sun:05:59"}, "maintenanceWindow sun:05:00-sun:05:59: lasts 59 minutes"),
    ({"snapshotWindow": "24:00-01:00"}, "snapshotWindow 24:00-01:00: is written hh:mm-hh:mm"),
    ({"snapshotWindow": "23:30-00:29"}, "snapshotWindow 23:30-00:29: lasts 59 minutes"),
    ({"snapshotWindow": "18:30-19:30"}, "snapshotWindow 18:30-19:30: overlaps maintenanceWindow sun:18:00-sun:19:00"),
    ({"snapshotRetentionDays": 36}, "snapshotRetentionDays 36: is outside 0 to 35 days"),
    ({"snapshotRetentionDays": -1}, "snapshotRetentionDays -1: is outside 0 to 35 days"),
    ({"baseName": "Orders"}, "baseName Orders: makes the replication group's id Orders-cache, which has capitals"),
    ({"baseName": "2fast"}, "baseName 2fast: makes the replication group's id 2fast-cache, which does not begin"),
    ({"baseName": "a_b"}, "baseName a_b: makes the replication group's id a_b-cache, which has characters other"),
    ({"baseName": "a--b"}, "baseName a--b: makes the replication group's id a--b-cache, which has two hyphens"),
    (
        {"baseName": "orders-"},
        "baseName orders-: makes the replication group's id orders--cache, which has two hyphens",
    ),
    ({"baseName": "o" * 35}, f"baseName {'o' * 35}: makes the replication group's id {'o' * 35}-cache, which has 41"),
    ({"baseName": ""}, "baseName : is empty"),
    ({"engine": "memcached"}, "engine memcached: is no engine of a replication group; write redis or valkey"),
    ({"engineVersion": "7"}, "engineVersion 7: is no version of Redis OSS"),
    ({"engineVersion": "6.2.6"}, "engineVersion 6.2.6: is no version of Redis OSS"),
    ({"engineVersion": "5.0", "slowLog": False}, "engineVersion 5.0: is no version of Redis OSS"),
    ({"engineVersion": "5.0.5", "slowLog": False}, "engineVersion 5.0.5: is too old"),
    ({"engine": "valkey", "engineVersion": "7.1"}, "engineVersion 7.1: is no version of Valkey"),
    ({"engineVersion": "5.0.6"}, "slowLog true: needs Redis OSS 6 or later, engineVersion is 5.0.6"),
    ({"nodeCont": 2}, "nodeCont is no key of this program; did you mean nodeCount?"),
    ({"allowedCidrBlocks": ["10.0.0.300/8"]}, "10.0.0.300/8: is no network"),
    ({"allowedCidrBlocks": ["10.1.2.3/8"]}, "is not the name of a network; if this one is meant, write 10.0.0.0/8"),
    ({"allowedCidrBlocks": ["0.0.0.0/0"]}, "0.0.0.0/0: is every address there is"),
    ({"allowedCidrBlocks": ["::/0"]}, "::/0: is every address there is"),
    ({"port": 1149}, "port 1149: is outside 1150 to 65535"),
    ({"port": 65536}, "port 65536: is outside 1150 to 65535"),
    ({"nodeCount": 0}, "nodeCount 0: is outside 1 to 6"),
    ({"nodeCount": 7}, "nodeCount 7: is outside 1 to 6"),
    ({"generation": 0}, "generation 0: is below 1"),
    ({"verify": "yes"}, "verify yes: is not one of required, whenReachable, off"),
    ({"verify": "required"}, "verify required: connects to every node, and nobody may"),
    ({"rotationDeadline": "an hour"}, "rotationDeadline an hour: is no duration"),
    ({"rotationDeadline": "0m"}, "rotationDeadline 0m: is no time at all"),
    ({"maxAge": "5m"}, "maxAge 5m: is not above overlap, which is 5m"),
    ({"maxAge": "0d"}, "maxAge 0d: is no time at all"),
    ({"overlap": "soon"}, "overlap soon: is no duration"),
    ({"maxWait": "1"}, "maxWait 1: is no duration"),
    ({"publish": "yes"}, "publish yes: is not one of secretsManager, none"),
    ({"secretRecoveryDays": 3}, "secretRecoveryDays 3: is neither 0 nor 7 to 30 days"),
    ({"revokeThrough": -1}, "revokeThrough -1: is below 0"),
    (
        {"slowLogRetentionDays": 364},
        "slowLogRetentionDays 364: is no number of days that CloudWatch keeps a log for; the",
    ),
    ({"keyDeletionDays": 31}, "keyDeletionDays 31: is outside 7 to 30 days"),
    ({"caFile": "/nowhere/ca.pem"}, "caFile /nowhere/ca.pem: cannot be read: No such file or directory"),
    ({"caFile": __file__}, f"caFile {__file__}: holds no certificate in PEM form"),
    ({"useDefaultVpc": False}, "useDefaultVpc false: leaves the nodes without a place"),
    ({"useDefaultVpc": False, "vpcId": "vpc-01234567"}, "subnetIds []: are needed with vpcId vpc-01234567"),
    ({"useDefaultVpc": False, "subnetIds": ["subnet-01234567"]}, "belong to a VPC: name it with vpcId"),
    (
        {"vpcId": "vpc-01234567", "subnetIds": ["subnet-01234567"]},
        "useDefaultVpc true: contradicts vpcId and subnetIds",
    ),
    (
        {"useDefaultVpc": False, "vpcId": "my-vpc", "subnetIds": ["subnet-01234567"]},
        "vpcId my-vpc: is no id of this kind, which are written vpc-",
    ),
    (
        {"useDefaultVpc": False, "vpcId": "vpc-01234567", "subnetIds": ["subnet-x"]},
        "subnet-x: is no id of this kind, which are written subnet-",
    ),
    ({"allowedSecurityGroupIds": ["default"]}, "default: is no id of this kind, which are written sg-"),
    ({"allowedSecurityGroupIds": ["sg-01234567"] * 2}, "sg-01234567: is there 2 times"),
    ({"parameters": {"MaxMemory": "1"}}, "'MaxMemory': parameters are named in small letters"),
    ({"parameters": {"cluster-enabled": "yes"}}, "cluster-enabled: this program makes groups without cluster mode"),
    ({"parameters": {"timeout": ""}}, "timeout: has no value"),
    ({"tags": {"aws:x": "y"}}, "aws:x: keys that begin with aws: are AWS's own"),
    ({"tags": {"Name": "y"}}, "Name: is set by the program"),
    ({"tags": {"": "y"}}, "'': a tag's key has 1 to 128"),
    ({"tags": {"a" * 129: "y"}}, "a tag's key has 1 to 128"),
    ({"tags": {"a": "y" * 257}}, "a: a tag's value has at most 256"),
    ({"tags": {"a": "y?"}}, "a: a tag's value has at most 256 letters"),
    ({"tags": {f"t{n}": "" for n in range(49)}}, "are 49; AWS takes 50"),
    ({"service": "y" * 257}, "a tag's value has at most 256"),
    ({"nodeType": "cache.r6gd.xlarge"}, "nodeType cache.r6gd.xlarge: demands data tiering"),
]


@pytest.mark.parametrize(("changes", "line"), REFUSED)
def test_what_aws_would_refuse_is_refused_with_key_value_and_rule(
    read: Read, changes: dict[str, Any], line: str
) -> None:
    message = _refusal(read, **changes)
    assert line in message
    assert message.startswith("one problem in the stack's configuration\n  "), message


def test_all_problems_stand_in_one_message(read: Read) -> None:
    message = _refusal(
        read,
        baseName="Orders",
        nodeType="cache.m1.small",
        port=80,
        portt=1,
        snapshotRetentionDays=99,
        engineVersion="seven",
        allowedCidrBlocks=["10.0.0.0/33", "0.0.0.0/0"],
        nodeCount="two",
        generation=None,
    )
    header, *lines = message.split("\n  ")
    assert header == "10 problems in the stack's configuration"
    # Twice the blocks: one is no network, one lets everybody in.
    expected = "allowedCidrBlocks allowedCidrBlocks baseName engineVersion generation nodeCount nodeType port portt"
    assert sorted(line.split()[0] for line in lines) == [*expected.split(), "snapshotRetentionDays"]


def test_a_value_of_another_type_is_named_with_its_type(read: Read) -> None:
    assert "nodeCount two is not a whole number" in _refusal(read, nodeCount="two")
    assert "protect 1 is not true or false" not in _refusal(read, protect="1", nodeCount="two")
    assert "protect perhaps is not true or false" in _refusal(read, protect="perhaps")
    assert "subnetIds subnet-1 is not a list of texts" in _refusal(read, subnetIds="subnet-1")
    assert "is not a map from texts to texts" in _refusal(read, parameters={"activerehashing": True})


def test_a_key_that_is_not_set_is_named_with_the_command(read: Read) -> None:
    assert "baseName is not set; type `pulumi config set baseName VALUE`" in _refusal(read, baseName=None)


@pytest.mark.parametrize("key", schema())
def test_a_slip_of_the_finger_is_recognised(read: Read, key: str) -> None:
    for slip in (key[:2] + key[3:], key.lower() if key.lower() != key else key.upper(), key + "s"):
        assert f"{slip} is no key of this program; did you mean {key}?" in _refusal(read, **{slip: "1"})


def test_a_forgotten_path_is_recognised(read: Read) -> None:
    for key in ("tags.Team", "tags[0]", "subnetIds[1]"):
        assert f"{key} is no key of this program; to set one entry of" in _refusal(read, **{key: "x"})


def test_a_key_like_none_points_to_the_list(read: Read) -> None:
    assert "zzz is no key of this program; Pulumi.yaml lists the keys" in _refusal(read, zzz="x")


def test_secret_values_are_not_shown(read: Read) -> None:
    bad = {
        "baseName": "Marker--",
        "tags": {"aws:marker": "Marker?"},
        "engineVersion": "marker",
        "parameters": {"Marker": "marker"},
        "nodeType": "marker",
        "nodeCount": "marker",
        "vpcId": "marker",
        "subnetIds": ["marker", "marker"],
        "allowedCidrBlocks": ["marker"],
        "maintenanceWindow": "marker",
        "verify": "marker",
        "rotationDeadline": "marker",
        "caFile": "/marker",
    }
    message = _refusal(read, secret=bad, **bad)
    assert "marker" not in message.lower()
    for key in bad:
        assert f"\n  {key} [secret]" in message
    assert "rotationDeadline [secret]: breaks a rule: A duration such as 60m" in message


def test_a_secret_value_is_not_shown_by_a_rule_about_another_key(read: Read) -> None:
    message = _refusal(read, secret=["maintenanceWindow"], snapshotWindow="18:30-19:30")
    assert "snapshotWindow 18:30-19:30: breaks a rule: The snapshot window and the maintenance window" in message
    assert "sun:18:00" not in message


def test_an_adopted_group_needs_no_nodes_and_no_network(read: Read) -> None:
    settings = read("Pulumi.prod.yaml", secret=["adoptToken"], adopt="orders-live", adoptToken="Chosen-Long-Ago-1234")
    assert settings.adopt == "orders-live"
    assert "Chosen" not in repr(settings)


def test_the_token_of_an_adopted_group_is_never_shown(read: Read) -> None:
    with pytest.raises(SettingsError, match=r"adoptToken is there for all to read; .*--secret") as refused:
        read(adopt="orders-live", adoptToken="Too-Short")
    assert "Too-Short" not in str(refused.value)
    with pytest.raises(
        SettingsError, match=r"adoptToken \[secret\]: breaks a rule: The token of a group that is adopted"
    ):
        read(secret=["adoptToken"], adoptToken="Chosen-Long-Ago-1234")
