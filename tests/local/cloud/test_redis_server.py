"""Where redis-server comes from."""

import shutil
from pathlib import Path

import pytest

from local.cloud import redis_server
from local.cloud.redis_server import Binaries, RedisMissingError

DIRECTIVE = "no-such-directive"
VERSION = "echo 'Redis server v=7.2.4 sha=00000000:0 malloc=libc bits=64'"


def program(directory: Path, name: str, script: str) -> Path:
    """An executable shell script."""
    directory.mkdir(exist_ok=True)
    file = directory / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return file


def test_the_one_that_is_used_speaks_tls(binaries: Binaries) -> None:
    assert redis_server.checked(binaries.server) == binaries.version
    assert binaries.cli.exists()


def test_what_was_unpacked_is_found_again_and_can_be_moved(
    binaries: Binaries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unpacked = binaries.server.parents[1]
    if not (unpacked / "root").exists():  # this machine has one on PATH; the path below is then of no use to it
        assert shutil.which("redis-server")
        return
    moved = tmp_path / "moved with spaces"
    shutil.copytree(unpacked, moved, symlinks=True)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert redis_server.ensure(moved) == Binaries(
        moved / "bin" / "redis-server", moved / "bin" / "redis-cli", binaries.version
    )


def test_path_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "bin"
    server = program(folder, "redis-server", f"[ \"$1\" = - ] && echo '>>> {DIRECTIVE} yes' || {VERSION}")
    cli = program(folder, "redis-cli", "exit 0")
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    assert redis_server.ensure(tmp_path / "unpacked") == Binaries(server, cli, "7.2.4")
    assert not (tmp_path / "unpacked").exists()


def test_one_without_tls_is_not_used(tmp_path: Path) -> None:
    server = program(tmp_path / "bin", "redis-server", f"[ \"$1\" = - ] && echo '>>> tls-port 0' || {VERSION}")
    with pytest.raises(RedisMissingError, match="built without TLS"):
        redis_server.checked(server)


def test_where_there_is_none_it_says_what_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RedisMissingError, match=r"no Debian or Ubuntu.*apt-get install redis-server redis-tools"):
        redis_server.ensure(tmp_path / "unpacked")


def test_a_valkey_server_stands_in_where_there_is_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "bin"
    server = program(folder, "valkey-server", f"[ \"$1\" = - ] && echo '>>> {DIRECTIVE} yes' || {VERSION}")
    program(folder, "valkey-cli", "exit 0")
    monkeypatch.setenv("PATH", str(folder))
    assert redis_server.ensure(tmp_path / "unpacked").server == server
    assert redis_server.valkey_on_path() == server
