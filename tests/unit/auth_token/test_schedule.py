"""Whose turn it is, by a clock that the tests hold, and that jumps."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.auth_token.schedule import Turn, outlook, turn_at

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
SKEW = timedelta(minutes=5)
DAY = 86400.0

SECONDS = st.floats(min_value=0, max_value=400 * DAY).map(lambda seconds: timedelta(seconds=seconds))
JUMPS = st.floats(min_value=-4000 * DAY, max_value=4000 * DAY).map(lambda seconds: timedelta(seconds=seconds))
GENERATIONS = st.integers(min_value=1, max_value=3)
AGES = st.sampled_from([0.0, 1.0, 3600.0, 30 * DAY, 90.5 * DAY])


def turn(*, since: datetime = NOON, number: int = 7, generation: int = 2) -> Turn:
    return Turn(number=number, since=since, generation=generation)


@dataclass
class Stack:
    """A stack that is deployed now and then."""

    now: datetime = NOON
    turn: Turn | None = None
    starts: list[datetime] = field(default_factory=list)
    """When each turn began, by the clock that was right or not."""

    def up(self, generation: int, max_age: float) -> Turn:
        coming = turn_at(self.now, self.turn, generation=generation, max_age=max_age)
        if self.turn is None or coming.number != self.turn.number:
            self.starts.append(self.now)
        self.turn = coming
        return coming


@given(GENERATIONS, AGES)
def test_the_first_turn_has_the_number_of_its_generation(generation: int, max_age: float) -> None:
    assert turn_at(NOON, None, generation=generation, max_age=max_age) == Turn(
        number=generation, since=NOON, generation=generation
    )


@given(SECONDS, AGES)
def test_a_token_is_due_at_its_age_and_not_before(age: timedelta, max_age: float) -> None:
    coming = turn_at(NOON + age, turn(), generation=2, max_age=max_age)
    if max_age and age.total_seconds() >= max_age:
        assert coming == turn(number=8, since=NOON + age)
    else:
        assert coming == turn()


def test_due_is_the_very_second() -> None:
    for seconds, number in ((30 * DAY - 1, 7), (30 * DAY, 8)):
        now = NOON + timedelta(seconds=seconds)
        assert turn_at(now, turn(), generation=2, max_age=30 * DAY).number == number


@given(SECONDS)
def test_without_an_age_it_is_never_due_by_itself(age: timedelta) -> None:
    assert turn_at(NOON + age, turn(), generation=2, max_age=0) == turn()


@given(JUMPS, AGES, st.sampled_from([1, 3, 9]))
def test_another_generation_is_one_turn_whatever_the_clock_says(
    jump: timedelta, max_age: float, generation: int
) -> None:
    coming = turn_at(NOON + jump, turn(), generation=generation, max_age=max_age)
    assert coming == turn(number=8, since=NOON + jump, generation=generation)


@given(st.lists(st.tuples(JUMPS, GENERATIONS, AGES), min_size=1, max_size=30))
def test_no_up_turns_twice_and_a_second_one_at_once_not_at_all(ups: list[tuple[timedelta, int, float]]) -> None:
    stack = Stack()
    stack.up(1, 0)
    for jump, generation, max_age in ups:
        before = stack.turn
        assert before is not None
        stack.now = NOON + jump
        after = stack.up(generation, max_age)
        assert after.number - before.number in (0, 1)
        assert after.generation == generation
        assert after.since <= stack.now + SKEW or after.seen_ahead
        assert stack.up(generation, max_age) == after


@given(st.lists(SECONDS, max_size=30), st.sampled_from([3600.0, 30 * DAY]))
def test_with_a_clock_that_goes_on_turns_are_an_age_apart_and_none_is_late(
    pauses: list[timedelta], max_age: float
) -> None:
    stack = Stack()
    stack.up(1, max_age)
    for pause in pauses:
        stack.now += pause
        stack.up(1, max_age)
        assert stack.now - stack.starts[-1] < timedelta(seconds=max_age)
    gaps = [later - earlier for earlier, later in zip(stack.starts, stack.starts[1:], strict=False)]
    assert all(gap >= timedelta(seconds=max_age) for gap in gaps)


@given(JUMPS, st.lists(SECONDS, max_size=5), st.sampled_from([3600.0, 30 * DAY]))
def test_a_clock_that_was_wrong_once_makes_no_token_early_and_none_later_than_it_was_wrong(
    jump: timedelta, pauses: list[timedelta], max_age: float
) -> None:
    stack, age = Stack(), timedelta(seconds=max_age)
    stack.up(1, max_age)
    stack.now = NOON + jump
    first = stack.up(1, max_age).number
    assert first == (2 if jump >= age else 1), "all that such a clock can do"
    right = NOON
    for pause in [timedelta(0), *pauses]:
        stack.now = right = right + pause
        if stack.up(1, max_age).number > first:
            break
        assert right - NOON < age + max(jump, SKEW), "it should have been due"
    else:
        return
    assert right - NOON >= age, "it was due too early"


def test_a_turn_that_lies_far_ahead_counts_from_when_that_is_seen() -> None:
    stack = Stack(turn=turn(since=NOON + timedelta(days=9999)))
    for days, number in ((0, 7), (20, 7), (29.9, 7), (30, 8), (31, 8)):
        stack.now = NOON + timedelta(days=days)
        assert stack.up(2, 30 * DAY).number == number
    assert stack.turn == turn(number=8, since=NOON + timedelta(days=30))


def test_a_clock_that_has_lost_its_time_for_one_up_is_forgotten() -> None:
    stack = Stack(turn=turn())
    stack.now = datetime(1970, 1, 1, tzinfo=UTC)
    assert stack.up(2, 30 * DAY) == turn_at(stack.now, turn(), generation=2, max_age=0)
    stack.now = NOON + timedelta(days=1)
    assert stack.up(2, 30 * DAY) == turn()


def test_clocks_that_differ_a_little_are_no_difference() -> None:
    ahead = turn(since=NOON + SKEW)
    assert turn_at(NOON, ahead, generation=2, max_age=DAY) == ahead
    far_ahead = turn(since=NOON + SKEW + timedelta(seconds=1))
    assert turn_at(NOON, far_ahead, generation=2, max_age=DAY).seen_ahead == NOON


@pytest.mark.parametrize(
    ("age", "max_age", "generation", "words"),
    [
        (18 * DAY, 30 * DAY, 2, "token due in 12 days"),
        (28.9 * DAY, 30 * DAY, 2, "token due in 1 day"),
        (29.5 * DAY, 30 * DAY, 2, "token due in 12 hours"),
        (30 * DAY - 61, 30 * DAY, 2, "token due in 1 minute"),
        (30 * DAY - 1, 30 * DAY, 2, "token due in 1 second"),
        (-9 * DAY, 30 * DAY, 2, "token due in 30 days"),
        (31 * DAY, 30 * DAY, 2, "will rotate: 31 days old"),
        (31 * DAY, 30 * DAY, 3, "will rotate: generation 3"),
        (31 * DAY, 0, 3, "will rotate: generation 3"),
        (31 * DAY, 0, 2, ""),
    ],
)
def test_what_a_preview_says(age: float, max_age: float, generation: int, words: str) -> None:
    now = NOON + timedelta(seconds=age)
    coming = turn_at(now, turn(), generation=generation, max_age=max_age)
    assert outlook(now, turn(), coming, max_age) == words


def test_a_preview_that_looks_a_moment_later_than_it_has_counted_says_nothing_odd() -> None:
    assert outlook(NOON + timedelta(seconds=61), turn(), turn(), 60) == "token due in 0 seconds"
