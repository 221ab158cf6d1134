"""`python -m bench`: measure on this machine, and print it beside the targets."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bench import commands, local_cloud, machine, rotation
from bench.figures import Figure, NotMeasured
from bench.machine import Machine
from bench.workshop import heed_signals, workshop
from local.cloud.errors import CloudError
from local.cloud.redis_server import ensure
from local.workspace import REDIS

OUT = Console(highlight=False, soft_wrap=True)
ERR = Console(stderr=True, highlight=False)

Measurement = tuple[str, Callable[[Path], Iterator[Figure]]]


@click.command(context_settings={"show_default": True})
@click.option("--cold", is_flag=True, help="Also the first `make up` of a fresh clone: minutes, most of it downloads.")
@click.option("--rounds", type=click.IntRange(min=1), default=3, help="How often the commands of make are measured.")
@click.option("--delay", type=click.FloatRange(min=0.1), default=10.0, help="Seconds per change, for the rotation.")
@click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures here, too.")
def main(cold: bool, rounds: int, delay: float, file: Path | None) -> None:
    """Measure on this machine, in temporary clones of this one, and print each figure beside its target.

    Three minutes, or several more with --cold. Whatever else the machine does meanwhile shows in the figures. Nothing
    is left behind, Ctrl-C included. Exit code 1: something could not be measured. A missed target is no failure.
    """
    measurements: list[Measurement] = [
        ("the local cloud", local_cloud.measure),
        ("make up, rotate, down", lambda directory: commands.warm(directory, rounds)),
        ("a rotation beside the aws command line's", lambda directory: rotation.measure(directory, delay)),
    ]
    if cold:
        measurements.append(("a cold make up", commands.cold))
    heed_signals()
    ensure(REDIS)
    before = machine.look()
    _show_machine(before)
    figures, problems = _measure(measurements)
    after = machine.look()
    _show(figures, problems, after)
    if not cold:
        OUT.print("Not measured: a cold `make up` (`make bench ARGS=--cold`; it takes minutes).")
    if file:
        told = {"machine": asdict(before) | {"loadAfter": after.load}, "figures": [figure.told() for figure in figures]}
        file.write_text(json.dumps(told | {"problems": problems}, indent=2) + "\n")
    sys.exit(1 if problems else 0)


def _measure(measurements: list[Measurement]) -> tuple[list[Figure], list[str]]:
    """All figures, and what could not be measured."""
    figures: list[Figure] = []
    problems = []
    for what, measure in measurements:
        with ERR.status(f"Measuring {what} ..."), workshop() as directory:
            try:
                figures += measure(directory)
            except (NotMeasured, CloudError) as problem:
                problems.append(f"{what}: {problem}")
    return figures, problems


def _show_machine(here: Machine) -> None:
    OUT.print(f"{here.cpu}, {here.cores} cores, {here.memory_gib:g} GiB; Python {here.python}, Linux {here.kernel}")
    OUT.print(f"load average before: {_load(here)}")


def _show(figures: list[Figure], problems: list[str], after: Machine) -> None:
    OUT.print(f"load average after:  {_load(after)}")
    table = Table("figure", "target", "median", "min - max", "n", "met")
    for figure in figures:
        least, most = min(figure.values), max(figure.values)
        table.add_row(
            figure.name,
            "" if figure.at_most is None else f"{figure.at_most:g} {figure.unit}",
            f"{_number(figure.median)} {figure.unit}",
            f"{_number(least)} - {_number(most)}",
            str(len(figure.values)),
            {None: "", True: "[green]yes[/]", False: "[bold red]no[/]"}[figure.met],
        )
    OUT.print(table)
    for problem in problems:
        OUT.print(f"[bold red]not measured:[/] {escape(problem)}")


def _load(here: Machine) -> str:
    return " ".join(f"{average:.2f}" for average in here.load)


def _number(value: float) -> str:
    """Three significant digits."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    main()
