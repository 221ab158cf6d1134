"""What the commands have in common."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from local.engine.errors import Unsupported
from local.engine.project.manifest import find_project
from local.engine.project.stack import Stack

Function = TypeVar("Function", bound=Callable[..., Any])

_FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)


def stack_options(function: Function) -> Function:
    """The options that say which stack; either before or after a subcommand's name."""
    function = tolerated("--non-interactive", help="Nothing is asked anyway.")(function)
    function = click.option("-C", "--cwd", type=_FOLDER, help="Run there.")(function)
    return click.option("-s", "--stack", help="The stack to operate on.")(function)


def on_stack(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command `stack_options`, and the stack that they name as its argument `stack`."""

    @stack_options
    @functools.wraps(function)
    @click.pass_context
    def command(context: click.Context, /, stack: str | None, cwd: Path | None, **options: Any) -> None:
        del stack, cwd  # looked up, since they may have been given to the group of commands
        options.pop("by_name", None)
        function(stack=named_stack(context), **options)

    return command


def or_by_name(command: Function) -> Function:
    """Let a command that is `on_stack` take the stack's name without an option, too."""
    return click.argument("by_name", metavar="[NAME]", required=False)(command)


def named_stack(context: click.Context) -> Stack:
    """The stack that the options of a command, or of the group that it is in, name."""
    name = context.params.get("by_name") or _given(context, "stack")
    if name is None:
        raise click.UsageError("Missing option '-s' / '--stack'.", context)
    return Stack(find_project(_given(context, "cwd") or Path()), name)


def _given(context: click.Context | None, name: str) -> Any:
    while context is not None:
        if context.params.get(name) is not None:
            return context.params[name]
        context = context.parent
    return None


def tolerated(*names: str, help: str) -> Callable[[Function], Function]:  # noqa: A002 - click's word
    """A flag of the real CLI that changes nothing here."""
    return click.option(*names, is_flag=True, expose_value=False, help=help)


def refused(*names: str, flag: bool = False) -> Callable[[Function], Function]:
    """An option of the real CLI that would change the outcome: said to be missing, never passed over."""

    def refuse(_context: click.Context, parameter: click.Parameter, value: object) -> None:
        if value:
            raise Unsupported(f"{parameter.opts[0]} needs the real pulumi")

    return click.option(*names, is_flag=flag, multiple=not flag, expose_value=False, hidden=True, callback=refuse)
