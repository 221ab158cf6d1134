"""A scenario on a local cloud: undisturbed, to learn its calls, and killed at any of them."""

from __future__ import annotations

import contextlib
from types import TracebackType
from typing import Final

from components.auth_token.rules import Token
from local.cloud.client import Cloud
from tests.trials.crashes.gate import Boundary, Gate, Side, Where, after_each_change, changing, nowhere
from tests.trials.crashes.provider import ProviderFailed
from tests.trials.crashes.scenarios import Group, Killed, Scenario
from tests.trials.crashes.stack import Stack
from tests.trials.crashes.watch import Watch
from tests.trials.ground import Ground

_UPS: Final = 12
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
        as_aws_may_be = {"same_token": self._scenario.same_token, "set_without_rotate": "refuse"}
        self._cloud.settings(delay=self._scenario.delay, node_stagger=0.0, status_lag=0.0, faults=[], **as_aws_may_be)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._gone()
        self._gate.__exit__(kind, error, trace)

    @property
    def stack(self) -> Stack:
        """As it was left by the last run, for hands other than its own."""
        assert self._deployed is not None
        return self._deployed[0]

    def boundaries(self) -> list[Boundary]:
        """Both sides of each call, from a run that is not disturbed. Raises AssertionError where that one fails."""
        self._prepared()
        problems = self._run(nowhere)
        assert not problems, f"{self._scenario.name}, undisturbed: {'; '.join(problems)}"
        every = not self._scenario.changes_only
        calls = [(number, call) for number, call in enumerate(self._calls, 1) if every or changing(call)]
        return [Boundary(number, call, side) for number, call in calls for side in Side]

    def killed_at(self, where: Where) -> list[str]:
        """What was wrong when the process was killed there; nothing where it went on to a proven end."""
        for _ in range(_TRIES):
            self._prepared()
            problems = self._run(where)
            if problems or self._struck:
                return problems
        return [f"in {_TRIES} runs there was no such call; the calls were {', '.join(self._calls)}"]

    def _run(self, where: Where) -> list[str]:
        """An `up` that is killed there, and those after it, until it is proven; what was wrong on the way."""
        assert self._deployed is not None
        stack, watch = self._deployed
        watch.problems.clear()
        try:
            lived = self._up(where)
            self._calls, self._struck = self._gate.calls, self._gate.struck
            if not lived and self._scenario.further:
                stack.raise_generation()
            self._proven(lived, after_each_change() if self._struck and self._scenario.again else nowhere)
            watch.at_the_end()
            self._up(nowhere)
            if not all(call.startswith("Describe") for call in self._gate.calls):
                watch.problems.append("at the end: a further `up` finds something to do")
        except ProviderFailed as failed:
            watch.problems.append(str(failed))
        problems = list(dict.fromkeys(watch.problems))
        if problems:
            with contextlib.suppress(Exception):  # what is broken is left behind as it is
                self._gone()
            self._deployed = None
        return problems

    def _proven(self, lived: bool, where: Where = nowhere) -> None:
        """`up` again and again, as long as it is killed there or has left an overlap to finish."""
        for _ in range(_UPS):
            if lived and self.stack.facts["phase"] != "overlapping":
                return
            if lived:
                self._overlap_is_over()
            lived = self._up(where)

    def _up(self, where: Where) -> bool:
        """Whether it lived to its end."""
        assert self._deployed is not None
        stack, watch = self._deployed
        self._gate.watch = watch.look
        self._gate.arm(where)
        lived = stack.up()
        if not lived:
            watch.look("after the kill")
        return lived

    def _overlap_is_over(self) -> None:
        assert self._deployed is not None
        stack, watch = self._deployed
        stack.pass_due_time()
        watch.overlap_is_over()

    def _revoked(self) -> None:
        assert self._deployed is not None
        stack, watch = self._deployed
        stack.revoke_through = stack.generation - 1
        watch.overlap_is_over()

    # ---- how it stands before
    def _prepared(self) -> None:
        """The stack and its group, one moment before the `up` that is to be killed."""
        first = self._scenario.killed is Killed.FIRST
        if first or self._deployed is None:
            self._gone()
            self._deployed = self._made()
        if first:
            return
        stack, killed = self.stack, self._scenario.killed
        if stack.outputs is None:
            self._up(nowhere)
            stack.raise_generation()
            self._proven(self._up(nowhere))  # from here on the secret has as many versions as it ever will
        stack.forget_retired()
        stack.raise_generation()
        stack.revoke_through = stack.generation - 1 if self._scenario.leaked else 0
        if killed is Killed.FINISHING:
            self._up(nowhere)
            self._overlap_is_over()
        if killed is Killed.REVOKING:
            self._up(nowhere)
            self._revoked()

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
