"""The stack's checkpoint as it lies on disk, its secrets opened as the format says, not by the engine's code."""

import base64
import functools
import hashlib
import json
from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.local.engine.conformance.toy.values import SECRET, SIGNATURE

PASSPHRASE = "conformance"
Json = dict[str, Any]


def path_of(backend: Path, stack: str) -> Path:
    return backend / ".pulumi" / "stacks" / "conformance" / f"{stack}.json"


def read(path: Path) -> Json:
    """The document with every secret as `{"secret": value}`."""
    document: Json = json.loads(path.read_text())
    salt = document["checkpoint"]["latest"]["secrets_providers"]["state"]["salt"]
    opened: Json = _open(document, salt)
    return opened


def open_settings(text: str) -> Json:
    """A stack's file without its salt, every secret as `{"secret": text}`, every scalar the text that it is."""
    settings: Json = yaml.load(text, Loader=yaml.BaseLoader) or {}  # noqa: S506  # it makes nothing but texts
    salt = settings.pop("encryptionsalt", "")

    def opened(value: Any) -> Any:
        if isinstance(value, list):
            return [opened(item) for item in value]
        if not isinstance(value, dict):
            return value
        if set(value) == {"secure"}:
            return {"secret": decrypt(value["secure"], salt)}
        return {name: opened(item) for name, item in value.items()}

    return {name: opened(value) for name, value in settings.items()}


def decrypt(ciphertext: str, salt: str) -> str:
    """The clear text of `v1:NONCE:CIPHERTEXT` under a passphrase salt `v1:SALT:...`."""
    version, nonce, sealed = ciphertext.split(":")
    if version != "v1":
        raise ValueError(f"a ciphertext of version {version}")
    return AESGCM(_key(salt)).decrypt(base64.b64decode(nonce), base64.b64decode(sealed), None).decode()


@functools.cache
def _key(salt: str) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", PASSPHRASE.encode(), base64.b64decode(salt.split(":")[1]), 1_000_000, 32)


def _open(value: Any, salt: str) -> Any:
    if isinstance(value, list):
        return [_open(item, salt) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get(SIGNATURE) == SECRET:
        return {"secret": _open(json.loads(decrypt(value["ciphertext"], salt)), salt)}
    return {name: _open(item, salt) for name, item in value.items()}
