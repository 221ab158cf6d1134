"""The SDK's requests, read into goals; what would change a program's meaning and is not acted on is refused."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from pulumi.runtime.proto import resource_pb2

from local.engine.deployment.goal import Alias, Goal
from local.engine.errors import Unsupported
from local.engine.properties.values import Properties
from local.engine.properties.wire import decode_properties

_REFUSED: Final = {
    "remote": "remote components",
    "importId": "import of existing resources",
    "replacement_trigger": "replacement triggers",
    "envVarMappings": "environment variables of providers",
    "transforms": "transforms that run in the engine",
    "state_migrations": "state migrations",
    "hooks": "resource hooks",
    "pluginChecksums": "checksums of plugins",
    "hideDiffs": "hidden differences",
    "snippetId": "snippets",
}
_DURATION: Final = re.compile(r"([\d.]+)(h|ms|m|s|us|µs|ns)")
_SECONDS: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}


def refuse_unsupported(request: resource_pb2.RegisterResourceRequest) -> None:
    """Raise `Unsupported` for a registration that asks for more than this engine does."""
    for field, value in request.ListFields():
        if field.name in _REFUSED and (field.name != "hooks" or value.ListFields()):
            raise Unsupported(f"{request.type} {request.name!r}: {_REFUSED[field.name]} need the real pulumi")


def registration_goal(
    request: resource_pb2.RegisterResourceRequest, parent: str, above: Goal | None, root: Path
) -> Goal:
    """What a registration asks for, with what it inherits from its parent; the provider is not yet settled."""
    properties = decode_properties(request.object)
    return Goal(
        type=request.type,
        name=request.name,
        parent=parent,
        custom=request.custom,
        properties=properties,
        aliases=[*(Alias(urn=urn) for urn in request.aliasURNs), *map(_alias, request.aliases)],
        delete_before_replace=_delete_before_replace(request),
        protect=_inherited(request, "protect", above),
        retain_on_delete=_inherited(request, "retainOnDelete", above),
        deleted_with=request.deletedWith or (above.deleted_with if above else ""),
        dependencies=sorted(request.dependencies),
        property_dependencies=_property_dependencies(request, properties),
        additional_secret_outputs=list(request.additionalSecretOutputs),
        ignore_changes=list(request.ignoreChanges),
        replace_on_changes=list(request.replaceOnChanges),
        replace_with=list(request.replace_with),
        custom_timeouts=_timeouts(request.customTimeouts),
        **_positions(request, root),
    )


def read_goal(request: resource_pb2.ReadResourceRequest, parent: str, root: Path) -> Goal:
    """What a look at an existing resource asks for; the provider is not yet settled."""
    return Goal(
        type=request.type,
        name=request.name,
        parent=parent,
        properties=decode_properties(request.properties),
        dependencies=sorted(request.dependencies),
        additional_secret_outputs=list(request.additionalSecretOutputs),
        **_positions(request, root),
    )


def _inherited(request: resource_pb2.RegisterResourceRequest, field: str, above: Goal | None) -> bool | None:
    if request.HasField(field):  # type: ignore[arg-type]  # a name of the message, as a plain text
        return bool(getattr(request, field))
    if above is None:
        return None
    return above.protect if field == "protect" else above.retain_on_delete


def _delete_before_replace(request: resource_pb2.RegisterResourceRequest) -> bool | None:
    said = request.deleteBeforeReplaceDefined or request.deleteBeforeReplace
    return request.deleteBeforeReplace if said else None


def _property_dependencies(
    request: resource_pb2.RegisterResourceRequest, properties: Properties
) -> dict[str, list[str]]:
    """By property; an SDK that does not tell them apart means all of them for each property."""
    if not request.propertyDependencies:
        return {key: sorted(request.dependencies) for key in properties}
    told = {key: sorted(value.urns) for key, value in request.propertyDependencies.items()}
    return {key: [] for key in properties} | told


def _alias(alias: Any) -> Alias:
    if alias.WhichOneof("alias") == "urn":
        return Alias(urn=alias.urn)
    spec = alias.spec
    return Alias(
        name=spec.name,
        type=spec.type,
        stack=spec.stack,
        project=spec.project,
        parent=spec.parentUrn,
        no_parent=spec.noParent,
    )


def _timeouts(message: Any) -> dict[str, float]:
    texts = {operation: getattr(message, operation, "") for operation in ("create", "update", "delete", "read")}
    return {operation: seconds for operation, text in texts.items() if (seconds := _seconds(text))}


def _seconds(text: str) -> float:
    return sum(float(number) * _SECONDS[unit] for number, unit in _DURATION.findall(text))


def _positions(request: Any, root: Path) -> dict[str, Any]:
    own = request.sourcePosition if request.HasField("sourcePosition") else None
    trace = [{"sourcePosition": at} if (at := _position(frame.pc, root)) else {} for frame in request.stackTrace.frames]
    return {"source_position": _position(own, root) if own else "", "stack_trace": trace}


def _position(position: Any, root: Path) -> str:
    """A place in the program's source, relative to the project's folder."""
    url = urlsplit(position.uri)
    if url.scheme != "file":
        return ""
    relative = os.path.relpath(unquote(url.path), root)
    return f"project:///{relative}#{position.line}" + (f",{position.column}" if position.column else "")
