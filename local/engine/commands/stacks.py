"""`init`, `output`, `rm`, `cancel`; the first three in the group `stack` as well, where `pulumi` has them."""

from __future__ import annotations

import json

import click

from local.engine.commands.options import on_stack, or_by_name, stack_options, tolerated
from local.engine.errors import EngineError
from local.engine.project.stack import Stack
from local.engine.properties.state_form import compact_json
from local.engine.properties.values import for_people
from local.engine.state.backend import Backend


@click.command()
@or_by_name
@on_stack
def init(stack: Stack) -> None:
    """Make an empty stack."""
    Backend.of(stack.project).create(stack)
    click.echo(f"Created stack '{stack.name}'")


@click.command()
@click.argument("name", required=False)
@click.option("--json", "-j", "as_json", is_flag=True, help="As JSON.")
@click.option("--show-secrets", is_flag=True, help="Secret values in clear.")
@on_stack
def output(name: str | None, as_json: bool, show_secrets: bool, stack: Stack) -> None:
    """Print the stack's outputs, or the one that is NAMEd."""
    resource = Backend.of(stack.project).checkpoint(stack).stack_resource
    outputs = for_people(dict(resource.outputs) if resource else {}, show_secrets=show_secrets)
    if name is not None and name not in outputs:
        raise EngineError(f"current stack does not have output property '{name}'")
    if as_json:
        click.echo(
            json.dumps(outputs[name] if name is not None else outputs, indent=2, ensure_ascii=False, sort_keys=True)
        )
    elif name is not None:
        click.echo(_text(outputs[name]))
    else:
        _list(outputs)


def _list(outputs: dict[str, object]) -> None:
    click.echo(f"Current stack outputs ({len(outputs)}):")
    if not outputs:
        click.echo("    No output values currently in this stack")
        return
    width = max(len("OUTPUT"), *(len(key) for key in outputs))
    click.echo(f"    {'OUTPUT':{width}}  VALUE")
    for key in sorted(outputs):
        click.echo(f"    {key:{width}}  {_text(outputs[key])}")


def _text(value: object) -> str:
    return value if isinstance(value, str) else compact_json(value)


@click.command()
@tolerated("--yes", "-y", help="Nothing is asked anyway.")
@click.option("--preserve-config", is_flag=True, help="Keep the stack's settings file.")
@or_by_name
@on_stack
def rm(preserve_config: bool, stack: Stack) -> None:
    """Forget a stack that has no resources any more, and its settings."""
    backend = Backend.of(stack.project)
    backend.require(stack)
    with backend.lock(stack):
        if backend.checkpoint(stack).resources:
            raise EngineError(
                f"'{stack.name}' still has resources; removal rejected. Make sure that '{stack.name}' is the stack "
                "that you want to destroy, and run `destroy` first"
            )
        backend.remove(stack)
    if not preserve_config:
        stack.settings.path.unlink(missing_ok=True)
    click.echo(f"Stack '{stack.name}' has been removed!")


@click.command()
@tolerated("--yes", "-y", help="Nothing is asked anyway.")
@on_stack
def cancel(stack: Stack) -> None:
    """Remove the stack's locks, which an operation that is no more may have left behind."""
    removed = Backend.of(stack.project).lock(stack).remove_all()
    click.echo(f"{removed} lock(s) of stack '{stack.name}' removed")


@click.group()
@stack_options
def stack(**_stack: object) -> None:
    """`stack init`, `stack output` and `stack rm`: the same, as `pulumi` spells it."""


for _command in (init, output, rm):
    stack.add_command(_command)
