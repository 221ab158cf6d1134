"""What the program asks of one resource."""

from __future__ import annotations

from dataclasses import dataclass, field

from local.engine.properties.values import Properties
from local.engine.state.resource import ResourceState


@dataclass(frozen=True, slots=True)
class Alias:
    """A name that the resource may have had before: a whole URN, or what was different of it."""

    urn: str = ""
    name: str = ""
    type: str = ""
    stack: str = ""
    project: str = ""
    parent: str = ""
    no_parent: bool = False


@dataclass(kw_only=True, slots=True)
class Goal:
    """A registration, with what it inherits from its parent.

    None in `protect` and `retain_on_delete` means that neither the program nor a parent says anything.
    """

    type: str
    name: str
    parent: str = ""
    custom: bool = True
    provider: str = ""
    properties: Properties = field(default_factory=dict)
    aliases: list[Alias] = field(default_factory=list)
    delete_before_replace: bool | None = None
    protect: bool | None = None
    retain_on_delete: bool | None = None
    deleted_with: str = ""
    dependencies: list[str] = field(default_factory=list)
    property_dependencies: dict[str, list[str]] = field(default_factory=dict)
    additional_secret_outputs: list[str] = field(default_factory=list)
    ignore_changes: list[str] = field(default_factory=list)
    replace_on_changes: list[str] = field(default_factory=list)
    replace_with: list[str] = field(default_factory=list)
    custom_timeouts: dict[str, float] = field(default_factory=dict)
    source_position: str = ""
    stack_trace: list[dict[str, str]] = field(default_factory=list)

    def new_state(self, urn: str, old: ResourceState | None) -> ResourceState:
        """The state that the operation is to bring about, its inputs not yet checked."""
        return ResourceState(
            urn=urn,
            type=self.type,
            custom=self.custom,
            inputs=dict(self.properties),
            parent=self.parent,
            protect=bool(self.protect),
            retain_on_delete=bool(self.retain_on_delete),
            provider=self.provider,
            deleted_with=self.deleted_with,
            dependencies=self.dependencies,
            property_dependencies=self.property_dependencies,
            additional_secret_outputs=self.additional_secret_outputs,
            ignore_changes=self.ignore_changes,
            replace_on_changes=self.replace_on_changes,
            replace_with=self.replace_with,
            custom_timeouts=self.custom_timeouts,
            source_position=self.source_position,
            stack_trace=self.stack_trace,
            created=old.created if old else "",
            modified=old.modified if old else "",
        )
