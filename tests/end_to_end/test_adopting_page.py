"""docs/adopting.md, typed in from its top to its end: each line that it shows is really said."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator

from tests.end_to_end.conftest import ROOT, Clone

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def steps() -> Iterator[tuple[str, list[str]]]:
    """Each command, and the lines shown of what it says; `…` stands for anything."""
    for block in _BLOCK.findall((ROOT / "docs" / "adopting.md").read_text()):
        for step in block.replace("\\\n", "").split("$ ")[1:]:
            command, *shown = step.splitlines()
            yield command, shown


def test_the_page_is_true(clone: Clone) -> None:
    clone.local("up")
    environment = clone.environment()
    python = shlex.quote(sys.executable)
    prelude = f'pulumi() {{ {python} -m local.engine "$@"; }}; aws() {{ {python} -m awscli "$@"; }}; set -eo pipefail; '
    for command, shown in steps():
        done = subprocess.run(
            ["bash", "-c", prelude + command],
            cwd=clone.path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}"
        said = iter(done.stdout.splitlines())
        for line in shown:
            wanted = re.compile(".*".join(re.escape(part) for part in line.split("…")))
            assert any(wanted.fullmatch(one) for one in said), (
                f"{command}: not said, in this order: {line}\n{done.stdout}"
            )
