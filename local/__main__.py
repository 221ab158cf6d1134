"""The command line behind the Makefile: `python -m local up | rotate | status | down | env | cli`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import yaml

from local import engines, report, workspace
from local.engines import Engine, EngineError, EngineFailed

if TYPE_CHECKING:
    from local.cloud.client import Cloud

UNUSABLE = 2
"""Exit code where something must be installed or chosen first."""


@click.group()
def main() -> None:
    """The whole program without AWS: a local cloud with real Redis, and an engine to deploy with."""
    if not sys.platform.startswith("linux"):
        raise click.ClickException(
            "the local cloud needs Linux (WSL included): its nodes have addresses of their own in 127.0.0.0/8"
        )


@main.command()
def up() -> None:
    """From nothing to the deployed stack, its token proven. Again: nothing changes."""
    with workspace.alone():
        engine = _deploy()
    _show_proof(engine)


@main.command()
def rotate() -> None:
    """A new generation of the token, deployed and proven."""
    with workspace.alone():
        engine = engines.choose(workspace.environment(None))
        generation, turn = _generation(engine), _turn(engine.outputs())
        if not generation or not _cloud():
            raise click.ClickException("nothing is deployed here; type `make up` first")
        if workspace.asked_after(turn):
            report.OUT.print("A further token was asked for before, and is not there yet: going on with that one.")
        else:
            engine.set_config("generation", str(generation + 1))
            workspace.ask_after(turn)
        engine = _deploy()
    _show_proof(engine)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
@click.option("--show-secrets", is_flag=True, help="Secret outputs in clear.")
def status(as_json: bool, show_secrets: bool) -> None:
    """What runs, what the stack holds, how to connect."""
    cloud = _cloud()
    engine = engines.choose(workspace.environment(cloud.endpoint if cloud else None))
    outputs = engine.outputs(show_secrets=show_secrets)
    if as_json:
        told = {"endpoint": cloud.endpoint, "caFile": str(cloud.ca_file), "pid": cloud.pid} if cloud else None
        stack = {"name": workspace.STACK, "outputs": outputs}
        click.echo(json.dumps({"cloud": told, "engine": engine.name, "stack": stack}))
        return
    report.status(cloud, engine.name, outputs, unfinished=workspace.asked_after(_turn(outputs)))


@main.command()
def down() -> None:
    """Destroy the stack and stop everything: no resource, process or port is left."""
    with workspace.alone():
        cloud = _cloud()
        engine = engines.choose(workspace.environment(cloud.endpoint if cloud else None))
        if others := workspace.other_stacks():
            report.OUT.print(f"Other stacks on this local cloud go with it: {', '.join(others)}.")
        if cloud and engine.deployed():
            engine.destroy()
        elif engine.deployed():
            report.OUT.print("The local cloud had ended before; its resources went with it.")
        if cloud:
            with report.step("Stopping the local cloud"):
                cloud.stop()
        workspace.forget()
    report.OUT.print("Nothing is left running.")


@main.command()
@click.option("--set", "changes", multiple=True, metavar="NAME=VALUE", help="A setting, such as delay=5.")
def cloud(changes: tuple[str, ...]) -> None:
    """Start the local cloud alone where it does not run, change its settings, and show them all."""
    from local.cloud.settings import Settings

    settings = {}
    for change in changes:
        name, found, value = change.partition("=")
        if not found:
            raise click.BadParameter(f"{change!r}: write NAME=VALUE, such as delay=5")
        settings[name] = yaml.safe_load(value)
    with workspace.alone():
        running, _ = _started_cloud()
    report.settings(Settings.model_validate(running.settings(**settings)).table())


@main.command()
@click.pass_obj
def env(inherited: list[str]) -> None:
    """Lines for `eval`, after which `pulumi up --stack local`, and `aws`, work by hand."""
    cloud = _cloud()
    if not cloud:
        raise click.ClickException("the local cloud does not run; type `make up` first")
    click.echo(workspace.exports(workspace.environment(cloud.endpoint), inherited))


@main.command()
def cli() -> None:
    """redis-cli on the primary endpoint, with the current token in its environment rather than its arguments."""
    from local.cloud.redis_server import ensure

    cloud = _cloud()
    outputs = _secret_outputs()
    if not cloud:
        raise click.ClickException("the local cloud does not run; type `make up` first")
    redis_cli = str(ensure(workspace.REDIS).cli)
    arguments = report.redis_cli_arguments(outputs, Path(cloud.ca_file))
    os.execve(redis_cli, [redis_cli, *arguments], {**os.environ, "REDISCLI_AUTH": outputs["authToken"]})  # noqa: S606 - becomes redis-cli


@main.command()
def token() -> None:
    """The current token, in clear, on standard output: for REDISCLI_AUTH and the like."""
    click.echo(_secret_outputs()["authToken"])


def _secret_outputs() -> dict[str, Any]:
    outputs = engines.choose(workspace.environment(None)).outputs(show_secrets=True)
    if not outputs:
        raise click.ClickException("nothing is deployed here; type `make up` first")
    return outputs


def _cloud() -> Cloud | None:
    from local.cloud import client

    return client.find(workspace.CLOUD)


def _started_cloud() -> tuple[Cloud, bool]:
    """The local cloud, and whether it was started just now."""
    from local.cloud import client
    from local.cloud.redis_server import ensure

    running = client.find(workspace.CLOUD)
    if running:
        return running, False
    with report.step("Looking for redis-server with TLS"):
        ensure(workspace.REDIS)
    with report.step("Starting the local cloud"):
        return client.start(workspace.CLOUD), True


def _deploy() -> Engine:
    """Start what does not run, and bring the stack to what its configuration says."""
    engines.choose(workspace.environment(None))  # before anything is started for it
    cloud, begun = _started_cloud()
    workspace.write_stack_file(cloud.endpoint, str(cloud.ca_file))
    engine = engines.choose(workspace.environment(cloud.endpoint))
    engine.ensure_stack()
    engines.remember(engine)
    lost = begun and engine.deployed()  # a cloud that is new has nothing of an older one's resources
    if lost:
        report.OUT.print(
            "The local cloud had ended, and its resources with it: they are made anew, without their data."
        )
    try:
        engine.up(refresh=lost)
    except EngineFailed:
        if not _cloud():
            raise click.ClickException("the local cloud ended meanwhile; `make up` starts another one") from None
        raise
    return engine


def _turn(outputs: dict[str, Any]) -> int:
    """Which token is in force, counted from 1; 0 where none is."""
    return int(outputs.get("rotation", {}).get("generation", 0))


def _generation(engine: Engine) -> int:
    if not engine.deployed() or not workspace.STACK_FILE.exists():
        return 0
    config = yaml.safe_load(workspace.STACK_FILE.read_text()).get("config", {})
    text = str(config.get("redis-auth-token:generation", 1))
    if not text.isdigit():
        raise click.ClickException(f"{workspace.STACK_FILE.name}: generation is {text!r}; it counts tokens, from 1")
    return int(text)


def _show_proof(engine: Engine) -> None:
    rotation = engine.outputs().get("rotation")
    if not rotation:
        raise click.ClickException("the stack has no output `rotation`; see what the engine said above")
    report.proof(rotation)


def run() -> int:
    """The command line, with the faults that people can mend told in a sentence instead of a traceback."""
    from local.cloud.errors import CloudError
    from local.cloud.redis_server import RedisMissingError

    try:
        main(standalone_mode=False, obj=workspace.leave_aws())
    except RedisMissingError as missing:
        report.fault(str(missing))
        return UNUSABLE
    except (CloudError, EngineError, workspace.Busy) as error:
        report.fault(str(error))
        return 1
    except yaml.YAMLError as error:
        report.fault(f"{workspace.STACK_FILE.name} is no YAML: {error}. Mend it, or delete it for a fresh one")
        return 1
    except EngineFailed:
        return 1
    except (KeyboardInterrupt, click.Abort):
        report.fault("interrupted; the same command goes on from where things then are")
        return 130
    except click.ClickException as error:
        report.fault(error.format_message())
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(run())
