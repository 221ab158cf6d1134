"""The whole program with each of the stack files."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import certifi
import pytest

from tests.program.conftest import ACCOUNT, TOKEN, Execute, Run, bare
from tests.program.stacks import NETWORK, ROOT, told

GROUP = "aws:elasticache/replicationGroup:ReplicationGroup"
KEY = "aws:kms/key:Key"
ROTATION = "pulumi-python:dynamic:AuthTokenRotation"
SCHEDULE = "pulumi-python:dynamic:TokenSchedule"
SECRET = "aws:secretsmanager/secret:Secret"
POLICY = "aws:secretsmanager/secretPolicy:SecretPolicy"
COMPONENT = "redis-auth-token:index:ReplicationGroup"


@pytest.fixture
def dev(execute: Execute) -> Run:
    """The dev stack."""
    return execute(config=told("Pulumi.dev.yaml", baseName="orders"))


@pytest.fixture
def prod(execute: Execute) -> Run:
    """The prod stack."""
    return execute(config=told("Pulumi.prod.yaml", baseName="orders", **NETWORK))


def test_every_attribute_of_the_article_is_set(prod: Run) -> None:
    inputs = prod.only(GROUP).inputs
    assert bare(inputs) == {
        "replicationGroupId": "orders-cache",
        "description": "orders: a cache with an auth token",
        "engine": "valkey",
        "engineVersion": "8.1",
        "nodeType": "cache.m7g.large",
        "numCacheClusters": 3,
        "automaticFailoverEnabled": True,
        "multiAzEnabled": True,
        "parameterGroupName": "orders-parameters-1a2b3c4",
        "subnetGroupName": "orders-subnets-1a2b3c4",
        "securityGroupIds": ["orders-access-id"],
        "port": 6379,
        "maintenanceWindow": "sun:18:00-sun:19:00",
        "snapshotWindow": "16:00-17:00",
        "snapshotRetentionLimit": 35,
        "finalSnapshotIdentifier": "orders-cache-final-snapshothex",
        "applyImmediately": False,
        "autoMinorVersionUpgrade": True,
        "atRestEncryptionEnabled": True,
        "transitEncryptionEnabled": True,
        "kmsKeyId": "arn:aws:kms:::key/orders-key",
        "authTokenWo": "[secret]",
        "authTokenWoVersion": 1,
        "logDeliveryConfigurations": [
            {
                "destination": "/elasticache/orders-cache-suffixhex/slow-log",
                "destinationType": "cloudwatch-logs",
                "logFormat": "json",
                "logType": "slow-log",
            }
        ],
        "tags": {"Environment": "production", "Service": "orders", "Name": "orders-group"},
    }
    assert inputs["authTokenWo"]["value"] == TOKEN


@pytest.mark.parametrize(
    ("key", "value", "attribute"),
    [
        ("engineVersion", "7.0", "engineVersion"),
        ("nodeType", "cache.r7g.large", "nodeType"),
        ("nodeCount", 5, "numCacheClusters"),
        ("automaticFailover", True, "automaticFailoverEnabled"),
        ("port", 7000, "port"),
        ("description", "Baskets", "description"),
        ("maintenanceWindow", "mon:01:00-mon:02:00", "maintenanceWindow"),
        ("snapshotWindow", "05:00-06:30", "snapshotWindow"),
        ("snapshotRetentionDays", 7, "snapshotRetentionLimit"),
        ("applyImmediately", True, "applyImmediately"),
        ("autoMinorVersionUpgrade", False, "autoMinorVersionUpgrade"),
    ],
)
def test_each_attribute_is_configurable(execute: Execute, key: str, value: Any, attribute: str) -> None:
    run = execute(config=told("Pulumi.dev.yaml", **{"baseName": "orders", "nodeCount": 2, key: value}))
    assert run.only(GROUP).inputs[attribute] == value


def test_the_node_count_and_apply_immediately_are_left_alone_after_creation(dev: Run) -> None:
    assert dev.only(GROUP).options["ignoreChanges"] == ["numCacheClusters", "applyImmediately"]


def test_a_difference_in_what_is_left_alone_is_warned_of(execute: Execute, caplog: pytest.LogCaptureFixture) -> None:
    config = told("Pulumi.prod.yaml", baseName="orders", **NETWORK)
    for preview in (True, False):
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            execute(config=config, live={"numCacheClusters": 2, "applyImmediately": True}, preview=preview)
        immediately, nodes = sorted(caplog.messages)
        assert nodes.startswith("nodeCount is 3 in the configuration and 2 in the group; it is read when")
        assert immediately.startswith("applyImmediately is false in the configuration and true in the group;")


@pytest.mark.parametrize("live", [{}, {"applyImmediately": None}])
def test_nothing_is_warned_of_where_nothing_is_known_to_differ(
    execute: Execute, caplog: pytest.LogCaptureFixture, live: dict[str, Any]
) -> None:
    with caplog.at_level(logging.WARNING):
        execute(config=told("Pulumi.prod.yaml", baseName="orders", **NETWORK), live=live)
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("changes", "warning"),
    [
        ({"verify": "off"}, "verify is off: nothing proves that the nodes ask for the token"),
        (
            {"allowedCidrBlocks": ["10.0.0.0/8", "0.0.0.0/0", "::/0"], "allowAnySource": True},
            "0.0.0.0/0 and ::/0 may connect: only the token keeps strangers out",
        ),
        ({"verify": "whenReachable", "allowedSecurityGroupIds": []}, "nobody may connect: name who may in"),
    ],
)
def test_risks_are_warned_of_in_preview(
    execute: Execute, caplog: pytest.LogCaptureFixture, changes: dict[str, Any], warning: str
) -> None:
    with caplog.at_level(logging.WARNING):
        execute(config=told("Pulumi.prod.yaml", **{"baseName": "orders", **NETWORK, **changes}), preview=True)
    (message,) = caplog.messages
    assert message.startswith(warning)


def test_the_rotation_follows_the_group(prod: Run) -> None:
    group, rotation = prod.only(GROUP), prod.only(ROTATION)
    inputs = rotation.inputs
    expected = {
        "replication_group_id": "orders-cache",
        "replication_group_arn": "arn:aws:elasticache:::replicationgroup:it",
        "token": "[secret]",
        "generation": 1,
        "verify": "required",
        "deadline_seconds": 3600,
        "apply_pending_changes": False,
        "ca_file": "",
    }
    assert {key: bare(inputs[key]) for key in expected} == expected
    assert inputs["token"]["value"] == TOKEN
    assert rotation.options["replaceWith"] == [group.urn]
    assert rotation.options["deletedWith"] == group.urn


def test_the_rotations_settings_are_configurable(execute: Execute) -> None:
    changes = {
        "generation": 7,
        "verify": "off",
        "rotationDeadline": "1h30m",
        "applyPendingChanges": True,
        "caFile": certifi.where(),
    }
    run = execute(config=told("Pulumi.dev.yaml", baseName="orders", **changes))
    inputs = run.only(ROTATION).inputs
    assert inputs["generation"] == 7
    assert inputs["verify"] == "off"
    assert inputs["deadline_seconds"] == 5400
    assert inputs["apply_pending_changes"] is True
    assert inputs["ca_file"] == certifi.where()


def test_a_generation_is_a_token(execute: Execute) -> None:
    run = execute(config=told("Pulumi.dev.yaml", baseName="orders", generation=4))
    password = run.only("random:index/randomPassword:RandomPassword")
    assert password.inputs == {"length": 64, "overrideSpecial": "!&#$^<>-", "keepers": {"generation": "4"}}


def test_the_key_is_for_this_account_and_for_our_log_group(prod: Run) -> None:
    key = prod.only(KEY)
    assert key.inputs["enableKeyRotation"] is True
    assert json.loads(key.inputs["policy"]) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Account",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws-cn:iam::{ACCOUNT}:root"},
                "Action": "kms:*",
                "Resource": "*",
            },
            {
                "Sid": "SlowLog",
                "Effect": "Allow",
                "Principal": {"Service": "logs.cn-north-1.amazonaws.com.cn"},
                "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
                "Resource": "*",
                "Condition": {
                    "ArnEquals": {
                        "kms:EncryptionContext:aws:logs:arn": f"arn:aws-cn:logs:cn-north-1:{ACCOUNT}:log-group:"
                        "/elasticache/orders-cache-suffixhex/slow-log"
                    }
                },
            },
        ],
    }
    alias = prod.only("aws:kms/alias:Alias")
    assert alias.inputs == {"name": "alias/orders-cache-suffixhex", "targetKeyId": "orders-key-id"}


def test_prod_keeps_what_a_final_snapshot_needs(prod: Run) -> None:
    assert prod.only(KEY).options["protect"] is True
    assert prod.only(KEY).options["retainOnDelete"] is True
    assert prod.only(KEY).inputs["deletionWindowInDays"] == 30
    assert prod.only(GROUP).options["protect"] is True


def test_dev_leaves_nothing_behind(dev: Run) -> None:
    assert not dev.only(KEY).options.get("protect")
    assert not dev.only(KEY).options.get("retainOnDelete")
    assert dev.only(KEY).inputs["deletionWindowInDays"] == 7
    assert not dev.only(GROUP).options.get("protect")
    assert "finalSnapshotIdentifier" not in dev.only(GROUP).inputs
    assert "orders-final-snapshot" not in dev.resources


def test_the_final_snapshots_name_is_renewed_with_the_group(prod: Run) -> None:
    """What a group cannot change in place draws a new ending, so that the next deletion finds its name free."""
    assert prod.resources["orders-final-snapshot"].inputs == {
        "byteLength": 4,
        "keepers": {
            "replicationGroupId": "orders-cache",
            "engine": "valkey",
            "port": "6379",
            "kmsKeyId": "arn:aws:kms:::key/orders-key",
            "subnetGroupName": "orders-subnets-1a2b3c4",
        },
    }


def test_the_slow_log_is_encrypted_and_kept(prod: Run) -> None:
    log_group = prod.only("aws:cloudwatch/logGroup:LogGroup").inputs
    assert log_group["kmsKeyId"] == "arn:aws:kms:::key/orders-key"
    assert log_group["retentionInDays"] == 365
    assert log_group["name"] == "/elasticache/orders-cache-suffixhex/slow-log"


def test_without_a_slow_log_nobody_else_may_use_the_key(execute: Execute) -> None:
    run = execute(config=told("Pulumi.dev.yaml", baseName="orders", engineVersion="5.0.6", slowLog=False))
    assert [statement["Sid"] for statement in json.loads(run.only(KEY).inputs["policy"])["Statement"]] == ["Account"]
    assert run.only(GROUP).inputs["logDeliveryConfigurations"] == []
    assert not [resource for resource in run.resources.values() if "logGroup" in resource.type]
    assert run.only("aws:elasticache/parameterGroup:ParameterGroup").inputs["family"] == "redis5.0"


def test_parameters_go_into_a_group_of_the_engines_family(prod: Run) -> None:
    inputs = prod.only("aws:elasticache/parameterGroup:ParameterGroup").inputs
    assert inputs["family"] == "valkey8"
    assert inputs["parameters"] == [{"name": "maxmemory-policy", "value": "volatile-lru"}]
    assert "name" not in inputs, "a fixed name cannot be replaced while the group uses it"


def test_dev_lives_in_the_default_vpc(dev: Run) -> None:
    assert dev.only("aws:ec2/securityGroup:SecurityGroup").inputs["vpcId"] == "vpc-default"
    assert dev.only("aws:elasticache/subnetGroup:SubnetGroup").inputs["subnetIds"] == ["subnet-a", "subnet-b"]


def test_prod_lives_in_the_subnets_it_names(prod: Run) -> None:
    assert prod.only("aws:ec2/securityGroup:SecurityGroup").inputs["vpcId"] == NETWORK["vpcId"]
    assert prod.only("aws:elasticache/subnetGroup:SubnetGroup").inputs["subnetIds"] == NETWORK["subnetIds"]


def test_only_the_given_sources_get_in_and_nothing_gets_out(execute: Execute) -> None:
    sources = {"allowedSecurityGroupIds": ["sg-01234567"], "allowedCidrBlocks": ["10.0.0.0/8", "2001:db8::/32"]}
    run = execute(config=told("Pulumi.dev.yaml", baseName="orders", port=7000, **sources))
    group = run.only("aws:ec2/securityGroup:SecurityGroup").inputs
    assert "egress" not in group
    assert "ingress" not in group
    assert group["description"] == "Who may connect to orders-cache"
    rules = {r.name: r.inputs for r in run.resources.values() if "IngressRule" in r.type}
    common = {"securityGroupId": "orders-access-id", "ipProtocol": "tcp", "fromPort": 7000, "toPort": 7000}
    assert rules == {
        name: {
            **common,
            property_name: source,
            "description": f"Clients from {source}",
            "tags": {"Service": "orders", "Name": name},
        }
        for name, property_name, source in [
            ("orders-from-sg-01234567", "referencedSecurityGroupId", "sg-01234567"),
            ("orders-from-10.0.0.0/8", "cidrIpv4", "10.0.0.0/8"),
            ("orders-from-2001.db8../32", "cidrIpv6", "2001:db8::/32"),
        ]
    }


def test_the_token_is_published_in_a_secret_of_the_stacks_own_key(prod: Run) -> None:
    made = prod.only(SECRET).inputs
    assert (made["kmsKeyId"], made["recoveryWindowInDays"]) == ("arn:aws:kms:::key/orders-key", 30)
    (denied,) = json.loads(prod.only(POLICY).inputs["policy"])["Statement"]
    assert denied["Effect"] == "Deny"
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    rotation = prod.only(ROTATION).inputs
    assert rotation["secret_arn"] == "arn:aws:secretsmanager:::secret:orders-auth-token"
    assert (rotation["primary_endpoint"], rotation["reader_endpoint"]) == ("primary.example", "reader.example")


def test_without_publication_there_is_no_secret(execute: Execute) -> None:
    run = execute(config=told("Pulumi.dev.yaml", baseName="orders", publish="none"))
    assert not [resource for resource in run.resources.values() if "secretsmanager" in resource.type]
    assert run.only(ROTATION).inputs["secret_arn"] == ""
    assert run.exports["secretArn"] == ""


def test_the_schedule_stands_before_the_token(execute: Execute) -> None:
    changes = {"maxAge": "30d", "generation": 3, "overlap": "1h", "maxWait": "0s", "revokeThrough": 2}
    run = execute(config=told("Pulumi.dev.yaml", baseName="orders", **changes))
    schedule = run.only(SCHEDULE).inputs
    assert (schedule["generation"], schedule["max_age_seconds"]) == (3, 30 * 86400)
    assert run.only("random:index/randomPassword:RandomPassword").inputs["keepers"] == {"generation": "3"}
    rotation = run.only(ROTATION).inputs
    told_so = ("generation", "overlap_seconds", "max_wait_seconds", "revoke_through")
    assert [rotation[key] for key in told_so] == [3, 3600, 0, 2]


def test_everything_that_takes_tags_has_them(prod: Run) -> None:
    untagged = {COMPONENT, ROTATION, "aws:kms/alias:Alias", "random:index/randomId:RandomId"}
    untagged |= {"random:index/randomPassword:RandomPassword", SCHEDULE, POLICY}
    tagged = [resource for resource in prod.resources.values() if resource.type not in untagged]
    assert len(tagged) == 8
    for resource in tagged:
        expected = {"Environment": "production", "Service": "orders", "Name": resource.name}
        assert resource.inputs["tags"] == expected, resource.name


def test_everything_belongs_to_the_component_and_is_named_after_it(prod: Run) -> None:
    component = prod.only(COMPONENT)
    assert component.name == "orders"
    for resource in prod.resources.values():
        if resource is not component:
            assert resource.options["parent"] == component.urn, resource.name
            assert resource.name.startswith("orders-")


def test_the_outputs_are_few_and_the_token_is_secret(prod: Run) -> None:
    assert prod.exports == {
        "replicationGroupId": "orders-cache",
        "primaryEndpoint": "primary.example",
        "readerEndpoint": "reader.example",
        "port": 6379,
        "authToken": TOKEN,
        "rotation": {"generation": 1, "phase": "proven"},
        "secretArn": "arn:aws:secretsmanager:::secret:orders-auth-token",
    }
    assert type(prod.exports["port"]) is int
    assert prod.secret_exports == {"authToken"}
    registered = prod.outputs[prod.only(COMPONENT).urn]
    assert registered.keys() == prod.exports.keys()
    assert bare(registered)["authToken"] == "[secret]"


def test_the_token_goes_over_the_wire_as_a_secret_only(prod: Run) -> None:
    said = {name: resource.inputs for name, resource in prod.resources.items()} | prod.outputs
    assert TOKEN not in json.dumps(bare(said))
    holders = {name for name, values in said.items() if TOKEN in json.dumps(values)}
    assert holders == {"orders-group", "orders-rotation", prod.only(COMPONENT).urn}


def test_the_local_stack_runs(execute: Execute, tmp_path: Path) -> None:
    template = (ROOT / "local" / "Pulumi.local.yaml.in").read_text()
    filled = tmp_path / "Pulumi.local.yaml"
    filled.write_text(template.replace("@ENDPOINT@", "http://127.0.0.1:1").replace("@CA_FILE@", certifi.where()))
    run = execute(config=told(str(filled)))
    assert run.exports["replicationGroupId"] == "local-cache"
    assert run.only(ROTATION).inputs["ca_file"] == certifi.where()
    assert run.only(GROUP).inputs["numCacheClusters"] == 2


def test_an_adopted_group_is_read_and_all_else_is_for_its_token(execute: Execute) -> None:
    run = execute(config=told("Pulumi.prod.yaml", baseName="orders", adopt="orders-live"))
    made = {resource.type for resource in run.resources.values()}
    of_the_token = {"random:index/randomId:RandomId", "random:index/randomPassword:RandomPassword", SCHEDULE, ROTATION}
    assert made == {COMPONENT, *of_the_token, "aws:kms/key:Key", "aws:kms/alias:Alias", SECRET, POLICY}
    rotation = run.only(ROTATION)
    assert rotation.inputs["adopted"] is True
    assert rotation.inputs["replication_group_id"] == run.exports["replicationGroupId"] == "orders-live"
    assert run.exports["primaryEndpoint"] == "primary.example"
    assert not rotation.options.keys() & {"deletedWith", "replaceWith"}


def test_without_publication_an_adopted_group_needs_no_key(execute: Execute) -> None:
    run = execute(config=told("Pulumi.prod.yaml", baseName="orders", adopt="orders-live", publish="none"))
    assert not [resource.type for resource in run.resources.values() if resource.type.startswith("aws:")]
