"""Everything that may happen to a stack, in any order, as Hypothesis likes; and what must hold all the same."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar, Final

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from components.auth_token.redact import RotationFailed
from components.auth_token.rules import Token
from tests.trials.model.others import ACTS, Touches
from tests.trials.model.stack import FOREIGN, Config, Stack
from tests.trials.model.watch import Watch
from tests.trials.model.world import Nature, Violated, World
from tests.unit.auth_token.fake_group import Killed

KILL: Final = "the process is killed"
FAULTS: Final = ("", "busy", "throttle", "lost", "dropped")
OVERLAPS: Final = (0.0, 60.0, 900.0)  # none, one that an `up` waits for, one that it leaves to a later one

NATURES: Final = st.builds(
    Nature,
    born=st.sampled_from(["with a token", "open", "adopted", "adopted unknown", "adopted open"]),
    nodes=st.integers(1, 3),
    delay=st.sampled_from([0.0, 10.0]),
    lag=st.sampled_from([0.0, 5.0]),
    same_token_refused=st.booleans(),
    set_needs_rotate=st.booleans(),
)
MEANWHILE: Final = st.lists(
    st.tuples(st.integers(1, 40), st.sampled_from([KILL, KILL, KILL, *ACTS])),
    max_size=2,
    unique_by=lambda each: each[0],
)

# What an `up` may fail with, and what must stand in the way then; "" is always a reason.
_REASONS: Final[dict[str, str]] = {
    r"no answer from": "unreachable",
    r"is not accepted by": "stuck",
    r"does not answer as it should": "stuck",
    r"still waiting for (the group|AWS to take)": "busy",
    r"waits for the maintenance window": "pending",
    r"the secret .*(is gone|scheduled for deletion)": "no secret",
    r"was rejected.*Raise generation": "rejected",
    r"AWS refused (ROTATE|SET)": "others",
    r"state is older than the group.*Raise generation": "older",
}


class Model(RuleBasedStateMachine):
    """One stack on one world, from its first `up` to the end of all trouble."""

    world_type: ClassVar[Callable[[Nature, Token | None], World]]
    examples: ClassVar[int] = 0

    # ---------------------------------------------------------------------------------------------- how it begins
    @initialize(nature=NATURES, overlap=st.sampled_from(OVERLAPS), publish=st.sampled_from([True, True, True, False]))
    def born(self, nature: Nature, overlap: float, publish: bool) -> None:
        """A group with its first token, or one that others made, and a stack that knows of it."""
        type(self).examples += 1
        theirs = Token("of-who-made-the-group")
        config = Config(overlap=overlap, publish=publish)
        stack = Stack(None, config, adopted=nature.adopted)  # type: ignore[arg-type]  # its world needs its token
        token = theirs if nature.adopted else stack.checkpoint.token
        self.world = stack.world = type(self).world_type(nature, None if nature.born == "adopted open" else token)
        stack.adopt_token = theirs if nature.born == "adopted" else None
        stack.generations[theirs] = FOREIGN
        first = theirs if nature.born in ("adopted", "adopted unknown") else None
        self.stack, self.watch = stack, Watch(self.world, stack, first)
        self.shaken = False
        self._up()

    # ------------------------------------------------------------------------------------------------- what people do
    @rule(meanwhile=MEANWHILE, faults=st.lists(st.sampled_from(FAULTS), max_size=3))
    def up(self, meanwhile: list[tuple[int, str]], faults: list[str]) -> None:
        """`pulumi up`."""
        self._up(meanwhile, faults)

    @rule(meanwhile=MEANWHILE, faults=st.lists(st.sampled_from(FAULTS), max_size=3))
    def rotate(self, meanwhile: list[tuple[int, str]], faults: list[str]) -> None:
        """`generation` raised, and `pulumi up`."""
        self._configure(generation=self.stack.config.generation + 1)
        self._up(meanwhile, faults)

    @rule()
    def preview(self) -> None:
        """`pulumi preview`: sends nothing, fails never."""
        before = len(self.world.sent)
        self.stack.preview()
        assert len(self.world.sent) == before
        self._no_token_said()

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

    # --------------------------------------------------------------------------------------------- what happens to them
    @rule(seconds=st.sampled_from([1.0, 61.0, 450.0, 901.0, 86400.0]))
    def time_passes(self, seconds: float) -> None:
        """Nothing happens for a while."""
        self.world.pass_time(seconds)

    @rule(act=st.sampled_from(sorted(ACTS)))
    def others(self, act: str) -> None:
        """Something happens beside the stack."""
        self._act(act)

    @rule(steps=st.integers(0, 5), configuration_too=st.booleans())
    def roll_back(self, steps: int, configuration_too: bool) -> None:
        """An older checkpoint is restored; the stack's file with it, or not."""
        rolled_back = self.stack.roll_back(steps)
        self.watch.forget()
        if rolled_back and (not self.stack.config.publish or self.world.unlabelled()):
            self.watch.touched(Touches.LABELS)  # the output was all that told what clients hold
        if rolled_back and configuration_too:
            generation = self.stack.checkpoint.generation
            self._configure(generation=generation, revoke_through=min(self.stack.config.revoke_through, generation - 1))
        self.shaken = True

    @rule(anew=st.booleans())
    def replace_group(self, anew: bool) -> None:
        """A change that forces another group, born with the program's token; perhaps a further one in the same `up`."""
        if self.stack.outputs is None or self.stack.adopted:
            return
        if anew:
            self._configure(generation=self.stack.config.generation + 1)
        self.stack.turn()
        self.world.replace(self.stack.checkpoint.token)
        self.stack.save(replace(self.stack.checkpoint, outputs=None))
        self.stack.primaries += 1
        self.watch.touched(Touches.TOKENS)
        self._up()

    @rule()
    def renew_secret(self) -> None:
        """The secret was gone for good: the program made another one."""
        if self.stack.config.publish:
            self.stack.secrets += 1
            self.watch.touched(Touches.LABELS)
            self.watch.forget(secret=True)

    @rule()
    def primary_moves(self) -> None:
        """The group has another primary endpoint, as after a change of its port or its name."""
        self.stack.primaries += 1

    # ------------------------------------------------------------------------------------------------- what must hold
    def teardown(self) -> None:
        """Once nothing stands in the way any more, the next `up` ends proven, or asks for a further generation."""
        if not hasattr(self, "world"):
            return
        try:
            self._calm()
        finally:
            self.world.close()

    def _calm(self) -> None:
        self.world.calm()
        self.shaken = False
        self._configure(verify="required", apply_pending_changes=True)
        self._up()
        self._configure(generation=self.stack.config.generation + 1)
        for _ in range(4):
            failed = self._up()
            assert not failed, f"with a further generation it still fails: {failed}"
            if self.stack.phase() == "proven":
                break
            self.world.pass_time(3 * 86400.0)  # wherever the clock has gone, the overlap is over
        assert self.stack.outputs is not None
        assert self.stack.outputs["token"] == self.stack.checkpoint.token.reveal(), "it ends with another token"
        assert self.stack.phase() == "proven"

    def _configure(self, **changes: Any) -> None:
        self.stack.config = replace(self.stack.config, **changes)
        self.watch.configured()

    def _act(self, name: str) -> bool:
        act = ACTS[name]
        if act.touches is Touches.LABELS and not self.stack.config.publish:
            return False
        before = len(self.world.sent)
        done = act.do(self.world, self.stack)
        assert len(self.world.sent) == before
        if done:
            note(name)
            self.watch.touched(act.touches)
        return done

    def _up(self, meanwhile: list[tuple[int, str]] | None = None, faults: list[str] | None = None) -> str:
        """An `up`, with what happens meanwhile at which boundary. Its failure, if it fails."""
        left, disturbed, counted = dict(meanwhile or []), [], 0
        sent_before, looked_at, asked = len(self.world.sent), self.world.last_change(), False

        def boundary(where: str) -> None:
            nonlocal counted, looked_at, asked
            counted += 1
            self.watch.check(where)
            act = left.pop(counted, None)
            racing = where.split()[-1] in ("ROTATE", "SET") or self.world.last_change() != looked_at
            if act == KILL:
                note(f"killed {where}")
                raise Killed
            asked = asked or where.split()[-1] in ("ROTATE", "SET")
            unsure = bool({"lost", "dropped"} & set(faults or []))
            racing = act in ACTS and (
                (ACTS[act].touches is Touches.TOKENS and asked and (racing or unsure))
                or (ACTS[act].touches is Touches.LABELS and where != "before look")
            )
            if act and racing:
                left[counted + 1] = act  # nobody could tell it from a change of ours that was not looked at yet
            elif act and self._act(act):
                disturbed.append(act)
            looked_at = self.world.last_change() if where == "before look" else looked_at

        self.watch.begins()
        self.world.faults[:] = faults or []
        self.world.boundary = boundary
        failure = ""
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
            self.world.boundary = lambda _: None
            self.world.faults.clear()
        self.watch_after(failure, disturbed, sent_before, looked=counted > 0)
        return failure

    def watch_after(self, failure: str, disturbed: list[str], sent_before: int, *, looked: bool) -> None:
        """What must hold when an `up` is over."""
        self._no_token_said(failure)
        if not failure:
            self.watch.recorded()
            if not disturbed:
                self._ended_well(looked=looked)
            return
        self.shaken = True
        if failure == "killed":
            return
        reason = next((why for words, why in _REASONS.items() if re.search(words, failure)), None)
        assert reason is not None, f"it fails in words of its own: {failure}"
        if reason in ("older", "rejected"):
            assert len(self.world.sent) == sent_before, f"something was sent, and then: {failure}"
        if not disturbed:
            self._justified(reason, failure)

    def _justified(self, reason: str, failure: str) -> None:
        labels, wanted = self.world.labels(), self.stack.checkpoint.token
        if reason == "older":
            holds = labels.current is not None and labels.current != wanted
        elif reason == "rejected":
            holds = labels.rejected == wanted != labels.current
        else:
            holds = reason in self.world.obstacles()
        assert holds, f"nothing is in the way, and yet: {failure}"

    def _ended_well(self, *, looked: bool) -> None:
        stack, world = self.stack, self.world
        outputs = stack.outputs
        assert outputs is not None
        token, facts = Token(outputs["token"]), outputs["facts"]
        if facts["phase"] == "unproven":
            assert stack.config.verify != "required"
            return
        if self.watch.lenient() or (not looked and world.obstacles() & {"stuck", "no secret"}):
            return
        assert world.accepted(token), "the token that was recorded is not accepted"
        if stack.config.publish:
            assert world.labels().current == token, "what is published is not what was recorded"
        if facts["phase"] == "overlapping":
            assert facts["dueAt"]
            return
        assert token == stack.checkpoint.token, "it ended with another token, and says that it is proven"
        unknown = FOREIGN if "stuck" in world.obstacles() else FOREIGN + 1  # on a node that did not learn
        others = [None, *(other for other, number in stack.generations.items() if other != token and number < unknown)]
        assert not any(world.accepted_somewhere(other) for other in others), "another token is accepted as well"
        if stack.config.publish:
            assert world.labels().complete

    def _no_token_said(self, *more: str) -> None:
        text = "\n".join([*self.stack.said, *more])
        assert not any(token.reveal() in text for token in self.stack.generations), "a token was shown"
        self.stack.said.clear()
