"""Secrets sealed with a passphrase, exactly as the real engine does it, so that either opens the other's.

The key is PBKDF2-HMAC-SHA256 of passphrase and salt, 1,000,000 rounds; a secret is AES-256-GCM under a random nonce,
written `v1:<nonce>:<ciphertext>` in base64. The salt is kept as `v1:<salt>:<secret>`, where the secret is the text
"pulumi": opening it proves the passphrase.
"""

from __future__ import annotations

import base64
import hashlib
import os
from functools import cache
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from local.engine.errors import InvalidConfiguration

_ROUNDS: Final = 1_000_000
_KEY_BYTES: Final = 32
_SALT_BYTES: Final = 8
_NONCE_BYTES: Final = 12
_PROOF: Final = "pulumi"


@cache
def _derive(phrase: str, salt: bytes) -> bytes:
    """The key; a quarter of a second of work, so a process does it once for each salt."""
    return hashlib.pbkdf2_hmac("sha256", phrase.encode(), salt, _ROUNDS, _KEY_BYTES)


def passphrase_from_environment() -> str:
    """The passphrase that the environment names; raises `InvalidConfiguration` where it names none."""
    phrase = os.environ.get("PULUMI_CONFIG_PASSPHRASE")
    file = os.environ.get("PULUMI_CONFIG_PASSPHRASE_FILE")
    if phrase is None and file:
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise InvalidConfiguration(f"unable to read PULUMI_CONFIG_PASSPHRASE_FILE: {error}") from error
    if phrase is None:
        raise InvalidConfiguration(
            "passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE environment "
            "variables"
        )
    return phrase


class Passphrase:
    """Seals and opens texts. `state` is what must be kept to open them again, beside the passphrase itself."""

    def __init__(self, phrase: str, state: str) -> None:
        """Open what `state` describes; raises `InvalidConfiguration` when the passphrase is not the right one."""
        match state.split(":", 2):
            case ["v1", salt, proof]:
                self._seal = AESGCM(_derive(phrase, base64.b64decode(salt)))
            case _:
                raise InvalidConfiguration(f"malformed encryption salt {state!r}")
        self.state = state
        if self.decrypt(proof) != _PROOF:
            raise InvalidConfiguration("incorrect passphrase")

    @classmethod
    def create(cls, phrase: str) -> Passphrase:
        """A seal with a salt of its own."""
        salt = os.urandom(_SALT_BYTES)
        proof = _encrypt(AESGCM(_derive(phrase, salt)), _PROOF)
        return cls(phrase, f"v1:{base64.b64encode(salt).decode()}:{proof}")

    def encrypt(self, plaintext: str) -> str:
        """Seal a text."""
        return _encrypt(self._seal, plaintext)

    def decrypt(self, ciphertext: str) -> str:
        """Open a text; raises `InvalidConfiguration` when it was sealed otherwise."""
        match ciphertext.split(":"):
            case ["v1", nonce, body]:
                try:
                    return self._seal.decrypt(base64.b64decode(nonce), base64.b64decode(body), None).decode()
                except InvalidTag as error:
                    raise InvalidConfiguration("incorrect passphrase") from error
        raise InvalidConfiguration("malformed ciphertext: expected v1:<nonce>:<ciphertext>")


def _encrypt(seal: AESGCM, plaintext: str) -> str:
    nonce = os.urandom(_NONCE_BYTES)
    body = seal.encrypt(nonce, plaintext.encode(), None)
    return f"v1:{base64.b64encode(nonce).decode()}:{base64.b64encode(body).decode()}"
