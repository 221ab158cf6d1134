"""What an engine does with a stack whose token is rotated again and again: its provider in a process of its own."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from components.auth_token.resource import AuthTokenRotationArgs
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
        args = AuthTokenRotationArgs(
            replication_group_id=self._ground.id,
            replication_group_arn=self._ground.arn,
            token=self.tokens[-1].reveal(),
            generation=len(self.tokens),
            verify="required",
            deadline_seconds=120,
            ca_file=self._ground.ca_file,
            secret_arn=self._ground.secret,
            primary_endpoint=self._endpoints.host,
            reader_endpoint=self._endpoints.reader_host,
            port=self._endpoints.port,
        )
        # Less than a second is no overlap for anybody, but enough for who waits for a trial.
        return {**asdict(args), "overlap_seconds": self._overlap, "facts": None}
