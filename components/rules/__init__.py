"""What ElastiCache, EC2 and CloudWatch accept, and what belongs together: the rules of the configuration, in one table.

A rule is a generator function over plain values. The names of its parameters are the settings it looks at, the first
of them the one it is about; it yields one sentence per problem, and its docstring says the rule without any value.
`problems` runs every rule whose settings are all known, so the same table serves a stack's configuration, where
everything is known, and a component's arguments, where some are outputs of other resources.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic.alias_generators import to_camel

from components.rules import naming, network, nodes, rotation, upkeep

Check = Callable[..., Iterator[str]]


@dataclass(frozen=True)
class Rule:
    """A check and the settings it looks at, the one it is about first."""

    check: Check
    settings: tuple[str, ...]

    @property
    def summary(self) -> str:
        """The rule itself, without any value."""
        return " ".join((inspect.getdoc(self.check) or "").split()).rstrip(".")


@dataclass(frozen=True)
class Problem:
    """A value that a rule refuses."""

    rule: Rule
    text: str
    """What is wrong and what to do; it may quote the values of `rule.settings`, and no others."""

    @property
    def setting(self) -> str:
        """The setting that this is about, in snake case."""
        return self.rule.settings[0]


RULES: Final = tuple(
    Rule(check, tuple(inspect.signature(check).parameters))
    for check in (*naming.CHECKS, *nodes.CHECKS, *network.CHECKS, *upkeep.CHECKS, *rotation.CHECKS)
)

_OF_OWN_GROUPS: Final = frozenset({*nodes.CHECKS, *network.CHECKS, rotation.proofs_can_connect})
"""What is about nodes and their network; a group that is adopted has its own."""


def problems(values: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with `values`, by setting in snake case; a rule about a setting that is not there is left out."""
    adopting = bool(values.get("adopt"))
    return [
        Problem(rule, text)
        for rule in RULES
        if all(setting in values for setting in rule.settings) and not (adopting and rule.check in _OF_OWN_GROUPS)
        for text in rule.check(*(values[setting] for setting in rule.settings))
    ]


def enforce(values: Mapping[str, Any]) -> None:
    """Raise ValueError with all that is wrong with `values`, by setting in camel case."""
    if found := problems(values):
        raise ValueError("; ".join(f"{to_camel(problem.setting)} {problem.text}" for problem in found))
