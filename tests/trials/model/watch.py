"""What must hold at every moment, whoever does what: the table of docs/rotation.md as invariants.

Looked at before and after every call that changes something, and before every look. What others break is not held
against the stack; it counts again as soon as it has been whole for a moment.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from components.auth_token.rules import Token
from components.auth_token.seen import Strategy
from tests.trials.model.others import Touches
from tests.trials.model.stack import FOREIGN, Stack
from tests.trials.model.world import Violated, World


@dataclass(frozen=True)
class Promise:
    """A token that clients may hold, and until when it is accepted, by both clocks."""

    now: float
    wall: float


@dataclass
class Watch:
    """Sees every call of the stack."""

    world: World
    stack: Stack
    first: Token | None = None
    """What clients of an adopted group hold when the stack comes."""
    promises: dict[Token | None, Promise] = field(default_factory=dict)
    excused: bool = False
    """What clients hold was broken by others."""
    by_others: bool = False
    """AWSCURRENT was last moved by others: nobody has promised anything to who reads it."""
    labels_touched: bool = False
    """Others moved labels while the present run was under way."""
    set_sent: bool = False
    """With nothing published: a token other than the recorded one was SET since."""

    def __post_init__(self) -> None:
        self._seen, self._held = 0, self.held()
        self._revoked_and_there: set[Token] = set()

    def held(self) -> Token | None:
        """What clients hold: AWSCURRENT, or where nothing is published, the stack's output."""
        if self.stack.config.publish and (self.world.labels().current or not self.world.unlabelled()):
            return self.world.labels().current
        outputs = self.stack.outputs
        return Token(outputs["token"]) if outputs else self.first

    def check(self, where: str) -> None:
        """Raises Violated where something does not hold."""
        for strategy, token in self.world.sent[self._seen :]:
            self._sent(strategy, token, where)
        self._seen = len(self.world.sent)
        if where == "before look":
            revoked = {t for t in self.stack.generations if self._revoked(t)}
            self._revoked_and_there = {t for t in revoked if self.world.accepted_somewhere(t)}
        self._what_clients_hold(where)
        self._promised(where)

    def touched(self, touches: Touches) -> None:
        """Others did something."""
        self._seen, self._held = len(self.world.sent), self.held()
        if touches in (Touches.TOKENS, Touches.LABELS):
            self.excused = True
        if touches is Touches.TOKENS:
            self.promises.clear()
        if touches is Touches.LABELS:
            self.by_others = self.labels_touched = True
            self.forget()

    def forget(self, *, secret: bool = False) -> None:
        """Others have moved labels, restored an older state, lost the `secret`: what is in neither, nobody can know."""
        for token in [token for token in self.promises if token is not None and not self._recorded(token)]:
            if secret or not self.world.kept(token):
                del self.promises[token]

    def configured(self) -> None:
        """A person has set something: leaked tokens are promised nothing; promises of a dead run may shrink."""
        config, world = self.stack.config, self.world
        for token, promise in list(self.promises.items()):
            if self._perhaps_revoked(token):
                del self.promises[token]
            else:
                until = Promise(world.now() + config.overlap, world.wall() + config.overlap)
                self.promises[token] = Promise(min(promise.now, until.now), min(promise.wall, until.wall))
        self._held = self.held()

    def lenient(self) -> bool:
        """Whether nobody looks at a node that does not know what it should."""
        return self.stack.config.verify != "required" and "stuck" in self.world.obstacles()

    def begins(self) -> None:
        """A run begins."""
        self.labels_touched = False

    def recorded(self) -> None:
        """A run has ended well."""
        self.set_sent = False
        self._held = self.held()
        self.excused = self.excused or (self.lenient() and not self.world.accepted(self._held))

    def _sent(self, strategy: Strategy, token: Token, where: str) -> None:
        world, stack = self.world, self.stack
        labels, published = world.labels(), stack.config.publish and not stack.fresh
        self.set_sent = self.set_sent or (strategy is Strategy.SET and token != self.held())
        # Who cannot look does not settle with a leaked token, and so may push it out a moment too early.
        self.excused = self.excused or (stack.config.verify != "required" and self._perhaps_revoked(self.held()))
        if self._revoked(token) and token not in self._revoked_and_there:
            self._violated(where, f"{strategy} brings back a token that was revoked")
        if strategy is Strategy.ROTATE and token == labels.rejected != labels.current:
            self._violated(where, "ROTATE of a token that was rejected")
        safe = self._written(token) or world.unlabelled() or self.labels_touched
        if strategy is Strategy.ROTATE and published and not safe:
            self._violated(where, "ROTATE of a token that is written nowhere")
        if strategy is Strategy.SET and published and token != labels.current and not self.by_others:
            self._violated(where, "SET of a token that is not published")

    def _what_clients_hold(self, where: str) -> None:
        held, before = self.held(), self._held
        if held != before and held is not None:
            self._promise(before)
            self.by_others = False
        self._held = held
        if held is None or self.world.accepted(held):
            hidden = self.world.under_way() or "stuck" in self.world.obstacles()  # what was broken is not seen yet
            self.excused = self.excused and hidden
            return
        self.excused = self.excused or self.lenient()
        unpublished = not self.stack.config.publish and self.set_sent
        if not (self.excused or unpublished or self.stack.fresh):
            self._violated(where, "what clients hold is not accepted")

    def _promise(self, token: Token | None) -> None:
        """AWSCURRENT has moved away from `token`: who has read it may use it for the time of the overlap."""
        rejected = token is not None and token == self.world.labels().rejected
        taken_over = token is None and not (self.stack.adopted and self.stack.outputs is None)
        if self.by_others or self.stack.fresh or rejected or taken_over or self._perhaps_revoked(token):
            return
        overlap = self.stack.config.overlap
        if overlap and self.world.accepted(token):
            self.promises[token] = Promise(self.world.now() + overlap, self.world.wall() + overlap)

    def _promised(self, where: str) -> None:
        for token, until in list(self.promises.items()):
            if self.world.now() >= until.now or self.world.wall() >= until.wall:
                del self.promises[token]
            elif not self.world.accepted(token) and "stuck" not in self.world.obstacles():
                self._violated(where, "a token is refused before its time")

    def _revoked(self, token: Token | None) -> bool:
        if token is None or token in self.stack.vague:
            return False
        return self.stack.generations.get(token, FOREIGN) <= self.stack.config.revoke_through

    def _perhaps_revoked(self, token: Token | None) -> bool:
        """Also where numbers do not tell: a token that a restored state forgot, or what was there before the stack."""
        unnumbered = token is None or token == self.first or token in self.stack.vague
        return self._revoked(token) or (unnumbered and self.stack.config.revoke_through > 0)

    def _written(self, token: Token) -> bool:
        """Whether a crash cannot lose this token: a version of the secret holds it, or the state from before."""
        return self.world.kept(token) or self._recorded(token)

    def _recorded(self, token: Token) -> bool:
        outputs = self.stack.outputs or {}
        recorded = {outputs.get("token"), outputs.get("previous_token")}
        return token.reveal() in recorded or token == self.stack.adopt_token

    def _violated(self, where: str, what: str) -> None:
        raise Violated(f"{where}: {what}")
