"""``python -m local.cloud``: a cloud in the foreground."""

import json
import sys
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from local.cloud import redis_server, server
from local.cloud.errors import CloudError
from local.cloud.settings import Settings, explained

_UNPACKED_REDIS = Path(__file__).parents[2] / ".local" / "redis"
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(context_settings={"show_default": True})
@click.option("--root", type=click.Path(file_okay=False, path_type=Path), required=True, help="Where its files are.")
@click.option("--redis-server", type=_FILE, help="A redis-server with TLS; without it one is found, or downloaded.")
@click.option("--valkey-server", type=_FILE, help="Serves groups of engine valkey; without one redis-server does.")
@click.option("--delay", type=float, help="Seconds that each change of the control plane takes.  [default: 0]")
@click.option("--settings", "more", default="{}", help="Settings as JSON, by the names of GET /_local/settings.")
def main(root: Path, redis_server: Path | None, valkey_server: Path | None, delay: float | None, more: str) -> None:
    """Run a local cloud until it is interrupted."""
    try:
        settings = _settings(more, delay)
        server.run(server.Options(root, _binaries(redis_server, valkey_server), settings))
    except CloudError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


def _settings(text: str, delay: float | None) -> Settings:
    try:
        given: dict[str, Any] = json.loads(text)
        return Settings.model_validate(given if delay is None else {**given, "delay": delay})
    except ValidationError as error:
        raise CloudError(f"the settings are wrong: {explained(error)}") from error
    except (TypeError, ValueError) as error:
        raise CloudError(f"the settings are no JSON object: {error}") from error


def _binaries(redis: Path | None, valkey: Path | None) -> dict[str, Path]:
    """The program for each engine: Redis stands in for a Valkey that is not installed, their protocol is the same."""
    for given in (redis, valkey):
        if given is not None:
            redis_server.checked(given)
    redis = (redis or redis_server.ensure(_UNPACKED_REDIS).server).absolute()
    valkey = valkey or redis_server.valkey_on_path()
    return {"redis": redis, "valkey": valkey.absolute() if valkey else redis}


if __name__ == "__main__":
    main()
