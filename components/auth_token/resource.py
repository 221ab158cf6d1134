"""AuthTokenRotation: the Pulumi resource whose update is a rotation. Thin: rotation.py decides, driver.py does.

The path of this module and the names of its classes stand in users' state: never rename them without a shim.
A Python dynamic provider is pickled by reference; it must stay stateless, so that its pickle never changes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from pulumi import Input, Output, ResourceOptions
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)
from pulumi.dynamic.dynamic import PROVIDER_KEY

from components.auth_token import adoption
from components.auth_token import facts as told
from components.auth_token.driver import rotate
from components.auth_token.redact import RotationFailed, guarded
from components.auth_token.rules import Token, TokenError
from components.auth_token.seen import Group, Verify
from components.auth_token.steps import Goal

_T = TypeVar("_T")

Props = dict[str, Any]
"""A property bag as Pulumi hands it over: JSON-like, numbers as floats."""

_REASONS: Final = (
    "verify",
    "ca_file",
    "revoke_through",
    "secret_arn",
    "primary_endpoint",
    "reader_endpoint",
    "port",
)
"""Inputs beside the token whose change is a reason to look at the group: what is proven, promised or published."""


@dataclass(frozen=True, kw_only=True)
class AuthTokenRotationArgs:
    """What AuthTokenRotation needs. A change of `token` rotates; a change of anything else sends nothing."""

    replication_group_id: Input[str]
    replication_group_arn: Input[str]
    """Its account and region must be those of the credentials."""
    token: Input[str]
    """The token that the group must accept, and nothing else. Kept as a secret whatever it comes as."""
    generation: Input[int]
    """Counts the tokens; for people only."""
    verify: Input[str] = Verify.WHEN_REACHABLE.value
    """`required`, `whenReachable` or `off`."""
    deadline_seconds: Input[int] = 3600
    """Seconds that one rotation may take."""
    apply_pending_changes: Input[bool] = False
    """Whether a rotation may apply, at once, modifications that wait for the maintenance window."""
    ca_file: Input[str] = ""
    """Certificate authorities that proofs trust; the system's where empty."""
    secret_arn: Input[str] = ""
    """The secret in which clients find the token; empty where it is not published."""
    primary_endpoint: Input[str] = ""
    reader_endpoint: Input[str] = ""
    port: Input[int] = 6379
    """Where clients connect, for the published secret."""
    overlap_seconds: Input[int] = 0
    """Seconds for which the previous token is accepted beside the new one, once that is published."""
    max_wait_seconds: Input[int] = 600
    """Seconds of an overlap that an `up` waits for; a longer one is finished by a later `up`."""
    revoke_through: Input[int] = 0
    """Tokens up to this generation have leaked: their overlap ends at once, and they are never brought back."""
    adopted: Input[bool] = False
    """Whether the group was there before this stack, with clients that use it."""
    adopt_token: Input[str] = ""
    """The token of an adopted group, where it is known. Kept as a secret."""


INPUTS: Final = tuple(AuthTokenRotationArgs.__dataclass_fields__)


class AuthTokenRotation(Resource, name="AuthTokenRotation"):
    """The token in force on a replication group: rotated in, set, and proven by connections to every node."""

    token: Output[str]
    """The token that the group was last brought to accept (secret)."""
    facts: Output[told.Facts]
    """What was proven, see facts.py."""

    def __init__(self, name: str, args: AuthTokenRotationArgs, opts: ResourceOptions | None = None) -> None:
        """Register the rotation of one group; its id is the group's."""
        inputs = {key: getattr(args, key) for key in INPUTS} | {"facts": None}
        inputs |= {key: Output.secret(inputs[key]) for key in ("token", "adopt_token")}
        kept_secret = ResourceOptions(additional_secret_outputs=["previous_token"])
        super().__init__(AuthTokenRotationProvider(), name, inputs, ResourceOptions.merge(opts, kept_secret))


