"""`aws.kms.Key` and `aws.kms.Alias`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.local.plugins.client import UNKNOWN, Json, Plugin, State
from tests.local.plugins.conftest import REGION

KEY, ALIAS = "aws:kms/key:Key", "aws:kms/alias:Alias"
POLICY: Json = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "a", "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["kms:Decrypt", "kms:*"], "Resource": "*"}
    ],
}
SAME_POLICY: Json = {
    "Statement": {
        "Action": ["kms:*", "kms:Decrypt"], "Principal": "*", "Effect": "Allow", "Resource": ["*"], "Sid": "a",
    },
    "Version": "2012-10-17",
}  # fmt: skip


@pytest.fixture
def kms(others: Callable[..., Any]) -> Any:
    """KMS as others see it."""
    return others("kms")


def test_a_key_as_the_program_asks_for_it(aws: Plugin, kms: Any) -> None:
    wanted = {
        "description": "for the cache",
        "policy": json.dumps(POLICY),
        "enableKeyRotation": True,
        "deletionWindowInDays": 7,
        "tags": {"service": "cache"},
    }
    state = aws.create(KEY, wanted)
    key = kms.describe_key(KeyId=state.id)["KeyMetadata"]
    assert (key["Description"], key["Arn"]) == ("for the cache", state.outputs["arn"])
    assert kms.get_key_rotation_status(KeyId=state.id)["KeyRotationEnabled"]
    assert json.loads(kms.get_key_policy(KeyId=state.id, PolicyName="default")["Policy"]) == POLICY
    tags = {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=state.id)["Tags"]}
    assert tags == {"service": "cache", "owner": "tests"}
    assert state.outputs["tags"] == {"service": "cache"}
    assert state.outputs["tagsAll"] == tags
    assert state.outputs["policy"] == wanted["policy"]
    assert {key: state.outputs[key] for key in wanted} == wanted
    assert state.inputs["__defaults"] == [
        "bypassPolicyLockoutSafetyCheck", "customerMasterKeySpec", "isEnabled", "keyUsage"
    ]  # fmt: skip
    assert not aws.diff(state, wanted).diffs


def test_a_preview_of_a_key(aws: Plugin) -> None:
    outputs = aws.preview(KEY, {"description": "d", "tags": {"a": UNKNOWN}})
    assert (outputs["arn"], outputs["keyId"], outputs["id"], outputs["policy"]) == (UNKNOWN,) * 4
    assert outputs["tagsAll"] == {"a": UNKNOWN, "owner": "tests"}
    assert (outputs["region"], outputs["isEnabled"], outputs["customKeyStoreId"]) == (REGION, True, "")


def test_policies_that_mean_the_same_are_no_change(aws: Plugin) -> None:
    state = aws.create(KEY, {"policy": json.dumps(POLICY)})
    assert not aws.diff(state, {"policy": json.dumps(SAME_POLICY, indent=2)}).diffs
    other = json.loads(json.dumps(POLICY).replace("Allow", "Deny"))
    assert list(aws.diff(state, {"policy": json.dumps(other)}).diffs) == ["policy"]


def test_changes_of_a_key(aws: Plugin, kms: Any) -> None:
    state = aws.create(KEY, {"description": "one", "tags": {"a": "1", "b": "2"}})
    wanted = {
        "description": "two",
        "policy": json.dumps(POLICY),
        "enableKeyRotation": True,
        "rotationPeriodInDays": 100,
        "isEnabled": False,
        "tags": {"a": "1", "c": "3"},
    }
    diff = aws.diff(state, wanted)
    assert not diff.replaces
    assert {"description", "policy", "enableKeyRotation", "rotationPeriodInDays", "isEnabled"} < set(diff.detailedDiff)
    assert {"tags.b", "tags.c", "tagsAll.b", "tagsAll.c"} < set(diff.detailedDiff)
    updated = aws.update(state, wanted)
    assert {key: updated.outputs[key] for key in wanted} == wanted
    assert not kms.describe_key(KeyId=state.id)["KeyMetadata"]["Enabled"]
    assert aws.update(updated, {"isEnabled": True}).outputs["enableKeyRotation"] is False


def test_what_a_key_cannot_change(aws: Plugin) -> None:
    state = aws.create(KEY, {})
    diff = aws.diff(state, {"keyUsage": "SIGN_VERIFY", "customerMasterKeySpec": "RSA_2048"})
    assert list(diff.replaces) == ["customerMasterKeySpec", "keyUsage"]
    assert not diff.deleteBeforeReplace


@pytest.mark.parametrize(
    ("news", "property_", "reason"),
    [
        ({"deletionWindowInDays": 3}, "deletionWindowInDays", "expected 7 to 30, got 3"),
        ({"policy": "{"}, "policy", "expected JSON"),
        ({"keyUsage": "HIDE"}, "keyUsage", "expected one of ENCRYPT_DECRYPT, "),
        ({"rotationPeriodInDays": 100}, "rotationPeriodInDays", "needs enableKeyRotation to be true"),
        ({"xksKeyId": "x"}, "xksKeyId", "is not stood in for"),
    ],
)
def test_broken_rules_of_a_key(aws: Plugin, news: Json, property_: str, reason: str) -> None:
    failures = aws.check(KEY, news).failures
    assert list(failures) == [property_]
    assert failures[property_].startswith(reason)


def test_a_refresh_sees_what_others_changed(aws: Plugin, kms: Any) -> None:
    wanted = {"description": "mine", "tags": {"a": "1"}}
    state = aws.create(KEY, wanted)
    kms.update_key_description(KeyId=state.id, Description="theirs")
    kms.tag_resource(KeyId=state.id, Tags=[{"TagKey": "b", "TagValue": "2"}])
    read = aws.read(state)
    assert read is not None
    assert read.outputs["description"] == read.inputs["description"] == "theirs"
    assert read.inputs["tags"] == {"a": "1", "b": "2"}
    assert read.inputs["__defaults"] == state.inputs["__defaults"]
    assert set(aws.diff(read, wanted).diffs) == {"description", "tags", "tagsAll"}
    assert aws.update(read, wanted).outputs == state.outputs


def test_an_import_has_inputs_that_lead_to_it(aws: Plugin, kms: Any) -> None:
    made = kms.create_key(
        Description="theirs", KeyUsage="ENCRYPT_DECRYPT", Tags=[{"TagKey": "owner", "TagValue": "tests"}]
    )["KeyMetadata"]
    read = aws.read(State(aws, KEY, {}, made["KeyId"], {}))
    assert read is not None
    assert read.inputs["description"] == "theirs"
    assert "tags" not in read.inputs, "the tag is one of the provider's defaults"
    assert not aws.diff(read, {key: value for key, value in read.inputs.items() if key != "__defaults"}).diffs


def test_deleting_a_key_schedules_it(aws: Plugin, kms: Any) -> None:
    state = aws.create(KEY, {"deletionWindowInDays": 8})
    aws.delete(state)
    key = kms.describe_key(KeyId=state.id)["KeyMetadata"]
    assert key["KeyState"] == "PendingDeletion"
    assert aws.read(state) is None
    aws.delete(state)


def test_reading_a_key_that_never_was(aws: Plugin) -> None:
    assert aws.read(State(aws, KEY, {}, "00000000-0000-0000-0000-000000000000", {})) is None


def test_the_life_of_an_alias(aws: Plugin) -> None:
    one, two = aws.create(KEY, {}), aws.create(KEY, {})
    state = aws.create(ALIAS, {"name": "alias/cache", "targetKeyId": one.outputs["arn"]})
    assert state.id == "alias/cache"
    assert state.outputs["targetKeyId"] == one.outputs["arn"], "an ARN stays one"
    assert state.outputs["targetKeyArn"] == one.outputs["arn"]
    assert not aws.diff(state, {"name": "alias/cache", "targetKeyId": one.id}).diffs
    wanted = {"name": "alias/cache", "targetKeyId": two.id}
    assert list(aws.diff(state, wanted).diffs) == ["targetKeyId"]
    preview = aws.update(state, wanted, preview=True)
    assert (preview.outputs["targetKeyArn"], preview.outputs["arn"]) == (UNKNOWN, state.outputs["arn"])
    updated = aws.update(state, wanted)
    assert updated.outputs["targetKeyArn"] == two.outputs["arn"]
    renamed = aws.diff(updated, {"name": "alias/other", "targetKeyId": two.id})
    assert list(renamed.replaces) == ["name"]
    assert renamed.deleteBeforeReplace
    aws.delete(updated)
    assert aws.read(updated) is None
    aws.delete(updated)


def test_names_of_aliases(aws: Plugin) -> None:
    assert aws.check(ALIAS, {"targetKeyId": "k"}, name="cache").inputs["name"].startswith("alias/cache-")
    failures = aws.check(ALIAS, {"targetKeyId": "k", "name": "cache"}).failures
    assert failures == {"name": "expected a name that begins with alias/, got 'cache'"}
