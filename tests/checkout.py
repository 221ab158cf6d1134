"""A checkout of its own for the whole program: what git would give, with the packages and the Redis of this one."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]


def copy(path: Path) -> None:
    """The files that git tracks or would track, in `path`. Raises CalledProcessError where this is no git checkout."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, path / name)


def equip(path: Path) -> None:
    """Give a copy this checkout's packages and Redis, so that it need not get its own."""
    (path / "venv").symlink_to(ROOT / "venv")
    (path / ".local").mkdir()
    (ROOT / ".local" / "redis").mkdir(parents=True, exist_ok=True)
    (path / ".local" / "redis").symlink_to(ROOT / ".local" / "redis")
