"""Property values as Python values, and what secrets and unknowns mean for them.

A property value is None, bool, float, str, a list, a dict, a `Secret` or `UNKNOWN`; numbers are always floats. Assets
and resource references stay dicts that carry the signature key, as in the checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"
RESOURCE_REFERENCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
OUTPUT_VALUE: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
ASSET: Final = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE: Final = "0def7320c3a5731c473e5ecbe6d01bc7"

# The text that stands for an unknown on the wire and in the state; it is also the id of a provider not yet created.
UNKNOWN_TEXT: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
MASK: Final = "[secret]"


class Unknown:
    """The type of `UNKNOWN`: a value that only the operation itself will tell."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


class Secret:
    """A value that is masked wherever people look, and encrypted in the checkpoint.

    `ciphertext` is what the value was read from or last written as, so that an unchanged secret keeps its ciphertext.
    """

    __slots__ = ("ciphertext", "value")

    def __init__(self, value: PropertyValue, ciphertext: str | None = None) -> None:
        self.value = value
        self.ciphertext = ciphertext

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.value == other.value

    __hash__ = None  # type: ignore[assignment]  # values are compared, never used as keys

    def __repr__(self) -> str:
        return MASK


PropertyValue: TypeAlias = (
    "bool | float | str | list[PropertyValue] | dict[str, PropertyValue] | Secret | Unknown | None"
)
Properties: TypeAlias = dict[str, PropertyValue]


def plain(value: PropertyValue) -> PropertyValue:
    """The value without its secret marks, at any depth."""
    if isinstance(value, Secret):
        return plain(value.value)
    if isinstance(value, dict):
        return plain_properties(value)
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def plain_properties(properties: Mapping[str, PropertyValue]) -> Properties:
    """Properties without their secret marks, at any depth."""
    return {key: plain(value) for key, value in properties.items()}


def is_secret(value: PropertyValue) -> bool:
    """Whether this very value is marked."""
    return isinstance(value, Secret)


def is_unknown(value: PropertyValue) -> bool:
    """Whether this very value is unknown."""
    return isinstance(value, Unknown)


def contains(value: PropertyValue, test: Callable[[PropertyValue], bool]) -> bool:
    """Whether the test holds for the value or for anything inside it, secrets included."""
    return test(value) or any(contains(part, test) for part in _parts(value))


def secret_texts(value: PropertyValue, *, within: bool = False) -> Iterable[str]:
    """Every text that stands inside a secret mark, for masking what a provider or a program prints."""
    if isinstance(value, Secret):
        yield from secret_texts(value.value, within=True)
    elif isinstance(value, str):
        if within:
            yield value
    else:
        for part in _parts(value):
            yield from secret_texts(part, within=within)


def _parts(value: PropertyValue) -> Iterable[PropertyValue]:
    if isinstance(value, Secret):
        return (value.value,)
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def mark_echoed_secrets(outputs: Properties, inputs: Mapping[str, PropertyValue]) -> None:
    """Mark outputs whose input of the same key holds a secret: a provider that knows no secrets echoes them bare."""
    for key, given in inputs.items():
        if key not in outputs:
            continue
        echoed = outputs[key]
        if isinstance(echoed, dict) and isinstance(given, dict):
            mark_echoed_secrets(echoed, given)
        elif not is_secret(echoed) and contains(given, is_secret):
            outputs[key] = Secret(echoed)


def for_people(value: PropertyValue, *, show_secrets: bool = False, unknown: str = "[unknown]") -> Any:
    """The value as JSON for people and scripts: secrets masked unless shown, whole numbers as integers."""
    if isinstance(value, Secret):
        return for_people(value.value, show_secrets=True, unknown=unknown) if show_secrets else MASK
    if isinstance(value, dict):
        return {key: for_people(item, show_secrets=show_secrets, unknown=unknown) for key, item in value.items()}
    if isinstance(value, list):
        return [for_people(item, show_secrets=show_secrets, unknown=unknown) for item in value]
    if isinstance(value, Unknown):
        return unknown
    return whole_number(value) if isinstance(value, float) else value


def equal(one: PropertyValue, other: PropertyValue) -> bool:
    """Deep equality as the engine means it: a key whose value is null is as good as no key."""
    if isinstance(one, dict) and isinstance(other, dict):
        return all(equal(one.get(key), other.get(key)) for key in {*one, *other})
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, Secret) and isinstance(other, Secret):
        return equal(one.value, other.value)
    return type(one) is type(other) and one == other


def whole_number(number: float) -> int | float:
    """An integer where the number is one, as Go's encoder of JSON writes it."""
    return int(number) if number.is_integer() and abs(number) < 1e21 else number
