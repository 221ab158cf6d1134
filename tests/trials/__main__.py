"""`python -m tests.trials model|crashes|clients`: the trials at length; `make test` has a short form of each."""

import sys

import click


@click.group()
def trials() -> None:
    """Everything that may happen to a rotation, against the real program."""


@trials.command()
@click.option("--examples", default=2000, show_default=True, help="On the machine's port in memory.")
@click.option("--on-cloud", default=50, show_default=True, help="On a local cloud, with real nodes.")
def model(examples: int, on_cloud: int) -> None:
    """Others' changes, faults, kills, roll-backs and clocks, in any order."""
    from tests.trials.ground import own_cloud
    from tests.trials.model import run

    in_memory = run.on_the_fake_port(examples)
    click.echo(f"on the fake port: {in_memory} examples, 0 violations")
    with own_cloud() as cloud:
        on_nodes = run.on_a_local_cloud(cloud, on_cloud) if on_cloud else 0
    click.echo(f"on a local cloud: {on_nodes} examples, 0 violations")
    click.echo(f"{in_memory + on_nodes} examples, 0 violations")


@trials.command()
@click.argument("scenarios", nargs=-1)
def crashes(scenarios: tuple[str, ...]) -> None:
    """Kill the process at every AWS call, before and after it; of all SCENARIOS, or of those named so."""
    from tests.trials.crashes import run

    sys.exit(run.main(scenarios))


@trials.command()
@click.option("--rotations", default=20, show_default=True)
@click.option("--clients", default=8, show_default=True, help="Of each kind: those that read, those that cache.")
def clients(rotations: int, clients: int) -> None:
    """Count the commands of clients that fail while the token is rotated."""
    from tests.trials.clients import run

    sys.exit(run.main(rotations, clients))


if __name__ == "__main__":
    trials()
