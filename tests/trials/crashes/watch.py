"""What must hold at every moment, whatever has been killed: who reads the token now can connect, on every node."""

from __future__ import annotations

import json
import time

from botocore.exceptions import ClientError

from components.auth_token.rules import Token
from tests.trials.crashes.stack import Stack


class Watch:
    """Looks when told to, past the gate, and keeps what it sees wrong."""

    def __init__(self, stack: Stack, held: Token | None) -> None:
        """`held` is what clients of a group that is adopted use as long as nothing is published."""
        self._stack, self._first = stack, held
        self._nodes = stack.ground.look().nodes
        self._current = self._published()
        self._promised: dict[Token | None, float] = {}
        self.problems: list[str] = []

    def look(self, where: str) -> None:
        """Ask every node. It raises nothing: the gate, in whose thread this is, would answer the provider with that."""
        try:
            self._look(where)
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing was seen to be well
            self.problems.append(f"{where}: cannot look: {type(error).__name__}: {error}")

    def _look(self, where: str) -> None:
        began, before, self._current = time.monotonic(), self._current, self._published()
        if before != self._current and (before or self._uses_the_first):
            left = before or self._first
            self._promised[left] = began + self._overlap(left)
        enough = self._enough()
        if enough and not any(self._accepted(token) for token in enough):
            self.problems.append(f"{where}: what clients hold is not accepted on every node")
        self._promised = {token: until for token, until in self._promised.items() if began < until}
        if not all(self._accepted(token) for token in self._promised):
            self.problems.append(f"{where}: a token is refused before its time")

    def overlap_is_over(self) -> None:
        """The due time has passed, so to speak."""
        self._promised.clear()

    def at_the_end(self) -> None:
        """One token is accepted, and no other that ever was; it is what clients read, and nothing is left over."""
        stack, ground = self._stack, self._stack.ground
        self.look("at the end")
        others = {None, self._first, *stack.drawn} - {stack.token}
        if not self._accepted(stack.token):
            self.problems.append("at the end: the token is not accepted on every node")
        if any(ground.ask(node, other) for node in self._nodes for other in others):
            self.problems.append("at the end: another token is accepted as well")
        if (stack.recorded, stack.facts["generation"]) != (stack.token, stack.generation):
            self.problems.append("at the end: the outputs tell of another token")
        if (stack.facts["phase"], stack.facts["proven"]) != ("proven", len(self._nodes)):
            self.problems.append(f"at the end: {stack.facts['phase']}, on {stack.facts['proven']:g} nodes")
        if stack.publish:
            self._labels()

    def _labels(self) -> None:
        labels = self._stack.ground.labels(self._stack.ground.endpoints())
        if labels.current != self._stack.token or not labels.complete:
            self.problems.append("at the end: what is published is another token, or not complete")
        if labels.pending or labels.rejected or labels.previous != labels.retired:
            self.problems.append("at the end: labels are left over")

    def _enough(self) -> list[Token | None]:
        """One of these must be accepted; none where nobody uses the group yet."""
        stack = self._stack
        if stack.publish:
            return [self._current or self._first] if self._current or self._uses_the_first else []
        # Clients have the stack's output: the recorded token, or one that was under way since.
        return [*stack.drawn] if stack.recorded else []

    @property
    def _uses_the_first(self) -> bool:
        """Whether clients of an adopted group can go on as they did until the first token is published.

        Where the stack was not told their token, it cannot settle it: if a further one is asked for, theirs has to go.
        """
        return self._stack.adopted and (self._stack.generation == 1 or self._stack.adopt_token is not None)

    def _published(self) -> Token | None:
        ground = self._stack.ground
        try:
            content = ground.secrets.get_secret_value(SecretId=ground.secret)["SecretString"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return None
            raise
        return Token(json.loads(content)["password"])

    def _accepted(self, token: Token | None) -> bool:
        return all(self._stack.ground.ask(node, token) for node in self._nodes)

    def _overlap(self, token: Token | None) -> float:
        """Seconds for which clients may go on using a token that is not AWSCURRENT any more."""
        stack = self._stack
        leaked = token is not None and stack.drawn.get(token, 0) <= stack.revoke_through
        return 0.0 if leaked else stack.overlap
