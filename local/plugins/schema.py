"""How a resource is described: its properties as data, its behaviour as five methods."""
# ruff: noqa: ARG002  what the methods here get is for those that override them

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar, Final, Generic, TypeVar

from local.plugins.errors import Failure, PluginError
from local.plugins.values import Properties, Value

Session = TypeVar("Session")


class Kind(Enum):
    """The type of a property, with its name in messages; a SET is a list whose order says nothing."""

    STRING = "a string"
    BOOL = "a boolean"
    INT = "a number"
    LIST = "a list"
    SET = "a set"
    MAP = "a map"
    MAPS = "a list of maps"
    OBJECT = "an object"


@dataclass(frozen=True, kw_only=True)
class AutoName:
    """How a name is made up when the program gives none: at most `length` characters, put through `transform`."""

    length: int = 255
    transform: Callable[[str], str] = str


@dataclass(frozen=True, kw_only=True)
class Property:
    """One property of a resource, as the official plugin declares it."""

    kind: Kind = Kind.STRING
    required: bool = False
    computed: bool = False
    """The cloud chooses a value when the program gives none; an absent input is then no change."""
    output: bool = False
    """The cloud alone sets it."""
    local: bool = False
    """The cloud does not give it back; it is kept as the program set it."""
    default: Value = None
    replaces: bool = False
    """A change needs a new resource."""
    secret: bool = False
    write_only: bool = False
    """Sent to the cloud, never kept in outputs, never compared."""
    autoname: AutoName | None = None
    fields: Mapping[str, Property] | None = None
    """What is in an OBJECT, or in the items of a LIST or SET of objects."""
    choices: tuple[Value, ...] = ()
    rule: Callable[[Value], str | None] | None = None
    """What is wrong with a value, in words, or None."""
    canonical: Callable[[Value], Value] | None = None
    """Maps values that mean the same to one value, for comparing."""
    conflicts: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
    """For outputs: the inputs whose change makes the value unknown in a preview."""
    refused: str = ""
    """Why the stand-in does not take this input; empty when it does."""


OUTPUT: Final = Property(output=True)


@dataclass(frozen=True)
class Call(Generic[Session]):
    """What an operation has at hand."""

    session: Session
    timeout: float
    """Seconds it may wait for the cloud; 0 for the resource's own default."""
    cancelled: threading.Event = field(default_factory=threading.Event)


class Resource(ABC, Generic[Session]):
    """A resource type. Subclasses are stateless: what they need is in the `Call`."""

    token: ClassVar[str]
    title: ClassVar[str]
    """What error messages call it, such as "KMS Key"."""
    properties: ClassVar[Mapping[str, Property]]
    schema_version: ClassVar[int] = 0
    """Of the official provider's state, for `__meta`: it lets the official plugin take the state over."""
    tracks_defaults: ClassVar[bool] = True
    """Whether inputs carry defaults and list them in `__defaults`, as with the older bridge."""
    fills_unset: ClassVar[bool] = True
    """Whether outputs hold "", false, [] and {} for what is not set, as those of the older bridge do."""

    def completed(self, inputs: Properties) -> Properties:
        """The inputs with the defaults of those that are not given."""
        conflicting = {other for key in inputs if key in self.properties for other in self.properties[key].conflicts}
        defaults = {
            key: prop.default
            for key, prop in self.properties.items()
            if prop.default is not None and key not in conflicting
        }
        return {**defaults, **inputs}

    def check(self, inputs: Properties) -> list[Failure]:
        """Rules that span several inputs; values may be unknown."""
        return []

    def planned(self, session: Session, inputs: Properties) -> Properties:
        """Outputs that are known before the cloud is asked."""
        return {}

    def extra_replaces(self, old: Properties, new: Properties) -> set[str]:
        """Properties that force a replacement only for these values: `old` as they are, `new` as wanted."""
        return set()

    @abstractmethod
    def create(self, call: Call[Session], inputs: Properties) -> str:
        """Ask the cloud for the resource and return its id, without waiting."""

    def settle(self, call: Call[Session], id_: str, inputs: Properties) -> Properties:
        """Finish what `create` began, and return what `read` needs besides the inputs.

        When this fails the resource exists all the same, and is recorded.
        """
        return {}

    @abstractmethod
    def read(self, call: Call[Session], id_: str, prior: Properties) -> Properties | None:
        """What the cloud has, None when it is gone; `prior` is what was last known or is wanted."""

    @abstractmethod
    def update(
        self, call: Call[Session], id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> Properties:
        """Bring the resource from the outputs `old` to the inputs `new`, and wait for it.

        `changed` names the properties that differ. Returns as `settle` does.
        """

    @abstractmethod
    def delete(self, call: Call[Session], id_: str, old: Properties) -> None:
        """Delete and wait until it is gone; what is gone already is no error."""


class Package(ABC, Generic[Session]):
    """What a plugin offers, without the protocol."""

    name: ClassVar[str]
    version: ClassVar[str]
    resources: Mapping[str, Resource[Session]]
    functions: Mapping[str, Callable[[Session, Properties], Properties]]
    config_replaces: ClassVar[frozenset[str]] = frozenset()
    """The configuration keys whose change means another provider, and so new resources."""

    @abstractmethod
    def check_config(self, config: Properties) -> list[Failure]:
        """What is wrong with the provider's configuration; values may be unknown."""

    @abstractmethod
    def configure(self, config: Properties) -> Session:
        """What resources and functions work with."""

    def config_secrets(self, config: Properties) -> list[Value]:
        """The values of the configuration that no message may show."""
        return []

    def explain(self, error: Exception) -> PluginError | None:
        """The error in words; None for one that nobody expected."""
        return None
