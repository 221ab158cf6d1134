"""`aws.elasticache.SubnetGroup`, `ParameterGroup` and `ReplicationGroup`, on the local cloud with real Redis."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from local.cloud.client import Cloud
from tests.local.plugins.client import UNKNOWN, Json, Plugin, PluginError, State
from tests.local.plugins.conftest import REGION

GROUP = "aws:elasticache/replicationGroup:ReplicationGroup"
SUBNETS = "aws:elasticache/subnetGroup:SubnetGroup"
PARAMETERS = "aws:elasticache/parameterGroup:ParameterGroup"
TOKEN, OTHER = "First-Token-0123456789", "Second-Token-0123456789"


@pytest.fixture
def elasticache(cloud: Cloud) -> Any:
    """ElastiCache as others see it."""
    return boto3.client(
        "elasticache",
        region_name=REGION,
        endpoint_url=cloud.endpoint,
        aws_access_key_id="other",
        aws_secret_access_key="other",
    )


@pytest.fixture(scope="module")
def subnet_ids(cache: Plugin) -> list[str]:
    """Subnets of the default VPC."""
    found: list[str] = cache.invoke("aws:ec2/getSubnets:getSubnets")["ids"]
    return found


@pytest.fixture(scope="module")
def group(cache: Plugin) -> Iterator[State]:
    """A group with a token that tests look at and do not change."""
    state = cache.create(GROUP, _wanted(replicationGroupId="shared"))
    yield state
    cache.delete(state)


def _wanted(**changes: Any) -> Json:
    wanted: Json = {
        "description": "a group",
        "nodeType": "cache.t4g.micro",
        "engine": "redis",
        "engineVersion": "7.1",
        "transitEncryptionEnabled": True,
        "authTokenWo": TOKEN,
        "authTokenWoVersion": 1,
    } | changes
    return {key: value for key, value in wanted.items() if value is not None}


def _accepts(cloud: Cloud, state: State, token: str | None) -> bool:
    address, port = state.outputs["primaryEndpointAddress"], state.outputs["port"]
    once = Retry(NoBackoff(), 0)  # it would otherwise try a refused token again and again
    client = redis.Redis(address, port, password=token, ssl=True, ssl_ca_certs=str(cloud.ca_file), retry=once)
    try:
        return bool(client.ping())
    except redis.AuthenticationError:
        return False
    finally:
        client.close()


def test_the_life_of_a_subnet_group(cache: Plugin, subnet_ids: list[str]) -> None:
    wanted = {"name": "Cache-Subnets", "subnetIds": subnet_ids[:2], "tags": {"a": "1"}}
    state = cache.create(SUBNETS, wanted)
    assert (state.id, state.outputs["name"]) == ("cache-subnets", "Cache-Subnets")
    assert state.outputs["description"] == "Managed by Pulumi"
    assert state.outputs["vpcId"].startswith("vpc-")
    assert not cache.diff(state, {**wanted, "subnetIds": subnet_ids[1::-1]}).diffs, "the order says nothing"
    changed = {**wanted, "subnetIds": subnet_ids[:3], "description": "new", "tags": {}}
    assert set(cache.diff(state, changed).diffs) == {"subnetIds", "description", "tags", "tagsAll"}
    assert cache.update(state, changed, preview=True).outputs["vpcId"] == UNKNOWN
    updated = cache.update(state, changed)
    assert updated.outputs["subnetIds"] == subnet_ids[:3]
    assert updated.outputs["tagsAll"] == {}
    renamed = cache.diff(updated, {**changed, "name": "other"})
    assert (list(renamed.replaces), renamed.deleteBeforeReplace) == (["name"], True)
    cache.delete(updated)
    assert cache.read(updated) is None
    cache.delete(updated)


def test_the_life_of_a_parameter_group(cache: Plugin, elasticache: Any) -> None:
    def parameters(**values: str) -> Json:
        listed = [{"name": name.replace("_", "-"), "value": value} for name, value in values.items()]
        return {"family": "redis7", "parameters": listed}

    wanted = parameters(slowlog_log_slower_than="5000", maxmemory_policy="allkeys-lru")
    state = cache.create(PARAMETERS, wanted, name="parameters")
    assert state.outputs["parameters"] == wanted["parameters"]
    assert not cache.diff(state, {**wanted, "parameters": wanted["parameters"][::-1]}).diffs
    changed = parameters(slowlog_log_slower_than="6000", timeout="20")
    assert list(cache.diff(state, changed).diffs) == ["parameters"]
    updated = cache.update(state, changed)
    pages = elasticache.describe_cache_parameters(CacheParameterGroupName=state.id, Source="user")["Parameters"]
    assert {entry["ParameterName"]: entry["ParameterValue"] for entry in pages} == {
        "slowlog-log-slower-than": "6000",
        "timeout": "20",
    }
    replaced = cache.diff(updated, {**changed, "family": "redis6.x", "description": "other"})
    assert (list(replaced.replaces), replaced.deleteBeforeReplace) == (["description", "family"], False)
    cache.delete(updated)
    assert cache.read(updated) is None
    cache.delete(updated)


def test_a_broken_parameter_leaves_a_group_that_is_recorded(cache: Plugin) -> None:
    wanted = {"family": "redis7", "parameters": [{"name": "no-such-thing", "value": "1"}]}
    with pytest.raises(
        PluginError, match=r"creating ElastiCache Parameter Group .*: InvalidParameterValue: "
    ) as caught:
        cache.create(PARAMETERS, wanted, name="broken")
    assert caught.value.partial is not None
    assert caught.value.partial.id.startswith("broken-")
    cache.delete(State(cache, PARAMETERS, {}, caught.value.partial.id, {}))


def test_a_group_as_the_program_asks_for_it(cache: Plugin, cloud: Cloud, subnet_ids: list[str]) -> None:
    key = cache.create("aws:kms/key:Key", {})
    logs = cache.create("aws:cloudwatch/logGroup:LogGroup", {"name": "/cache/slow-log"})
    security = cache.create("aws:ec2/securityGroup:SecurityGroup", {})
    subnets = cache.create(SUBNETS, {"name": "of-the-group", "subnetIds": subnet_ids})
    parameters = cache.create(PARAMETERS, {"name": "of-the-group", "family": "redis7"})
    wanted = _wanted(
        replicationGroupId="Cache",
        numCacheClusters=2,
        automaticFailoverEnabled=True,
        multiAzEnabled=True,
        autoMinorVersionUpgrade=True,
        applyImmediately=False,
        subnetGroupName=subnets.outputs["name"],
        parameterGroupName=parameters.outputs["name"],
        securityGroupIds=[security.id],
        port=6380,
        kmsKeyId=key.outputs["arn"],
        atRestEncryptionEnabled=True,
        maintenanceWindow="Sun:18:00-Sun:19:00",
        snapshotWindow="16:00-17:00",
        snapshotRetentionLimit=1,
        logDeliveryConfigurations=[
            {
                "destination": "/cache/slow-log",
                "destinationType": "cloudwatch-logs",
                "logFormat": "json",
                "logType": "slow-log",
            }
        ],
        tags={"service": "cache"},
    )
    state = cache.create(GROUP, wanted)
    assert state.id == "cache"
    outputs = state.outputs
    kept = {key: value for key, value in wanted.items() if key != "authTokenWo"}
    assert {key: outputs[key] for key in kept} == kept
    assert (outputs["memberClusters"], outputs["numNodeGroups"]) == (["cache-001", "cache-002"], 1)
    assert outputs["engineVersionActual"].startswith("7.1")
    assert (outputs["clusterEnabled"], outputs["clusterMode"]) == (False, "disabled")
    assert outputs["primaryEndpointAddress"] != outputs["readerEndpointAddress"]
    assert outputs["configurationEndpointAddress"] == ""
    assert outputs["arn"].endswith(":replicationgroup:cache")
    assert _accepts(cloud, state, TOKEN)
    assert not _accepts(cloud, state, OTHER)
    read = cache.read(state)
    assert read is not None
    assert (read.outputs, read.inputs) == (state.outputs, state.inputs)
    assert not cache.diff(read, wanted).diffs
    cache.delete(state)
    assert cache.read(state) is None
    cache.delete(state)
    for other in (parameters, subnets, security, logs):
        cache.delete(other)


def test_the_token_goes_to_the_cloud_and_nowhere_else(cache: Plugin, cloud: Cloud, group: State) -> None:
    assert "authTokenWo" not in group.outputs
    assert TOKEN not in str(group.outputs)
    assert group.outputs["authTokenWoVersion"] == 1
    assert group.inputs["authTokenWo"] == TOKEN, "inputs are the engine's, which encrypts them"
    assert "authTokenWo" not in cache.preview(GROUP, _wanted())
    assert not cache.diff(group, _wanted(replicationGroupId="shared", authTokenWo=OTHER)).diffs, "never compared"
    assert TOKEN not in str(cloud.calls())


def test_a_token_is_sent_again_only_with_a_new_version(cache: Plugin, cloud: Cloud) -> None:
    def tokens_sent() -> int:
        calls = [call for call in cloud.calls() if call["operation"] == "ModifyReplicationGroup"]
        return sum("AuthToken" in call["parameters"] for call in calls)

    state = cache.create(GROUP, _wanted(replicationGroupId="versions"))
    before = tokens_sent()
    state = cache.update(state, _wanted(replicationGroupId="versions", authTokenWo=OTHER, description="new"))
    assert tokens_sent() == before
    assert not _accepts(cloud, state, OTHER)
    second = _wanted(replicationGroupId="versions", authTokenWo=OTHER, authTokenWoVersion=2, description="new")
    assert list(cache.diff(state, second).diffs) == ["authTokenWoVersion"]
    state = cache.update(state, second)
    assert tokens_sent() == before + 1
    assert _accepts(cloud, state, OTHER), "it was waited for"
    assert _accepts(cloud, state, TOKEN), "ROTATE, AWS's default, keeps the previous one"
    set_ = {**second, "authTokenWoVersion": 3, "authTokenUpdateStrategy": "SET"}
    state = cache.update(state, set_)
    assert (_accepts(cloud, state, OTHER), _accepts(cloud, state, TOKEN)) == (True, False)
    assert state.outputs["authTokenUpdateStrategy"] == "SET"
    cache.delete(state)


def test_a_token_that_is_kept_is_a_secret(cache: Plugin, cloud: Cloud) -> None:
    wanted = _wanted(replicationGroupId="kept", authTokenWo=None, authTokenWoVersion=None, authToken=TOKEN)
    state = cache.create(GROUP, wanted)
    assert (state.outputs["authToken"], state.secrets) == (TOKEN, {"authToken"})
    assert not cache.diff(state, wanted).diffs
    rotated = {**wanted, "authToken": OTHER}
    diff = cache.diff(state, rotated)
    assert list(diff.diffs) == ["authToken"]
    assert OTHER not in str(diff)
    assert _accepts(cloud, cache.update(state, rotated), OTHER)
    cache.delete(state)


def test_changes_in_place(cache: Plugin, elasticache: Any) -> None:
    state = cache.create(GROUP, _wanted(replicationGroupId="changes", snapshotRetentionLimit=0, tags={"a": "1"}))
    wanted = _wanted(
        replicationGroupId="changes",
        description="new",
        applyImmediately=True,
        nodeType="cache.t4g.small",
        autoMinorVersionUpgrade=False,
        maintenanceWindow="mon:01:00-mon:02:00",
        snapshotWindow="03:00-04:00",
        snapshotRetentionLimit=3,
        tags={"b": "2"},
    )
    diff = cache.diff(state, wanted)
    assert not diff.replaces
    updated = cache.update(state, wanted)
    kept = {key: value for key, value in wanted.items() if key != "authTokenWo"}
    assert {key: updated.outputs[key] for key in kept} == kept
    [found] = elasticache.describe_replication_groups(ReplicationGroupId="changes")["ReplicationGroups"]
    assert (found["SnapshotRetentionLimit"], found["Description"]) == (3, "new")
    tags = elasticache.list_tags_for_resource(ResourceName=state.outputs["arn"])["TagList"]
    assert tags == [{"Key": "b", "Value": "2"}]
    cache.delete(updated)


def test_log_deliveries_come_and_go(cache: Plugin, elasticache: Any) -> None:
    logs = cache.create("aws:cloudwatch/logGroup:LogGroup", {"name": "/deliveries"})
    entry = {
        "destination": "/deliveries",
        "destinationType": "cloudwatch-logs",
        "logFormat": "text",
        "logType": "slow-log",
    }
    wanted = _wanted(replicationGroupId="deliveries")
    state = cache.create(GROUP, wanted)
    logged = cache.update(state, {**wanted, "logDeliveryConfigurations": [entry]})
    assert logged.outputs["logDeliveryConfigurations"] == [entry]
    quiet = cache.update(logged, wanted)
    [found] = elasticache.describe_replication_groups(ReplicationGroupId="deliveries")["ReplicationGroups"]
    assert not found["LogDeliveryConfigurations"]
    assert quiet.outputs["logDeliveryConfigurations"] == []
    cache.delete(quiet)
    cache.delete(logs)


def test_what_waits_for_the_maintenance_window_stays_a_difference(cache: Plugin) -> None:
    wanted = _wanted(replicationGroupId="later", applyImmediately=False)
    state = cache.create(GROUP, wanted)
    bigger = {**wanted, "nodeType": "cache.t4g.small"}
    updated = cache.update(state, bigger)
    assert updated.outputs["nodeType"] == "cache.t4g.micro"
    assert list(cache.diff(updated, bigger).diffs) == ["nodeType"]
    cache.delete(updated)


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
    diff = cache.diff(group, _wanted(**{"replicationGroupId": "shared", **changes}))
    assert list(diff.replaces) == replaces
    assert set(diff.diffs) == set(changes) - {"authTokenWo"}
    assert diff.deleteBeforeReplace == bool(replaces), "its name was given"


def test_older_states_decide_about_older_engines(cache: Plugin, group: State) -> None:
    def replaces(outputs: Json, **changes: Any) -> list[str]:
        state = State(cache, GROUP, group.inputs, group.id, {**group.outputs, **outputs})
        return list(cache.diff(state, _wanted(replicationGroupId="shared", **changes)).replaces)

    old = {"engineVersion": "6.2", "engineVersionActual": "6.2.6"}
    assert replaces({**old, "transitEncryptionEnabled": False}, engineVersion="6.2") == ["transitEncryptionEnabled"]
    assert replaces({**old, "engineVersion": "6.x"}, engineVersion="6.x") == []
    assert replaces(old, engineVersion="7.1") == []
    assert replaces({"engine": "valkey", "engineVersion": "8.0", "engineVersionActual": "8.0.1"}) == [
        "engine",
        "engineVersion",
    ]


def test_changes_that_are_to_be_ignored(cache: Plugin, group: State) -> None:
    wanted = _wanted(replicationGroupId="shared", numCacheClusters=3, tags={"a": "1", "b": "2"})
    assert set(cache.diff(group, wanted, ("numCacheClusters", "tags", "tagsAll")).diffs) == set()
    assert set(cache.diff(group, wanted, ("numCacheClusters", "tags.a", "tagsAll")).detailedDiff) == {"tags"}


def test_a_preview_of_a_change(cache: Plugin, group: State) -> None:
    more = cache.update(group, _wanted(replicationGroupId="shared", numCacheClusters=3), preview=True).outputs
    assert (more["memberClusters"], more["numCacheClusters"]) == (UNKNOWN, 3)
    assert (more["arn"], more["primaryEndpointAddress"]) == (
        group.outputs["arn"],
        group.outputs["primaryEndpointAddress"],
    )
    assert "authTokenWo" not in more


def test_a_preview_of_a_creation(cache: Plugin) -> None:
    outputs = cache.preview(GROUP, _wanted(kmsKeyId=UNKNOWN, authTokenWo=UNKNOWN, securityGroupIds=[UNKNOWN]))
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
    failures = cache.check(GROUP, _wanted(**changes)).failures
    assert failures[property_].startswith(reason)


def test_a_broken_token_is_not_shown(cache: Plugin) -> None:
    for name in ("authTokenWo", "authToken"):
        token = "not/allowed/in/a/token"
        version = 1 if name == "authTokenWo" else None
        failures = cache.check(
            GROUP, _wanted(**{"authTokenWo": None, "authTokenWoVersion": version, name: token})
        ).failures
        assert failures[name].endswith("got [secret]")
        assert token not in str(failures)


def test_what_aws_refuses_is_told_in_its_words(cache: Plugin, cloud: Cloud) -> None:
    with pytest.raises(PluginError) as caught:
        cache.create(GROUP, _wanted(transitEncryptionEnabled=False))
    assert str(caught.value).startswith("creating ElastiCache Replication Group (it): InvalidParameter")
    assert str(caught.value).endswith("(CreateReplicationGroup)")
    assert TOKEN not in str(caught.value)
    assert caught.value.partial is None, "nothing was made"


def test_a_change_that_fails_leaves_what_is_there(cache: Plugin, cloud: Cloud) -> None:
    wanted = _wanted(replicationGroupId="fails")
    state = cache.create(GROUP, wanted)
    cloud.settings(faults=[{"operation": "ModifyReplicationGroup", "code": "InvalidParameterValue"}])
    with pytest.raises(PluginError, match=r"^updating ElastiCache Replication Group \(fails\): InvalidParam") as caught:
        cache.update(state, {**wanted, "description": "new"})
    assert caught.value.partial is not None
    assert caught.value.partial.id == "fails"
    assert caught.value.partial.properties["description"] == "a group"
    assert cache.update(state, {**wanted, "description": "new"}).outputs["description"] == "new"
    cache.delete(state)


def test_a_busy_group_is_waited_for(cache: Plugin, cloud: Cloud) -> None:
    wanted = _wanted(replicationGroupId="busy")
    state = cache.create(GROUP, wanted)
    busy = {"code": "InvalidReplicationGroupState", "times": 2}
    faults = [{"operation": f"{verb}ReplicationGroup", **busy} for verb in ("Modify", "Delete")]
    cloud.settings(faults=faults)
    updated = cache.update(state, {**wanted, "description": "new"})
    assert updated.outputs["description"] == "new"
    cache.delete(updated)
    assert cloud.settings()["faults"] == []


def test_nothing_to_modify_is_no_failure(cache: Plugin, elasticache: Any) -> None:
    """Somebody has made the change meanwhile."""
    wanted = _wanted(replicationGroupId="meanwhile")
    state = cache.create(GROUP, wanted)
    elasticache.modify_replication_group(
        ReplicationGroupId="meanwhile", ReplicationGroupDescription="new", ApplyImmediately=True
    )
    assert cache.update(state, {**wanted, "description": "new"}).outputs["description"] == "new"
    cache.delete(state)


def test_waiting_has_an_end(cache: Plugin, cloud: Cloud) -> None:
    cloud.settings(delay=1.0)
    try:
        with pytest.raises(PluginError, match=r"the group to become available took longer than 0\.2 s") as caught:
            cache.create(GROUP, _wanted(replicationGroupId="slow"), timeout=0.2)
        assert caught.value.partial is not None
        assert (caught.value.partial.id, caught.value.partial.properties["description"]) == ("slow", "a group")
        assert TOKEN not in str(caught.value.partial)
    finally:
        cloud.settings(delay=0)
    cache.delete(State(cache, GROUP, {}, "slow", {}))


def test_the_engine_can_cancel(start: Any, cloud: Cloud, settings: Json) -> None:
    services = settings["endpoints"][0]
    plugin: Plugin = start("aws")
    plugin.configure({**settings, "endpoints": [dict.fromkeys(services, cloud.endpoint)]})
    cloud.settings(delay=1.0)
    try:
        canceller = threading.Timer(0.2, plugin.cancel)
        canceller.start()
        with pytest.raises(PluginError, match="cancelled while waiting for the group to become available"):
            plugin.create(GROUP, _wanted(replicationGroupId="cancelled"))
        canceller.join()
    finally:
        cloud.settings(delay=0)


def test_a_last_snapshot(cache: Plugin, elasticache: Any) -> None:
    state = cache.create(GROUP, _wanted(replicationGroupId="last", finalSnapshotIdentifier="last-of-all"))
    cache.delete(state)
    snapshots = elasticache.describe_snapshots(SnapshotName="last-of-all")["Snapshots"]
    assert [entry["ReplicationGroupId"] for entry in snapshots] == ["last"]


def test_a_group_that_somebody_deleted(cache: Plugin, elasticache: Any) -> None:
    state = cache.create(GROUP, _wanted(replicationGroupId="vanished"))
    elasticache.delete_replication_group(ReplicationGroupId="vanished")
    assert cache.read(state) is None
    cache.delete(state)


def test_an_import(cache: Plugin, group: State) -> None:
    read = cache.read(State(cache, GROUP, {}, "shared", {}))
    assert read is not None
    assert read.outputs["primaryEndpointAddress"] == group.outputs["primaryEndpointAddress"]
    assert read.inputs["description"] == "a group"
    inputs = {key: value for key, value in read.inputs.items() if key != "__defaults"}
    assert cache.check(GROUP, inputs).failures == {}
    assert not cache.diff(read, inputs).diffs
