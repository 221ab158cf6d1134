"""The typed `config:` section of Pulumi.yaml: what a project asks of its stacks' settings.

Types, defaults and the wording of refusals are the real CLI's, so that a person reads the same with either engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from local.engine.errors import InvalidConfiguration
from local.engine.project.keys import full_key, namespace
from local.engine.project.values import ConfigValue

_SIMPLE_TYPES: Final = ("string", "integer", "boolean", "array", "object")
_ATTRIBUTES: Final = ("type", "items", "description", "secret", "default", "value")


@dataclass(frozen=True, slots=True)
class ValueType:
    """A type: simple, or an array of another."""

    name: str
    items: ValueType | None = None

    @classmethod
    def parse(cls, key: str, declared: Mapping[str, Any]) -> ValueType:
        """Read `type` and `items` of a declaration; raises `InvalidConfiguration`."""
        name = declared.get("type")
        if name not in _SIMPLE_TYPES:
            raise InvalidConfiguration(
                f"#/config/{key}/type: value must be one of {', '.join(_SIMPLE_TYPES)}, not {name}"
            )
        items = declared.get("items")
        if name == "array" and not isinstance(items, dict):
            raise InvalidConfiguration(
                f"The configuration key '{key}' declares an array but does not specify the underlying type "
                "via the 'items' attribute"
            )
        return cls(str(name), cls.parse(f"{key}/items", items) if isinstance(items, dict) else None)

    def __str__(self) -> str:
        return f"array<{self.items}>" if self.items else self.name

    def admits(self, value: Any) -> bool:
        """Whether a value is of this type; texts that read as an integer or a boolean are."""
        match self.name:
            case "string":
                return isinstance(value, str)
            case "integer":
                return _is_integer(value)
            case "boolean":
                return isinstance(value, bool) or value in ("true", "false")
            case "object":
                return isinstance(value, dict)
        return isinstance(value, list) and self.items is not None and all(map(self.items.admits, value))


def _is_integer(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, str):
        digits = value[1:] if value[:1] in ("+", "-") else value
        return digits.isascii() and digits.isdigit()
    return isinstance(value, int) or (isinstance(value, float) and value.is_integer())


@dataclass(frozen=True, slots=True)
class Declaration:
    """One key of the section. `default` and `value` are None where the project gives none."""

    key: str
    full_key: str
    type: ValueType | None
    secret: bool
    default: ConfigValue | None
    value: ConfigValue | None

    @property
    def provided(self) -> ConfigValue | None:
        """What a stack has that sets nothing."""
        return self.default or self.value


def parse_declarations(project: str, section: Mapping[str, Any]) -> list[Declaration]:
    """The section's declarations, in the order of their keys; raises `InvalidConfiguration`."""
    return [_parse(project, str(key), section[key]) for key in sorted(section, key=str)]


def _parse(project: str, key: str, written: Any) -> Declaration:
    whole = full_key(project, key)
    own = namespace(whole) == project
    if not isinstance(written, dict):  # the short form: a default of our own keys, a value of others'
        written = {"default" if own else "value": written}
    unknown = [attribute for attribute in written if attribute not in _ATTRIBUTES]
    if unknown:
        raise InvalidConfiguration(
            f"#/config/{key}: additionalProperties '{unknown[0]}' not allowed; "
            f"the allowed attributes are {', '.join(_ATTRIBUTES)}"
        )
    declaration = Declaration(
        key=key,
        full_key=whole,
        type=ValueType.parse(key, written) if "type" in written else None,
        secret=bool(written.get("secret")),
        default=None if written.get("default") is None else ConfigValue(written["default"]),
        value=None if written.get("value") is None else ConfigValue(written["value"]),
    )
    _validate(declaration, own=own)
    return declaration


def _validate(declared: Declaration, *, own: bool) -> None:
    key, kind = declared.key, declared.type
    if declared.default and declared.value:
        raise InvalidConfiguration(f"project config '{key}' cannot have both a 'default' and 'value' attribute")
    if own:
        if kind and declared.default and not kind.admits(declared.default.raw):
            raise InvalidConfiguration(
                f"The default value specified for configuration key '{key}' is not of the expected type '{kind}'"
            )
        return
    if kind:
        raise InvalidConfiguration(
            f"Configuration key '{key}' is not namespaced by the project and should not define a type"
        )
    if declared.default:
        raise InvalidConfiguration(
            f"Configuration key '{key}' is not namespaced by the project and should not define a default value. "
            "Did you mean to use the 'value' attribute instead of 'default'?"
        )
    if not declared.value:
        raise InvalidConfiguration(f"Configuration key '{key}' is namespaced and must provide an attribute 'value'")


def apply(declarations: list[Declaration], project: str, values: dict[str, ConfigValue]) -> list[str]:
    """Fill in what the stack does not set; returns the project's own keys that nothing sets."""
    missing = []
    for declared in declarations:
        if declared.full_key in values:
            continue
        if declared.provided is not None:
            values[declared.full_key] = declared.provided
        elif namespace(declared.full_key) == project:
            missing.append(declared.key)
    return missing


def refuse_missing(stack: str, missing: list[str]) -> None:
    """Raise `InvalidConfiguration` if any key is missing, naming all of them."""
    if not missing:
        return
    quoted = [f"'{key}'" for key in sorted(missing)]
    listed = quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
    raise InvalidConfiguration(
        f"validating stack config: Stack '{stack}' is missing configuration value{'s' * (len(missing) > 1)} {listed}"
    )


def refuse_wrong_types(
    stack: str, declarations: list[Declaration], values: Mapping[str, ConfigValue], decrypt: Callable[[str], str]
) -> None:
    """Raise `InvalidConfiguration` for the first value that is not of its declared type, or in clear though secret."""
    for declared in declarations:
        value = values.get(declared.full_key)
        if declared.type is None or value is None:
            continue
        which = f"validating stack config: Stack '{stack}' with configuration key '{declared.key}'"
        if declared.secret and not value.is_secret:
            raise InvalidConfiguration(f"{which} must be encrypted as it's secret")
        if not declared.type.admits(value.opened(decrypt) if value.is_object else value.text(decrypt)):
            raise InvalidConfiguration(f"{which} must be of type '{declared.type}'")
