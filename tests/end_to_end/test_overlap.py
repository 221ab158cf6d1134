"""Publication and overlap as a stack's owner sees them: what clients read always works, and nobody's time is cut."""

from __future__ import annotations

from tests.end_to_end.conftest import Clone
from tests.end_to_end.hands import accepted, aws, published


def test_an_overlap_that_outlasts_its_up_goes_on_until_it_is_due_or_its_token_is_revoked(clone: Clone) -> None:
    clone.local("up")
    outputs = clone.status()["stack"]["outputs"]
    first = outputs["authToken"]
    assert published(clone) == {
        "host": outputs["primaryEndpoint"],
        "readerHost": outputs["readerEndpoint"],
        "port": outputs["port"],
        "ssl": True,
        "username": "default",
        "password": first,
    }
    clone.engine("config", "set", "overlap", "1h")
    said = clone.local("rotate")
    assert "overlapping, generation 2, 2 of 2 nodes" in said
    second = clone.status()["stack"]["outputs"]["authToken"]
    assert published(clone)["password"] == second
    assert accepted(clone, first) == accepted(clone, second) == [True, True]

    due = clone.status()["stack"]["outputs"]["rotation"]["dueAt"]
    assert f"the overlap lasts until {due}" in clone.engine("preview", "--expect-no-changes")
    assert "the next token waits until" in clone.local("rotate")
    assert clone.status()["stack"]["outputs"]["authToken"] == second

    clone.engine("config", "set", "overlap", "0s")
    clone.engine("config", "set", "revokeThrough", "1")
    assert "proven, generation 3, 2 of 2 nodes" in clone.local("up")
    third = clone.status()["stack"]["outputs"]["authToken"]
    assert accepted(clone, first) == accepted(clone, second) == [False, False]
    assert accepted(clone, third) == [True, True]
    assert published(clone)["password"] == third
    clone.engine("preview", "--expect-no-changes")


def test_a_secret_that_others_move_is_drift_and_put_right(clone: Clone) -> None:
    clone.local("up")
    outputs = clone.status()["stack"]["outputs"]
    secret, ours = outputs["secretArn"], outputs["authToken"]
    aws(clone, "secretsmanager", "put-secret-value", "--secret-id", secret, "--secret-string", "changed by hand")
    assert "drift: what is published was changed by others" in clone.engine("preview")
    clone.local("up")
    assert published(clone)["password"] == ours
    clone.engine("preview", "--expect-no-changes")
