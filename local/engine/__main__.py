"""`python -m local.engine COMMAND --stack NAME [--cwd DIR]`."""

import json
import os
import sys
import time
from pathlib import Path

import click

os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

from .first.engine import Bail, Deployment
from .first.monitor import Host, run_program
from .first.plugins import ProviderError
from .first.state import Checkpoint, Project
from .first.values import Secret, unwrap


def common(f):
    for option in (
        click.option("--stack", "-s", required=True),
        click.option("--cwd", "-C", default=".", type=click.Path(exists=True, file_okay=False)),
        click.option("--json", "as_json", is_flag=True),
        click.option("--event-log"),
        click.option("--yes", "-y", is_flag=True),
        click.option("--skip-preview", is_flag=True),
        click.option("--show-secrets", is_flag=True),
        click.option("--expect-no-changes", is_flag=True),
        click.option("--refresh", "-r", is_flag=True),
        click.option("--parallel", "-p", type=int, default=16),
    ):
        f = option(f)
    return f


@click.group()
def cli():
    pass


def opened(kw):
    project = Project(kw["cwd"], kw["stack"])
    return project, Checkpoint(project, os.environ.get("PULUMI_BACKEND_URL", "file://~"))


@cli.command()
@common
def init(**kw):
    opened(kw)[1].create()


@cli.group()
def config():
    pass


@config.command("set")
@click.argument("key")
@click.argument("value")
@click.option("--secret", is_flag=True)
@common
def config_set(key, value, secret, **kw):
    project, _ = opened(kw)
    key = key if ":" in key else f"{project.name}:{key}"
    project.settings.setdefault("config", {})[key] = {"secure": project.crypter.encrypt(value)} if secret else value
    project.write_settings()


@cli.command()
@click.argument("name", required=False)
@common
def output(name, **kw):
    _, checkpoint = opened(kw)
    stack = next((r for r in checkpoint.load().resources if r.type == "pulumi:pulumi:Stack"), None)
    outs = {k: unwrap(v) if kw["show_secrets"] or not isinstance(v, Secret) else "[secret]"
            for k, v in ((stack.outputs if stack else None) or {}).items()}
    value = outs[name] if name else outs
    print(value if isinstance(value, str) and not kw["as_json"] else json.dumps(value))


def operate(command, kw):
    project, checkpoint = opened(kw)
    preview, started = command == "preview", time.time()
    events = open(kw["event_log"], "w") if kw["event_log"] else None

    def on_event(kind, urn, **e):
        if events:
            diff = e.get("diff")
            events.write(json.dumps({"op": kind, "urn": urn, **{k: v for k, v in e.items() if k in (
                "message", "step", "result")}, "keys": getattr(diff, "keys", None)}) + "\n")
            events.flush()
        if kind == "diag":
            print(f"error: {urn}: {e['message']}", file=sys.stderr)
        elif kind not in ("done", "same") and not (kind == "refresh" and e.get("result") == "same"):
            print(f"  {kind:20} {urn.split('::', 2)[-1]} {e.get('result', '')}", flush=True)

    def log(severity, urn, message, ephemeral):
        if severity != "debug":
            print(f"{severity}: {message}", file=sys.stderr)

    checkpoint.load()
    if not preview:
        checkpoint.lock()
    try:
        if checkpoint.pending:
            print("warning: the stack has operations that an earlier run began and did not end: " + ", ".join(
                f"{r.urn} ({t})" for r, t in checkpoint.pending), file=sys.stderr)
        venv = project.options.get("virtualenv")
        python = project.root / venv / "bin/python" if venv else None
        ours = Path(__file__).resolve().parents[1] / "plugins" / "bin"
        host = Host(project, str(python) if python and python.exists() else sys.executable, parallel=kw["parallel"],
                    plugin_path=os.environ.get("PATH", os.defpath) + os.pathsep + str(ours))
        d = Deployment(host, checkpoint, preview, on_event=on_event)
        try:
            ok = d.refresh() if kw["refresh"] or command == "refresh" else True
            if ok and command == "destroy":
                d.finish(errored=False)
                ok = not d.errors
            elif ok and command != "refresh":
                ok = run_program(host, d, Path(__file__).parent / "first" / "program" / "run.py", log)
        finally:
            d.close()
            host.server.stop(0)
    except (Bail, ProviderError) as e:
        print(f"error: {e}", file=sys.stderr)
        ok = False
    finally:
        if not preview:
            checkpoint.unlock()
    print("Resources: " + ", ".join(f"{n} {op}" for op, n in sorted(d.summary.items())) + f"; {time.time() - started:.1f}s")
    if kw["expect_no_changes"] and set(d.summary) - {"same", "read"}:
        print("error: no changes were expected but changes occurred", file=sys.stderr)
        ok = False
    sys.exit(0 if ok else 255)


def _command(name):
    @cli.command(name)
    @common
    def run(**kw):
        operate(name, kw)


for _name in ("preview", "up", "refresh", "destroy"):
    _command(_name)

if __name__ == "__main__":
    cli()
