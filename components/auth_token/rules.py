"""What an auth token may be, and how one is carried so that it does not leak."""

from __future__ import annotations

import secrets
import string
from typing import Final

TOKEN_LENGTH: Final = 64
"""Characters of a generated token."""

TOKEN_SPECIAL: Final = "!&#$^<>-"
"""The punctuation that both CreateReplicationGroup and ModifyReplicationGroup accept (user guide, "Authenticating with
the AUTH command"; ModifyReplicationGroup alone is wider, and only excludes `/ " @ %`)."""

_SHORTEST, _LONGEST = 16, 128
_ALPHABET: Final = frozenset(string.ascii_letters + string.digits + TOKEN_SPECIAL)


class TokenError(ValueError):
    """A text that ElastiCache would refuse as a token. The message names the rule, never the text."""


class Token:
    """An auth token that shows itself only when asked by `reveal`: not in `repr`, `str`, a format or an exception."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Carry `text`.

        Raises TokenError where it is none: 16 to 128 characters of letters, digits and `!&#$^<>-`
        (CreateReplicationGroup, AuthToken; user guide, "Authenticating with the AUTH command").
        """
        if not _SHORTEST <= len(text) <= _LONGEST:
            raise TokenError(f"the token has {len(text)} characters; ElastiCache takes {_SHORTEST} to {_LONGEST}")
        if not _ALPHABET.issuperset(text):
            raise TokenError(
                f"the token has a character outside letters, digits and {TOKEN_SPECIAL}; ElastiCache refuses it"
            )
        self._text = text

    @classmethod
    def random(cls) -> Token:
        """A token that nobody has seen: to be told apart from the group's, or to pass through (see rotation.py)."""
        alphabet = sorted(_ALPHABET)
        return cls("".join(secrets.choice(alphabet) for _ in range(TOKEN_LENGTH)))

    def reveal(self) -> str:
        """The text itself, for the two places that need it: the AWS call and the AUTH command."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Token) and secrets.compare_digest(self._text, other._text)

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "[secret]"
