"""The events of an operation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from local.engine.deployment.steps import Op, Step


@dataclass(frozen=True, slots=True)
class Prelude:
    """An operation begins; `configuration` is masked."""

    configuration: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """Something to tell a person; `severity` is `debug`, `info`, `info#err`, `warning` or `error`.

    An `ephemeral` message is about the moment: shown, and not repeated in the end.
    """

    severity: str
    message: str
    urn: str = ""
    ephemeral: bool = False


@dataclass(frozen=True, slots=True)
class StepBegun:
    """A step begins, or would in a preview (`planning`)."""

    step: Step
    planning: bool


@dataclass(frozen=True, slots=True)
class StepEnded:
    """A step has come to its end, or a component has registered its outputs."""

    step: Step
    planning: bool


@dataclass(frozen=True, slots=True)
class StepFailed:
    """A step came to nothing, or to less than was asked for."""

    step: Step


@dataclass(frozen=True, slots=True)
class Summary:
    """An operation has ended; `result` is `succeeded`, `failed` or `canceled`."""

    preview: bool
    seconds: float
    changes: Mapping[Op, int]
    result: str
    maybe_corrupt: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """No further event comes."""


Event: TypeAlias = Prelude | Diagnostic | StepBegun | StepEnded | StepFailed | Summary | Ended
