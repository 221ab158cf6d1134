"""What is said of an `aws.elasticache.ReplicationGroup` before anything is done: checks, differences, previews."""

from __future__ import annotations

from typing import Any

import pytest

from tests.local.plugins.client import UNKNOWN, Json, Plugin, State
from tests.local.plugins.groups import GROUP, TOKEN, shared, wanted


@pytest.mark.parametrize(
    ("changes", "replaces"),
    [
        ({"kmsKeyId": "arn:aws:kms:eu-west-1:123456789012:key/other"}, ["kmsKeyId"]),
        ({"port": 6380}, ["port"]),
        ({"subnetGroupName": "other"}, ["subnetGroupName"]),
        ({"atRestEncryptionEnabled": True}, ["atRestEncryptionEnabled"]),
        ({"snapshotArns": ["arn:aws:s3:::b/k"]}, ["snapshotArns"]),
        ({"snapshotName": "s"}, ["snapshotName"]),
        ({"networkType": "dual_stack"}, ["networkType"]),
        ({"replicationGroupId": "other"}, ["replicationGroupId"]),
        ({"engineVersion": "7.0"}, ["engineVersion"]),
        ({"engineVersion": "6.x"}, ["engineVersion"]),
        ({"engineVersion": "6.2"}, ["engineVersion"]),
        ({"engine": "valkey", "engineVersion": "8.0"}, []),
        ({"transitEncryptionEnabled": False, "authTokenWo": None, "authTokenWoVersion": None}, []),
        ({"parameterGroupName": "other", "securityGroupIds": ["sg-1"], "numCacheClusters": 3}, []),
        ({"finalSnapshotIdentifier": "last", "applyImmediately": True}, []),
        ({"kmsKeyId": UNKNOWN}, ["kmsKeyId"]),
    ],
)
def test_what_needs_a_new_group(cache: Plugin, group: State, changes: Json, replaces: list[str]) -> None:
    diff = cache.diff(group, shared(**changes))
    assert list(diff.replaces) == replaces
    assert set(diff.diffs) == set(changes) - {"authTokenWo"}
    assert diff.deleteBeforeReplace == bool(replaces), "its name was given"


def test_older_states_decide_about_older_engines(cache: Plugin, group: State) -> None:
    def replaces(outputs: Json, **changes: Any) -> list[str]:
        state = State(cache, GROUP, group.inputs, group.id, {**group.outputs, **outputs})
        return list(cache.diff(state, shared(**changes)).replaces)

    old = {"engineVersion": "6.2", "engineVersionActual": "6.2.6"}
    assert replaces({**old, "transitEncryptionEnabled": False}, engineVersion="6.2") == ["transitEncryptionEnabled"]
    assert replaces({**old, "engineVersion": "6.x"}, engineVersion="6.x") == []
    assert replaces(old, engineVersion="7.1") == []
    assert replaces({"engine": "valkey", "engineVersion": "8.0", "engineVersionActual": "8.0.1"}) == [
        "engine",
        "engineVersion",
    ]


def test_changes_that_are_to_be_ignored(cache: Plugin, group: State) -> None:
    wanted = shared(numCacheClusters=3, tags={"a": "1", "b": "2"})
    assert set(cache.diff(group, wanted, ("numCacheClusters", "tags", "tagsAll")).diffs) == set()
    assert set(cache.diff(group, wanted, ("numCacheClusters", "tags.a", "tagsAll")).detailedDiff) == {"tags"}


def test_a_preview_of_a_change(cache: Plugin, group: State) -> None:
    more = cache.update(group, shared(numCacheClusters=3), preview=True).outputs
    assert (more["memberClusters"], more["numCacheClusters"]) == (UNKNOWN, 3)
    assert (more["arn"], more["primaryEndpointAddress"]) == (
        group.outputs["arn"],
        group.outputs["primaryEndpointAddress"],
    )
    assert "authTokenWo" not in more


def test_a_preview_of_a_creation(cache: Plugin) -> None:
    outputs = cache.preview(GROUP, wanted(kmsKeyId=UNKNOWN, authTokenWo=UNKNOWN, securityGroupIds=[UNKNOWN]))
    assert outputs["securityGroupIds"] == [UNKNOWN]
    for name in ("kmsKeyId", "arn", "primaryEndpointAddress", "readerEndpointAddress", "memberClusters", "port", "id"):
        assert outputs[name] == UNKNOWN
    assert outputs["replicationGroupId"].startswith("it-")


@pytest.mark.parametrize(
    ("changes", "property_", "reason"),
    [
        ({"description": None}, "description", "is required"),
        ({"nodeType": None}, "nodeType", "is required"),
        ({"replicationGroupId": "a--b"}, "replicationGroupId", "expected 1 to 40 letters, digits and hyphens"),
        ({"replicationGroupId": "a-"}, "replicationGroupId", "expected 1 to 40 letters, digits and hyphens"),
        ({"replicationGroupId": "1a"}, "replicationGroupId", "expected 1 to 40 letters, digits and hyphens"),
        ({"replicationGroupId": "a" * 41}, "replicationGroupId", "expected 1 to 40 letters, digits and hyphens"),
        ({"engine": "memcached"}, "engine", "expected one of redis, valkey"),
        ({"engineVersion": "7.1.0"}, "engineVersion", "expected MAJOR.MINOR from 6 on"),
        ({"maintenanceWindow": "sunday"}, "maintenanceWindow", "expected ddd:hh24:mi-ddd:hh24:mi"),
        ({"snapshotWindow": "16-17"}, "snapshotWindow", "expected hh24:mi-hh24:mi"),
        ({"snapshotRetentionLimit": 36}, "snapshotRetentionLimit", "expected 0 to 35, got 36"),
        ({"multiAzEnabled": True}, "automaticFailoverEnabled", "must be true if multiAzEnabled is true"),
        (
            {"automaticFailoverEnabled": True, "numCacheClusters": 1},
            "numCacheClusters",
            "must be at least 2 if automaticFailoverEnabled is true",
        ),
        ({"authTokenWoVersion": None}, "authTokenWoVersion", "goes together with authTokenWo"),
        ({"authToken": TOKEN}, "authToken", "conflicts with authTokenWo"),
        (
            {"authTokenWo": None, "authTokenWoVersion": None, "authTokenUpdateStrategy": "SET"},
            "authTokenUpdateStrategy",
            "needs authToken or authTokenWo",
        ),
        ({"numNodeGroups": 2}, "numNodeGroups", "is not stood in for: the stand-in makes groups of one shard"),
        ({"logDeliveryConfigurations": [{"logType": "x"}]}, "logDeliveryConfigurations[0].logType", "expected one of"),
        ({"authTokenWO": "x"}, "authTokenWO", "is not known here; did you mean authTokenWo?"),
    ],
)
def test_broken_rules(cache: Plugin, changes: Json, property_: str, reason: str) -> None:
    failures = cache.check(GROUP, wanted(**changes)).failures
    assert failures[property_].startswith(reason)


def test_a_broken_token_is_not_shown(cache: Plugin) -> None:
    for name in ("authTokenWo", "authToken"):
        token = "not/allowed/in/a/token"
        version = 1 if name == "authTokenWo" else None
        failures = cache.check(
            GROUP, wanted(**{"authTokenWo": None, "authTokenWoVersion": version, name: token})
        ).failures
        assert failures[name].endswith("got [secret]")
        assert token not in str(failures)