class AuthTokenRotationProvider(ResourceProvider):
    """What Pulumi calls, in a process of its own. It holds nothing but the stack's `aws:*` configuration."""

    serialize_as_secret_always = False  # stateless: its pickle names this class, nothing secret

    def configure(self, req: ConfigureRequest) -> None:
        """Keep the settings of the stack's aws provider: explicit providers are invisible to a dynamic one."""
        from components.auth_token.session import SETTINGS

        self._aws = {key: req.config.get(f"aws:{key}") for key in SETTINGS}

    def check(self, _olds: Props, news: Props) -> CheckResult:
        """Refuse what cannot be a rotation. Values that are not known yet are left for later."""
        problems = [*_problems(news), *adoption.refusals(_olds, news)]
        if not problems and not _olds and news.get("adopted") is True:
            problems += self._adoptable(news)
        # A failure that names the property would print its value, the token's as well: so it names none.
        return CheckResult(news, [CheckFailure("", problem) for problem in problems])

    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        """Whether something changed: an input, the pickled provider, or the live token behind our back.

        Never fails a preview: where the group cannot be looked at, it says so.
        """
        replaced = _olds.get("replication_group_id") != _news.get("replication_group_id")
        due = not replaced and self._due(_id, _olds, further=_olds.get("token") != _news.get("token"))
        return DiffResult(
            changes=replaced or due or _changed(_olds, _news),
            replaces=["replication_group_id"] if replaced else [],
            delete_before_replace=True,
        )

    def create(self, props: Props) -> CreateResult:
        """Prove that the group, born with this token, enforces it; heal it where it does not. Or adopt one."""
        group_id = props["replication_group_id"]
        return CreateResult(group_id, self._rotated(group_id, props, recorded=None))

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        """Rotate to a new token. Where the token is the same, act only if the group gives a reason to."""
        return UpdateResult(self._updated(_id, _olds, _news))

    def read(self, id_: str, props: Props) -> ReadResult:
        """For refresh: whether the group is there, and whether its token is still the one that we recorded."""
        group = self._guarded(id_, [props], lambda: self._glance(id_))
        if group is None:
            return ReadResult(None, {})
        seen = dict(_facts(props))
        if self._drifted(id_, props, group):
            seen["phase"] = told.DRIFTED
        inputs = {key: props[key] for key in INPUTS if key in props} | {"facts": None}
        return ReadResult(id_, {**props, "facts": seen}, inputs)

    def delete(self, _id: str, _props: Props) -> None:
        """Nothing: the token goes with its group."""

    def _adoptable(self, news: Props) -> list[str]:
        """Why the group cannot be adopted. What will be done with it is said, so that a preview shows it."""
        from components.auth_token.live import say

        group_id = news.get("replication_group_id")
        if not isinstance(group_id, str):
            return []
        try:
            group = self._guarded(group_id, [news], lambda: self._glance(group_id))
        except RotationFailed as failed:
            say(f"warning: cannot look at the group that is to be adopted: {failed}")
            return []
        problems = [f"{group_id} cannot be adopted: {why}" for why in adoption.unfit(group)]
        if group and not problems:
            for line in adoption.steps(group, news):
                say(f"{group_id}: {line}")
        return problems

    def _updated(self, id_: str, olds: Props, news: Props) -> Props:
        seen = _facts(olds)
        quiet = olds["token"] == news["token"] and seen.get("phase") in (told.PROVEN, told.OVERLAPPING)
        if quiet and all(olds.get(key) == news.get(key) for key in _REASONS) and not self._due(id_, olds):
            kept = {"token": olds["token"], "previous_token": olds.get("previous_token", "")}
            return {**_inputs(news), **kept, "facts": {**seen, "generation": int(news["generation"])}}
        return self._rotated(id_, news, recorded=olds)

    def _rotated(self, group_id: str, props: Props, recorded: Props | None) -> Props:
        """Run the machine, and say what was proven."""
        from components.auth_token.live import LivePort, say

        def run() -> Props:
            port = LivePort(self._aws, props)
            goal = _goal(props, recorded)
            before = port.look() if not goal.fresh and recorded is None else None  # adopted: not ours until now
            if before:
                goal = replace(goal, recorded_change=before.changed_at)
            outcome = rotate(goal, port)
            found = told.facts(goal.generation, outcome, _facts(recorded or {}), port.wall())
            if before and (unknown := adoption.previous(before, props["adopt_token"])):
                found["previousToken"] = unknown
            for line in told.remarks(found):
                say(f"{group_id}: {line}")
            kept = {"token": outcome.token.reveal(), "previous_token": _reveal(outcome.retiring)}
            return {**_inputs(props), **kept, "facts": found}

        return self._guarded(group_id, [props, recorded or {}], run)

    def _due(self, group_id: str, olds: Props, *, further: bool = False) -> bool:
        """Whether there is something to do though no input changed; what there is, is said. `further`: a new token."""
        from components.auth_token.live import say

        seen = _facts(olds)
        overlap_ends = told.due(seen)
        if overlap_ends is not None:
            over = time.time() >= overlap_ends
            state = "ended at" if over else "lasts until"
            then = "this `up` finishes it" if over else "an `up` after that, say a scheduled one, finishes it"
            next_one = "; the next token waits until then" if further and not over else ""
            say(f"{group_id}: the overlap {state} {seen['dueAt']}: {then}{next_one}")
            if over:
                return True
        return self._changed_by_others(group_id, olds) or seen.get("phase") == told.DRIFTED

    def _changed_by_others(self, group_id: str, olds: Props) -> bool:
        """Whether the live token is another than the recorded one; False, with a warning, where that cannot be seen."""
        from components.auth_token.live import say

        try:
            group = self._guarded(group_id, [olds], lambda: self._glance(group_id))
        except RotationFailed as failed:
            say(f"warning: cannot see whether the token is still ours: {failed}")
            return False
        if group is None:
            say(f"warning: {group_id} is gone; run `pulumi refresh`, then `pulumi up` to make it anew")
            return False
        return self._drifted(group_id, olds, group)

    def _drifted(self, group_id: str, olds: Props, group: Group) -> bool:
        """Whether the token or what is published was changed by others; what was, is said."""
        from components.auth_token.live import say

        if told.changed_since(_facts(olds), group):
            say(f"{group_id}: drift: the token was changed since by others, or by a run that died; `up` puts ours back")
            return True
        return self._published_by_others(group_id, olds)

    def _published_by_others(self, group_id: str, olds: Props) -> bool:
        """Whether clients read another version than the one that we published, or none; what there is, is said."""
        from components.auth_token.live import published_version, say

        recorded = str(_facts(olds).get("publishedVersion", ""))
        if not recorded:
            return False
        try:
            changed = self._guarded(group_id, [olds], lambda: published_version(self._aws, olds)) != recorded
        except RotationFailed as failed:
            say(f"warning: cannot see what is published: {failed}")
            return False
        if changed:
            say(f"{group_id}: drift: what is published was changed by others; `up` puts it right")
        return changed

    def _glance(self, group_id: str) -> Group | None:
        from components.auth_token.live import glance

        return glance(self._aws, group_id)

    def _guarded(self, where: str, bags: list[Props], call: Callable[[], _T]) -> _T:
        secrets = [bag.get(key) for bag in bags for key in ("token", "previous_token", "adopt_token")]
        secrets += [self._aws.get("secretKey"), self._aws.get("token")]
        return guarded(f"replication group {where}", secrets, call)


