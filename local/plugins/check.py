"""Inputs as the program gave them, made ready: types, rules, made-up names, defaults."""

from __future__ import annotations

import difflib
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from local.plugins.errors import Failure
from local.plugins.schema import AutoName, Kind, Property, Resource
from local.plugins.values import UNKNOWN, Properties, Unknown, Value

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


def check(
    resource: Resource[Any], olds: Properties, news: Properties, naming: Naming
) -> tuple[Properties, list[Failure]]:
    """The inputs to use instead of `news`, and what is wrong with them; `olds` are the inputs of the last run."""
    checker = _Checker(resource.tracks_defaults)
    inputs = checker.properties("", resource.properties, news)
    given = set(inputs)
    if resource.tracks_defaults:
        inputs = resource.completed(inputs)
    for key, prop in resource.properties.items():
        if prop.autoname and key not in inputs and not any(other in inputs for other in prop.conflicts):
            kept = olds.get(key) if key in olds.get(DEFAULTS_KEY, ()) else None
            if name := kept or naming.make(prop.autoname):
                checker.name(key, prop, prop.autoname, name)
                inputs[key] = name
    checker.missing("", resource.properties, inputs)
    if not checker.failures:
        checker.failures.extend(resource.check(resource.completed(inputs)))
    if resource.tracks_defaults:
        inputs[DEFAULTS_KEY] = sorted(set(inputs) - given)
    return inputs, checker.failures


def check_config(properties: Mapping[str, Property], config: Properties) -> tuple[Properties, list[Failure]]:
    """A provider's configuration: nested values may be JSON text, as the engine passes them."""
    checker = _Checker(tracks_defaults=False)
    parsed = dict(config)
    for key, value in config.items():
        prop = properties.get(key)
        if prop and isinstance(value, str) and prop.kind in _NESTED:
            try:
                parsed[key] = json.loads(value)
            except ValueError:
                checker.fail(key, f"expected JSON of {prop.kind.value}")
                del parsed[key]
    return checker.properties("", properties, parsed), checker.failures


class _Checker:
    """Converts values to what the schema says, and notes what is wrong with them."""

    def __init__(self, tracks_defaults: bool) -> None:
        self._tracks_defaults = tracks_defaults
        self.failures: list[Failure] = []

    def fail(self, path: str, reason: str) -> None:
        """Note a broken rule."""
        self.failures.append(Failure(path, reason))

    def properties(self, path: str, schema: Mapping[str, Property], news: Properties) -> Properties:
        """The values that are given, each converted; `path` is what their paths begin with."""
        inputs: Properties = {}
        for key, value in news.items():
            if value is None or key.startswith("__"):
                continue
            prop = schema.get(key)
            if prop is None or prop.output:
                self.fail(path + key, _unexpected(key, schema))
            elif prop.refused:
                self.fail(path + key, prop.refused)
            else:
                inputs[key] = self._value(path + key, prop, value)
                for other in prop.conflicts:
                    if news.get(other) is not None:
                        self.fail(path + key, f"conflicts with {other}")
        return inputs

    def missing(self, path: str, schema: Mapping[str, Property], inputs: Properties) -> None:
        """Note what must be given and is not."""
        for key, prop in schema.items():
            if prop.required and key not in inputs:
                self.fail(path + key, "is required")

    def name(self, key: str, prop: Property, rule: AutoName, name: str) -> None:
        """Note what is wrong with a name that was made up."""
        if len(name) > rule.length:
            self.fail(key, f"the made-up name {name!r} is longer than {rule.length} characters: give one")
        elif prop.rule and (problem := prop.rule(name)):
            self.fail(key, f"the made-up name {name!r} does not do: {problem}; give one")

    def _value(self, path: str, prop: Property, value: Value) -> Value:
        before = len(self.failures)
        value = self._convert(path, prop, value)
        if len(self.failures) > before or value is UNKNOWN:
            return value
        shown = "[secret]" if prop.secret or prop.write_only else repr(value)
        if prop.choices and value not in prop.choices:
            self.fail(path, f"expected one of {', '.join(map(str, prop.choices))}, got {shown}")
        elif prop.rule and (problem := prop.rule(value)):
            self.fail(path, f"{problem}, got {shown}")
        return value

    def _convert(self, path: str, prop: Property, value: Value) -> Value:
        match prop.kind, value:
            case _, Unknown():
                return value
            case Kind.LIST | Kind.SET, list():
                return [self._item(f"{path}[{index}]", prop, item) for index, item in enumerate(value)]
            case Kind.MAPS, list() if all(isinstance(item, dict) for item in value):
                return [self._texts(f"{path}[{index}]", item) for index, item in enumerate(value)]
            case Kind.MAP, dict():
                return self._texts(path, value)
            case Kind.OBJECT, dict():
                return self._item(path, prop, value)
        if prop.kind in _NESTED:
            self.fail(path, f"expected {prop.kind.value}")
            return value
        return self._scalar(path, prop.kind, value)

    def _item(self, path: str, prop: Property, item: Value) -> Value:
        if prop.fields is None or item is UNKNOWN:
            return self._scalar(path, Kind.STRING, item)
        if not isinstance(item, dict):
            self.fail(path, f"expected {Kind.OBJECT.value}")
            return item
        inputs = self.properties(f"{path}.", prop.fields, item)
        self.missing(f"{path}.", prop.fields, inputs)
        return {**inputs, DEFAULTS_KEY: []} if self._tracks_defaults else inputs

    def _texts(self, path: str, items: Properties) -> Properties:
        return {key: self._scalar(f"{path}.{key}", Kind.STRING, item) for key, item in items.items()}

    def _scalar(self, path: str, kind: Kind, value: Value) -> Value:
        """The value as the kind, where text, numbers and booleans convert as they do in the official plugins."""
        match kind, value:
            case (_, Unknown()) | (Kind.STRING, str()) | (Kind.BOOL, bool()):
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
        self.fail(path, f"expected {kind.value}")
        return value


def _unexpected(key: str, schema: Mapping[str, Property]) -> str:
    if key in schema:
        return "is set by the cloud and cannot be given"
    inputs = [name for name, prop in schema.items() if not (prop.output or prop.refused)]
    near = difflib.get_close_matches(key, inputs, n=1)
    return "is not known here" + (f"; did you mean {near[0]}?" if near else "")
