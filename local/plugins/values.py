"""Property values: from the wire to plain Python and back.

Inside a plugin a value is None, a bool, an int or float, a str, a list or a dict of these, or `UNKNOWN` for what a
preview cannot know yet. Secrets travel bare, because the plugins do not accept marked ones; see `to_struct`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final, TypeAlias

from google.protobuf import struct_pb2

Value: TypeAlias = Any
"""A property value as described above; a recursive type buys nothing where every value is checked against a schema."""
Properties: TypeAlias = dict[str, Value]

_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"
_OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"

_UNKNOWN_TEXT: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWN_TEXTS: Final = frozenset(
    {
        _UNKNOWN_TEXT,  # text; the others are bool, number, list, asset, archive and object
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)


class Unknown:
    """The type of `UNKNOWN`; there is one instance."""

    def __repr__(self) -> str:
        return "<unknown>"


UNKNOWN: Final = Unknown()


def from_struct(struct: struct_pb2.Struct) -> Properties:
    """The properties of a request; marks of secrets and of outputs are taken off."""
    return {key: _from_value(value) for key, value in struct.fields.items()}


def _from_value(value: struct_pb2.Value) -> Value:
    match value.WhichOneof("kind"):
        case "struct_value":
            fields = value.struct_value.fields
            signature = fields[_SIGNATURE].string_value if _SIGNATURE in fields else ""
            if signature in (_SECRET, _OUTPUT):
                return _from_value(fields["value"]) if "value" in fields else UNKNOWN
            return from_struct(value.struct_value)
        case "list_value":
            return [_from_value(item) for item in value.list_value.values]
        case "string_value":
            return UNKNOWN if value.string_value in _UNKNOWN_TEXTS else value.string_value
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "bool_value":
            return value.bool_value
        case _:
            return None


def to_struct(properties: Mapping[str, Value], secrets: Collection[str] = ()) -> struct_pb2.Struct:
    """The properties of a response; those named in `secrets` are marked, properties that are None are left out."""
    struct = struct_pb2.Struct()
    for key, value in properties.items():
        if value is not None:
            wire = _to_wire(value)
            struct[key] = {_SIGNATURE: _SECRET, "value": wire} if key in secrets else wire
    return struct


def _to_wire(value: Value) -> Value:
    if value is UNKNOWN:
        return _UNKNOWN_TEXT
    if isinstance(value, Mapping):
        return {str(key): _to_wire(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_to_wire(item) for item in value]
    return value


def has_unknown(value: Value) -> bool:
    """Whether the value, or anything inside it, is not known yet."""
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(has_unknown(item) for item in value)
    return value is UNKNOWN


def is_empty(value: Value) -> bool:
    """Whether a value says no more than an absent one: the bridged plugins return "" for text that is not set."""
    return value is None or value in ("", 0, False) or value in ([], {})
