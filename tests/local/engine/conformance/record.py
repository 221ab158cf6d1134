"""Recorded fixtures: a file for each scenario, a line for each resource, so that a difference reads well."""

import difflib
import json
from pathlib import Path
from typing import Any

from tests.local.engine.conformance.normal import Json

FIXTURES = Path(__file__).parent / "fixtures"


def path_of(scenario: str) -> Path:
    return FIXTURES / f"{scenario}.json"


def load(scenario: str) -> Json:
    fixture: Json = json.loads(path_of(scenario).read_text())
    return fixture


def save(scenario: str, engine: str, sdk: str, steps: list[Json]) -> None:
    path_of(scenario).write_text(render({"engine": engine, "sdk": sdk, "steps": steps}, opened=5) + "\n")


def render(value: Any, *, depth: int = 0, opened: int = 4, width: int = 60) -> str:
    """JSON with a line for each part of what is longer than `width`, down to `opened` levels."""
    flat = json.dumps(value, sort_keys=True)
    if len(flat) <= width or depth >= opened or not isinstance(value, dict | list):
        return flat
    inner, outer = " " * (depth + 1), " " * depth
    lines = [render(item, depth=depth + 1, opened=opened, width=width) for item in _items(value)]
    if isinstance(value, dict):
        lines = [f"{json.dumps(name)}: {line}" for name, line in zip(sorted(value), lines, strict=True)]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}\n" + ",\n".join(inner + line for line in lines) + f"\n{outer}{closing}"


def _items(value: Json | list[Any]) -> list[Any]:
    return [value[name] for name in sorted(value)] if isinstance(value, dict) else value


def difference(expected: Json, seen: Json, labels: tuple[str, str]) -> str:
    """The lines in which two observations differ, with a few around them; nothing if they are equal."""
    old, new = (render(value, opened=12).splitlines() for value in (expected, seen))
    return "\n".join(difflib.unified_diff(old, new, *labels, lineterm="", n=6))
