"""`aws.elasticache.SubnetGroup` and `ParameterGroup`, on the local cloud."""

from __future__ import annotations

from typing import Any

import pytest

from tests.local.plugins.client import UNKNOWN, Json, Plugin, PluginError, State

SUBNETS = "aws:elasticache/subnetGroup:SubnetGroup"
PARAMETERS = "aws:elasticache/parameterGroup:ParameterGroup"


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
