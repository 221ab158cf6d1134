"""The IAM policies name actions that exist, let the program do what it does, and end at its own resources."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import botocore.session
import pytest
from botocore import xform_name

from tests.program.conftest import Execute, Registration, Run, execute
from tests.program.stacks import NETWORK, told
from tests.unit.docs.pages import ROOT, policies

__all__ = ["execute"]  # a fixture: pytest finds it by its name here

STATE, DEPLOY, PREVIEW = policies(ROOT / "docs/aws.md")
(TRUST,) = policies(ROOT / "docs/pipeline.md")

_SERVICES: Final = ("ec2", "elasticache", "iam", "kms", "logs", "s3", "secretsmanager", "sts")
_NO_OPERATIONS: Final = {
    "kms:ReEncryptFrom",  # both are asked for by ReEncrypt
    "kms:ReEncryptTo",
    "logs:CreateLogDelivery",  # these are asked for by services that deliver logs, of whoever sets the delivery up
    "logs:DeleteLogDelivery",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:UpdateLogDelivery",
    "s3:ListBucket",  # by ListObjectsV2
}
"""Actions that are no operations of the API (service authorization reference)."""
_NEEDS_NONE: Final = {"sts:GetCallerIdentity"}
_NEVER_SENT: Final = {
    "kms:DisableKey": "the key is never disabled",
    "kms:DisableKeyRotation": "nor is its rotation",
    "kms:EnableKey": "so it is never enabled again",
    "logs:DeleteRetentionPolicy": "a log is always kept for a number of days",
    "logs:DisassociateKmsKey": "a log group is always encrypted",
    "logs:PutLogGroupDeletionProtection": "a log group goes with its stack",
    "sts:AssumeRole": "roles to assume are the stack's own affair",
}
"""What the stand-ins can call for other programs, and why this one never makes them."""
_ON_OUR_BEHALF: Final = {
    "ec2:DescribeNetworkInterfaces",  # the provider, before it deletes a security group
    "elasticache:ResetCacheParameterGroup",  # the provider, for parameters that are taken out again
    "iam:CreateServiceLinkedRole",  # ElastiCache, for the first group of an account
    "logs:DescribeResourcePolicies",  # ElastiCache, to deliver the slow log
    "logs:PutResourcePolicy",
    *(action for action in _NO_OPERATIONS if action.startswith("logs:")),
    *(f"kms:{use}" for use in ("CreateGrant", "ListGrants", "Decrypt", "Encrypt", "ReEncryptFrom", "ReEncryptTo")),
    *(f"kms:{use}" for use in ("GenerateDataKey", "GenerateDataKeyWithoutPlaintext")),
}
"""What is asked for by others than the program and the stand-ins, in the name of whoever deploys."""
_LONGEST: Final = 6144
"""Characters of a managed policy, blanks aside (IAM quotas)."""
_ACCOUNT: Final = "eu-central-1:111122223333"
_METHOD: Final = re.compile(r'\.(?:get_paginator\("(\w+)"\)|([a-z_0-9]+)\()')


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _allows(policy: dict[str, Any], action: str, arn: str = "") -> bool:
    """Whether a statement allows the action, on `arn` if there is one; conditions are looked at elsewhere."""
    return any(
        action in _list(statement["Action"])
        and (not arn or any(fnmatchcase(arn, pattern) for pattern in _list(statement["Resource"])))
        for statement in policy["Statement"]
    )


def _operations() -> dict[str, set[str]]:
    """Actions by the name that boto3's methods have for them."""
    session = botocore.session.get_session()
    found: dict[str, set[str]] = {}
    for service in _SERVICES:
        for operation in session.get_service_model(service).operation_names:
            found.setdefault(xform_name(operation), set()).add(f"{service}:{operation}")
    return found


OPERATIONS: Final = _operations()


def _called(folder: Path) -> Iterator[set[str]]:
    """For each call of a boto3 method in the folder the actions that it may be; several services can share a name."""
    for path in sorted(folder.rglob("*.py")):
        for method, paginated in _METHOD.findall(path.read_text()):
            actions = OPERATIONS.get(method or paginated, set()) - _NEEDS_NONE
            own = {action for action in actions if action.startswith(f"{path.stem}:")}
            if actions:
                yield own or actions


@pytest.mark.parametrize("policy", [STATE, DEPLOY, PREVIEW], ids=["state", "deploy", "preview"])
def test_a_policy_is_well_formed_and_fits(policy: dict[str, Any]) -> None:
    assert policy["Version"] == "2012-10-17"
    sids = [statement["Sid"] for statement in policy["Statement"]]
    assert len(set(sids)) == len(sids)
    assert len(re.sub(r"\s", "", str(policy))) < _LONGEST
    for statement in policy["Statement"]:
        assert statement["Effect"] == "Allow"
        actions = _list(statement["Action"])
        assert actions == sorted(set(actions))


@pytest.mark.parametrize("policy", [STATE, DEPLOY, PREVIEW, TRUST], ids=["state", "deploy", "preview", "trust"])
def test_actions_exist(policy: dict[str, Any]) -> None:
    known = set().union(*OPERATIONS.values()) | _NO_OPERATIONS
    assert {action for statement in policy["Statement"] for action in _list(statement["Action"])} <= known


