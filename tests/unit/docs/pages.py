"""The documentation and the workflows, taken apart."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).resolve().parents[3]
DOCS: Final = sorted((ROOT / "docs").glob("*.md"))
PAGES: Final = [ROOT / "README.md", *DOCS]
WORKFLOWS: Final = sorted((ROOT / ".github" / "workflows").iterdir())

_FENCED: Final = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_INDENTED: Final = re.compile(r"(?:^(?: {4,}\S.*)?\n)+", re.MULTILINE)
_SPAN: Final = re.compile(r"`([^`]+)`")


def code(page: Path) -> list[str]:
    """Everything on the page that is set as code: blocks first, then spans."""
    text = page.read_text()
    fenced = [block for _, block in _FENCED.findall(text)]
    rest = _FENCED.sub("\n", text)
    return [*fenced, *_INDENTED.findall(rest), *_SPAN.findall(rest)]


def spans(page: Path) -> list[str]:
    """The pieces of code within running text."""
    return _SPAN.findall(_FENCED.sub("\n", page.read_text()))


def policies(page: Path) -> list[dict[str, Any]]:
    """The IAM policies on the page, in their order."""
    return [json.loads(block) for language, block in _FENCED.findall(page.read_text()) if language == "json"]


def table(page: Path, first_cell: str) -> list[list[str]]:
    """The rows, without the head, of the table whose head begins with `first_cell`."""
    lines = [line.strip() for line in page.read_text().splitlines()]
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {first_cell} |"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return rows


def workflow(path: Path) -> dict[str, Any]:
    """A workflow; scalars stay text, for YAML takes the key `on` for true."""
    loaded = yaml.load(path.read_text(), Loader=yaml.BaseLoader)  # noqa: S506  # makes text only
    assert isinstance(loaded, dict)
    return loaded


def jobs() -> Iterator[tuple[Path, str, dict[str, Any]]]:
    """Every job of every workflow, and where it stands."""
    for path in WORKFLOWS:
        for name, job in workflow(path)["jobs"].items():
            yield path, name, job


def scripts() -> Iterator[tuple[Path, str]]:
    """Every shell script in the workflows."""
    for path, _, job in jobs():
        yield from ((path, step["run"]) for step in job.get("steps", []) if "run" in step)
