"""`aws.elasticache.ReplicationGroup`, on the local cloud with real Redis."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from local.cloud.client import Cloud
from tests.local.plugins import groups
from tests.local.plugins.client import UNKNOWN, Plugin, PluginError, State, until
from tests.local.plugins.conftest import settings_for
from tests.local.plugins.groups import GROUP, OTHER, TOKEN


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


def test_a_group_as_the_program_asks_for_it(cache: Plugin, cloud: Cloud, subnet_ids: list[str]) -> None:
    key = cache.create("aws:kms/key:Key", {})
    logs = cache.create("aws:cloudwatch/logGroup:LogGroup", {"name": "/cache/slow-log"})
    security = cache.create("aws:ec2/securityGroup:SecurityGroup", {})
    subnets = cache.create("aws:elasticache/subnetGroup:SubnetGroup", {"name": "of-the-group", "subnetIds": subnet_ids})
    parameters = cache.create(
        "aws:elasticache/parameterGroup:ParameterGroup", {"name": "of-the-group", "family": "redis7"}
    )
    wanted = groups.wanted(
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
    assert "authTokenWo" not in cache.preview(GROUP, groups.wanted())
    assert not cache.diff(group, groups.shared(authTokenWo=OTHER)).diffs, "never compared"
    assert TOKEN not in str(cloud.calls())


def test_a_token_is_sent_again_only_with_a_new_version(cache: Plugin, cloud: Cloud) -> None:
    def tokens_sent() -> int:
        calls = [call for call in cloud.calls() if call["operation"] == "ModifyReplicationGroup"]
        return sum("AuthToken" in call["parameters"] for call in calls)

    state = cache.create(GROUP, groups.wanted(replicationGroupId="versions"))
    before = tokens_sent()
    state = cache.update(state, groups.wanted(replicationGroupId="versions", authTokenWo=OTHER, description="new"))
    assert tokens_sent() == before
    assert not _accepts(cloud, state, OTHER)
    second = groups.wanted(replicationGroupId="versions", authTokenWo=OTHER, authTokenWoVersion=2, description="new")
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
    wanted = groups.wanted(replicationGroupId="kept", authTokenWo=None, authTokenWoVersion=None, authToken=TOKEN)
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
    state = cache.create(GROUP, groups.wanted(replicationGroupId="changes", snapshotRetentionLimit=0, tags={"a": "1"}))
    wanted = groups.wanted(
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


def test_nodes_come_and_go(cache: Plugin, cloud: Cloud) -> None:
    wanted = groups.wanted(replicationGroupId="nodes", numCacheClusters=1)
    state = cache.create(GROUP, wanted)
    three = {**wanted, "numCacheClusters": 3}
    assert cache.update(state, three, preview=True).outputs["memberClusters"] == UNKNOWN
    more = cache.update(state, three)
    assert more.outputs["memberClusters"] == ["nodes-001", "nodes-002", "nodes-003"]
    assert not cache.diff(more, three).diffs
    fewer = cache.update(more, {**wanted, "numCacheClusters": 2})
    assert fewer.outputs["memberClusters"] == ["nodes-001", "nodes-002"]
    assert _accepts(cloud, fewer, TOKEN)
    cache.delete(fewer)


def test_log_deliveries_come_and_go(cache: Plugin, elasticache: Any) -> None:
    logs = cache.create("aws:cloudwatch/logGroup:LogGroup", {"name": "/deliveries"})
    entry = {
        "destination": "/deliveries",
        "destinationType": "cloudwatch-logs",
        "logFormat": "text",
        "logType": "slow-log",
    }
    wanted = groups.wanted(replicationGroupId="deliveries")
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
    wanted = groups.wanted(replicationGroupId="later", applyImmediately=False)
    state = cache.create(GROUP, wanted)
    bigger = {**wanted, "nodeType": "cache.t4g.small"}
    updated = cache.update(state, bigger)
    assert updated.outputs["nodeType"] == "cache.t4g.micro"
    assert list(cache.diff(updated, bigger).diffs) == ["nodeType"]
    cache.delete(updated)


def test_what_aws_refuses_is_told_in_its_words(cache: Plugin, cloud: Cloud) -> None:
    with pytest.raises(PluginError) as caught:
        cache.create(GROUP, groups.wanted(transitEncryptionEnabled=False))
    assert str(caught.value).startswith("creating ElastiCache Replication Group (it): InvalidParameter")
    assert str(caught.value).endswith("(CreateReplicationGroup)")
    assert TOKEN not in str(caught.value)
    assert caught.value.partial is None, "nothing was made"


def test_a_change_that_fails_leaves_what_is_there(cache: Plugin, cloud: Cloud) -> None:
    wanted = groups.wanted(replicationGroupId="fails")
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
    wanted = groups.wanted(replicationGroupId="busy")
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
    wanted = groups.wanted(replicationGroupId="meanwhile")
    state = cache.create(GROUP, wanted)
    elasticache.modify_replication_group(
        ReplicationGroupId="meanwhile", ReplicationGroupDescription="new", ApplyImmediately=True
    )
    assert cache.update(state, {**wanted, "description": "new"}).outputs["description"] == "new"
    cache.delete(state)


@pytest.fixture
def slow(cloud: Cloud) -> Iterator[None]:
    """Every change of the cloud takes a second."""
    cloud.settings(delay=1.0)
    yield
    cloud.settings(delay=0)


@pytest.mark.usefixtures("slow")
def test_waiting_has_an_end(cache: Plugin, cloud: Cloud) -> None:
    with pytest.raises(PluginError, match=r"the group to become available took longer than 0\.2 s") as caught:
        cache.create(GROUP, groups.wanted(replicationGroupId="slow"), timeout=0.2)
    assert caught.value.partial is not None
    assert (caught.value.partial.id, caught.value.partial.properties["description"]) == ("slow", "a group")
    assert TOKEN not in str(caught.value.partial)
    cloud.settings(delay=0)
    cache.delete(State(cache, GROUP, {}, "slow", {}))


@pytest.mark.parametrize("how", ["cancel", "terminate"])
@pytest.mark.usefixtures("slow")
def test_the_engine_can_end_the_waiting(start: Callable[..., Plugin], cloud: Cloud, how: str) -> None:
    plugin = start("aws")
    plugin.configure(settings_for(cloud.endpoint))
    id_ = f"ended-by-{how}"
    with ThreadPoolExecutor(1) as pool:
        creating = pool.submit(plugin.create, GROUP, groups.wanted(replicationGroupId=id_))
        until(lambda: any(call["parameters"].get("ReplicationGroupId") == id_ for call in cloud.calls()))
        (plugin.cancel if how == "cancel" else plugin.process.terminate)()
        with pytest.raises(PluginError, match="cancelled while waiting for the group to become available") as caught:
            creating.result(10)
    assert caught.value.partial is not None
    assert caught.value.partial.id == id_
    assert plugin.end() == 0


def test_a_last_snapshot(cache: Plugin, elasticache: Any) -> None:
    state = cache.create(GROUP, groups.wanted(replicationGroupId="last", finalSnapshotIdentifier="last-of-all"))
    cache.delete(state)
    snapshots = elasticache.describe_snapshots(SnapshotName="last-of-all")["Snapshots"]
    assert [entry["ReplicationGroupId"] for entry in snapshots] == ["last"]


def test_a_group_that_somebody_deleted(cache: Plugin, elasticache: Any) -> None:
    state = cache.create(GROUP, groups.wanted(replicationGroupId="vanished"))
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
