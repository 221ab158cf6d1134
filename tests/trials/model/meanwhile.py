"""What happens in the middle of an `up`, at which boundary between its calls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from hypothesis import note

from tests.trials.model.others import ACTS, Touches
from tests.trials.model.stack import Stack
from tests.trials.model.watch import Watch
from tests.trials.model.world import World
from tests.unit.auth_token.fake_group import Killed

KILL: Final = "the process is killed"
_UNSURE: Final = frozenset({"lost", "dropped"})

Happening = tuple[int, str]
"""The number of the boundary, the first being 1, and the name of an act, or KILL."""


def act(name: str, world: World, stack: Stack, watch: Watch) -> bool:
    """Let others do this; False where it cannot be done now."""
    it = ACTS[name]
    if it.touches is Touches.LABELS and not stack.config.publish:
        return False
    done = it.do(world, stack)
    if done:
        note(name)
        watch.touched(it.touches)
    return done


class Meanwhile:
    """Called at every boundary of one `up`: lets the watch look, and then happen what is due."""

    def __init__(
        self, world: World, stack: Stack, watch: Watch, due: Iterable[Happening], faults: Sequence[str]
    ) -> None:
        """`faults` are those of this `up`: after a lost answer nobody knows whose change it is that shows."""
        self._world, self._stack, self._watch = world, stack, watch
        self._due, self._unsure = dict(due), bool(_UNSURE & set(faults))
        self._asked, self._looked_at = False, world.last_change()
        self.count = 0
        self.disturbed = False
        """Whether others did anything."""

    def __call__(self, where: str) -> None:
        """Raises Violated or Killed."""
        self.count += 1
        self._watch.check(where)
        self._asked = self._asked or _of_a_change(where)
        name = self._due.pop(self.count, "")
        if name == KILL:
            note(f"killed {where}")
            raise Killed
        if name and self._racing(ACTS[name].touches, where):
            self._due[self.count + 1] = name
        elif name and act(name, self._world, self._stack, self._watch):
            self.disturbed = True
        if where == "before look":
            self._looked_at = self._world.last_change()

    def _racing(self, touches: Touches, where: str) -> bool:
        """Whether nobody could tell this from the stack's own doing, which was not looked at since."""
        if touches is Touches.LABELS:
            return where != "before look"
        unseen = _of_a_change(where) or self._unsure or self._world.last_change() != self._looked_at
        return touches is Touches.TOKENS and self._asked and unseen


def _of_a_change(where: str) -> bool:
    return where.endswith(("ROTATE", "SET"))
