"""The example of docs/clients.md, as it stands there."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final

PAGE: Final = Path(__file__).resolve().parents[3] / "docs" / "clients.md"
_BLOCK: Final = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def source() -> str:
    """The page's one block of Python."""
    (block,) = _BLOCK.findall(PAGE.read_text())
    return str(block)


@cache
def module() -> Any:  # made here and now: no type checker knows what is in it
    """What a file with that block in it would be, imported."""
    made = ModuleType("auth_token_example")
    exec(compile(source(), str(PAGE), "exec"), made.__dict__)  # noqa: S102  # our own page
    return made
