"""TokenSchedule: when a new token is due, as a resource that stands before the random one.

A program cannot read its own state, but a provider is handed it: `check` gets the inputs of the run before, and what
it returns is what the engine compares, shows in a preview, stores and hands on. So `check` counts the token's turns, by
age or by hand, and the random token, kept by `turn` alone, is drawn anew exactly when there is another turn.

The path of this module and the names of its classes stand in users' state: never rename them without a shim.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeGuard

from pulumi import Input, Output, ResourceOptions
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult
from pulumi.dynamic.dynamic import PROVIDER_KEY

Props = dict[str, Any]
"""A property bag as Pulumi hands it over: JSON-like, numbers as floats, unknown values as objects of their own."""

_SKEW: Final = timedelta(minutes=5)
"""How far the clocks of two machines that deploy may differ: AWS refuses requests signed further off (SigV4)."""
_UNITS: Final = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
_ID: Final = "schedule"
_COUNTED: Final = ("generation", "turn", "since", "seen_ahead")
"""What tells one turn from another, in inputs and outputs alike."""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """Which token it is, and since when."""

    number: int
    since: datetime
    """When it became this token's turn; with a time zone."""
    generation: int
    """The generation that was asked for then."""
    seen_ahead: datetime | None = None
    """When `since` was first seen to lie ahead: a clock was wrong, then or now."""

    def age(self, now: datetime) -> float:
        """Seconds since the turn began; while that lies ahead, since it was first seen there.

        Once the clock has passed `since`, nothing tells whether that or the sight of it was wrong. It counts from
        `since` then: a token may be late, by no more than a clock was wrong, and is never early.
        """
        begun = self.since if now >= self.since else self.seen_ahead or now
        return max(0.0, (now - begun).total_seconds())


def turn_at(now: datetime, last: Turn | None, *, generation: int, max_age: float) -> Turn:
    """Whose turn it is now: the `last` one's, or one further where it is due.

    Due is a token that is `max_age` seconds old (0: never), or of another generation than asked for. However late, and
    for whatever reasons, it is one turn further. A first turn has the number of its generation, so that a token that
    was kept by its generation before there was a schedule stays. A turn that began in the future counts as one that
    begins now, for a clock was wrong.
    """
    if last is None:
        return Turn(number=generation, since=now, generation=generation)
    if generation != last.generation or 0 < max_age <= last.age(now):
        return Turn(number=last.number + 1, since=now, generation=generation)
    return replace(last, seen_ahead=(last.seen_ahead or now) if last.since - now > _SKEW else None)


def outlook(now: datetime, last: Turn, coming: Turn, max_age: float) -> str:
    """What is to be expected, for people; empty where that is nothing."""
    if coming.generation != last.generation:
        return f"will rotate: generation {coming.generation}"
    if coming.number != last.number:
        return f"will rotate: {_span(last.age(now))} old"
    return f"token due in {_span(max(0.0, max_age - coming.age(now)))}" if max_age else ""


@dataclass(frozen=True, kw_only=True)
class TokenScheduleArgs:
    """What TokenSchedule needs."""

    generation: Input[int]
    """Another one than before makes a new token due, whatever its age."""
    max_age_seconds: Input[int] = 0
    """Age in seconds from which a token is due; 0 for never."""


class TokenSchedule(Resource, name="TokenSchedule"):
    """Counts the turns of a token, which is due by its age or by a change of generation."""

    turn: Output[int]
    """The present token's number: the only keeper of the random token."""
    since: Output[str]
    """When its turn began (ISO 8601)."""

    def __init__(self, name: str, args: TokenScheduleArgs, opts: ResourceOptions | None = None) -> None:
        """Register the schedule of one token."""
        counted = dict.fromkeys(_COUNTED) | {"generation": args.generation}
        super().__init__(TokenScheduleProvider(), name, {**counted, "max_age_seconds": args.max_age_seconds}, opts)


class TokenScheduleProvider(ResourceProvider):
    """What Pulumi calls, in a process of its own. Stateless: pickled by reference, it must never change."""

    serialize_as_secret_always = False  # its pickle names this class, nothing secret

    def check(self, _olds: Props, news: Props) -> CheckResult:
        """Put in whose turn it is. Inputs that are not known yet, in a preview, leave that unknown as well."""
        if problems := [CheckFailure("", problem) for problem in _problems(news)]:
            return CheckResult(news, problems)
        generation, max_age = news["generation"], news["max_age_seconds"]
        if not (_is_number(generation) and _is_number(max_age)):
            return CheckResult(news, [])
        coming = turn_at(_now(), _turn(_olds), generation=int(generation), max_age=max_age)
        return CheckResult({**news, **_bag(coming)}, [])

    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        """Whether `check` has moved on; says what is to be expected.

        A changed age alone is no difference: it is compared with the clock anew each time, and an update would make
        the token after it seem replaced in the preview. A changed provider reference is one, for refresh and destroy
        load the recorded one.
        """
        from components.auth_token.live import say

        last, coming = _turn(_olds), _turn(_news)
        if last and coming and (words := outlook(_now(), last, coming, _news["max_age_seconds"])):
            say(words)
        return DiffResult(changes=any(_olds.get(key) != _news.get(key) for key in (*_COUNTED, PROVIDER_KEY)))

    def create(self, props: Props) -> CreateResult:
        """Begin with what `check` has put in."""
        return CreateResult(_ID, _outputs(props))

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        """Go on with what `check` has put in."""
        return UpdateResult(_outputs(_news))


def _problems(news: Props) -> Iterator[str]:
    max_age = news.get("max_age_seconds")
    if _is_number(max_age) and max_age < 0:
        yield f"max_age_seconds is {max_age:g}; it must be 0, for never, or more"


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float)


def _turn(props: Props) -> Turn | None:
    """The turn in these inputs or outputs, None where there is none or where it is not known yet."""
    if not _is_number(props.get("turn")):
        return None
    return Turn(
        number=int(props["turn"]),
        since=datetime.fromisoformat(props["since"]),
        generation=int(props["generation"]),
        seen_ahead=datetime.fromisoformat(props["seen_ahead"]) if props.get("seen_ahead") else None,
    )


def _bag(turn: Turn) -> Props:
    return {
        "generation": turn.generation,
        "turn": turn.number,
        "since": turn.since.isoformat(),
        "seen_ahead": turn.seen_ahead and turn.seen_ahead.isoformat(),
    }


def _outputs(props: Props) -> Props:
    return {key: props.get(key) for key in _COUNTED}


def _span(seconds: float) -> str:
    size, unit = next((unit for unit in _UNITS if seconds >= unit[0]), _UNITS[-1])
    count = round(seconds / size)
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
