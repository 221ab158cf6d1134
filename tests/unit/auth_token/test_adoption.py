"""When a group's token may be taken over, and what is said of it before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from components.auth_token.adoption import NONE, UNKNOWN, previous, refusals, steps, unfit
from components.auth_token.seen import Group

THEIRS = Group(id="theirs", status="available", tls=True)


def props(**changes: Any) -> dict[str, Any]:
    """The rotation's inputs in a stack that adopts."""
    return {"adopted": True, "replication_group_id": "theirs", "adopt_token": "", "overlap_seconds": 0.0, **changes}


OWN = props(adopted=False, replication_group_id="ours")


@pytest.mark.parametrize(
    ("before", "now", "why"),
    [
        (OWN, props(), "this stack holds ours, a group of its own, which it would delete: adopt theirs with another"),
        (props(), OWN, "this stack has adopted theirs: set adopt to it again"),
        (props(), props(replication_group_id="others"), "adopt others with another stack"),
        ({}, props(adopt_token="short"), "adoptToken: "),
    ],
)
def test_what_would_lose_a_group_or_its_clients_is_refused(
    before: dict[str, Any], now: dict[str, Any], why: str
) -> None:
    (said,) = refusals(before, now)
    assert why in said
    assert "short" not in said


@pytest.mark.parametrize(("before", "now"), [({}, props()), ({}, OWN), (props(), props()), (OWN, OWN)])
def test_all_else_is_not(before: dict[str, Any], now: dict[str, Any]) -> None:
    assert list(refusals(before, now)) == []


def test_only_a_group_that_is_there_and_has_tls_can_be_adopted() -> None:
    assert list(unfit(THEIRS)) == []
    assert len(list(unfit(None))) == len(list(unfit(replace(THEIRS, tls=False)))) == 1


def test_what_is_not_known_of_the_previous_token_is_not_claimed() -> None:
    open_group = replace(THEIRS, has_token=False)
    assert [previous(open_group, ""), previous(THEIRS, ""), previous(THEIRS, "x")] == [NONE, UNKNOWN, ""]


@pytest.mark.parametrize("secret", ["arn", None], ids=["known", "not known yet"])
def test_the_secret_begins_with_what_clients_hold_where_that_is_known(secret: str | None) -> None:
    told = list(steps(THEIRS, props(adopt_token="x" * 20, secret_arn=secret, overlap_seconds=300.0)))
    order = [next(i for i, line in enumerate(told) if word in line) for word in ("clients use now", "ROTATE", "300 s")]
    assert order == sorted(order)
    assert not any("the secret" in line for line in steps(THEIRS, props(secret_arn="")))
