"""Deployments that die in the middle, and what the next one makes of it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from local.cloud.client import Cloud
from tests.end_to_end.conftest import Clone


def family(pid: int) -> list[int]:
    """A process and all that it started, the youngest first."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found = [*family(int(child)), *found]
    return found


def strategies(cloud: Cloud) -> list[str]:
    """What AWS was asked for so far."""
    calls = [call for call in cloud.calls() if call["operation"] == "ModifyReplicationGroup"]
    return [call["parameters"]["AuthTokenUpdateStrategy"] for call in calls]


def die_after_rotate(clone: Clone) -> None:
    """`make rotate`, killed with all that it started as soon as AWS has taken ROTATE and before it takes SET."""
    cloud = clone.cloud()
    before = strategies(cloud)
    cloud.settings(delay=3.0)
    rotating = clone.begin("rotate")
    asked = retry(retry=retry_if_result(lambda now: now == before), wait=wait_fixed(0.05), stop=stop_after_delay(60))
    assert asked(strategies)(cloud) == [*before, "ROTATE"]
    for process in family(rotating.pid):
        os.kill(process, signal.SIGKILL)
    rotating.communicate()
    cloud.settings(delay=0.0)


@pytest.mark.parametrize(
    ("then", "sent", "generation"),
    [("up", ["ROTATE", "SET"], 2), ("rotate", ["ROTATE", "SET"], 2), ("raise", ["ROTATE", "SET", "ROTATE", "SET"], 3)],
)
def test_a_rotation_that_died_is_finished_before_anything_else(
    clone: Clone, then: str, sent: list[str], generation: int
) -> None:
    """By `make up`; by `make rotate`, which does not ask for yet another token; and where one is asked for by hand."""
    clone.local("up")
    clone.status()
    die_after_rotate(clone)
    assert "a further token was asked for and is not there yet" in clone.local("status")
    if then == "raise":
        clone.engine("config", "set", "generation", "3")
    said = clone.local("rotate" if then == "rotate" else "up")
    assert f"generation {generation}, 2 of 2 nodes" in said
    assert "asked for" not in clone.local("status")
    assert "no token          refused on 2 of 2" in said
    cloud = clone.cloud()
    assert strategies(cloud) == sent
    clone.engine("preview", "--expect-no-changes")


def test_a_local_cloud_that_was_killed_is_replaced_by_the_next_up(clone: Clone) -> None:
    clone.local("up")
    cloud = clone.cloud()
    os.kill(cloud.pid, signal.SIGKILL)
    assert "generation 1, 2 of 2 nodes" in clone.local("up")
