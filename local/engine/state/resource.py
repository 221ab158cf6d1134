"""One resource's state, in memory and in the checkpoint."""

from __future__ import annotations

import copy
import datetime
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from local.engine.errors import Unsupported
from local.engine.properties.state_form import Cipher, properties_from_state, properties_to_state
from local.engine.properties.values import Properties
from local.engine.state.urns import ProviderReference, resource_name

# Fields of the checkpoint in its order, by the attribute that holds them.
_FIELDS: Final = {
    "urn": "urn",
    "custom": "custom",
    "delete": "delete",
    "id": "id",
    "type": "type",
    "inputs": "inputs",
    "outputs": "outputs",
    "parent": "parent",
    "protect": "protect",
    "external": "external",
    "dependencies": "dependencies",
    "initErrors": "init_errors",
    "provider": "provider",
    "propertyDependencies": "property_dependencies",
    "pendingReplacement": "pending_replacement",
    "additionalSecretOutputs": "additional_secret_outputs",
    "customTimeouts": "custom_timeouts",
    "retainOnDelete": "retain_on_delete",
    "deletedWith": "deleted_with",
    "replaceWith": "replace_with",
    "created": "created",
    "modified": "modified",
    "sourcePosition": "source_position",
    "stackTrace": "stack_trace",
    "ignoreChanges": "ignore_changes",
    "replaceOnChanges": "replace_on_changes",
}
# Fields that would change what an operation means; the real engine makes use of them, this one cannot.
_REFUSED: Final = (
    "taint",
    "refreshBeforeUpdate",
    "viewOf",
    "resourceHooks",
    "extensionRef",
    "snippetID",
    "replacementTrigger",
)


def timestamp() -> str:
    """Now, as the real engine writes it, so that it keeps the text: without zeros in the end."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f").rstrip("0").rstrip(".") + "Z"


@dataclass(eq=False, kw_only=True)
class ResourceState:
    """What is known of one resource. States are told apart by identity: a URN may be there twice during a replacement.

    `extra` holds fields of the checkpoint that mean nothing to this engine, and are kept as they were read.
    """

    urn: str
    type: str
    custom: bool = False
    delete: bool = False
    id: str = ""
    inputs: Properties = field(default_factory=dict)
    outputs: Properties = field(default_factory=dict)
    parent: str = ""
    protect: bool = False
    external: bool = False
    dependencies: list[str] = field(default_factory=list)
    init_errors: list[str] = field(default_factory=list)
    provider: str = ""
    property_dependencies: dict[str, list[str]] = field(default_factory=dict)
    pending_replacement: bool = False
    additional_secret_outputs: list[str] = field(default_factory=list)
    custom_timeouts: dict[str, float] = field(default_factory=dict)
    retain_on_delete: bool = False
    deleted_with: str = ""
    replace_with: list[str] = field(default_factory=list)
    created: str = ""
    modified: str = ""
    source_position: str = ""
    stack_trace: list[dict[str, str]] = field(default_factory=list)
    ignore_changes: list[str] = field(default_factory=list)
    replace_on_changes: list[str] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name that the program gave the resource."""
        return resource_name(self.urn)

    @property
    def provider_urn(self) -> str:
        """The URN of the provider that manages the resource; empty for components and providers."""
        return ProviderReference.parse(self.provider).urn if self.provider else ""

    def copy(self) -> ResourceState:
        """A copy with properties of its own at the first level."""
        twin = copy.copy(self)
        twin.inputs, twin.outputs = dict(self.inputs), dict(self.outputs)
        return twin

    def needs(self) -> set[str]:
        """The URNs that must be there as long as this resource is; its parent is left out."""
        needed = {*self.dependencies, *self.replace_with, self.provider_urn, self.deleted_with}
        needed.update(*self.property_dependencies.values())
        return needed - {""}

    def timeout(self, operation: str) -> float:
        """The timeout that the program gave an operation, in seconds; 0 for none."""
        return self.custom_timeouts.get(operation, 0)

    @classmethod
    def load(cls, document: dict[str, Any], cipher: Cipher) -> ResourceState:
        """Read one from a checkpoint; raises `Unsupported` for what only the real engine could go on with."""
        for name in _REFUSED:
            if document.get(name):
                raise Unsupported(f"the state of {document['urn']} has {name!r}, which needs the real pulumi")
        known = {attribute: document[key] for key, attribute in _FIELDS.items() if document.get(key) is not None}
        for key in ("inputs", "outputs"):
            if key in known:
                known[key] = properties_from_state(known[key], cipher)
        extra = {key: value for key, value in document.items() if key not in _FIELDS and key != "aliases"}
        return cls(**known, extra=extra)

    def dump(self, cipher: Cipher) -> dict[str, Any]:
        """The state as the checkpoint holds it: what is empty is left out."""
        return self.written(lambda properties: properties_to_state(properties, cipher)) | self.extra

    def written(self, properties: Callable[[Properties], Any]) -> dict[str, Any]:
        """The fields of the checkpoint that hold anything, inputs and outputs written by `properties`."""
        fields = {key: getattr(self, attribute) for key, attribute in _FIELDS.items()}
        return {
            key: properties(value) if key in ("inputs", "outputs") else value
            for key, value in fields.items()
            if value or key == "custom"
        }
