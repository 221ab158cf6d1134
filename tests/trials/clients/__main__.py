"""`python -m tests.trials.clients`: clients at work through rotations."""

import sys

import click

from tests.trials.clients import run


@click.command()
@click.option("--rotations", default=20, show_default=True)
@click.option("--clients", default=8, show_default=True, help="Of each kind: those that read, those that cache.")
def main(rotations: int, clients: int) -> None:
    """Count the commands of clients that fail while the token is rotated."""
    sys.exit(run.main(rotations, clients))


if __name__ == "__main__":
    main()
