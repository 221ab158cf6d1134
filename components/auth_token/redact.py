"""The last guard: whatever a provider's call ends in, its text is cleared of every token before Pulumi prints it."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar
from urllib.parse import quote, quote_plus

from botocore.exceptions import BotoCoreError, ClientError

from components.auth_token.publication import PublicationError
from components.auth_token.rules import TokenError
from components.auth_token.session import SettingsError
from components.auth_token.steps import RotationStopped

_SPOKEN: Final = (RotationStopped, PublicationError, TokenError, SettingsError, ClientError, BotoCoreError)
"""Errors whose text says enough; of all others people get the traceback as well."""
_T = TypeVar("_T")


class RotationFailed(Exception):
    """What Pulumi shows where a call ends in an error: cleared of every token, without the chain that led to it."""


def guarded(where: str, secrets: Iterable[Any], call: Callable[[], _T]) -> _T:
    """The result of `call`; raises RotationFailed, about `where`, with none of `secrets` in its text."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - a boundary: no exception may pass unread
        text = str(error) if isinstance(error, _SPOKEN) else traceback.format_exc()
    raise RotationFailed(f"{where}: {cleared(text, secrets)}")


def cleared(text: str, secrets: Iterable[Any]) -> str:
    """`text` with each of `secrets` masked, also as it would stand in a URL or a Python literal."""
    for secret in filter(None, (s for s in secrets if isinstance(s, str))):
        for form in {secret, quote(secret), quote_plus(secret), repr(secret)[1:-1]}:
            text = text.replace(form, "[secret]")
    return text
