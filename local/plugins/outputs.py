"""What a plugin returns about a resource: as stored, as previewed, and as inputs after a refresh or an import."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, Final

from local.plugins.check import DEFAULTS_KEY
from local.plugins.diff import same
from local.plugins.schema import Kind, Property, Resource
from local.plugins.values import UNKNOWN, Properties, Value, is_empty

_UNSET: Final[dict[Kind, Value]] = {Kind.STRING: "", Kind.BOOL: False, Kind.LIST: [], Kind.SET: [], Kind.MAP: {}}


def secret_outputs(resource: Resource[Any]) -> set[str]:
    """The outputs to mark as secrets."""
    return {key for key, prop in resource.properties.items() if prop.secret}


def stored(resource: Resource[Any], id_: str, found: Properties, prior: Properties) -> Properties:
    """The outputs to keep: what the cloud has, in the program's own words where they mean the same.

    `prior` is what the program wants, or after a refresh what was last known.
    """
    outputs: Properties = {}
    for key, prop in resource.properties.items():
        if prop.write_only:
            continue
        value = prior.get(key) if prop.local else found.get(key)
        if key in prior and same(prop, prior[key], value) and not is_empty(value):
            value = prior[key]
        outputs[key] = _filled(resource, prop, value)
    return {**_bare(outputs), **_meta(resource), "id": id_}


def previewed(
    resource: Resource[Any],
    inputs: Properties,
    planned: Properties,
    olds: Properties | None = None,
    changed: Collection[str] = (),
) -> Properties:
    """The outputs as far as they are known before the cloud has been asked; `olds` for an update only."""
    outputs: Properties = {}
    inputs = resource.completed(inputs)
    for key, prop in resource.properties.items():
        if prop.write_only:
            continue
        if not prop.output and key in inputs:
            outputs[key] = inputs[key]
        elif key in planned:
            outputs[key] = planned[key]
        elif not (prop.output or prop.computed):
            outputs[key] = _filled(resource, prop, None)
        elif olds is None or any(name in changed for name in prop.follows):
            outputs[key] = UNKNOWN
        else:
            outputs[key] = olds.get(key)
    return {**_bare(outputs), **_meta(resource), "id": UNKNOWN if olds is None else olds.get("id")}


def refreshed_inputs(resource: Resource[Any], old_inputs: Properties, outputs: Properties) -> Properties:
    """The inputs that would lead to `outputs`: the old ones, changed where the cloud says otherwise."""
    inputs = dict(old_inputs)
    for key, old in old_inputs.items():
        prop = resource.properties.get(key)
        if prop is None or prop.write_only or prop.local or same(prop, old, outputs.get(key)):
            continue
        if is_empty(outputs.get(key)):
            del inputs[key]
        else:
            inputs[key] = outputs[key]
    return inputs


def imported_inputs(resource: Resource[Any], outputs: Properties) -> Properties:
    """The inputs of a resource that Pulumi did not make."""
    inputs = {
        key: outputs[key]
        for key, prop in resource.properties.items()
        if not (prop.output or prop.write_only or prop.refused or is_empty(outputs.get(key)))
    }
    return {**inputs, DEFAULTS_KEY: []} if resource.tracks_defaults else inputs


def _filled(resource: Resource[Any], prop: Property, value: Value) -> Value:
    if value is None and resource.fills_unset and not prop.secret:
        return _UNSET.get(prop.kind)
    return value


def _bare(value: Value) -> Value:
    """Without the lists of defaults, which belong to inputs."""
    if isinstance(value, dict):
        return {key: _bare(item) for key, item in value.items() if key != DEFAULTS_KEY}
    return [_bare(item) for item in value] if isinstance(value, list) else value


def _meta(resource: Resource[Any]) -> Properties:
    if not resource.schema_version:
        return {}
    return {"__meta": json.dumps({"schema_version": str(resource.schema_version)}, separators=(",", ":"))}
