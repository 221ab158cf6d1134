"""What the commands of the Makefile show: the proof, and what runs."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

if TYPE_CHECKING:
    from local.cloud.client import Cloud

OUT = Console(highlight=False, soft_wrap=True)
ERR = Console(stderr=True, highlight=False, soft_wrap=True)


def proof(rotation: Mapping[str, Any]) -> None:
    """What the last rotation proved, from the stack's output `rotation`."""
    OUT.print()
    proven = f"{rotation['proven']:.0f} of {rotation['nodes']:.0f} nodes"
    OUT.print(f"rotation      [bold]{rotation['phase']}[/], generation {rotation['generation']:.0f}, {proven}")
    for label, key in (("no token", "noToken"), ("previous token", "previousToken"), ("current token", "currentToken")):
        OUT.print(f"  {label:<16}  {rotation[key]}")
    if rotation["dueAt"]:
        OUT.print(f"  both tokens work  until {rotation['dueAt']}; an `up` after that ends it")


def fault(text: str) -> None:
    """What went wrong."""
    ERR.print(f"[bold red]error:[/] {escape(text)}")


@contextmanager
def step(what: str) -> Iterator[None]:
    """Show that `what` is going on and for how long; a line at its end where it took a second or more."""
    began = time.monotonic()
    if OUT.is_terminal:
        with OUT.status(f"{what} ..."):
            yield
    else:
        OUT.print(f"{what} ...")
        yield
    seconds = time.monotonic() - began
    if seconds >= 1 or OUT.is_terminal:
        OUT.print(f"{what}: {seconds:.1f} s")


def redis_cli_arguments(outputs: Mapping[str, Any], ca_file: Path) -> list[str]:
    """Arguments of redis-cli for the primary endpoint; the token goes by REDISCLI_AUTH."""
    port = f"{outputs['port']:.0f}"
    return ["--tls", "--cacert", str(ca_file), "-h", outputs["primaryEndpoint"], "-p", port]


def settings(table: Iterable[tuple[str, str, str]]) -> None:
    """The settings of the local cloud, and what they mean."""
    for name, value, meaning in table:
        OUT.print(f"{name:<17} {escape(value):<9} {meaning}")


def status(cloud: Cloud | None, engine: str, outputs: Mapping[str, Any], *, unfinished: bool) -> None:
    """What runs, what the stack holds, how to connect. `unfinished`: a further token was asked for."""
    OUT.print(f"local cloud   {f'{cloud.endpoint}, process {cloud.pid}' if cloud else 'does not run; type `make up`'}")
    OUT.print(f"engine        {engine}")
    if not outputs:
        OUT.print("stack         nothing is deployed; type `make up`")
        return
    if not cloud:
        OUT.print(
            "stack         went with the cloud that it was deployed on; `make up` makes it anew, without its data"
        )
        return
    port = f"{outputs['port']:.0f}"
    OUT.print(f"group         {outputs['replicationGroupId']}")
    OUT.print(f"primary       {outputs['primaryEndpoint']}:{port}")
    OUT.print(f"reader        {outputs['readerEndpoint']}:{port}")
    proof(outputs["rotation"])
    if unfinished:
        OUT.print("a further token was asked for and is not there yet: `make up` goes on with it")
    OUT.print()
    OUT.print(f"rotated at    {outputs['rotation']['rotatedAt']}")
    OUT.print(f"published     {outputs['rotation']['published']}")
    OUT.print("connect       make cli          (redis-cli with TLS and the current token)")
    OUT.print("the token     make -s token")
