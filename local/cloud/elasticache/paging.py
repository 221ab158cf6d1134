"""Answers in pages: MaxRecords and Marker."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from local.cloud.elasticache.errors import invalid_value

_DEFAULT = 100
_LEAST, _MOST = 20, 100


def page(request: dict[str, Any], name: str, items: Sequence[Any]) -> dict[str, Any]:
    """The part of ``items`` that a request asks for, under ``name``, and the marker of the next part.

    Raises:
        ApiError: MaxRecords is not in AWS's range of 20 to 100, or the marker is none of ours.
    """
    size = request.get("MaxRecords", _DEFAULT)
    if not _LEAST <= size <= _MOST:
        raise invalid_value(f"MaxRecords must be between {_LEAST} and {_MOST}.")
    start = _position(request.get("Marker"), len(items))
    end = start + size
    marker = base64.urlsafe_b64encode(str(end).encode()).decode() if end < len(items) else None
    return {name: items[start:end], "Marker": marker}


def _position(marker: str | None, length: int) -> int:
    if marker is None:
        return 0
    try:
        position = int(base64.urlsafe_b64decode(marker))
    except (binascii.Error, ValueError) as error:
        raise invalid_value("The marker is not valid.") from error
    if not 0 <= position <= length:
        raise invalid_value("The marker is not valid.")
    return position
