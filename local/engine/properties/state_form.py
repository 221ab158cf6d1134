"""Property values in the checkpoint's JSON: secrets sealed, whole numbers as integers, unknowns as a constant."""

from __future__ import annotations

import json
from typing import Any, Final, Protocol

from local.engine.errors import Unsupported
from local.engine.properties.values import (
    ARCHIVE,
    ASSET,
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
    whole_number,
)

_KEPT_AS_THEY_ARE: Final = frozenset({ASSET, ARCHIVE, RESOURCE_REFERENCE})


class Cipher(Protocol):
    """What seals and opens secrets."""

    def encrypt(self, plaintext: str) -> str:
        """Seal a text."""

    def decrypt(self, ciphertext: str) -> str:
        """Open what `encrypt` sealed."""


def properties_to_state(properties: Properties, cipher: Cipher) -> dict[str, Any]:
    """Properties as the checkpoint holds them."""
    return {key: to_state(properties[key], cipher) for key in sorted(properties)}


def to_state(value: PropertyValue, cipher: Cipher) -> Any:
    """A value as the checkpoint holds it; a secret keeps the ciphertext it came with."""
    if isinstance(value, Secret):
        if value.ciphertext is None:
            value.ciphertext = cipher.encrypt(compact_json(to_state(plain(value), cipher)))
        return {SIGNATURE: SECRET, "ciphertext": value.ciphertext}
    if isinstance(value, dict):
        return properties_to_state(value, cipher)
    if isinstance(value, list):
        return [to_state(item, cipher) for item in value]
    if isinstance(value, Unknown):
        return UNKNOWN_TEXT
    return whole_number(value) if isinstance(value, float) else value


def properties_from_state(properties: dict[str, Any], cipher: Cipher) -> Properties:
    """Properties read from a checkpoint."""
    return {key: from_state(value, cipher) for key, value in properties.items()}


def from_state(value: Any, cipher: Cipher) -> PropertyValue:
    """A value read from a checkpoint; raises `Unsupported` for kinds of value that this engine does not know."""
    if isinstance(value, dict):
        match value.get(SIGNATURE):
            case str(signature) if signature == SECRET:
                return _secret_from_state(value, cipher)
            case str(signature) if signature not in _KEPT_AS_THEY_ARE:
                raise Unsupported(f"the state holds a kind of value ({signature}) that needs the real pulumi")
        return properties_from_state(value, cipher)
    if isinstance(value, list):
        return [from_state(item, cipher) for item in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if value == UNKNOWN_TEXT:
        return UNKNOWN
    return value  # type: ignore[no-any-return]  # what is left of JSON: text, float, bool, null


def _secret_from_state(sealed: dict[str, Any], cipher: Cipher) -> Secret:
    ciphertext = sealed.get("ciphertext")
    text = sealed["plaintext"] if ciphertext is None else cipher.decrypt(ciphertext)
    return Secret(from_state(json.loads(text), cipher), ciphertext)


def compact_json(value: Any) -> str:
    """JSON as Go's encoder writes it: sorted, without spaces, with the characters escaped that matter to HTML."""
    text = json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
