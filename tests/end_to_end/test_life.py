"""The life of a stack on the local cloud, as the README tells it, and what must never be found in its traces."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.auth_token.probe import ask
from components.auth_token.rules import Token
from components.auth_token.seen import Answer, Node
from tests.end_to_end.conftest import Clone


def answers(clone: Clone, *tokens: str | None) -> list[Answer]:
    """What the primary endpoint tells a fresh connection with each of `tokens`."""
    status = clone.status()
    outputs = status["stack"]["outputs"]
    node = Node(id="primary", host=outputs["primaryEndpoint"], port=int(outputs["port"]))
    return [ask(node, Token(token) if token else None, status["cloud"]["caFile"]) for token in tokens]


def traces(clone: Clone) -> list[tuple[Path, str]]:
    """Every file of the clone that a command may have written."""
    written = [*clone.path.glob("Pulumi.local.yaml"), *(clone.path / ".local").rglob("*")]
    redis = clone.path / ".local" / "redis"
    return [(f, f.read_text(errors="replace")) for f in written if f.is_file() and redis not in f.parents]


def assert_no_token_in_clear(clone: Clone) -> None:
    assert clone.tokens
    for token in clone.tokens:
        assert not [str(file) for file, text in traces(clone) if token in text]
        assert token not in "".join(clone.said)


def test_up_up_rotate_refresh_down_and_once_more(clone: Clone) -> None:
    first = clone.local("up")
    assert "generation 1, 2 of 2 nodes" in first
    assert "previous token    none yet" in first
    born_with = clone.status()["stack"]["outputs"]["authToken"]
    assert answers(clone, None, born_with, "x" * 32) == [Answer.REFUSED, Answer.ACCEPTED, Answer.REFUSED]

    assert "generation 1" in clone.local("up")
    clone.engine("up", "--yes", "--skip-preview", "--expect-no-changes")

    rotated = clone.local("rotate")
    assert "generation 2, 2 of 2 nodes" in rotated
    assert "previous token    refused on 2 of 2" in rotated
    now = clone.status()["stack"]["outputs"]["authToken"]
    assert answers(clone, None, born_with, now) == [Answer.REFUSED, Answer.REFUSED, Answer.ACCEPTED]

    clone.engine("refresh", "--yes", "--skip-preview")
    clone.engine("preview", "--expect-no-changes")
    assert_no_token_in_clear(clone)

    clone.local("down")
    assert "generation 1, 2 of 2 nodes" in clone.local("up")
    assert clone.status()["stack"]["outputs"]["authToken"] not in (born_with, now)
    clone.engine("destroy", "--yes", "--skip-preview")
    clone.local("up")
    assert_no_token_in_clear(clone)
    clone.local("down")
    assert not (clone.path / "Pulumi.local.yaml").exists()


def test_the_articles_puzzle_is_healed(clone: Clone) -> None:
    clone.local("cloud", "--set", "puzzle=true")
    assert "generation 1, 2 of 2 nodes" in clone.local("up")
    token = clone.status()["stack"]["outputs"]["authToken"]
    assert answers(clone, None, token) == [Answer.REFUSED, Answer.ACCEPTED]


@pytest.mark.parametrize("setting", ["sameToken=refuse"])
def test_the_puzzle_is_healed_where_aws_takes_no_token_twice(clone: Clone, setting: str) -> None:
    clone.local("cloud", "--set", "puzzle=true", "--set", setting)
    assert "generation 1, 2 of 2 nodes" in clone.local("up")
    token = clone.status()["stack"]["outputs"]["authToken"]
    assert answers(clone, None, token) == [Answer.REFUSED, Answer.ACCEPTED]
