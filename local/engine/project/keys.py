"""Configuration keys: `namespace:name`, where a bare name belongs to the project."""

from __future__ import annotations

from local.engine.errors import InvalidConfiguration


def full_key(project: str, key: str) -> str:
    """A key with its namespace; `ns:config:name` is an old way to write `ns:name`. Raises for what is no key."""
    match key.split(":"):
        case [name] if name:
            return f"{project}:{name}"
        case [namespace, name] if name:
            return f"{namespace}:{name}"
        case [namespace, "config", name] if name:
            return f"{namespace}:{name}"
    raise InvalidConfiguration(
        f"invalid configuration key: could not parse {key} as a configuration key "
        "(configuration keys should be of the form `<namespace>:<name>`)"
    )


def namespace(key: str) -> str:
    """What stands before the colon of a full key."""
    return key.split(":", 1)[0]


def short_key(project: str, key: str) -> str:
    """A key as people write it: without the project's own namespace."""
    return key.removeprefix(f"{project}:")
