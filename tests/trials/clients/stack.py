"""What an engine does with a stack whose token is rotated again and again: its provider in a process of its own."""

from __future__ import annotations

from typing import Any

from components.auth_token.rules import Token
from tests.provider.engine import Engine
from tests.trials.ground import Ground


class Stack:
    """A new group with its first token, proven and published."""

    def __init__(self, ground: Ground, engine: Engine, overlap: float) -> None:
        """`overlap` in seconds."""
        self._ground, self._engine, self._overlap = ground, engine, overlap
        self.tokens = [Token.random()]
        """All that were ever in force, the present one last."""
        ground.born(self.tokens[0])
        self._endpoints = ground.endpoints()
        _, self._outputs = engine.create(self._inputs())

    def rotate(self) -> dict[str, Any]:
        """To a fresh token; the facts at the end. Raises grpc.RpcError with the provider's words where it fails."""
        self.tokens.append(Token.random())
        self._outputs = self._engine.update(self._ground.id, self._outputs, self._inputs())
        facts: dict[str, Any] = self._outputs["facts"]
        return facts

    def _inputs(self) -> dict[str, Any]:
        return self._ground.inputs(
            self._endpoints, token=self.tokens[-1], generation=len(self.tokens), overlap=self._overlap
        )
