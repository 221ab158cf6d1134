"""`python -m local.engine COMMAND --stack NAME [--cwd DIR]`."""

from __future__ import annotations

import sys

import click

from local.engine.commands.config import config
from local.engine.commands.operate import destroy, preview, refresh, up
from local.engine.commands.stacks import cancel, init, output, rm
from local.engine.errors import EngineError


@click.group()
def cli() -> None:
    """Runs a Pulumi Python program the way `pulumi` would, on stacks that `pulumi` can take over."""


for _command in (init, config, preview, up, refresh, destroy, output, rm, cancel):
    cli.add_command(_command)


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
