"""`preview`, `up`, `refresh`, `destroy`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console

from local.engine.commands.options import on_stack, refused, tolerated
from local.engine.display.digest import Digest
from local.engine.display.progress import Progress
from local.engine.errors import Cancelled, EngineError, OperationFailed
from local.engine.events.log import EventLog
from local.engine.events.masking import Masker
from local.engine.events.reporter import Listener
from local.engine.operations import DEFAULT_PARALLEL, Command, Outcome, Request, run
from local.engine.project.stack import Stack

_HEADLINES: Final = {
    Command.PREVIEW: "Previewing update",
    Command.UP: "Updating",
    Command.REFRESH: "Refreshing",
    Command.DESTROY: "Destroying",
}
_ELSEWHERE: Final = (
    "--target",
    "--target-dependents",
    "--target-replace",
    "--exclude",
    "--exclude-dependents",
    "--replace",
    "--plan",
    "--save-plan",
    "--import-file",
    "--policy-pack",
    "--continue-on-error",
    "--run-program",
    "--remote",
)
_FLAGS: Final = frozenset(
    {"--target-dependents", "--exclude-dependents", "--continue-on-error", "--run-program", "--remote"}
)


def _operation_options(function: Callable[..., None]) -> Callable[..., None]:
    command = on_stack(function)
    for decorate in _decorators():
        command = decorate(command)
    return command


def _decorators() -> Iterator[Callable[[Callable[..., None]], Callable[..., None]]]:
    yield click.option("--json", "-j", "as_json", is_flag=True, help="For scripts; secrets are masked.")
    yield click.option("--event-log", type=click.Path(dir_okay=False, path_type=Path), help="Events as lines of JSON.")
    yield click.option("--expect-no-changes", is_flag=True, help="Fail if anything changes.")
    yield click.option("--parallel", "-p", type=click.IntRange(1), default=DEFAULT_PARALLEL, help="Steps at a time.")
    yield tolerated("--yes", "-y", help="Nothing is asked anyway.")
    yield tolerated("--skip-preview", "-f", help="There is none before an operation.")
    yield tolerated("--diff", help="Changes are always shown.")
    for name in _ELSEWHERE:
        yield refused(name, flag=name in _FLAGS)


@click.command()
@click.option("--refresh", "-r", is_flag=True, help="Read the resources anew first.")
@_operation_options
def preview(**options: Any) -> None:
    """Show what `up` would do."""
    _operate(Command.PREVIEW, **options)


@click.command()
@click.option("--refresh", "-r", is_flag=True, help="Read the resources anew first.")
@_operation_options
def up(**options: Any) -> None:
    """Create, update and delete what it takes for the stack to be what the program says."""
    _operate(Command.UP, **options)


@click.command()
@click.option("--preview-only", is_flag=True, help="Show what has changed, without writing it down.")
@_operation_options
def refresh(**options: Any) -> None:
    """Read the resources anew: the state is then what there is."""
    _operate(Command.REFRESH, **options)


@click.command()
@click.option("--refresh", "-r", is_flag=True, help="Read the resources anew first.")
@click.option("--preview-only", is_flag=True, help="Show what would be deleted.")
@_operation_options
def destroy(**options: Any) -> None:
    """Delete the stack's resources."""
    _operate(Command.DESTROY, **options)


def _operate(
    command: Command,
    *,
    stack: Stack,
    as_json: bool,
    event_log: Path | None,
    expect_no_changes: bool,
    parallel: int,
    refresh: bool = False,
    preview_only: bool = False,
) -> None:
    masker = Masker()
    request = Request(
        command=command,
        stack=stack.name,
        folder=stack.project.root,
        refresh=refresh,
        preview_only=preview_only,
        parallel=parallel,
    )
    with ExitStack() as open_files:
        listeners = [_display(request, masker, open_files, as_json=as_json)]
        if event_log is not None:
            listeners.append(EventLog(open_files.enter_context(event_log.open("w", encoding="utf-8")), masker))
        outcome = run(request, listeners, masker)
    _judge(outcome, request, expect_no_changes=expect_no_changes)


def _display(request: Request, masker: Masker, open_files: ExitStack, *, as_json: bool) -> Listener:
    if as_json and request.dry_run:
        return Digest(sys.stdout, masker)
    if as_json:
        return EventLog(sys.stdout, masker)
    headline = "Previewing " + request.command if request.preview_only else _HEADLINES[request.command]
    return open_files.enter_context(Progress(Console(highlight=False), masker, f"{headline} ({request.stack}):"))


def _judge(outcome: Outcome, request: Request, *, expect_no_changes: bool) -> None:
    if outcome.result == "canceled":
        raise Cancelled("the operation was cancelled")
    if not outcome.succeeded:
        click.get_current_context().exit(OperationFailed.exit_code)  # it has been told what failed
    if expect_no_changes and outcome.changed:
        what = "were proposed" if request.dry_run else "occurred"
        raise EngineError(f"no changes were expected but changes {what}")
