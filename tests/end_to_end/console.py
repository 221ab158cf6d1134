"""The `console` blocks of a page of docs/, typed in from its top to its end: each line that it shows is really said."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.end_to_end.conftest import Clone

_BLOCK: Final = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PYTHON: Final = shlex.quote(sys.executable)
_PRELUDE: Final = f"""
pulumi() {{ {_PYTHON} -m local.engine "$@"; }}
aws() {{ {_PYTHON} -m awscli "$@"; }}
set -eo pipefail
exec 2>&1
"""
_MARK: Final = "---- the next command"


def steps(page: Path) -> Iterator[tuple[str, list[str]]]:
    """Each command, and the lines shown of what it says; `…` stands for anything."""
    for block in _BLOCK.findall(page.read_text()):
        for step in block.replace("\\\n", "").split("$ ")[1:]:
            command, *shown = step.splitlines()
            yield command, shown


def typed_in(page: Path, clone: Clone) -> None:
    """Type the page into one shell of the clone, set up as `make env` does.

    Raises AssertionError where a command fails, or does not say what the page shows.
    """
    typed = list(steps(page))
    script = f"\necho '{_MARK}'\n".join([_PRELUDE, *(command for command, _ in typed)])
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=clone.path,
        env=clone.environment(),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    answers = done.stdout.split(f"{_MARK}\n")[1:]
    for (command, shown), answer in zip(typed, answers, strict=False):
        said = iter(answer.splitlines())
        for line in shown:
            wanted = re.compile(".*".join(re.escape(part) for part in line.split("…")))
            assert any(wanted.fullmatch(one) for one in said), f"{command}: not said, in this order: {line}\n{answer}"
    assert done.returncode == 0, f"{typed[len(answers) - 1][0]}\n{answers[-1]}"
