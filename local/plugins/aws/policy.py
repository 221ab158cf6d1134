"""Policy documents: JSON text that means the same in many spellings."""

from __future__ import annotations

import json
from typing import Final

from local.plugins.schema import Property
from local.plugins.values import Value


def normal(text: str) -> str:
    """The document as compact JSON, as the official plugin sends it.

    Raises:
        ValueError: the text is not JSON.
    """
    return json.dumps(json.loads(text), separators=(",", ":"))


def problem(text: str) -> str | None:
    """The rule that a policy breaks, or None."""
    try:
        json.loads(text)
    except ValueError as error:
        return f"expected JSON: {error}"
    return None


def meaning(text: Value) -> Value:
    """One value for all spellings of a document: order of keys and lists, lists of one, an account's short form.

    An empty document comes out empty, as no document does.
    """
    try:
        return _meaning(json.loads(text))
    except (TypeError, ValueError):
        return text


def _meaning(value: Value, key: str = "") -> Value:
    if isinstance(value, dict):
        return {name: _meaning(item, name) for name, item in value.items()}
    if isinstance(value, list):
        items = [_meaning(item, key) for item in value]
        return items[0] if len(items) == 1 else sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
    if key == "Principal" and value == "*":
        return {"AWS": "*"}
    if key == "AWS" and isinstance(value, str) and value.isdecimal():
        return f"arn:aws:iam::{value}:root"
    return str(value).lower() if isinstance(value, bool) else value


POLICY: Final = Property(rule=problem, canonical=meaning)
