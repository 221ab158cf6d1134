"""No token, an optional one, one, two: what fresh connections are answered, on every address and in every form."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import redis

from local.cloud.client import Cloud
from tests.local.cloud.support import ACCEPTED, CLOSED, FIRST, OPEN, REFUSED, SECOND, THIRD, WRONG, Group, refusal

if TYPE_CHECKING:
    from mypy_boto3_elasticache import ElastiCacheClient


def test_a_group_created_with_a_token_takes_that_one_only(group: Callable[..., Group]) -> None:
    made = group(nodes=2, AuthToken=FIRST)
    assert made.answers(None) == CLOSED
    assert made.answers(WRONG) == REFUSED
    assert made.answers(FIRST) == ACCEPTED
    assert made.now["AuthTokenEnabled"] is True


def test_rotate_keeps_the_previous_token_and_set_drops_it(group: Callable[..., Group]) -> None:
    made = group(nodes=2, AuthToken=FIRST)
    made.rotate(SECOND)
    assert made.answers(FIRST) == made.answers(SECOND) == ACCEPTED
    assert made.answers(None) == CLOSED
    made.set_token(SECOND)
    assert made.answers(SECOND) == ACCEPTED
    assert made.answers(FIRST) == made.answers(WRONG) == REFUSED
    assert made.answers(None) == CLOSED


def test_a_second_rotate_drops_the_oldest(group: Callable[..., Group]) -> None:
    made = group(AuthToken=FIRST)
    made.rotate(SECOND)
    made.rotate(THIRD)
    assert made.answers(FIRST) == REFUSED
    assert made.answers(SECOND) == made.answers(THIRD) == ACCEPTED


def test_rotate_on_a_group_without_a_token_makes_it_optional_until_set(group: Callable[..., Group]) -> None:
    made = group(nodes=2)
    assert made.answers(None) == OPEN
    made.rotate(FIRST)
    assert made.answers(None) == OPEN
    assert made.answers(FIRST) == ACCEPTED
    assert made.answers(WRONG) == REFUSED
    made.rotate(SECOND)
    assert made.answers(None) == OPEN
    assert made.answers(FIRST) == made.answers(SECOND) == ACCEPTED
    made.set_token(SECOND)
    assert made.answers(None) == CLOSED
    assert made.answers(FIRST) == REFUSED
    assert made.answers(SECOND) == ACCEPTED


def test_redis_py_agrees_while_a_token_is_optional(group: Callable[..., Group]) -> None:
    made = group()
    made.rotate(FIRST)
    assert made.redis(made.primary).set("key", "x" * 100_000)
    with made.redis(made.primary, FIRST) as authenticated:
        pipeline = authenticated.pipeline(transaction=False)
        for _ in range(50):
            pipeline.get("key")
        assert {len(value) for value in pipeline.execute()} == {100_000}
    with pytest.raises(redis.AuthenticationError):
        made.redis(made.primary, WRONG).ping()


def test_an_open_connection_stays_and_its_next_auth_is_judged_anew(group: Callable[..., Group]) -> None:
    made = group()
    with made.connection(made.primary) as ask:
        assert ask("PING") == "+PONG"
        made.rotate(FIRST)
        assert ask("AUTH", WRONG).startswith("-WRONGPASS")
        assert ask("AUTH", FIRST) == "+OK"
        made.set_token(FIRST)
        assert ask("PING") == "+PONG"
        assert ask("AUTH", "default", WRONG).startswith("-WRONGPASS")
        assert ask("AUTH", FIRST) == "+OK"


def test_set_cuts_connections_where_that_is_switched_on(cloud: Cloud, group: Callable[..., Group]) -> None:
    made = group(nodes=2, AuthToken=FIRST)
    made.rotate(SECOND)
    cloud.settings(cut_on_set=True)
    with made.connection(made.primary) as ask:
        assert ask("AUTH", FIRST) == "+OK"
        made.set_token(SECOND)
        assert ask("PING") == ""
    assert made.redis(made.primary, SECOND).info("replication")["connected_slaves"] == 1


def test_the_puzzle_no_token_is_asked_for_until_set(cloud: Cloud, group: Callable[..., Group]) -> None:
    cloud.settings(puzzle=True, same_token="apply")
    made = group(nodes=2, AuthToken=FIRST)
    assert made.now["AuthTokenEnabled"] is True
    assert made.answers(None) == OPEN
    assert made.answers(FIRST) == ACCEPTED
    made.rotate(FIRST)
    assert made.answers(None) == OPEN
    made.set_token(FIRST)
    assert made.answers(None) == CLOSED
    assert made.answers(FIRST) == ACCEPTED


def test_the_puzzle_where_the_same_token_is_no_modification(cloud: Cloud, group: Callable[..., Group]) -> None:
    cloud.settings(puzzle=True)
    made = group(AuthToken=FIRST)
    for change in (made.rotate, made.set_token):
        message = refusal("InvalidParameterCombination", change, FIRST)
        assert "No modifications were requested" in message
    for change, token in (
        (made.rotate, SECOND),
        (made.set_token, SECOND),
        (made.rotate, FIRST),
        (made.set_token, FIRST),
    ):
        change(token)
    assert made.answers(None) == CLOSED
    assert made.answers(SECOND) == REFUSED
    assert made.answers(FIRST) == ACCEPTED


def test_set_takes_the_token_that_was_rotated_last(group: Callable[..., Group]) -> None:
    made = group(AuthToken=FIRST)
    made.rotate(SECOND)
    assert SECOND not in refusal("InvalidParameterValue", made.set_token, FIRST)
    assert made.answers(FIRST) == ACCEPTED


@pytest.mark.parametrize("answer", ["refuse", "apply"])
def test_set_without_rotate_is_a_setting(cloud: Cloud, group: Callable[..., Group], answer: str) -> None:
    cloud.settings(set_without_rotate=answer)
    made = group(AuthToken=FIRST)
    if answer == "refuse":
        refusal("InvalidParameterCombination", made.set_token, SECOND)
        assert made.answers(FIRST) == ACCEPTED
    else:
        made.set_token(SECOND)
        assert made.answers(FIRST) == REFUSED
        assert made.answers(SECOND) == ACCEPTED


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"AuthToken": SECOND}, "InvalidParameterCombination"),  # without ApplyImmediately
        ({"AuthToken": "short", "ApplyImmediately": True}, "InvalidParameterValue"),
        ({"AuthToken": "x" * 129, "ApplyImmediately": True}, "InvalidParameterValue"),
        ({"AuthToken": "a space in a token", "ApplyImmediately": True}, "InvalidParameterValue"),
        ({"AuthToken": "slashes/are/not/allowed", "ApplyImmediately": True}, "InvalidParameterValue"),
        ({"AuthTokenUpdateStrategy": "SET", "ApplyImmediately": True}, "InvalidParameterCombination"),
        (
            {"AuthToken": SECOND, "AuthTokenUpdateStrategy": "DELETE", "ApplyImmediately": True},
            "InvalidParameterCombination",
        ),
    ],
)
def test_what_aws_refuses(
    group: Callable[..., Group], elasticache: "ElastiCacheClient", changes: dict[str, object], code: str
) -> None:
    made = group(AuthToken=FIRST)
    message = refusal(code, elasticache.modify_replication_group, ReplicationGroupId=made.id, **changes)
    assert str(changes.get("AuthToken", "-")) not in message.replace("AuthToken", "")
    assert made.now["Status"] == "available"


def test_a_token_needs_encryption_in_transit(group: Callable[..., Group]) -> None:
    made = group(TransitEncryptionEnabled=False)
    message = refusal("InvalidParameterValue", made.rotate, FIRST)
    assert "only supported when encryption-in-transit is enabled" in message
    assert made.redis(made.primary, tls=False).ping()
