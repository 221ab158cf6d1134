"""`python -m local.engine COMMAND --stack NAME [--cwd DIR]`."""

from __future__ import annotations

import importlib
import sys
from typing import Final

import click

from local.engine.errors import EngineError

_MODULES: Final = {
    "init": "stacks",
    "config": "config",
    "preview": "operate",
    "up": "operate",
    "refresh": "operate",
    "destroy": "operate",
    "output": "stacks",
    "rm": "stacks",
    "stack": "stacks",
    "cancel": "stacks",
}


class _Commands(click.Group):
    """Imports a command when it is called for: most of the time that a small one takes would be the others' imports."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in _MODULES:
            return None
        command = getattr(importlib.import_module(f"local.engine.commands.{_MODULES[cmd_name]}"), cmd_name)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_Commands)
def cli() -> None:
    """Runs a Pulumi Python program the way `pulumi` would, on stacks that `pulumi` can take over."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line, the process's own if no other is given; the exit code."""
    try:
        return cli.main(arguments, prog_name="python -m local.engine", standalone_mode=False) or 0
    except click.exceptions.Abort:
        return 130
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except EngineError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
