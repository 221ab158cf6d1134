"""What a scenario is: programs and commands, run one after the other on one stack."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypedDict, Unpack

from tests.local.engine.conformance.toy.cloud import Cloud

Command = Literal["up", "preview", "refresh", "destroy", "config", "output"]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One command.

    First `program` replaces the program (its imports are given), `cloud` changes the toy cloud, and `unlock` removes
    the lock that a killed run left, as `pulumi cancel` would. `arguments` follow the command; `says` are texts that it
    has to print, on either engine.
    """

    command: Command
    program: str | None = None
    cloud: Callable[[Cloud], None] | None = None
    arguments: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    unlock: bool = False


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """`steps` on a new stack; `meaning` is what they are to show.

    `project` is added to Pulumi.yaml, `accepts_secrets` is what the toy plugin says of itself.
    """

    name: str
    meaning: str
    steps: tuple[Step, ...]
    project: Mapping[str, object] = field(default_factory=dict)
    accepts_secrets: bool = True


class More(TypedDict, total=False):
    """The other fields of a step."""

    cloud: Callable[[Cloud], None]
    arguments: tuple[str, ...]
    says: tuple[str, ...]
    unlock: bool


def up(program: str | None = None, **more: Unpack[More]) -> Step:
    return Step(command="up", program=program, **more)


def preview(program: str | None = None, **more: Unpack[More]) -> Step:
    return Step(command="preview", program=program, **more)


def refresh(**more: Unpack[More]) -> Step:
    return Step(command="refresh", **more)


def destroy(**more: Unpack[More]) -> Step:
    return Step(command="destroy", **more)


def config_set(*arguments: str) -> Step:
    return Step(command="config", arguments=("set", *arguments))
