"""`config`: list, get, set and remove a stack's configuration."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from local.engine.commands.options import named_stack, on_stack, stack_options
from local.engine.errors import EngineError, InvalidConfiguration
from local.engine.project.keys import full_key, short_key
from local.engine.project.stack import Stack
from local.engine.project.values import ConfigValue, coerced, get_at, removed_at, set_at
from local.engine.properties import paths


@click.group(invoke_without_command=True)
@stack_options
@click.option("--json", "-j", "as_json", is_flag=True, help="As JSON.")
@click.option("--show-secrets", is_flag=True, help="Secret values in clear.")
@click.pass_context
def config(context: click.Context, /, as_json: bool, show_secrets: bool, **_stack: object) -> None:
    """List a stack's configuration; its commands change it."""
    if context.invoked_subcommand is None:
        _list(named_stack(context), as_json=as_json, show_secrets=show_secrets)


def _list(stack: Stack, *, as_json: bool, show_secrets: bool) -> None:
    values = dict(sorted(stack.values().items()))
    texts = {key: value.text(stack.decrypt) if show_secrets else value.masked for key, value in values.items()}
    if as_json:
        hidden = {key for key, value in values.items() if value.is_secret and not show_secrets}
        entries = {key: _entry(values[key], None if key in hidden else texts[key]) for key in values}
        click.echo(json.dumps(entries, indent=2, ensure_ascii=False))
        return
    names = {key: short_key(stack.project.name, key) for key in values}
    width = max((len(name) for name in names.values()), default=0)
    click.echo(f"{'KEY':{width}}  VALUE")
    for key, text in texts.items():
        click.echo(f"{names[key]:{width}}  " + text.replace("\n", f"\n{'':{width}}  "))


def _entry(value: ConfigValue, text: str | None) -> dict[str, Any]:
    entry: dict[str, Any] = {"secret": value.is_secret}
    if text is not None:
        entry = {"value": text, **({"objectValue": json.loads(text)} if value.is_object else {}), **entry}
    return entry


@config.command("get")
@click.argument("key")
@click.option("--path", "is_path", is_flag=True, help="The key is a path into a list or map.")
@click.option("--json", "-j", "as_json", is_flag=True, help="As JSON.")
@on_stack
def get(key: str, is_path: bool, as_json: bool, stack: Stack) -> None:
    """Print one value, a secret one in clear."""
    whole, rest = _split(stack, key, is_path=is_path)
    root = stack.values().get(whole)
    value = get_at(root.raw, rest) if root else None
    if value is None:
        raise EngineError(f"configuration key '{key}' not found for stack '{stack.name}'")
    text = value.text(stack.decrypt)
    click.echo(json.dumps(_entry(value, text), indent=2, ensure_ascii=False) if as_json else text)


@config.command("set")
@click.argument("key")
@click.argument("value", required=False)
@click.option("--path", "is_path", is_flag=True, help="The key is a path into a list or map.")
@click.option("--secret", is_flag=True, help="Seal the value.")
@click.option("--plaintext", is_flag=True, expose_value=False, help="Leave the value in clear, as without --secret.")
@on_stack
def set_(key: str, value: str | None, is_path: bool, secret: bool, stack: Stack) -> None:
    """Set one value; without VALUE it is read from standard input, where no list of processes shows it."""
    whole, rest = _split(stack, key, is_path=is_path)
    text = _from_standard_input() if value is None else value
    raw: Any = {"secure": stack.secrets.encrypt(text)} if secret else text
    if rest:
        before = stack.settings.values.get(whole)
        raw = set_at(before.raw if before else None, rest, raw if secret else coerced(text))
    stack.settings.set_value(whole, raw)
    stack.settings.save()


@config.command("rm")
@click.argument("key")
@click.option("--path", "is_path", is_flag=True, help="The key is a path into a list or map.")
@on_stack
def rm(key: str, is_path: bool, stack: Stack) -> None:
    """Remove one value."""
    whole, rest = _split(stack, key, is_path=is_path)
    before = stack.settings.values.get(whole)
    if before is None:
        return
    if rest:
        stack.settings.set_value(whole, removed_at(before.raw, rest))
    else:
        stack.settings.remove_value(whole)
    stack.settings.save()


def _from_standard_input() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("value", hide_input=True))
    return sys.stdin.read().removesuffix("\n")


def _split(stack: Stack, key: str, *, is_path: bool) -> tuple[str, paths.Path]:
    """The full key, and with --path the way into its value."""
    whole = full_key(stack.project.name, key)
    if not is_path:
        return whole, ()
    namespace, _, text = whole.partition(":")
    first, *rest = paths.parse(text) or (0,)
    if not isinstance(first, str):
        raise InvalidConfiguration("invalid config key path: the first part of a configuration key must be a name")
    return f"{namespace}:{first}", tuple(rest)
