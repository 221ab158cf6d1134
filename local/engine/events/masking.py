"""Keeping secrets out of texts: what programs and providers print is not theirs alone to judge."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from typing import Any, Final

from local.engine.properties.values import MASK, PropertyValue, secret_texts

_SHORTEST: Final = 3
_LONG: Final = 8
"""From this length on a secret is masked inside words as well; a shorter one may be a common syllable."""


class Masker:
    """Knows the texts that must not be seen, and masks them."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self._guard = threading.Lock()

    def learn(self, texts: Iterable[str]) -> None:
        """Mask these from now on, and each line of those that have several."""
        new = {part for text in texts for part in (text, *text.splitlines()) if len(part) >= _SHORTEST}
        with self._guard:
            if new - self._secrets:
                self._secrets |= new
                longest_first = sorted(self._secrets, key=len, reverse=True)
                self._pattern = re.compile("|".join(map(_as_pattern, longest_first)))

    def learn_value(self, value: PropertyValue) -> None:
        """Mask every text that is marked secret within a property value."""
        self.learn(secret_texts(value))

    def masked(self, text: str) -> str:
        """The text with every known secret masked."""
        pattern = self._pattern
        return pattern.sub(MASK, text) if pattern else text

    def masked_json(self, value: Any) -> Any:
        """JSON with every known secret masked in its texts."""
        if isinstance(value, str):
            return self.masked(value)
        if isinstance(value, dict):
            return {key: self.masked_json(item) for key, item in value.items()}
        return [self.masked_json(item) for item in value] if isinstance(value, list) else value


def _as_pattern(secret: str) -> str:
    escaped = re.escape(secret)
    return escaped if len(secret) >= _LONG else rf"(?<!\w){escaped}(?!\w)"