def _problems(news: Props) -> Iterator[str]:
    """What is wrong with these inputs, never with the token's text in it."""
    token, verify = news.get("token"), news.get("verify")
    if isinstance(token, str):
        try:
            Token(token)
        except TokenError as error:
            yield str(error)
    if isinstance(verify, str) and verify not in {v.value for v in Verify}:
        yield f"verify is {verify!r}; it can be {', '.join(v.value for v in Verify)}"
    deadline = news.get("deadline_seconds")
    if isinstance(deadline, int | float) and deadline <= 0:
        yield f"deadline_seconds is {deadline:g}; it must be more than 0"


def _changed(olds: Props, news: Props) -> bool:
    """A new provider reference counts as well: left alone, refresh and destroy would load the old one for ever."""
    return any(olds.get(key) != news.get(key) for key in (*INPUTS, PROVIDER_KEY))


def _facts(props: Props) -> told.Facts:
    return props.get("facts") or {}


def _inputs(props: Props) -> Props:
    return {key: props[key] for key in INPUTS}


def _reveal(token: Token | None) -> str:
    return token.reveal() if token else ""


def _token(bag: Props, key: str) -> Token | None:
    return Token(bag[key]) if bag.get(key) else None


def _goal(props: Props, recorded: Props | None) -> Goal:
    state, seen = recorded or {}, _facts(recorded or {})
    adopting = recorded is None and bool(props["adopted"])
    return Goal(
        token=Token(props["token"]),
        generation=int(props["generation"]),
        recorded=_token(props, "adopt_token") if adopting else _token(state, "token"),
        recorded_change=told.recorded_change(seen),
        recorded_generation=int(seen.get("generation", 0)),
        fresh=recorded is None and not adopting,
        retiring=_token(state, "previous_token"),
        retiring_generation=int(seen.get("retiringGeneration", 0)),
        due=told.due(seen),
        overlap=float(props["overlap_seconds"]),
        max_wait=float(props["max_wait_seconds"]),
        revoke_through=int(props["revoke_through"]),
        verify=Verify(props["verify"]),
        deadline=float(props["deadline_seconds"]),
        apply_pending_changes=bool(props["apply_pending_changes"]),
    )
