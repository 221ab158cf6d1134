"""Property values on the wire: `google.protobuf.Struct` with signature keys for what JSON has no word for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from google.protobuf import struct_pb2

from local.engine.errors import Unsupported
from local.engine.properties.values import (
    ARCHIVE,
    ASSET,
    OUTPUT_VALUE,
    RESOURCE_REFERENCE,
    SECRET,
    SIGNATURE,
    UNKNOWN,
    UNKNOWN_TEXT,
    Properties,
    PropertyValue,
    Secret,
    Unknown,
    plain,
)

# One text per kind of value; this engine needs no difference between an unknown number and an unknown list.
UNKNOWN_TEXTS: Final = frozenset(
    {
        UNKNOWN_TEXT,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
_LEFT_OUT: Final = object()


def decode_properties(struct: struct_pb2.Struct) -> Properties:
    """A message's properties; raises `Unsupported` for archives."""
    return {key: decode(value) for key, value in struct.fields.items()}


def decode(value: struct_pb2.Value) -> PropertyValue:
    """A message's value; raises `Unsupported` for archives."""
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _signed(decode_properties(value.struct_value))
    if kind == "list_value":
        return [decode(item) for item in value.list_value.values]
    if kind == "string_value":
        return UNKNOWN if value.string_value in UNKNOWN_TEXTS else value.string_value
    if kind == "number_value":
        return value.number_value
    return value.bool_value if kind == "bool_value" else None


def _signed(fields: Properties) -> PropertyValue:
    match fields.get(SIGNATURE):
        case str(signature) if signature == SECRET:
            return Secret(plain(fields.get("value")))
        case str(signature) if signature == OUTPUT_VALUE:  # its dependencies travel in propertyDependencies as well
            inner = fields.get("value", UNKNOWN)
            return Secret(inner) if fields.get("secret") else inner
        case str(signature) if signature == ASSET:
            return {**fields, "hash": fields.get("hash") or _asset_hash(fields)}
        case str(signature) if signature == ARCHIVE:
            raise Unsupported("archives as inputs need the real pulumi: this engine cannot compute their hashes")
    return fields


def _asset_hash(asset: Mapping[str, PropertyValue]) -> str:
    match asset:
        case {"text": str(text)}:
            return hashlib.sha256(text.encode()).hexdigest()
        case {"path": str(path)}:
            return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    raise Unsupported("remote assets as inputs need the real pulumi: this engine does not download them")


def encode_properties(
    properties: Mapping[str, PropertyValue], *, unknowns: bool, secrets: bool = True, resources: bool = True
) -> struct_pb2.Struct:
    """Properties as a message: unknowns left out, secrets bared, references made ids, unless they are to be kept."""
    struct = struct_pb2.Struct()
    struct.update(_bare(dict(properties), unknowns=unknowns, secrets=secrets, resources=resources))
    return struct


def _bare(value: PropertyValue, *, unknowns: bool, secrets: bool, resources: bool) -> Any:
    if isinstance(value, Unknown):
        return UNKNOWN_TEXT if unknowns else _LEFT_OUT
    if isinstance(value, Secret):
        inner = _bare(value.value, unknowns=unknowns, secrets=secrets, resources=resources)
        return {SIGNATURE: SECRET, "value": inner} if secrets and inner is not _LEFT_OUT else inner
    if isinstance(value, dict):
        if value.get(SIGNATURE) == RESOURCE_REFERENCE and not resources:
            return value["id"] if "id" in value else value["urn"]
        items = {k: _bare(v, unknowns=unknowns, secrets=secrets, resources=resources) for k, v in value.items()}
        return {k: v for k, v in items.items() if v is not _LEFT_OUT}
    if isinstance(value, list):
        elements = [_bare(v, unknowns=unknowns, secrets=secrets, resources=resources) for v in value]
        return [v for v in elements if v is not _LEFT_OUT]
    return value
