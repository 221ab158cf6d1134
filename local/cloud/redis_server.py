"""Where redis-server comes from: PATH, or the distribution's package, unpacked without installing anything."""

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local.cloud.errors import CloudError

_PACKAGES = ("redis-server", "redis-tools")
_BY_HAND = "as root type: apt-get install redis-server redis-tools"
_COMMAND_SECONDS = 300
_VERSION = re.compile(r"\bv=(\d+\.\d+\.\d+)")
_PLANNED = re.compile(r"^Inst (\S+)", re.MULTILINE)
# What the machine has and must keep: a second C library beside the first one's loader does not run.
_NEVER_UNPACKED = {"libc6", "libc-bin"}
_WRAPPER = """#!/bin/sh
# The distribution's {name}, unpacked beside this file, with the libraries that this machine lacks.
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
LD_LIBRARY_PATH="$here/../root{libraries}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}" exec "$here/../root{program}" "$@"
"""


class RedisMissingError(CloudError):
    """There is no redis-server with TLS, and none could be had; the message says what to type."""


@dataclass(frozen=True)
class Binaries:
    """A redis-server that speaks TLS, its redis-cli, and its version."""

    server: Path
    cli: Path
    version: str


def ensure(directory: Path) -> Binaries:
    """A redis-server from PATH, else from ``directory``, where it is unpacked if need be; safe to call side by side.

    Raises:
        RedisMissingError: there is none; the message is a sentence with the command to type.
    """
    found = _on_path("redis-server", "redis-cli") or _unpacked(directory)
    if found is not None:
        return found
    with _alone(directory):
        found = _unpacked(directory)
        if found is None and (problem := _unpack(directory)):
            found = _on_path("valkey-server", "valkey-cli")  # the same protocol; some distributions have only this
            if found is None:
                raise RedisMissingError(
                    f"redis-server with TLS is needed and could not be downloaded ({problem}); {_BY_HAND}"
                )
    found = found or _unpacked(directory)
    if found is None:
        raise RedisMissingError(f"the redis-server unpacked in {directory} does not run here; {_BY_HAND}")
    return found


def valkey_on_path() -> Path | None:
    """A valkey-server with TLS, if one is installed."""
    found = _on_path("valkey-server", "valkey-cli")
    return found.server if found else None


def checked(server: Path) -> str:
    """The version of a redis-server.

    Raises:
        RedisMissingError: it does not run, or it was built without TLS.
    """
    try:
        shown = _run([str(server), "--version"])
        # A server that knows `tls-port` stumbles over the line after it; without TLS, over this one. Nothing is
        # started.
        probe = _run([str(server), "-"], stdin="port 0\ntls-port 0\nno-such-directive yes\n")
    except OSError as error:
        raise RedisMissingError(f"{server} does not run: {error}") from error
    version = _VERSION.search(shown.stdout)
    if version is None:
        raise RedisMissingError(f"{server} does not run: {(shown.stderr or shown.stdout).strip()[:200]}")
    if "no-such-directive" not in probe.stdout + probe.stderr:
        raise RedisMissingError(f"{server} was built without TLS")
    return version[1]


def _on_path(server: str, cli: str) -> Binaries | None:
    found_server, found_cli = shutil.which(server), shutil.which(cli)
    return _usable(Path(found_server), Path(found_cli)) if found_server and found_cli else None


def _unpacked(directory: Path) -> Binaries | None:
    server, cli = directory / "bin" / "redis-server", directory / "bin" / "redis-cli"
    return _usable(server, cli) if server.exists() and cli.exists() else None


def _usable(server: Path, cli: Path) -> Binaries | None:
    try:
        return Binaries(server, cli, checked(server))
    except RedisMissingError:
        return None


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """One process at a time."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _unpack(directory: Path) -> str | None:
    """Download the packages and lay them out; what was in the way, if anything."""
    if not all(map(shutil.which, ("apt-get", "dpkg", "dpkg-query"))):
        return "this is no Debian or Ubuntu"
    with tempfile.TemporaryDirectory(dir=directory) as work:
        debs = _download(Path(work), [])
        if debs is None:  # the package lists are empty, or older than what the mirrors have
            options = _private_lists(Path(work))
            updated = _run(["apt-get", *options, "update"])
            debs = _download(Path(work), options)
            if debs is None:
                return _last_line(updated) or "apt-get download failed"
        root = Path(work) / "root"
        for deb in debs:
            unpacked = _run(["dpkg", "-x", str(deb), str(root)])
            if unpacked.returncode != 0:
                return _last_line(unpacked)
        return _lay_out(root, directory)


def _download(work: Path, options: Sequence[str]) -> list[Path] | None:
    """The packages that are missing here, as files; none if apt cannot get them."""
    planned = _run(["apt-get", *options, "install", "--dry-run", "--no-install-recommends", *_PACKAGES])
    names = set(_PLANNED.findall(planned.stdout)) - _NEVER_UNPACKED
    # Packages that are installed, but not to be used (no TLS, say), are not planned: they are downloaded all the same.
    downloads = work / "debs"
    downloads.mkdir(exist_ok=True)
    options = [*options, "-o", "APT::Sandbox::User="]  # root's download goes to a folder of ours
    if _run(["apt-get", *options, "download", *sorted(names | set(_PACKAGES))], cwd=downloads).returncode != 0:
        return None
    return sorted(downloads.glob("*.deb"))


def _private_lists(work: Path) -> list[str]:
    """Options with which apt keeps its lists and caches here, so that nobody has to be root."""
    state, cache = work / "state", work / "cache"
    for folder in (state / "lists" / "partial", cache / "archives" / "partial"):
        folder.mkdir(parents=True)
    values = {
        "Dir::State": state,
        "Dir::State::lists": state / "lists",
        "Dir::State::status": "/var/lib/dpkg/status",
        "Dir::Cache": cache,
        "APT::Sandbox::User": "",
        "Debug::NoLocking": "1",
    }
    return [part for name, value in values.items() for part in ("-o", f"{name}={value}")]


def _lay_out(root: Path, directory: Path) -> str | None:
    """Put the unpacked files and their wrappers in place, the wrappers last: they are what others look for."""
    libraries = [folder for folder in root.glob("usr/lib/*-linux-*") if folder.is_dir()]
    folder = f"/{libraries[0].relative_to(root)}" if libraries else "/usr/lib"
    kept = directory / "root"
    shutil.rmtree(kept, ignore_errors=True)
    root.rename(kept)
    (directory / "bin").mkdir(exist_ok=True)
    for name in ("redis-server", "redis-cli"):
        program = f"/usr/bin/{name}"
        if not (kept / program[1:]).exists():
            return f"the packages have no {program}"
        partial = directory / "bin" / f".{name}"
        partial.write_text(_WRAPPER.format(name=name, libraries=folder, program=program))
        partial.chmod(0o755)
        partial.rename(directory / "bin" / name)
    return None


def _run(command: Sequence[str], *, cwd: Path | None = None, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=_COMMAND_SECONDS,
        check=False,
        env={**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
    )


def _last_line(run: subprocess.CompletedProcess[str]) -> str:
    lines = (run.stderr or run.stdout).strip().splitlines()
    return lines[-1] if lines else ""