def test_the_rotation_may_do_what_it_does() -> None:
    calls = list(_called(ROOT / "components"))
    assert {"elasticache:ModifyReplicationGroup"} in calls
    for actions in calls:
        assert any(_allows(DEPLOY, action) for action in actions), actions


def test_the_resources_may_be_made_changed_and_deleted() -> None:
    """The stand-ins call what the real plugin calls."""
    calls = list(_called(ROOT / "local/plugins/aws"))
    assert {"elasticache:CreateReplicationGroup"} in calls
    assert set(_NEVER_SENT) <= set().union(*calls)
    for actions in calls:
        if not actions & _NEVER_SENT.keys():
            assert any(_allows(DEPLOY, action) for action in actions), actions


def test_nothing_is_allowed_that_nobody_needs() -> None:
    calls = [*_called(ROOT / "components"), *_called(ROOT / "local/plugins/aws")]
    allowed = {action for statement in DEPLOY["Statement"] for action in _list(statement["Action"])}
    needed = set().union(*calls) - _NEVER_SENT.keys()
    assert allowed - needed == _ON_OUR_BEHALF


def test_a_preview_may_look_and_nothing_else() -> None:
    looking = re.compile(r"\w+:(Describe|Get|List)\w+|kms:Decrypt")
    actions = {action for statement in PREVIEW["Statement"] for action in _list(statement["Action"])}
    assert all(looking.fullmatch(action) for action in actions)
    allowed = {action for policy in (STATE, DEPLOY) for s in policy["Statement"] for action in _list(s["Action"])}
    assert actions <= allowed


@pytest.mark.parametrize("stack_file", ["Pulumi.dev.yaml", "Pulumi.prod.yaml"])
def test_what_the_program_makes_is_within_reach(execute: Execute, stack_file: str) -> None:
    network = NETWORK if "prod" in stack_file else {}
    run = execute(config=told(stack_file, baseName="orders", **network))
    needed = list(_needed(run))
    assert len(needed) > 5
    for action, arn in needed:
        assert _allows(DEPLOY, action, arn), f"{action} on {arn}"


def _needed(run: Run) -> Iterator[tuple[str, str]]:
    for resource in run.resources.values():
        yield from _needed_for(resource)


def _needed_for(resource: Registration) -> Iterator[tuple[str, str]]:
    inputs, name = resource.inputs, f"{resource.name}-1a2b3c4"  # as Pulumi names what the program does not
    match resource.type:
        case "aws:elasticache/replicationGroup:ReplicationGroup":
            group = inputs["replicationGroupId"]
            used = [f"parametergroup:{inputs['parameterGroupName']}", f"subnetgroup:{inputs['subnetGroupName']}"]
            for part in (f"replicationgroup:{group}", f"cluster:{group}-001", *used):
                yield "elasticache:CreateReplicationGroup", f"arn:aws:elasticache:{_ACCOUNT}:{part}"
            if last := inputs.get("finalSnapshotIdentifier"):
                yield "elasticache:DeleteReplicationGroup", f"arn:aws:elasticache:{_ACCOUNT}:snapshot:{last}"
        case "aws:elasticache/parameterGroup:ParameterGroup":
            yield "elasticache:CreateCacheParameterGroup", f"arn:aws:elasticache:{_ACCOUNT}:parametergroup:{name}"
        case "aws:elasticache/subnetGroup:SubnetGroup":
            yield "elasticache:CreateCacheSubnetGroup", f"arn:aws:elasticache:{_ACCOUNT}:subnetgroup:{name}"
        case "aws:cloudwatch/logGroup:LogGroup":
            yield "logs:CreateLogGroup", f"arn:aws:logs:{_ACCOUNT}:log-group:{inputs['name']}"
        case "aws:kms/alias:Alias":
            yield "kms:CreateAlias", f"arn:aws:kms:{_ACCOUNT}:{inputs['name']}"
        case "aws:secretsmanager/secret:Secret":
            yield "secretsmanager:CreateSecret", f"arn:aws:secretsmanager:{_ACCOUNT}:secret:{name}-AbCdEf"


def test_tags_that_permissions_hang_on_are_set(execute: Execute) -> None:
    conditions = [
        (key, value)
        for statement in DEPLOY["Statement"]
        for key, value in statement.get("Condition", {}).get("StringEquals", {}).items()
        if "Tag/" in key
    ]
    assert {(key.partition("/")[2], value) for key, value in conditions} == {("Service", "orders")}
    run = execute(config=told("Pulumi.prod.yaml", baseName="orders", **NETWORK))
    tagged = [resource for resource in run.resources.values() if re.match(r"aws:(ec2|vpc|kms/key)", resource.type)]
    assert len(tagged) > 2
    assert all(resource.inputs["tags"]["Service"] == "orders" for resource in tagged)


def test_the_trust_is_in_one_repository_and_one_environment() -> None:
    (statement,) = TRUST["Statement"]
    (operator,) = statement["Condition"].items()
    assert operator[0] == "StringEquals", "a pattern would let others in"
    assert re.fullmatch(r"repo:[^*]+:environment:dev", operator[1]["token.actions.githubusercontent.com:sub"])
    assert operator[1]["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com"
