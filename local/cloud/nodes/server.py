"""One redis-server process: its configuration, its start, and the only way to talk to it as its keeper."""

import contextlib
import os
import secrets
import shutil
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from local.cloud.errors import CloudError
from local.cloud.nodes.certificates import ServerCertificate
from local.cloud.nodes.processes import Processes
from local.cloud.nodes.resp import Connection, RedisError, Reply
from local.cloud.nodes.tokens import Tokens, digest

ADMIN = "local-cloud"
_SOCKET = "redis.sock"
_START_SECONDS = 20.0
_REPLY_SECONDS = 20.0
_POLL_SECONDS = 0.002
# What ElastiCache keeps from its users ("Restricted commands", AWS's user guide). One rule at a time, as not every
# version of Redis knows every command; channels have rules from 6.2 on.
_USER_RULES = (
    *(
        "~*",
        "&*",
        "+@all",
        "-acl",
        "+acl|whoami",
        "+acl|cat",
        "-bgrewriteaof",
        "-bgsave",
        "-config",
        "-debug",
        "-failover",
    ),
    *("-migrate", "-module", "-psync", "-replconf", "-replicaof", "-save", "-shutdown", "-slaveof", "-sync"),
)

Transit = Literal["off", "preferred", "required"]


@dataclass(frozen=True)
class ServerPlan:
    """All that the servers of one group have in common."""

    binary: Path
    port: int
    certificate: ServerCertificate
    admin_password: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)


