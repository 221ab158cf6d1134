"""Cache parameters: the families' tables, and their way to the nodes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.cloud.elasticache.context import Context
from local.cloud.elasticache.engines import FAMILIES, family_of_default_group
from local.cloud.elasticache.errors import invalid_value
from local.cloud.elasticache.parameter_table import ROWS
from local.cloud.elasticache.state import ParameterGroup
from local.cloud.nodes.group import NodeGroup


@dataclass(frozen=True)
class Parameter:
    """A row of a family's table, as DescribeEngineDefaultParameters tells it."""

    name: str
    kind: str
    default: str
    allowed: str
    modifiable: bool
    since: str

    def rendered(self, value: str | None) -> dict[str, Any]:
        """The Parameter shape; ``value`` if a parameter group sets one."""
        return {
            "ParameterName": self.name,
            "ParameterValue": self.default if value is None else value,
            "Description": self.name,
            "Source": "system" if value is None else "user",
            "DataType": self.kind,
            "AllowedValues": self.allowed,
            "IsModifiable": self.modifiable,
            "MinimumEngineVersion": self.since,
            "ChangeType": "immediate",
        }

    def check(self, value: str) -> None:
        """Refuse a value that the parameter cannot have.

        Raises:
            ApiError: it is not modifiable, or the value is out of its range or list.
        """
        if not self.modifiable:
            raise invalid_value(f"The parameter {self.name} cannot be modified.")
        if not _allows(self, value):
            raise invalid_value(f"Invalid value {value} for parameter {self.name}: allowed are {self.allowed}.")


def _allows(parameter: Parameter, value: str) -> bool:
    if not parameter.allowed:
        return True
    if parameter.kind == "string":
        return value in parameter.allowed.split(",")
    try:
        number = int(value)
    except ValueError:
        return False
    return any(_within(number, part) for part in parameter.allowed.split(","))


def _within(number: int, part: str) -> bool:
    """``part`` is a number, ``low-`` or ``low-high``; the low end may be negative."""
    low, dash, high = part[1:].partition("-")
    low = part[0] + low
    if not dash:
        return number == int(low)
    return int(low) <= number <= (int(high) if high else number)


def table(family: str) -> dict[str, Parameter]:
    """The parameters of a family, by name."""
    order = FAMILIES.index(family)
    return {
        name: Parameter(name, kind, default, allowed, modifiable, since="5.0.6")
        for name, kind, default, allowed, modifiable, first, last in ROWS
        if FAMILIES.index(first) <= order <= (FAMILIES.index(last) if last else order)
    }


def existing_group(context: Context, name: str) -> ParameterGroup:
    """A parameter group by name; the families' default groups are always there.

    Raises:
        ApiError: there is none of this name.
    """
    family = family_of_default_group(name.lower())
    if family is None:
        return context.parameter_group(name)
    arn = context.region.arn("parametergroup", name.lower())
    return ParameterGroup(name.lower(), arn, family, f"Default parameter group for {family}", is_default=True)


def values_in_force(context: Context, name: str) -> dict[str, str]:
    """The value of every modifiable parameter under a parameter group."""
    with context.services.state.lock:
        group = existing_group(context, name)
        defaults = {p.name: p.default for p in table(group.family).values() if p.modifiable}
        return {**defaults, **group.values}


def apply(nodes: NodeGroup, values: Mapping[str, str]) -> None:
    """Set on every node what its Redis knows by the same name; the others are ElastiCache's own.

    Raises:
        CloudError: a node does not answer, or takes a value for wrong.
    """
    for server in list(nodes.servers.values()):
        if not server.exited.is_set():  # it is being replaced, and gets the values then
            server.configure(values)
