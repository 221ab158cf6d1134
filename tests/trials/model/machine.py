"""Everything that may happen to a stack, in any order, as Hypothesis likes; and what must hold all the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar, Final

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from components.auth_token.redact import RotationFailed
from components.auth_token.rules import Token
from tests.trials.model import verdict
from tests.trials.model.meanwhile import KILL, Happening, Meanwhile, act
from tests.trials.model.others import ACTS, Touches
from tests.trials.model.stack import FOREIGN, Config, Stack
from tests.trials.model.watch import Watch
from tests.trials.model.world import Nature, Violated, World
from tests.unit.auth_token.fake_group import Killed

OVERLAPS: Final = (0.0, 60.0, 900.0)  # none, one that an `up` waits for, one that it leaves to a later one
_DAY: Final = 86400.0
_FIRST: Final = Token("of-who-made-the-group")

_NATURES: Final = st.builds(
    Nature,
    born=st.sampled_from(["with a token", "open", "adopted", "adopted unknown", "adopted open"]),
    nodes=st.integers(1, 3),
    delay=st.sampled_from([0.0, 10.0]),
    lag=st.sampled_from([0.0, 5.0]),
    same_token_refused=st.booleans(),
    set_needs_rotate=st.booleans(),
)
_MEANWHILE: Final = st.lists(
    st.tuples(st.integers(1, 40), st.sampled_from([KILL, KILL, KILL, *ACTS])), max_size=2, unique_by=lambda it: it[0]
)
_FAULTS: Final = st.lists(st.sampled_from(["", "busy", "throttle", "lost", "dropped"]), max_size=3)


class Model(RuleBasedStateMachine):
    """One stack on one world, from its first `up` to the end of all trouble."""

    world_type: ClassVar[Callable[[Nature, Token | None], World]]
    examples: ClassVar[int] = 0

    # ---- how it begins
    @initialize(nature=_NATURES, overlap=st.sampled_from(OVERLAPS), publish=st.sampled_from([True, True, True, False]))
    def born(self, nature: Nature, overlap: float, publish: bool) -> None:
        """A group with its first token, or one that others made, and a stack that knows of it."""
        known = {"adopted": _FIRST}.get(nature.born)
        self.stack = stack = Stack(Config(overlap=overlap, publish=publish), nature.adopted, known)
        stack.generations[_FIRST] = FOREIGN
        token = _FIRST if nature.adopted else stack.checkpoint.token
        self.world = stack.world = type(self).world_type(nature, None if nature.born == "adopted open" else token)
        self.watch = Watch(self.world, stack, _FIRST if nature.born in ("adopted", "adopted unknown") else None)
        self._up()

    # ---- what people do
    @rule(meanwhile=_MEANWHILE, faults=_FAULTS)
    def up(self, meanwhile: list[Happening], faults: list[str]) -> None:
        """`pulumi up`."""
        self._up(meanwhile, faults)

    @rule(meanwhile=_MEANWHILE, faults=_FAULTS)
    def rotate(self, meanwhile: list[Happening], faults: list[str]) -> None:
        """`generation` raised, and `pulumi up`."""
        self._configure(generation=self.stack.config.generation + 1)
        self._up(meanwhile, faults)

    @rule()
    def preview(self) -> None:
        """`pulumi preview`: sends nothing, fails never."""
        before = len(self.world.sent)
        self.stack.preview()
        assert len(self.world.sent) == before
        verdict.no_token_said(self.stack)

    @rule()
    def refresh(self) -> None:
        """`pulumi refresh`."""
        self.stack.refresh()

    @rule(overlap=st.sampled_from(OVERLAPS))
    def overlap(self, overlap: float) -> None:
        """Another `overlap`."""
        self._configure(overlap=overlap)

    @precondition(lambda self: self.stack.config.generation > 1)
    @rule(data=st.data())
    def revoke(self, data: st.DataObject) -> None:
        """`revokeThrough`, of any generation before the present one; it is never lowered."""
        config = self.stack.config
        least = min(config.revoke_through, config.generation - 1)
        self._configure(revoke_through=data.draw(st.integers(least, config.generation - 1)))

    @rule(verify=st.sampled_from(["required", "whenReachable", "off"]))
    def verify(self, verify: str) -> None:
        """Another `verify`."""
        self._configure(verify=verify)

    @rule(apply=st.booleans())
    def apply_pending(self, apply: bool) -> None:
        """`applyPendingChanges`."""
        self._configure(apply_pending_changes=apply)

    # ---- what happens to them
    @rule(seconds=st.sampled_from([1.0, 61.0, 450.0, 901.0, _DAY]))
    def time_passes(self, seconds: float) -> None:
        """Nothing happens for a while."""
        self.world.pass_time(seconds)

    @rule(name=st.sampled_from(sorted(ACTS)))
    def others(self, name: str) -> None:
        """Something happens beside the stack."""
        act(name, self.world, self.stack, self.watch)

    @rule(steps=st.integers(0, 5), configuration_too=st.booleans())
    def roll_back(self, steps: int, configuration_too: bool) -> None:
        """An older checkpoint is restored; the stack's file with it, or not."""
        if not self.stack.roll_back(steps):
            return
        self.watch.forget()
        if not self.stack.config.publish or self.world.unlabelled():
            self.watch.touched(Touches.LABELS)  # the output was all that told what clients hold
        if configuration_too:
            generation = self.stack.checkpoint.generation
            self._configure(generation=generation, revoke_through=min(self.stack.config.revoke_through, generation - 1))

    @precondition(lambda self: self.stack.outputs is not None and not self.stack.adopted)
    @rule(further=st.booleans())
    def replace_group(self, further: bool) -> None:
        """A change that forces another group, born with the program's token; `further`: a new one in the same `up`."""
        if further:
            self._configure(generation=self.stack.config.generation + 1)
        self.stack.turn()
        self.world.replace(self.stack.checkpoint.token)
        self.stack.save(replace(self.stack.checkpoint, outputs=None))
        self.stack.primaries += 1
        self.watch.touched(Touches.TOKENS)
        self._up()

    @precondition(lambda self: self.stack.config.publish)
    @rule()
    def renew_secret(self) -> None:
        """The secret was gone for good: the program made another one."""
        self.stack.secrets += 1
        self.world.edit_secret("renew")
        self.watch.touched(Touches.LABELS)
        self.watch.forget(secret=True)

    @rule()
    def primary_moves(self) -> None:
        """The group has another primary endpoint."""
        self.stack.primaries += 1

    # ---- how it ends
    def teardown(self) -> None:
        """Once nothing stands in the way any more, the next `up` ends proven, or asks for a further generation."""
        if not hasattr(self, "watch"):
            return
        try:
            self._calm()
            type(self).examples += 1
        finally:
            self.world.close()

    def _calm(self) -> None:
        self.world.calm()
        self._configure(verify="required", apply_pending_changes=True)
        self._up()
        self._configure(generation=self.stack.config.generation + 1)
        for _ in range(4):
            failure = self._up()
            assert not failure, f"with a further generation it still fails: {failure}"
            if self.stack.phase() == "proven":
                break
            self.world.pass_time(3 * _DAY)  # wherever the clock has gone, the overlap is over
        assert self.stack.phase() == "proven", "it never ends"

    def _configure(self, **changes: Any) -> None:
        self.stack.config = replace(self.stack.config, **changes)
        self.watch.configured()

    def _up(self, due: list[Happening] | None = None, faults: list[str] | None = None) -> str:
        """An `up`, with what is due meanwhile. Its failure, if it fails; raises AssertionError for what must not be."""
        meanwhile = Meanwhile(self.world, self.stack, self.watch, due or [], faults or [])
        before, failure = len(self.world.sent), ""
        self.watch.begins()
        self.world.faults[:] = faults or []
        self.world.boundary = meanwhile
        try:
            self.stack.up()
        except Killed:
            failure = "killed"
        except RotationFailed as failed:
            failure = str(failed)
            note(failure)
        except Violated as violated:
            raise AssertionError(str(violated)) from None
        finally:
            self.world.boundary = _nothing
            self.world.faults.clear()
        verdict.no_token_said(self.stack, failure)
        if failure and failure != "killed":
            sent = len(self.world.sent) > before
            verdict.failed(failure, self.world, self.stack, sent=sent, disturbed=meanwhile.disturbed)
        elif not failure:
            self.watch.recorded()
            if not meanwhile.disturbed:
                verdict.ended_well(self.world, self.stack, self.watch, looked=meanwhile.count > 0)
        return failure


def _nothing(_: str) -> None:
    """At boundaries outside an `up`."""
