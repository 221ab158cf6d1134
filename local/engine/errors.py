"""What can go wrong, each with the exit code of the `pulumi` command for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local.engine.properties.values import Properties


class EngineError(Exception):
    """A problem that is told to the person in one message, without a traceback."""

    exit_code = 1


class OperationFailed(EngineError):
    """A resource operation cannot go on; the message is the reason."""


class InvalidConfiguration(EngineError):
    """The project, the stack's settings or the environment is wrong."""


class StackNotFound(EngineError):
    """There is no such stack in the backend."""

    exit_code = 6


class Cancelled(EngineError):
    """The person interrupted the operation."""

    exit_code = 8


class Unsupported(EngineError):
    """Something that `pulumi` does and this engine does not: refused in words instead of done wrongly."""


class ProviderError(EngineError):
    """A provider plugin could not be started, or refused or failed a call."""


class CheckFailed(ProviderError):
    """A provider found a resource's inputs invalid."""


class PartialFailure(ProviderError):
    """The resource exists, but did not come up as asked for (`ErrorResourceInitFailed`).

    `resource_id`, `inputs` and `outputs` are what there is now, `reasons` what the provider says is wrong with it.
    """

    def __init__(
        self, message: str, *, resource_id: str, inputs: Properties, outputs: Properties, reasons: list[str]
    ) -> None:
        super().__init__(message)
        self.resource_id, self.inputs, self.outputs, self.reasons = resource_id, inputs, outputs, reasons
