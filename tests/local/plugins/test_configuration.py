"""The provider's settings: how they come, what they do, which are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from tests.local.plugins.client import Json, Plugin, PluginError, struct, urn
from tests.local.plugins.conftest import REGION

CALLER = "aws:index/getCallerIdentity:getCallerIdentity"
KEY = "aws:kms/key:Key"
Start = Callable[..., Plugin]


def test_settings_as_a_stack_has_them(start: Start, settings: Json) -> None:
    """The engine passes nested settings as JSON text, and flags as text."""
    plugin = start("aws")
    texts = {
        key: json.dumps(value) if isinstance(value, list) else str(value).lower() for key, value in settings.items()
    }
    texts |= {"version": "7.51.1", "defaultTags": json.dumps({"tags": {"team": "cache"}})}
    assert plugin.check_config(texts) == {}
    plugin.configure(texts)
    assert plugin.create(KEY, {}).outputs["tagsAll"] == {"team": "cache"}


@pytest.mark.parametrize(
    ("config", "property_", "reason"),
    [
        ({"regoin": "x"}, "regoin", "is not known here; did you mean region?"),
        ({"skipCredentialsValidation": "maybe"}, "skipCredentialsValidation", "expected a boolean"),
        ({"endpoints": "{"}, "endpoints", "expected JSON of a list of maps"),
        ({"endpoints": [1]}, "endpoints", "expected a list of maps"),
        ({"retryMode": "never"}, "retryMode", "expected one of legacy, standard, adaptive, got 'never'"),
        ({"assumeRoles": [{"sessionName": "s"}]}, "assumeRoles[0].roleArn", "is required"),
        ({"secretKey": {"a": "b"}}, "secretKey", "expected a string"),
        (
            {"allowedAccountIds": ["1"], "skipRequestingAccountId": True},
            "skipRequestingAccountId",
            "cannot be true together with allowed or forbidden account ids",
        ),
        (
            {"allowedAccountIds": ["1"], "forbiddenAccountIds": ["2"]},
            "allowedAccountIds",
            "conflicts with forbiddenAccountIds",
        ),
    ],
)
def test_settings_that_are_refused(aws: Plugin, config: Json, property_: str, reason: str) -> None:
    assert aws.check_config(config) == {property_: reason}


def test_a_region_is_needed(start: Start, settings: Json) -> None:
    with pytest.raises(PluginError, match="the provider has no region: set aws:region"):
        start("aws").configure({**settings, "region": None})


def test_accounts_can_be_ruled_out(start: Start, settings: Json) -> None:
    plugin = start("aws")
    plugin.configure({**settings, "allowedAccountIds": ["123456789012"]})
    for rule in ({"allowedAccountIds": ["1"]}, {"forbiddenAccountIds": ["123456789012"]}):
        with pytest.raises(PluginError, match="the credentials are of account 123456789012, which"):
            plugin.configure({**settings, **rule})


def test_roles_are_assumed(start: Start, settings: Json) -> None:
    plugin = start("aws")
    roles = [{"roleArn": "arn:aws:iam::210987654321:role/deploy", "sessionName": "ci"}]
    plugin.configure({**settings, "assumeRoles": json.dumps(roles)})
    assert plugin.invoke(CALLER)["accountId"] == "210987654321"


def test_a_cloud_that_is_not_there(start: Start, settings: Json) -> None:
    plugin = start("aws")
    nowhere = {"endpoints": [{"kms": "http://127.0.0.1:9"}], "maxRetries": 0}
    plugin.configure({**settings, **nowhere})
    with pytest.raises(
        PluginError, match=r'^creating KMS Key \(it\): Could not connect to the endpoint URL: "http://127.0.0.1:9/"'
    ):
        plugin.create(KEY, {})


def test_no_message_shows_credentials(start: Start, settings: Json) -> None:
    plugin = start("aws")
    config = {
        **settings,
        "secretKey": "a-very-secret-key",
        "endpoints": [{"kms": "http://a-very-secret-key/"}],
        "maxRetries": 0,
    }
    plugin.configure(config)
    with pytest.raises(PluginError, match=r'"http://\[secret\]/"'):
        plugin.create(KEY, {})


def test_a_proxy_does_not_stand_before_loopback(start: Start, settings: Json) -> None:
    names = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY")
    plugin = start("aws", **dict.fromkeys(names, "http://127.0.0.1:9"), no_proxy="", NO_PROXY="")
    plugin.configure({**settings, "maxRetries": 0})
    assert plugin.invoke(CALLER)["accountId"]


def test_resources_in_another_region(aws: Plugin, others: Callable[..., Any]) -> None:
    state = aws.create(KEY, {"region": "eu-west-2"})
    assert state.outputs["arn"].startswith("arn:aws:kms:eu-west-2:")
    elsewhere = others("kms", "eu-west-2")
    assert elsewhere.describe_key(KeyId=state.id)["KeyMetadata"]["Enabled"]
    assert not aws.diff(state, {"region": "eu-west-2"}).diffs
    assert list(aws.diff(state, {"region": REGION}).replaces) == ["region"]


def test_default_tags_that_change(start: Start, settings: Json) -> None:
    plugin = start("aws")
    plugin.configure({**settings, "defaultTags": {"tags": {"team": "one", "own": "default"}}})
    wanted = {"tags": {"own": "mine"}}
    state = plugin.create(KEY, wanted)
    assert state.outputs["tagsAll"] == {"team": "one", "own": "mine"}
    plugin.configure({**settings, "defaultTags": {"tags": {"team": "two", "own": "mine"}}})
    assert set(plugin.diff(state, wanted).detailedDiff) == {"tagsAll.team"}
    updated = plugin.update(state, wanted)
    assert (updated.outputs["tags"], updated.outputs["tagsAll"]["team"]) == ({"own": "mine"}, "two")
    assert not plugin.diff(updated, wanted).diffs


def test_what_needs_another_provider(aws: Plugin) -> None:
    def diff(olds: Json, news: Json) -> provider_pb2.DiffResponse:
        request = provider_pb2.DiffRequest(
            urn=urn("pulumi:providers:aws"), old_inputs=struct(olds), olds=struct(olds), news=struct(news)
        )
        return aws.ask("DiffConfig", request)  # type: ignore[no-any-return]  # the stub's methods are chosen by name

    assert list(diff({"region": "a", "version": "1"}, {"region": "b", "version": "2"}).replaces) == ["region"]
    moved = diff({"region": "a", "endpoints": "[]"}, {"region": "a", "endpoints": "[{}]"})
    assert (list(moved.diffs), list(moved.replaces)) == (["endpoints"], [])
    assert diff({"region": "a"}, {"region": "a"}).changes == provider_pb2.DiffResponse.DIFF_NONE


def test_the_random_plugin_has_no_settings(random: Plugin) -> None:
    answer = random.ask("CheckConfig", provider_pb2.CheckRequest(news=struct({"seed": "1", "version": "4.21.4"})))
    assert [failure.property for failure in answer.failures] == ["seed"]
