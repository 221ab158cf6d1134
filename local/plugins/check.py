"""Inputs as the program gave them, made ready: types, rules, made-up names, defaults."""

from __future__ import annotations

import difflib
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from local.plugins.errors import Failure
from local.plugins.schema import AutoName, Kind, Property, Resource
from local.plugins.values import UNKNOWN, Properties, Value

DEFAULTS_KEY: Final = "__defaults"
"""The input that lists which others were defaults, so that a later run may keep or change them."""
_RANDOM_DIGITS: Final = 7
_NESTED: Final = (Kind.LIST, Kind.SET, Kind.MAP, Kind.MAPS, Kind.OBJECT)


class AutoNaming(Enum):
    """What the stack's `pulumi:autonaming` configuration asks for."""

    BUILT_IN = "built-in"
    PROPOSE = "propose"
    ENFORCE = "enforce"
    DISABLE = "disable"


@dataclass(frozen=True, kw_only=True)
class Naming:
    """What a made-up name is made from."""

    resource_name: str
    seed: bytes = b""
    mode: AutoNaming = AutoNaming.BUILT_IN
    proposed: str = ""

    def make(self, rule: AutoName) -> str | None:
        """A name, or None when names are not to be made up."""
        match self.mode:
            case AutoNaming.DISABLE:
                return None
            case AutoNaming.ENFORCE:
                return self.proposed
            case AutoNaming.PROPOSE:
                return rule.transform(self.proposed)
        prefix = f"{self.resource_name}-"
        digits = hashlib.sha256(self.seed + prefix.encode()).hexdigest() if self.seed else secrets.token_hex()
        return rule.transform(prefix + digits[:_RANDOM_DIGITS])


@dataclass
class _Report:
    failures: list[Failure] = field(default_factory=list)

    def add(self, path: str, reason: str) -> None:
        self.failures.append(Failure(path, reason))


def check(
    resource: Resource[Any], olds: Properties, news: Properties, naming: Naming
) -> tuple[Properties, list[Failure]]:
    """The inputs to use instead of `news`, and what is wrong with them; `olds` are the inputs of the last run."""
    report = _Report()
    inputs = _check_properties("", resource.properties, news, resource.tracks_defaults, report)
    given = set(inputs)
    if resource.tracks_defaults:
        inputs = resource.completed(inputs)
    for key, prop in resource.properties.items():
        if prop.autoname and key not in inputs and not any(other in inputs for other in prop.conflicts):
            _name(key, prop, prop.autoname, olds, naming, inputs, report)
    for key, prop in resource.properties.items():
        if prop.required and key not in inputs:
            report.add(key, "is required")
    if not report.failures:
        report.failures.extend(resource.check(resource.completed(inputs)))
    if resource.tracks_defaults:
        inputs[DEFAULTS_KEY] = sorted(set(inputs) - given)
    return inputs, report.failures


def check_config(properties: Mapping[str, Property], config: Properties) -> tuple[Properties, list[Failure]]:
    """A provider's configuration: nested values may be JSON text, as the engine passes them."""
    report = _Report()
    parsed = dict(config)
    for key, value in config.items():
        prop = properties.get(key)
        if prop and isinstance(value, str) and prop.kind in _NESTED:
            try:
                parsed[key] = json.loads(value)
            except ValueError:
                report.add(key, f"expected JSON of a {prop.kind.value}")
                del parsed[key]
    checked = _check_properties("", properties, parsed, False, report)
    return checked, report.failures


def _check_properties(
    path: str, properties: Mapping[str, Property], news: Properties, tracks_defaults: bool, report: _Report
) -> Properties:
    inputs: Properties = {}
    for key, value in news.items():
        if value is None or key.startswith("__"):
            continue
        prop = properties.get(key)
        if prop is None or prop.output:
            report.add(path + key, _unexpected(key, properties))
        elif prop.refused:
            report.add(path + key, prop.refused)
        else:
            inputs[key] = _check_value(path + key, prop, value, tracks_defaults, report)
            report.failures.extend(
                Failure(path + key, f"conflicts with {other}")
                for other in prop.conflicts
                if news.get(other) is not None
            )
    return inputs


