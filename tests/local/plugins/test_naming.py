"""Names that are made up, kept, and stand in the way of a replacement."""

from __future__ import annotations

from pulumi.runtime.proto import provider_pb2

from tests.local.plugins.client import Plugin, urn

LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
GROUP = "aws:elasticache/replicationGroup:ReplicationGroup"
Options = provider_pb2.CheckRequest.AutonamingOptions


def test_a_name_is_made_up_from_the_seed(aws: Plugin) -> None:
    first, again = (aws.check(LOG_GROUP, {}, name="slow-log") for _ in range(2))
    assert first.inputs["name"] == again.inputs["name"]
    prefix, _, digits = first.inputs["name"].rpartition("-")
    assert prefix == "slow-log"
    assert len(digits) == 7
    assert int(digits, 16) >= 0
    assert "name" in first.inputs["__defaults"]
    other = aws.ask("Check", provider_pb2.CheckRequest(urn=urn(LOG_GROUP, "slow-log"), randomSeed=b"another"))
    assert other.inputs["name"] != first.inputs["name"]


def test_without_a_seed_it_is_random(aws: Plugin) -> None:
    names = {aws.ask("Check", provider_pb2.CheckRequest(urn=urn(LOG_GROUP))).inputs["name"] for _ in range(3)}
    assert len(names) == 3


def test_a_made_up_name_stays(aws: Plugin) -> None:
    olds = {"name": "slow-log-0000000", "__defaults": ["name"]}
    assert aws.check(LOG_GROUP, {}, olds).inputs["name"] == "slow-log-0000000"


def test_a_name_that_was_given_is_not_kept_when_it_is_no_longer(aws: Plugin) -> None:
    assert aws.check(LOG_GROUP, {}, {"name": "mine", "__defaults": []}).inputs["name"] != "mine"


def test_a_stack_may_say_how_names_are_made(aws: Plugin) -> None:
    proposed = Options(proposed_name="Team-Cache", mode=Options.PROPOSE)
    enforced = Options(proposed_name="Team-Cache", mode=Options.ENFORCE)
    wanted = {"description": "d", "nodeType": "cache.t4g.micro"}
    assert aws.check(GROUP, wanted, autonaming=proposed).inputs["replicationGroupId"] == "team-cache"
    assert aws.check(GROUP, wanted, autonaming=enforced).inputs["replicationGroupId"] == "Team-Cache"
    assert "name" not in aws.check(LOG_GROUP, {}, autonaming=Options(mode=Options.DISABLE)).inputs


def test_names_that_cannot_be_made_up(aws: Plugin) -> None:
    wanted = {"description": "d", "nodeType": "cache.t4g.micro"}
    long = aws.check(GROUP, wanted, name="x" * 40).failures["replicationGroupId"]
    assert long.startswith("the made-up name")
    odd = aws.check(GROUP, wanted, name="9_cache").failures["replicationGroupId"]
    assert odd.startswith("the made-up name '9_cache-")
    assert odd.endswith("give one")


def test_a_given_name_means_delete_before_replace(aws: Plugin) -> None:
    given = aws.create(LOG_GROUP, {"name": "given", "logGroupClass": "STANDARD"})
    made_up = aws.create(LOG_GROUP, {"logGroupClass": "STANDARD"}, name="made-up")
    assert aws.diff(given, {"name": "given", "logGroupClass": "DELIVERY"}).deleteBeforeReplace
    diff = aws.diff(made_up, {"logGroupClass": "DELIVERY"})
    assert list(diff.replaces) == ["logGroupClass"]
    assert not diff.deleteBeforeReplace
