"""A scenario on a local cloud: undisturbed, to learn its calls, and killed at any of them."""

from __future__ import annotations

import contextlib
from types import TracebackType
from typing import Final

from components.auth_token.rules import Token
from local.cloud.client import Cloud
from tests.trials.crashes.gate import Boundary, Gate, Side
from tests.trials.crashes.provider import ProviderFailed
from tests.trials.crashes.scenarios import Group, Killed, Scenario
from tests.trials.crashes.stack import Stack
from tests.trials.crashes.watch import Watch
from tests.trials.ground import Ground

_UPS: Final = 6
"""More than any scenario needs."""
_TRIES: Final = 3


class Trial:
    """Between `with` and the end of it. The cloud is its own as long: it changes the cloud's settings."""

    def __init__(self, cloud: Cloud, scenario: Scenario) -> None:
        self._cloud, self._scenario = cloud, scenario
        self._gate = Gate(cloud.endpoint)
        self._deployed: tuple[Stack, Watch] | None = None

    def __enter__(self) -> Trial:
        self._gate.__enter__()
        self._cloud.settings(delay=self._scenario.delay, same_token=self._scenario.same_token, faults=[])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._gone()
        self._gate.__exit__(kind, error, trace)

    def boundaries(self) -> list[Boundary]:
        """Both sides of every call, from a run that is not disturbed. Raises AssertionError where that fails."""
        self._prepared()
        problems = self._run(None)
        assert not problems, f"{self._scenario.name}, undisturbed: {'; '.join(problems)}"
        return [Boundary(n, call, side) for n, call in enumerate(self._learnt, 1) for side in Side]

    def killed_at(self, boundary: Boundary) -> list[str]:
        """What was wrong when the process was killed there; nothing where it went on to a proven end."""
        for _ in range(_TRIES):
            self._prepared()
            problems = self._run(boundary)
            if problems or self._was_killed:
                return problems
        return [f"in {_TRIES} runs there was no such call; the calls were {', '.join(self._learnt)}"]

    def _run(self, boundary: Boundary | None) -> list[str]:
        """One `up` that is killed at `boundary`, and those after it, until it is proven or hopeless."""
        assert self._deployed is not None
        gate, (stack, watch) = self._gate, self._deployed
        watch.problems.clear()
        gate.watch = watch.look
        gate.arm(boundary)
        try:
            lived = stack.up()
            self._learnt, self._was_killed = gate.calls, gate.struck
            gate.arm()
            if not lived:
                watch.look("after the kill")
                if self._scenario.further:
                    stack.raise_generation()
            self._proven(stack, watch, lived=lived)
            watch.at_the_end()
        except ProviderFailed as failed:
            watch.problems.append(str(failed))
        problems = list(dict.fromkeys(watch.problems))
        if problems:
            with contextlib.suppress(Exception):  # what is broken is left behind as it is
                self._gone()
            self._deployed = None
        return problems

    def _proven(self, stack: Stack, watch: Watch, *, lived: bool) -> None:
        """`up` again and again, as long as there is an overlap to finish."""
        for _ in range(_UPS):
            if lived and stack.facts["phase"] != "overlapping":
                return
            if lived:
                stack.pass_due_time()
                watch.overlap_is_over()
            lived = stack.up()

    # ---- how it stands before
    def _prepared(self) -> None:
        """The stack and its group, one moment before the `up` that is to be killed."""
        first = self._scenario.killed is Killed.FIRST
        if first or self._deployed is None:
            self._gone()
            self._deployed = self._made()
        stack, watch = self._deployed
        if first:
            return
        self._gate.watch = watch.look
        self._gate.arm()
        if stack.outputs is None:
            stack.up()
            stack.raise_generation()
            self._proven(stack, watch, lived=stack.up())  # from here on the secret has as many versions as it ever will
        stack.forget_retired()
        stack.raise_generation()
        stack.revoke_through = stack.generation - 1 if self._scenario.leaked else 0
        if self._scenario.killed in (Killed.FINISHING, Killed.REVOKING):
            stack.up()
        if self._scenario.killed is Killed.FINISHING:
            stack.pass_due_time()
            watch.overlap_is_over()
        if self._scenario.killed is Killed.REVOKING:
            stack.revoke_through = stack.generation - 1
            watch.overlap_is_over()

    def _made(self) -> tuple[Stack, Watch]:
        scenario, ground, first = self._scenario, Ground(self._cloud), Token.random()
        ground.born(None if scenario.group is Group.OPEN else first, puzzle=scenario.group is Group.PUZZLED)
        ours = scenario.group.of_others
        stack = Stack(
            ground,
            self._gate,
            publish=scenario.publish,
            overlap=scenario.overlap,
            adopted=ours,
            adopt_token=first if scenario.group is Group.KNOWN else None,
            token=Token.random() if ours else first,
        )
        return stack, Watch(stack, None if scenario.group is Group.OPEN else first)

    def _gone(self) -> None:
        if self._deployed is not None:
            self._deployed[0].ground.close()
            self._deployed = None
