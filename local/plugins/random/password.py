"""`random.RandomPassword`, as terraform-provider-random makes it."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from typing import ClassVar, Final

from typing_extensions import override

from local.plugins.errors import Failure, PluginError
from local.plugins.schema import Call, Kind, Property, Resource
from local.plugins.values import Properties, has_unknown

_SPECIAL: Final = "!@#$%&*()-_=+[]{}<>:?"
_CLASSES: Final = {
    "upper": string.ascii_uppercase,
    "lower": string.ascii_lowercase,
    "numeric": string.digits,
    "special": _SPECIAL,
}
_BCRYPT_COST: Final = 10
_BCRYPT_LIMIT: Final = 72
"""Bytes that bcrypt looks at; the official plugin hashes the first 72 as well."""


def _minimum(name: str) -> str:
    return f"min{name.capitalize()}"


class RandomPassword(Resource[str]):
    """A random text from the operating system's source of randomness; every change of an input makes a new one."""

    token = "random:index/randomPassword:RandomPassword"
    title = "RandomPassword"
    schema_version = 3
    tracks_defaults = False
    fills_unset = False
    properties: ClassVar[Mapping[str, Property]] = {
        "length": Property(
            kind=Kind.INT,
            required=True,
            replaces=True,
            rule=lambda value: None if value >= 1 else "expected 1 or more",
        ),
        "keepers": Property(kind=Kind.MAP, replaces=True),
        "overrideSpecial": Property(replaces=True),
        **{name: Property(kind=Kind.BOOL, default=True, replaces=True) for name in _CLASSES},
        **{_minimum(name): Property(kind=Kind.INT, default=0, replaces=True) for name in _CLASSES},
        "number": Property(kind=Kind.BOOL, computed=True, refused="is deprecated: give numeric"),
        "result": Property(output=True, secret=True),
        "bcryptHash": Property(output=True, secret=True),
    }

    @override
    def check(self, inputs: Properties) -> list[Failure]:
        """The smallest numbers fit into the length, and there is something to choose from."""
        if has_unknown([inputs.get(key) for key in ("length", *_CLASSES, *map(_minimum, _CLASSES))]):
            return []
        failures = []
        least = sum(inputs[_minimum(name)] for name in _CLASSES)
        if isinstance(inputs.get("length"), int) and inputs["length"] < least:
            failures.append(Failure("length", f"expected at least {least}, the sum of the min... inputs"))
        if not any(inputs[name] for name in _CLASSES):
            failures.append(Failure("numeric", f"expected at least one of {', '.join(_CLASSES)} to be true"))
        return failures

    @override
    def planned(self, session: str, inputs: Properties) -> Properties:
        """`number` is the old name of `numeric`."""
        return {"number": inputs.get("numeric", True)}

    @override
    def create(self, call: Call[str], inputs: Properties) -> str:
        """The id is a constant: it would otherwise show the password."""
        return "none"

    @override
    def settle(self, call: Call[str], id_: str, inputs: Properties) -> Properties:
        """Draw the password."""
        password = _draw(inputs)
        return {"result": password, "bcryptHash": _bcrypt(password), "number": inputs["numeric"]}

    @override
    def read(self, call: Call[str], id_: str, prior: Properties) -> Properties | None:
        """What the state holds: there is no other place."""
        if "result" not in prior:
            raise PluginError("a password lives in a stack's state alone, it cannot be read by its id")
        return prior

    @override
    def update(
        self, call: Call[str], id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> Properties:
        """No input can change without a new password, so the old one stays."""
        return {key: old[key] for key in ("result", "bcryptHash", "number") if key in old}

    @override
    def delete(self, call: Call[str], id_: str, old: Properties) -> None:
        """The engine forgets it."""


def _draw(inputs: Properties) -> str:
    classes = {**_CLASSES, "special": inputs.get("overrideSpecial") or _SPECIAL}
    drawn = [secrets.choice(characters) for name, characters in classes.items() for _ in range(inputs[_minimum(name)])]
    every = "".join(characters for name, characters in classes.items() if inputs[name])
    drawn += [secrets.choice(every) for _ in range(inputs["length"] - len(drawn))]
    secrets.SystemRandom().shuffle(drawn)
    return "".join(drawn)


def _bcrypt(password: str) -> str:
    import bcrypt  # here because most runs make no password

    return bcrypt.hashpw(password.encode()[:_BCRYPT_LIMIT], bcrypt.gensalt(_BCRYPT_COST, prefix=b"2a")).decode()
