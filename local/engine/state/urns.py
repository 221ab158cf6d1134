"""URNs (`urn:pulumi:<stack>::<project>::<types of the parents and its own>::<name>`) and references to providers."""

from __future__ import annotations

from typing import Final, NamedTuple

STACK_TYPE: Final = "pulumi:pulumi:Stack"
PROVIDER_PREFIX: Final = "pulumi:providers:"
DYNAMIC_PACKAGE: Final = "pulumi-python"


def make_urn(stack: str, project: str, parent: str, type_: str, name: str) -> str:
    """The URN of a resource under a parent; children of the stack are as good as without one."""
    if parent and qualified_type(parent) != STACK_TYPE:
        type_ = f"{qualified_type(parent)}${type_}"
    return f"urn:pulumi:{stack}::{project}::{type_}::{name}"


def qualified_type(urn: str) -> str:
    """The types of the parents and its own, joined by `$`."""
    return urn.split("::", 3)[2]


def resource_type(urn: str) -> str:
    """The resource's own type."""
    return qualified_type(urn).rsplit("$", 1)[-1]


def resource_name(urn: str) -> str:
    """The resource's name, which may hold colons."""
    return urn.split("::", 3)[3]


def package_of(type_or_token: str) -> str:
    """The package that a type or a function belongs to."""
    return type_or_token.split(":", 1)[0]


def is_provider_type(type_: str) -> bool:
    """Whether resources of this type are providers."""
    return type_.startswith(PROVIDER_PREFIX)


def provider_package(type_: str) -> str:
    """The package that a provider of this type serves."""
    return type_.removeprefix(PROVIDER_PREFIX)


def is_default_provider(urn: str) -> bool:
    """Whether the engine made this provider itself: people are not shown those."""
    name = resource_name(urn)
    return is_provider_type(resource_type(urn)) and (name == "default" or name.startswith("default_"))


class ProviderReference(NamedTuple):
    """A provider, as resources name theirs: `<urn>::<id>`."""

    urn: str
    id: str

    @classmethod
    def parse(cls, text: str) -> ProviderReference:
        """Read a reference; only the last `::` separates."""
        urn, _, id_ = text.rpartition("::")
        return cls(urn, id_)

    def __str__(self) -> str:
        return f"{self.urn}::{self.id}"
