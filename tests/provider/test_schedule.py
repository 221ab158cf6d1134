"""The schedule's provider in its pickled form, called in the order in which an engine calls it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pulumi.dynamic.dynamic import PROVIDER_KEY, serialize_provider

from components.auth_token.schedule import TokenScheduleProvider
from tests.provider.engine import UNKNOWN, Bag, Engine, serving

DAY = 86400


@dataclass
class Stack:
    """The state of a stack that holds a schedule alone."""

    engine: Engine
    id: str = ""
    inputs: Mapping[str, Any] | None = None
    outputs: Mapping[str, Any] | None = None

    def preview(self, generation: Any, max_age: Any = 0) -> tuple[Bag, bool]:
        """The inputs as the provider completes them, and whether it sees a difference."""
        asked = {"generation": generation, "max_age_seconds": max_age, "turn": None, "since": None, "seen_ahead": None}
        inputs, failures = self.engine.check(self.inputs or {}, asked)
        assert failures == []
        return inputs, self.outputs is None or self.engine.diff(self.id, self.outputs, inputs)

    def up(self, generation: int, max_age: int = 0) -> bool:
        """Whether there was something to do."""
        inputs, changed = self.preview(generation, max_age)
        if self.outputs is None:
            self.id, self.outputs = self.engine.create(inputs)
        elif changed:
            self.outputs = self.engine.update(self.id, self.outputs, inputs)
        self.inputs = inputs
        return changed

    def put(self, **changes: Any) -> None:
        """Change the state, as if the last `up` had been another one."""
        self.inputs, self.outputs = {**(self.inputs or {}), **changes}, {**(self.outputs or {}), **changes}

    @property
    def turn(self) -> int:
        assert self.outputs is not None
        return int(self.outputs["turn"])

    @property
    def since(self) -> datetime:
        assert self.outputs is not None
        return datetime.fromisoformat(self.outputs["since"])


Run = Callable[[Callable[[Stack], None]], str]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs something on a stack, and returns what the provider has said to people by the end."""

    def runner(body: Callable[[Stack], None]) -> str:
        with serving(TokenScheduleProvider(), tmp_path / "provider.log", {}) as engine:
            body(Stack(engine))
        return (tmp_path / "provider.log").read_text()

    return runner


def ago(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()


def test_the_pickle_is_a_reference_and_small() -> None:
    assert len(serialize_provider(TokenScheduleProvider())) < 200


def test_a_turn_is_made_once_and_then_kept(run: Run) -> None:
    def body(stack: Stack) -> None:
        assert stack.up(generation=3)
        assert stack.turn == 3, "as the keepers of a stack without a schedule have it"
        assert datetime.now(UTC) - stack.since < timedelta(minutes=1)
        assert stack.outputs is not None
        assert "max_age_seconds" not in stack.outputs, "it would be stale, for its change is no difference"
        before = stack.outputs
        assert not stack.up(generation=3)
        assert not stack.up(generation=3, max_age=30 * DAY)
        assert stack.outputs == before
        assert stack.engine.read(stack.id, before) == (stack.id, before)
        stack.engine.delete(stack.id, before)

    assert run(body) == "token due in 30 days\n"


def test_another_generation_is_one_turn(run: Run) -> None:
    def body(stack: Stack) -> None:
        stack.up(generation=1, max_age=40 * DAY)
        assert stack.preview(generation=9, max_age=40 * DAY)[0]["turn"] == 2, "a preview shows what will be"
        assert stack.up(generation=9, max_age=40 * DAY)
        assert stack.turn == 2
        assert not stack.up(generation=9, max_age=40 * DAY)

    assert run(body) == "will rotate: generation 9\n" * 2 + "token due in 40 days\n"


def test_an_old_token_turns_once_per_due_date(run: Run) -> None:
    def body(stack: Stack) -> None:
        stack.up(generation=1, max_age=30 * DAY)
        stack.put(since=ago(18))
        assert not stack.up(generation=1, max_age=30 * DAY)
        stack.put(since=ago(31))
        assert stack.up(generation=1, max_age=30 * DAY)
        assert stack.turn == 2
        assert not stack.up(generation=1, max_age=30 * DAY)

    assert run(body) == "token due in 12 days\nwill rotate: 31 days old\ntoken due in 30 days\n"


def test_without_an_age_nothing_is_ever_due_and_nothing_said(run: Run) -> None:
    def body(stack: Stack) -> None:
        stack.up(generation=1)
        stack.put(since=ago(9999))
        assert not stack.up(generation=1)
        assert stack.turn == 1

    assert run(body) == ""


def test_a_clock_that_was_wrong_costs_no_turn(run: Run) -> None:
    def body(stack: Stack) -> None:
        stack.up(generation=1, max_age=30 * DAY)
        stack.put(since=ago(-9999))
        assert stack.up(generation=1, max_age=30 * DAY), "that it lies ahead is kept"
        assert not stack.up(generation=1, max_age=30 * DAY)
        assert stack.turn == 1
        stack.put(seen_ahead=ago(31))
        assert stack.up(generation=1, max_age=30 * DAY)
        assert stack.turn == 2
        assert stack.outputs is not None
        assert "seen_ahead" not in stack.outputs

    run(body)


def test_a_provider_that_has_moved_is_recorded_without_a_turn(run: Run) -> None:
    def body(stack: Stack) -> None:
        stack.up(generation=1, max_age=30 * DAY)
        before = stack.turn, stack.since
        assert stack.outputs is not None
        stack.outputs = {**stack.outputs, PROVIDER_KEY: stack.outputs[PROVIDER_KEY] + " "}
        assert stack.up(generation=1, max_age=30 * DAY)
        assert (stack.turn, stack.since) == before
        assert not stack.up(generation=1, max_age=30 * DAY)

    run(body)


@pytest.mark.parametrize(("generation", "max_age"), [(UNKNOWN, 0), (1, UNKNOWN), (UNKNOWN, UNKNOWN)])
def test_what_is_not_known_in_a_preview_leaves_the_turn_unknown(run: Run, generation: Any, max_age: Any) -> None:
    def body(stack: Stack) -> None:
        assert "turn" not in stack.preview(generation, max_age)[0]
        stack.up(generation=1, max_age=DAY)
        inputs, changed = stack.preview(generation, max_age)
        assert changed
        assert "turn" not in inputs
        assert (inputs["generation"], inputs["max_age_seconds"]) == (generation, max_age)

    run(body)


def test_an_age_below_zero_is_refused(run: Run) -> None:
    def body(stack: Stack) -> None:
        _, failures = stack.engine.check({}, {"generation": 1, "max_age_seconds": -5})
        assert failures == ["max_age_seconds is -5; it must be 0, for never, or more"]

    run(body)
