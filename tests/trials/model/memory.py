"""The world in memory: tests/unit's group and secret, with clocks of their own. An example takes milliseconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from components.auth_token.driver import Port
from components.auth_token.rules import Token
from components.auth_token.seen import Answer, Group, Published, Strategy
from tests.trials.model.world import Nature, Props
from tests.unit.auth_token.fake_group import FakeGroup, FakeSecret

_SNAPSHOT_SECONDS = 1200.0


class MemoryWorld:
    """See world.World for the methods."""

    def __init__(self, nature: Nature, token: Token | None) -> None:
        self.aws: dict[str, str] = {}
        self.group = FakeGroup(
            node_count=nature.nodes,
            delay=nature.delay,
            lag=nature.lag,
            same_token_refused=nature.same_token_refused,
            set_without_rotate_refused=nature.set_needs_rotate,
        )
        self.secret = FakeSecret()
        self.boundary: Callable[[str], None] = lambda _: None
        self.group.on_boundary = lambda where: self.boundary(where)
        self.sent = self.group.calls
        self.faults = self.group.replies
        self._host = ""
        self._born(token, anything=nature.born in ("open", "adopted open"))

    def port(self, settings: Mapping[str, object], props: Props) -> Port:
        self.group.looks = 0
        self.group.secret = self.secret if props["secret_arn"] else None
        if props["primary_endpoint"] != self._host:
            self.secret.complete = self.secret.empty
        self._host = props["primary_endpoint"]
        return self.group

    def glance(self, settings: Mapping[str, object], group_id: str) -> Group | None:
        boundary, self.group.on_boundary = self.group.on_boundary, None
        try:
            return self.group.look()
        finally:
            self.group.on_boundary = boundary

    def published_version(self, settings: Mapping[str, object], props: Props) -> str:
        return self.secret.look().version if props["secret_arn"] else ""

    def now(self) -> float:
        return self.group.now()

    def wall(self) -> float:
        return self.group.wall()

    def pass_time(self, seconds: float) -> None:
        self.group.time += seconds

    def jump(self, seconds: float) -> None:
        self.group.wall_offset += seconds

    # ---- the truth
    def accepted(self, token: Token | None) -> bool:
        return all(self._answers(token))

    def accepted_somewhere(self, token: Token | None) -> bool:
        return any(self._answers(token))

    def labels(self) -> Published:
        gone, self.secret.gone = self.secret.gone, False
        try:
            return self.secret.look()
        finally:
            self.secret.gone = gone

    def kept(self, token: Token) -> bool:
        it = self.secret
        return token in (it.current, it.pending, it.previous, it.retired, it.rejected)

    def unlabelled(self) -> bool:
        return self.secret.empty

    def obstacles(self) -> frozenset[str]:
        group = self.group
        found = {
            "unreachable": group.unreachable,
            "stuck": group.frozen,
            "busy": group.time < group.busy_until,
            "pending": group.pending,
            "no secret": self.secret.gone,
        }
        return frozenset(what for what, there in found.items() if there)

    # ---- the hands of others
    def change_token(self, strategy: Strategy, token: Token) -> bool:
        group = self.group
        if not group.idle():
            return False
        if strategy is Strategy.SET and group.last_rotated != token:
            return False
        if strategy is Strategy.SET:
            group.tokens, group.open, group.anything = [token], False, False
        else:
            if not group.tokens:
                group.open, group.anything = True, False
            group.tokens = [*(t for t in group.tokens if t != token), token][-2:]
            group.last_rotated = token
        group.stamp(group.time)
        return True

    def under_way(self) -> bool:
        return self.group.under_way

    def last_change(self) -> datetime | None:
        return self.group.changed_at

    def last_rotated(self) -> Token | None:
        return self.group.last_rotated

    def edit_secret(self, how: str) -> bool:
        it = self.secret
        match how:
            case "restore the previous" if it.previous and not it.gone:
                it.current, it.previous, it.version, it.edited = it.previous, it.current, it.version + 1, False
            case "nothing pending" if it.pending and not it.gone:
                it.pending = None
            case "rewrite" if not it.empty and not it.gone:
                it.current, it.previous, it.edited, it.version = None, it.current, True, it.version + 1
            case "delete" | "restore":
                it.gone = how == "delete"
            case "renew":
                self.secret = FakeSecret(version=it.version + 1000)
            case _:
                return False
        return True

    def disturb_nodes(self, how: str) -> bool:
        group, last = self.group, self.group.nodes[-1].id
        match how:
            case "silent" | "answering":
                group.unreachable = {last} if how == "silent" else set()
            case "stuck" if group.tokens and not group.frozen and not group.anything and not group.open:
                group.frozen = {last: list(group.tokens)}
            case "learning":
                group.frozen = {}
            case "more" if group.node_count < 4 and not group.unreachable and not group.frozen:
                group.node_count += 1
            case _:
                return False
        return True

    def disturb_group(self, how: str) -> bool:
        match how:
            case "snapshot" if self.group.idle():
                self.group.busy_until = self.group.time + _SNAPSHOT_SECONDS
            case "pending" | "applied":
                self.group.pending = ("EngineVersion: 7.2",) if how == "pending" else ()
            case _:
                return False
        return True

    def replace(self, token: Token) -> None:
        self.group.settle()
        self.calm()
        self._born(token, anything=False)
        self.group.changed_at = None

    def calm(self) -> None:
        group = self.group
        group.unreachable, group.frozen, group.pending, group.busy_until = set(), {}, (), 0.0
        group.replies.clear()
        self.secret.gone = False

    def close(self) -> None:
        pass

    def _born(self, token: Token | None, *, anything: bool) -> None:
        self.group.tokens = [token] if token else []
        self.group.anything, self.group.open, self.group.last_rotated = anything, False, token

    def _answers(self, token: Token | None) -> list[bool]:
        group = self.group
        silent, group.unreachable = group.unreachable, set()
        try:
            return [group.answer(node.id, token) is Answer.ACCEPTED for node in group.nodes]
        finally:
            group.unreachable = silent
