"""What stands between a resource as it is and as it is wanted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from local.plugins.check import DEFAULTS_KEY
from local.plugins.schema import Kind, Property, Resource
from local.plugins.values import Properties, Value, has_unknown, is_empty


class ChangeKind(Enum):
    """As in the protocol's PropertyDiff, where each has a twin that ends in _REPLACE."""

    ADD = "ADD"
    DELETE = "DELETE"
    UPDATE = "UPDATE"


@dataclass(frozen=True)
class Change:
    """One property, or one entry of a map, that differs."""

    path: str
    property: str
    kind: ChangeKind


def same(prop: Property, left: Value, right: Value) -> bool:
    """Whether two values of a property mean the same; values that are not known are not the same as any."""
    if has_unknown(left) or has_unknown(right):
        return False
    left, right = _canonical(prop, left), _canonical(prop, right)
    return bool(left == right) or (is_empty(left) and is_empty(right))


def _canonical(prop: Property, value: Value) -> Value:
    if is_empty(value):
        return value
    if prop.canonical:
        return prop.canonical(value)
    if prop.kind in (Kind.LIST, Kind.SET) and isinstance(value, list):
        items = [_canonical_item(prop, item) for item in value]
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True)) if prop.kind is Kind.SET else items
    return value


def _canonical_item(prop: Property, item: Value) -> Value:
    if prop.fields is None or not isinstance(item, Mapping):
        return item
    return {
        key: _canonical(prop.fields[key], value) if key in prop.fields else value
        for key, value in item.items()
        if key != DEFAULTS_KEY and not is_empty(value)
    }


def changes(
    resource: Resource[Any], olds: Properties, news: Properties, planned: Properties, ignored: Iterable[str] = ()
) -> list[Change]:
    """How the inputs `news` differ from the outputs `olds`.

    Comparing with outputs and not with the inputs of the last run is what the official plugins do: what was changed
    behind Pulumi's back shows after a refresh. `planned` holds outputs that are known beforehand.
    """
    found: list[Change] = []
    news = resource.completed(news)
    for key, prop in resource.properties.items():
        if prop.write_only or (prop.output and key not in planned):
            continue
        old, new = olds.get(key), planned[key] if prop.output else news.get(key)
        if new is None and prop.computed:
            continue
        if prop.kind is Kind.MAP and isinstance(new, Mapping) and isinstance(old, Mapping) and old:
            found.extend(_map_changes(key, old, new))
        elif not same(prop, old, new):
            found.append(Change(key, key, _kind(old, new)))
    hidden = tuple(ignored)
    return [change for change in found if not any(_covers(path, change) for path in hidden)]


def _map_changes(key: str, old: Mapping[str, Value], new: Mapping[str, Value]) -> list[Change]:
    return [
        Change(
            f"{key}.{entry}" if entry.isidentifier() else f'{key}["{entry}"]',
            key,
            _kind(old.get(entry), new.get(entry)),
        )
        for entry in sorted({*old, *new})
        if old.get(entry) != new.get(entry)
    ]


def _kind(old: Value, new: Value) -> ChangeKind:
    if is_empty(old):
        return ChangeKind.ADD
    return ChangeKind.DELETE if is_empty(new) else ChangeKind.UPDATE


def _covers(ignored: str, change: Change) -> bool:
    return ignored in ("*", change.path) or change.path.startswith((f"{ignored}.", f"{ignored}["))


def replaced_by(resource: Resource[Any], olds: Properties, news: Properties, found: Iterable[Change]) -> set[str]:
    """The changed properties that need a new resource."""
    extra = resource.extra_replaces(olds, news)
    return {
        change.property for change in found if resource.properties[change.property].replaces or change.property in extra
    }


def deletes_first(resource: Resource[Any], news: Properties) -> bool:
    """Whether a replacement must delete first: a name that the program gave cannot be there twice."""
    defaults = news.get(DEFAULTS_KEY)
    if defaults is None:
        return False
    return any(prop.autoname and key in news and key not in defaults for key, prop in resource.properties.items())
