"""An operation as it happens, the way people know it from `pulumi up`.

On a terminal the steps under way are shown at the bottom with the time that they have taken; elsewhere a step that
takes long says so from time to time. What is done, and what providers and the program say, is printed for good.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from local.engine.deployment.steps import NO_CHANGES, Op, Step
from local.engine.display.differences import change_lines, output_lines, short_changes
from local.engine.display.words import WORDS, duration, of_urn, title
from local.engine.events.masking import Masker
from local.engine.events.model import (
    Diagnostic,
    Ended,
    Event,
    Prelude,
    StepBegun,
    StepEnded,
    StepFailed,
    Summary,
)
from local.engine.properties.values import Properties
from local.engine.state.urns import STACK_TYPE

FIRST_REMINDER: Final = 5.0
_TICK: Final = 0.1
_SIGNIFICANT: Final = ("warning", "error")


@dataclass(slots=True)
class _Running:
    """A step under way: since when, when it is mentioned next, and what its provider last said about the moment."""

    step: Step
    began: float
    reminder: float
    message: str = ""


@dataclass(slots=True)
class _Kept:
    """What is told again in the end."""

    diagnostics: list[Diagnostic] = field(default_factory=list)
    old_outputs: Properties = field(default_factory=dict)
    outputs: Properties | None = None
    failed: int = 0


class Progress:
    """Shows events on a console; a listener of an operation, to be used in a `with` block.

    Where there is no terminal, a step that is still under way after `first_reminder` seconds is mentioned, and again
    each time that it has taken twice as long.
    """

    def __init__(
        self, console: Console, masker: Masker, headline: str, *, first_reminder: float = FIRST_REMINDER
    ) -> None:
        self._console, self._masker, self._headline = console, masker, headline
        self._first_reminder = first_reminder
        self._guard = threading.RLock()
        self._running: dict[str, _Running] = {}
        self._kept = _Kept()
        self._stack_title = ""
        self._ended = threading.Event()
        self._live: Live | None = None

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, _type: type[BaseException] | None, _e: BaseException | None, _tb: TracebackType | None) -> None:
        self._close()

    def _close(self) -> None:
        self._ended.set()
        if self._live is not None:
            self._live.stop()

    def __call__(self, event: Event) -> None:
        """Show an event."""
        with self._guard:
            match event:
                case Prelude():
                    self._begin()
                case Diagnostic():
                    self._tell(event)
                case StepBegun(step, planning):
                    self._step_begun(step, planning=planning)
                case StepEnded(step, planning):
                    self._step_ended(step, planning=planning)
                case StepFailed(step):
                    self._step_failed(step)
                case Summary():
                    self._summarize(event)
                case Ended():
                    return

    # ----- steps

    def _begin(self) -> None:
        self._print(Text(self._headline, style="bold magenta"))
        if self._console.is_terminal:
            self._live = Live(
                console=self._console, get_renderable=self._under_way, refresh_per_second=4, transient=True
            )
            self._live.start()
        else:
            threading.Thread(target=self._remind, daemon=True).start()

    def _step_begun(self, step: Step, *, planning: bool) -> None:
        if step.resource.type == STACK_TYPE:
            self._stack_title = title(step)
            self._kept.old_outputs = step.old.outputs if step.old else {}
        if not step.is_internal and not planning:
            self._running[step.urn] = _Running(step, time.monotonic(), self._first_reminder)
        if step.op is Op.REPLACE and not planning:  # its halves tell what happens
            self._running.pop(step.urn, None)
            created = step.new is not None and step.new.id
            self._print_step(step, "replaced" if created else "replacing", "")

    def _step_ended(self, step: Step, *, planning: bool) -> None:
        running = self._running.pop(step.urn, None)
        if step.resource.type == STACK_TYPE and step.new is not None:
            self._kept.outputs = step.new.outputs
        unchanged = step.op in NO_CHANGES or step.is_internal
        if unchanged or (step.op is Op.REPLACE and not planning):
            return
        taken = f" ({duration(time.monotonic() - running.began)})" if running else ""
        words = WORDS[step.op]
        shown = planning and step.is_logical
        if planning and not shown:
            return
        self._print_step(step, str(step.op) if planning else words.done, taken)

    def _step_failed(self, step: Step) -> None:
        running = self._running.pop(step.urn, None)
        taken = f" ({duration(time.monotonic() - running.began)})" if running else ""
        self._kept.failed += 1
        self._print(Text(f" ** {title(step)} {WORDS[step.op].doing} failed{taken}", style="bold red"))

    def _print_step(self, step: Step, what: str, taken: str) -> None:
        words = WORDS[step.op]
        line = Text(f" {words.sign} {title(step)} ")
        line.append(what, style=words.style)
        line.append(taken)
        short = short_changes(step) if step.op in (Op.UPDATE, Op.REPLACE) else ""
        if short:
            line.append(f" {short}")
        self._print(line)
        for change in change_lines(step, self._masker):
            self._print(change)

    # ----- what takes long

    def _under_way(self) -> Group:
        """The steps under way, for the foot of a terminal."""
        now = time.monotonic()
        return Group(*(self._reminder(running, now) for running in list(self._running.values())))

    def _reminder(self, running: _Running, now: float) -> Text:
        words = WORDS[running.step.op]
        line = Text(f" {words.sign} {title(running.step)} ", no_wrap=True, overflow="ellipsis")
        line.append(f"{words.doing} ({duration(now - running.began)})", style=words.style)
        return line.append(f" {running.message}" if running.message else "")

    def _remind(self) -> None:
        while not self._ended.wait(_TICK):
            with self._guard:
                for running in self._due():
                    self._print(self._reminder(running, time.monotonic()))

    def _due(self) -> Iterator[_Running]:
        now = time.monotonic()
        for running in list(self._running.values()):
            custom = running.step.resource.custom  # a component is under way as long as its children are
            if custom and now - running.began >= running.reminder:
                running.reminder *= 2
                yield running

    # ----- messages

    def _tell(self, event: Diagnostic) -> None:
        if event.severity == "debug":
            return
        running = self._running.get(event.urn)
        if event.ephemeral and running is not None:
            running.message = event.message.strip().splitlines()[0] if event.message.strip() else ""
        if event.severity in _SIGNIFICANT and not event.ephemeral:
            self._kept.diagnostics.append(event)
            if event.severity == "error":
                return  # told once, in full, in the end
        if not event.ephemeral or not self._console.is_terminal:
            self._print(Text(f"    {self._subject(event.urn)}  {_prefix(event)}{event.message.rstrip()}"))

    def _subject(self, urn: str) -> str:
        return of_urn(urn) if urn else self._stack_title or "pulumi:pulumi:Stack"

    # ----- the end

    def _summarize(self, event: Summary) -> None:
        self._close()
        self._print_diagnostics()
        self._print_outputs(event)
        self._print(Text("Resources:", style="bold magenta"))
        for line in _counts(event, self._kept.failed):
            self._print(line)
        if not event.preview:
            self._print(Text.assemble(("\nDuration:", "bold magenta"), f" {duration(event.seconds)}"))

    def _print_diagnostics(self) -> None:
        if not self._kept.diagnostics:
            return
        self._print(Text("Diagnostics:", style="bold magenta"))
        for urn in dict.fromkeys(diagnostic.urn for diagnostic in self._kept.diagnostics):
            self._print(Text(f"  {self._subject(urn)}:"))
            for told in [d for d in self._kept.diagnostics if d.urn == urn]:
                style = "red" if told.severity == "error" else "yellow"
                message = told.message.rstrip().replace("\n", "\n    ")
                self._print(Text.assemble("    ", (f"{told.severity}: ", style), message))
        self._print(Text())

    def _print_outputs(self, event: Summary) -> None:
        if self._kept.outputs is None or event.result != "succeeded":
            return
        lines = list(output_lines(self._kept.old_outputs, self._kept.outputs, self._masker))
        if lines:
            self._print(Text("Outputs:", style="bold magenta"))
            for line in lines:
                self._print(line)
            self._print(Text())

    def _print(self, line: Text) -> None:
        if self._live is not None:
            self._live.refresh()  # else what has just ended would once more be drawn as under way
        self._console.print(line, soft_wrap=True)


def _prefix(event: Diagnostic) -> str:
    return f"{event.severity}: " if event.severity in _SIGNIFICANT else ""


def _counts(event: Summary, failed: int) -> Iterator[Text]:
    """How many resources came to what."""
    changes = {op: event.changes[op] for op in Op if event.changes.get(op) and op not in NO_CHANGES}
    for op, count in changes.items():
        words = WORDS[op]
        yield Text(f"    {words.sign}{count} {f'to {op}' if event.preview else words.done}", style=words.style)
    pieces = [f"{sum(changes.values())} changes"] if len(changes) > 1 else []
    pieces += [f"{event.changes[Op.SAME]} unchanged"] if event.changes.get(Op.SAME) else []
    if pieces:
        yield Text(f"    {'. '.join(pieces)}")
    if failed:
        yield Text(f"    {failed} errored", style="red")
    if event.result == "canceled":
        yield Text("    cancelled before the end", style="red")