def _unexpected(key: str, properties: Mapping[str, Property]) -> str:
    if key in properties:
        return "is set by the cloud and cannot be given"
    inputs = [name for name, prop in properties.items() if not (prop.output or prop.refused)]
    near = difflib.get_close_matches(key, inputs, n=1)
    return "is not known here" + (f"; did you mean {near[0]}?" if near else "")


def _check_value(path: str, prop: Property, value: Value, tracks_defaults: bool, report: _Report) -> Value:
    if value is UNKNOWN:
        return value
    before = len(report.failures)
    value = _convert(path, prop, value, tracks_defaults, report)
    if len(report.failures) > before or value is UNKNOWN:
        return value
    if prop.choices and value not in prop.choices:
        report.add(path, f"expected one of {', '.join(map(str, prop.choices))}, got {_shown(prop, value)}")
    elif prop.rule and (problem := prop.rule(value)):
        report.add(path, f"{problem}, got {_shown(prop, value)}")
    return value


def _shown(prop: Property, value: Value) -> str:
    return "[secret]" if prop.secret or prop.write_only else repr(value)


def _convert(path: str, prop: Property, value: Value, tracks_defaults: bool, report: _Report) -> Value:
    match prop.kind, value:
        case Kind.LIST | Kind.SET, list():
            return [
                _convert_item(f"{path}[{index}]", prop, item, tracks_defaults, report)
                for index, item in enumerate(value)
            ]
        case Kind.MAPS, list() if all(isinstance(item, dict) for item in value):
            return [_texts(f"{path}[{index}]", item, report) for index, item in enumerate(value)]
        case Kind.MAP, dict():
            return _texts(path, value, report)
        case Kind.OBJECT, dict():
            return _convert_item(path, prop, value, tracks_defaults, report)
    if prop.kind in _NESTED:
        report.add(path, f"expected a {prop.kind.value}")
        return value
    return _scalar(path, prop.kind, value, report)


def _texts(path: str, items: Properties, report: _Report) -> Properties:
    return {key: _scalar(f"{path}.{key}", Kind.STRING, item, report) for key, item in items.items()}


def _convert_item(path: str, prop: Property, item: Value, tracks_defaults: bool, report: _Report) -> Value:
    if prop.fields is None or item is UNKNOWN:
        return _scalar(path, Kind.STRING, item, report)
    if not isinstance(item, dict):
        report.add(path, "expected an object")
        return item
    inputs = _check_properties(f"{path}.", prop.fields, item, tracks_defaults, report)
    for key, inner in prop.fields.items():
        if inner.required and key not in inputs:
            report.add(f"{path}.{key}", "is required")
    return {**inputs, DEFAULTS_KEY: []} if tracks_defaults else inputs


def _scalar(path: str, kind: Kind, value: Value, report: _Report) -> Value:
    """The value as the kind, where text, numbers and booleans convert as they do in the official plugins."""
    if value is UNKNOWN:
        return value
    match kind, value:
        case (Kind.STRING, str()) | (Kind.BOOL, bool()):
            return value
        case Kind.STRING, bool():
            return "true" if value else "false"
        case Kind.STRING, int() | float():
            return str(value)
        case Kind.BOOL, "true" | "false":
            return value == "true"
        case Kind.INT, int() if not isinstance(value, bool):
            return value
        case Kind.INT, str() if value.lstrip("-").isdecimal():
            return int(value)
    report.add(path, f"expected a {kind.value}")
    return value


def _name(
    key: str,
    prop: Property,
    rule: AutoName,
    olds: Properties,
    naming: Naming,
    inputs: Properties,
    report: _Report,
) -> None:
    name = olds.get(key) if key in olds.get(DEFAULTS_KEY, ()) else None
    name = name or naming.make(rule)
    if name is None:
        return
    if len(name) > rule.length:
        report.add(key, f"the made-up name {name!r} is longer than {rule.length} characters: give one")
    elif prop.rule and (problem := prop.rule(name)):
        report.add(key, f"the made-up name {name!r} does not do: {problem}; give one")
    inputs[key] = name
