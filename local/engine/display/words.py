"""Signs and words for operations, and resources as people know them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from local.engine.deployment.steps import Op, Step
from local.engine.state.urns import resource_name, resource_type


@dataclass(frozen=True, slots=True)
class Words:
    """How an operation is told: `sign` in two columns, `doing`, `done`, and the style of both."""

    sign: str
    doing: str
    done: str
    style: str


WORDS: Final = {
    Op.SAME: Words("  ", "checking", "unchanged", "dim"),
    Op.CREATE: Words("+ ", "creating", "created", "green"),
    Op.UPDATE: Words("~ ", "updating", "updated", "yellow"),
    Op.DELETE: Words("- ", "deleting", "deleted", "red"),
    Op.REPLACE: Words("+-", "replacing", "replaced", "magenta"),
    Op.CREATE_REPLACEMENT: Words("++", "creating replacement", "created replacement", "green"),
    Op.DELETE_REPLACED: Words("--", "deleting original", "deleted original", "red"),
    Op.READ: Words("> ", "reading", "read", "cyan"),
    Op.READ_REPLACEMENT: Words(">>", "reading for replacement", "read for replacement", "cyan"),
    Op.REFRESH: Words("~ ", "refreshing", "refreshed", "yellow"),
    Op.DISCARD: Words("< ", "discarding", "discarded", "cyan"),
    Op.DISCARD_REPLACED: Words("<<", "discarding", "discarded", "cyan"),
    Op.REMOVE_PENDING_REPLACE: Words("~ ", "completing replacement", "completed replacement", "yellow"),
}


def short_type(type_: str) -> str:
    """`aws:kms/key:Key` as `aws:kms:Key`: the file that the type is in is of no interest."""
    match type_.split(":"):
        case [package, module, name]:
            folder, _, file = module.rpartition("/")
            redundant = folder and name and file == name[0].lower() + name[1:]
            return f"{package}:{folder if redundant else module}:{name}"
    return type_


def title(step: Step) -> str:
    """A step's resource: type and name."""
    return of_urn(step.urn)


def of_urn(urn: str) -> str:
    """A resource's type and name."""
    return f"{short_type(resource_type(urn))} {resource_name(urn)}"


def duration(seconds: float) -> str:
    """A length of time: to the hundredth below ten seconds, then to the second."""
    if seconds < 10:
        return f"{seconds:.2f}s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m{rest:02}s" if minutes else f"{rest}s"