class Server:
    """A redis-server process. The relay reads ``tokens`` and ``transit``, what it accepts now."""

    def __init__(self, plan: ServerPlan, host: str, directory: Path, processes: Processes, transit: Transit) -> None:
        self.plan = plan
        self.address = (host, plan.port)
        self.tls: ssl.SSLContext = plan.certificate.context()
        self.transit = transit
        self.tokens = Tokens()
        self.pid = 0
        self.exited = threading.Event()
        self.on_death: Callable[[Server], None] = lambda _: None
        self._directory = directory
        self._processes = processes
        self._stopping = False
        self._connection: Connection | None = None
        self._lock = threading.Lock()
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The name of a unix socket is limited to 107 bytes, a root's is not: this way leads to it however deep it is.
        self._handle = os.open(directory, os.O_PATH | os.O_DIRECTORY)

    @property
    def unix_socket(self) -> str:
        """Where the relay's judged connections and the admin's go."""
        return f"/proc/self/fd/{self._handle}/{_SOCKET}"

    def start(self, tokens: Tokens) -> None:
        """Start the process and wait until it answers, with these tokens in force.

        Raises:
            CloudError: it could not be started, or ended, or does not answer; the message has its last words.
        """
        (self._directory / "redis.conf").write_text(self._configuration())
        self.pid = self._processes.start(
            [str(self.plan.binary), "redis.conf"],
            cwd=self._directory,
            log=self._directory / "redis.log",
            on_exit=self._note_exit,
        )
        self._await_answer()
        for rule in _USER_RULES:
            with contextlib.suppress(RedisError):
                self.command("ACL", "SETUSER", "default", rule)
        self.accept(tokens)

    def accept(self, tokens: Tokens) -> None:
        """Make a change of tokens the rule for every new connection, from now on."""
        if tokens.required:
            self.command("ACL", "SETUSER", "default", "on", "resetpass", *(f"#{known}" for known in tokens.digests))
        else:
            self.command("ACL", "SETUSER", "default", "on", "nopass")
        self.tokens = tokens

    def encrypt(self, transit: Transit) -> None:
        """Change encryption in transit. Plain connections that are open stay open: Redis closes none.

        Raises:
            CloudError: this Redis cannot do it while it runs; it can from 7.0 on.
        """
        port = str(self.plan.port)
        if transit == "required":
            files = [(name, str(file)) for name, file in _tls_files(self.plan.certificate)]
            self._set(("port", "0"), *files, ("tls-auth-clients", "no"), ("tls-replication", "yes"), ("tls-port", port))
        elif self.transit == "required":
            self._set(("tls-port", "0"), ("tls-replication", "no"), ("port", port))
        self.transit = transit

    def command(self, *arguments: str) -> Reply:
        """Run a command as the cloud's own user.

        Raises:
            CloudError: Redis refused it, or the server is not there.
        """
        with self._lock:
            try:
                if self._connection is None:
                    self._connection = self._connect()
                return self._connection.command(*arguments)
            except OSError as error:
                self._disconnect()
                raise CloudError(f"the Redis server at {self.address[0]} does not answer: {error}") from error

    def configure(self, values: Mapping[str, str]) -> None:
        """Set configuration values; names that this Redis does not know are passed over."""
        reply = self.command("CONFIG", "GET", "*")
        assert isinstance(reply, list), "CONFIG GET is answered with a list"
        current = dict(zip(reply[::2], reply[1::2], strict=True))
        for name, value in values.items():
            if name in current and current[name] != value:
                self._set((name, value))

    def follow(self, primary: "Server | None") -> None:
        """Become a replica of another server, or a primary."""
        if primary is None:
            self.command("REPLICAOF", "NO", "ONE")
            return
        self._set(("masteruser", ADMIN), ("masterauth", primary.plan.admin_password))
        self.command("REPLICAOF", primary.address[0], str(primary.address[1]))

    def in_sync(self) -> bool:
        """Whether this replica has its primary's data and follows it."""
        return self._replication().get("master_link_status") == "up"

    def offset(self) -> int:
        """How far in the stream of writes it is, as a primary or as a replica."""
        return int(self._replication()["master_repl_offset"])

    def stop(self) -> None:
        """Kill the process and remove its files. Its data is gone: a cache node's is, too."""
        self._stopping = True
        with self._lock:
            self._disconnect()
        if self.pid and not self.exited.is_set():
            self._processes.kill(self.pid)
            self.exited.wait(_START_SECONDS)
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
        shutil.rmtree(self._directory, ignore_errors=True)

    def _replication(self) -> dict[str, str]:
        lines = str(self.command("INFO", "replication")).splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def _set(self, *settings: tuple[str, str]) -> None:
        for name, value in settings:
            self.command("CONFIG", "SET", name, value)

    def _note_exit(self, _: int) -> None:
        self.exited.set()
        if not self._stopping:
            self.on_death(self)

    def _await_answer(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            with contextlib.suppress(CloudError):
                if self.command("PING") == "PONG":
                    return
            if self.exited.is_set() or time.monotonic() > deadline:
                what = "ended at once" if self.exited.is_set() else f"does not answer after {_START_SECONDS:.0f} s"
                raise CloudError(f"{self.plan.binary.name} for {self.address[0]} {what}: {self._last_words()}")
            time.sleep(_POLL_SECONDS)

    def _last_words(self) -> str:
        log = self._directory / "redis.log"
        lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
        return lines[-1] if lines else "it said nothing"

    def _connect(self) -> Connection:
        connection = Connection(self.unix_socket, timeout=_REPLY_SECONDS)
        try:
            connection.command("AUTH", ADMIN, self.plan.admin_password)
        except RedisError as error:
            connection.close()
            raise ConnectionError(str(error)) from error
        return connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _configuration(self) -> str:
        """Without a token and without a password in clear: the default user is off until ``accept`` has spoken."""
        lines = [
            f"bind {self.address[0]}",
            f"unixsocket {_SOCKET}",
            "unixsocketperm 700",
            "daemonize no",
            'save ""',
            "appendonly no",
            # By file: after a diskless synchronisation a replica gets no writes for up to a second. And a server looks
            # for the end of its child that wrote the file hz times a second.
            "repl-diskless-sync no",
            "rdb-del-sync-files yes",
            "hz 50",
            "user default off nopass",
            f"user {ADMIN} on #{digest(self.plan.admin_password)} ~* +@all",
        ]
        if self.transit == "required":
            lines += ["port 0", f"tls-port {self.plan.port}", "tls-auth-clients no", "tls-replication yes"]
            lines += [f'{name} "{file}"' for name, file in _tls_files(self.plan.certificate)]
        else:
            lines.append(f"port {self.plan.port}")
        return "\n".join(lines) + "\n"


def _tls_files(certificate: ServerCertificate) -> Iterable[tuple[str, Path]]:
    return (
        ("tls-ca-cert-file", certificate.authority),
        ("tls-cert-file", certificate.certificate),
        ("tls-key-file", certificate.key),
    )
