"""Where this clone keeps what it runs with: `.local/`, the `local` stack's file, its commands' environment."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).resolve().parent.parent
STATE: Final = ROOT / ".local"
CLOUD: Final = STATE / "cloud"
REDIS: Final = STATE / "redis"
BACKEND: Final = STATE / "backend"
STACK: Final = "local"
STACK_FILE: Final = ROOT / f"Pulumi.{STACK}.yaml"
TEMPLATE: Final = ROOT / "local" / f"Pulumi.{STACK}.yaml.in"
PLUGINS: Final = ROOT / "local" / "plugins" / "bin"
TOOLS: Final = ROOT / "venv" / "bin"

_PASSPHRASE: Final = STATE / "passphrase"
_ASKED: Final = STATE / "asked"
"""Which token was in force when `make rotate` asked for the next one."""


class Busy(RuntimeError):
    """Another command is at work in this clone."""


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """One command at a time in a clone. Raises Busy."""
    STATE.mkdir(exist_ok=True)
    with (STATE / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy("another make command is at work in this clone; wait for it, then try again") from None
        yield


def environment(endpoint: str | None) -> dict[str, str]:
    """What `pulumi`, the embedded engine, `aws` and boto3 need to work on the local stack by hand."""
    path = os.environ.get("PATH", os.defpath)
    aws = yaml.safe_load(TEMPLATE.read_text())["config"]
    env = {
        "PULUMI_BACKEND_URL": BACKEND.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": _passphrase(),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PATH": os.pathsep.join([*(str(d) for d in (PLUGINS, TOOLS) if str(d) not in path.split(os.pathsep)), path]),
        "AWS_ACCESS_KEY_ID": aws["aws:accessKey"],
        "AWS_SECRET_ACCESS_KEY": aws["aws:secretKey"],
        "AWS_REGION": aws["aws:region"],
        "AWS_DEFAULT_REGION": aws["aws:region"],
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    return env | ({"AWS_ENDPOINT_URL": endpoint} if endpoint else {})


def leave_aws() -> list[str]:
    """Drop the shell's own AWS settings, whose profile or account is not the local cloud's; their names."""
    inherited = sorted(name for name in os.environ if name.startswith("AWS_"))
    for name in inherited:
        del os.environ[name]
    return inherited


def write_stack_file(endpoint: str, ca_file: str) -> None:
    """The local stack's configuration, from the template. What a person or `make rotate` has set since is kept."""
    text = TEMPLATE.read_text()
    blank: dict[str, Any] = yaml.safe_load(text)["config"]
    filled: dict[str, Any] = yaml.safe_load(text.replace("@ENDPOINT@", endpoint).replace("@CA_FILE@", ca_file))[
        "config"
    ]
    kept: dict[str, Any] = (yaml.safe_load(STACK_FILE.read_text()) or {}) if STACK_FILE.exists() else {}
    where_it_is = {key: value for key, value in filled.items() if value != blank[key]}
    config = {**filled, **kept.get("config", {}), **where_it_is}
    STACK_FILE.write_text(yaml.safe_dump({**kept, "config": config}, sort_keys=False))


def ask_after(turn: int) -> None:
    """Remember that a token after this one was asked for: until it is there, nobody has to ask again."""
    _ASKED.write_text(str(turn))


def asked_after(turn: int) -> bool:
    """Whether a token was asked for that should follow this one."""
    return _ASKED.exists() and _ASKED.read_text() == str(turn)


def other_stacks() -> list[str]:
    """Stacks that somebody made beside ours on the same backend."""
    found = (BACKEND / ".pulumi" / "stacks").glob("*/*.json")
    return sorted(file.stem for file in found if file.stem != STACK)


def forget() -> None:
    """Remove all but what was downloaded."""
    for directory in (CLOUD, BACKEND, STATE / "log"):
        shutil.rmtree(directory, ignore_errors=True)
    for file in (STACK_FILE, _PASSPHRASE, _ASKED, STATE / "engine"):
        file.unlink(missing_ok=True)


def exports(env: Mapping[str, str], unwanted: Iterable[str]) -> str:
    """`env` as lines that a shell can eval, and `unwanted` taken away."""
    gone = [f"unset {name}" for name in unwanted if name not in env]
    return "\n".join([*gone, *(f"export {key}='{value}'" for key, value in env.items())])


def _passphrase() -> str:
    if not _PASSPHRASE.exists():
        STATE.mkdir(exist_ok=True)
        with os.fdopen(os.open(_PASSPHRASE, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(24))
    return _PASSPHRASE.read_text()
