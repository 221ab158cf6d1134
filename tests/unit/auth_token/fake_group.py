"""A replication group in memory, with a clock of its own, that behaves as AWS documents and fails on command."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from components.auth_token.publication import PublicationError
from components.auth_token.rules import Token
from components.auth_token.seen import Answer, Credential, Group, Node, Published, Publishing, Reply, Strategy

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class Killed(BaseException):
    """The process that ran the rotation is dead: nothing in it may catch this."""


@dataclass
class FakeSecret:
    """Labels of a secret, by the token that their version holds."""

    current: Token | None = None
    pending: Token | None = None
    previous: Token | None = None
    retired: Token | None = None
    rejected: Token | None = None
    complete: bool = True
    """Whether AWSCURRENT names the present endpoints."""
    edited: bool = False
    """AWSCURRENT was written by hand, and holds no token that could be read."""
    gone: bool = False
    version: int = field(default=0, compare=False)
    """Of AWSCURRENT; another one each time it moves."""

    def look(self) -> Published:
        """As SecretsManagerPublication tells it."""
        self._there()
        left_over = self.current is not None and self.current in (self.pending, self.retired, self.rejected)

        def told(token: Token | None) -> Token | None:
            return None if token == self.current else token

        return Published(
            current=self.current,
            version=f"version-{self.version}",
            complete=self.complete and not self.edited and not left_over,
            pending=told(self.pending),
            previous=self.previous,
            retired=told(self.retired),
            rejected=told(self.rejected),
        )

    def publish(self, action: Publishing, token: Token) -> Iterator[str]:
        """As SecretsManagerPublication does it, one call after the other: yields between two that change something."""
        self._there()
        if action is not Publishing.PROMOTE and self.empty:
            raise PublicationError(f"cannot {action} a token: the secret has no version yet")
        match action:
            case Publishing.STAGE:
                self.pending = token
                return
            case Publishing.PROMOTE:
                if self.current != token or not self.complete:
                    self.previous, self.current, self.complete, self.edited = self.current, token, True, False
                    self.version += 1
            case Publishing.RETIRE:
                self.retired = token
                return
            case Publishing.REJECT:
                self.rejected = token
        for label in ("pending", "retired", "rejected") if action is Publishing.PROMOTE else ("pending",):
            if getattr(self, label) == token:
                yield action
                setattr(self, label, None)

    @property
    def empty(self) -> bool:
        """Whether it has no version: the first one will be AWSCURRENT by itself."""
        return self.current is None and not self.edited

    def _there(self) -> None:
        if self.gone:
            raise PublicationError("the secret is gone. Run `pulumi refresh`, then `pulumi up` to make it anew")


@dataclass
class FakeGroup:
    """Tokens as ElastiCache holds them: two at most, the oldest first; `open` while no token is accepted too."""

    tokens: list[Token] = field(default_factory=list)
    open: bool = False
    anything: bool = False
    """The puzzle: stock Redis without a password takes any."""
    node_count: int = 2
    delay: float = 10.0
    lag: float = 0.0
    """Seconds for which a change that was accepted does not show."""
    same_token_refused: bool = False
    set_without_rotate_refused: bool = True
    pending: tuple[str, ...] = ()
    unreachable: set[str] = field(default_factory=set)
    tls_broken: set[str] = field(default_factory=set)
    status: str = "available"
    exists: bool = True
    busy_until: float = 0.0
    """A snapshot is being made until then, say."""
    stubborn: set[str] = field(default_factory=set)
    """Nodes that take no token once one was sent."""
    frozen: dict[str, list[Token]] = field(default_factory=dict)
    """Nodes that learn nothing more, and the tokens they know."""
    time: float = 0.0
    changed_at: datetime | None = EPOCH
    last_rotated: Token | None = None
    looks: int = 0
    calls: list[tuple[Strategy, Token]] = field(default_factory=list)
    published_log: list[tuple[Publishing, Token]] = field(default_factory=list)
    flushed: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)
    """Faults for the next calls: throttle, busy, lost (applied, answer lost), dropped (never arrived)."""
    secret: FakeSecret | None = None
    wall_offset: float = 1.8e9
    on_boundary: Callable[[str], None] | None = None
    _change: tuple[float, Strategy, Token] | None = None
    _latest: datetime = EPOCH

    # ------------------------------------------------------------------------------------------- the machine's port
    def look(self) -> Group | None:
        self.looks += 1
        assert self.looks < 5000, f"the machine turns in circles: {self.told[-3:]}"
        self._land()
        self._boundary("before look")
        if not self.exists:
            return None
        shown = self._change is not None and self.time >= self._change[0] - self.delay + self.lag
        status = {Strategy.ROTATE: "ROTATING", Strategy.SET: "SETTING"}
        idle = "snapshotting" if self.time < self.busy_until else self.status
        return Group(
            id="fake",
            status="modifying" if shown and self.status == "available" else idle,
            tls=True,
            token_status=status[self._change[1]] if shown and self._change else None,
            changed_at=self.changed_at,
            pending=self.pending,
            nodes=self.nodes,
        )

    def probe(
        self, nodes: tuple[Node, ...], tokens: Mapping[Credential, Token | None]
    ) -> Mapping[str, Mapping[Credential, Answer]]:
        self._land()
        return {node.id: {c: self.answer(node.id, token) for c, token in tokens.items()} for node in nodes}

    def send(self, strategy: Strategy, token: Token) -> tuple[Reply, str]:
        self._boundary(f"before {strategy}")
        reply = self._send(strategy, token)
        self._boundary(f"after {strategy}")
        return reply

    def published(self) -> Published | None:
        return self.secret.look() if self.secret else None

    def publish(self, action: Publishing, token: Token) -> None:
        assert self.secret is not None
        self._boundary(f"before {action}")
        for _ in self.secret.publish(action, token):
            self._boundary(f"amid {action}")
        self.published_log.append((action, token))
        self._boundary(f"after {action}")

    def now(self) -> float:
        return self.time

    def wall(self) -> float:
        return self.wall_offset + self.time

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.time += seconds

    def tell(self, event: str, seconds: float) -> None:
        self.told.append(event)

    # ----------------------------------------------------------------------------------------------------- the group
    @property
    def nodes(self) -> tuple[Node, ...]:
        return tuple(Node(id=f"n{i}", host="h", port=1) for i in range(1, self.node_count + 1))

    def answer(self, node: str, token: Token | None) -> Answer:
        if node in self.unreachable:
            return Answer.UNREACHABLE
        if node in self.tls_broken:
            return Answer.TLS_FAILURE
        if node in self.stubborn and self.calls:
            return Answer.REFUSED
        if self.anything:
            return Answer.ACCEPTED
        known = self.open if token is None else token in self.frozen.get(node, self.tokens)
        return Answer.ACCEPTED if known else Answer.REFUSED

    @property
    def under_way(self) -> bool:
        """Whether a change was taken and has not landed."""
        return self._change is not None

    def idle(self) -> bool:
        """Whether a change could begin now."""
        self._land()
        return self._change is None and self.status == "available" and self.time >= self.busy_until

    def settle(self) -> None:
        """Let whatever is under way land."""
        if self._change:
            self.time = max(self.time, self._change[0])
            self._land()

    def _send(self, strategy: Strategy, token: Token) -> tuple[Reply, str]:
        fault = self.replies.pop(0) if self.replies else ""
        if fault == "busy" or not self.idle():
            return Reply.BUSY, ""
        if fault == "dropped":
            return Reply.UNSURE, ""
        same = self.tokens[-1:] == [token] if strategy is Strategy.ROTATE else self.tokens == [token] and not self.open
        if self.same_token_refused and same:
            return Reply.UNCHANGED, ""
        wrong_set = self.last_rotated != token
        if strategy is Strategy.SET and wrong_set and self.set_without_rotate_refused:
            return Reply.REFUSED, "SET is allowed only after ROTATE"
        self.calls.append((strategy, token))
        self.flushed += self.pending
        self.pending = ()
        self._change = (self.time + self.delay, strategy, token)
        return (Reply.UNSURE if fault == "lost" else Reply.ACCEPTED), ""

    def _land(self) -> None:
        if not self._change or self.time < self._change[0]:
            return
        at, strategy, token = self._change
        self._change = None
        if strategy is Strategy.SET:
            self.tokens, self.open, self.anything = [token], False, False
        else:
            if not self.tokens:
                self.open, self.anything = True, False
            self.tokens = [*(t for t in self.tokens if t != token), token][-2:]
            self.last_rotated = token
        self.stamp(at)

    def stamp(self, at: float) -> None:
        """AuthTokenLastModifiedDate: never the same twice, whatever group has it."""
        known = [self._latest, *([self.changed_at] if self.changed_at else [])]
        self._latest = self.changed_at = max(EPOCH + timedelta(seconds=at + 1), max(known) + timedelta(milliseconds=1))

    def _boundary(self, where: str) -> None:
        if self.on_boundary:
            self.on_boundary(where)
