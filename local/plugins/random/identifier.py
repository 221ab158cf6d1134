"""`random.RandomId`, as terraform-provider-random makes it."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping
from typing import ClassVar

from typing_extensions import override

from local.plugins.errors import InvalidError
from local.plugins.schema import OUTPUT, Call, Kind, Property, Resource
from local.plugins.values import Properties


class RandomId(Resource[str]):
    """Random bytes in four notations; its id is the URL-safe base 64 of the bytes."""

    token = "random:index/randomId:RandomId"
    title = "RandomId"
    tracks_defaults = False
    fills_unset = False
    properties: ClassVar[Mapping[str, Property]] = {
        "byteLength": Property(
            kind=Kind.INT,
            required=True,
            replaces=True,
            rule=lambda value: None if value >= 1 else "expected 1 or more",
        ),
        "keepers": Property(kind=Kind.MAP, replaces=True),
        "prefix": Property(replaces=True),
        "b64Std": OUTPUT,
        "b64Url": OUTPUT,
        "dec": OUTPUT,
        "hex": OUTPUT,
    }

    @override
    def create(self, call: Call[str], inputs: Properties) -> str:
        """Draw the bytes."""
        return base64.urlsafe_b64encode(secrets.token_bytes(inputs["byteLength"])).decode().rstrip("=")

    @override
    def read(self, call: Call[str], id_: str, prior: Properties) -> Properties | None:
        """Everything follows from the id; to import, it may be given as `PREFIX,ID`."""
        imported_prefix, _, digits = id_.rpartition(",")
        try:
            raw = base64.urlsafe_b64decode(digits + "=" * (-len(digits) % 4))
        except (binascii.Error, ValueError) as error:
            raise InvalidError(f"{digits!r} is not URL-safe base 64") from error
        prefix = prior.get("prefix") or imported_prefix
        return {
            "byteLength": len(raw),
            "keepers": prior.get("keepers"),
            "prefix": prefix or None,
            "b64Std": prefix + base64.b64encode(raw).decode(),
            "b64Url": prefix + digits,
            "dec": prefix + str(int.from_bytes(raw, "big")),
            "hex": prefix + raw.hex(),
        }

    @override
    def update(
        self, call: Call[str], id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> Properties:
        """No input can change without new bytes."""
        return {}

    @override
    def delete(self, call: Call[str], id_: str, old: Properties) -> None:
        """The engine forgets it."""
