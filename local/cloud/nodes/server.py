"""One redis-server process: its configuration, its start, and the only way to talk to it as its keeper."""

import contextlib
import secrets
import shutil
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

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
# What ElastiCache keeps from its users ("Restricted Redis commands", AWS's user guide), for all versions from 6.0 on.
_RESTRICTED = "-acl +acl|whoami +acl|cat -bgrewriteaof -bgsave -config -debug -failover -migrate -module -psync -replicaof -replconf -save -shutdown -slaveof -sync"


@dataclass(frozen=True)
class ServerPlan:
    """All that the servers of one group have in common."""

    binary: Path
    port: int
    certificate: ServerCertificate | None
    admin_password: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)


class Server:
    """A redis-server process. ``tokens`` is what it accepts now; the relay reads it."""

    def __init__(self, plan: ServerPlan, host: str, directory: Path, processes: Processes) -> None:
        self.plan = plan
        self.address = (host, plan.port)
        self.directory = directory
        self.tokens = Tokens()
        self.tls: ssl.SSLContext | None = plan.certificate.context() if plan.certificate else None
        self.pid = 0
        self.exited = threading.Event()
        self._processes = processes
        self._connection: Connection | None = None
        self._lock = threading.Lock()

    @property
    def unix_socket(self) -> Path:
        """Where the relay's judged connections and the admin's go."""
        return self.directory / _SOCKET

    def start(self, tokens: Tokens) -> None:
        """Start the process and wait until it answers, with these tokens in force.

        Raises:
            CloudError: it could not be started, or ended, or does not answer; the message names its log.
        """
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.directory / "redis.conf").write_text(self._configuration())
        self.exited.clear()
        self.pid = self._processes.start(
            [str(self.plan.binary), "redis.conf"],
            cwd=self.directory,
            log=self.directory / "redis.log",
            on_exit=lambda _: self.exited.set(),
        )
        self._await_answer()
        self.accept(tokens)

    def accept(self, tokens: Tokens) -> None:
        """Make a change of tokens the rule for every new connection, from now on."""
        if tokens.required:
            self.command("ACL", "SETUSER", "default", "on", "resetpass", *(f"#{known}" for known in tokens.digests))
        else:
            self.command("ACL", "SETUSER", "default", "on", "nopass")
        self.tokens = tokens

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
                if self._connection is not None:
                    self._connection.close()
                    self._connection = None
                raise CloudError(f"the Redis server at {self.address[0]} does not answer: {error}") from error

    def configure(self, values: Mapping[str, str]) -> None:
        """Set configuration values; names that this Redis does not know are passed over."""
        for name, value in values.items():
            if self.command("CONFIG", "GET", name):
                self.command("CONFIG", "SET", name, value)

    def info(self, section: str) -> dict[str, str]:
        """A section of INFO."""
        lines = str(self.command("INFO", section)).splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def follow(self, primary: "Server | None") -> None:
        """Become a replica of another server, or a primary."""
        if primary is None:
            self.command("REPLICAOF", "NO", "ONE")
            return
        self.command("CONFIG", "SET", "masteruser", ADMIN)
        self.command("CONFIG", "SET", "masterauth", primary.plan.admin_password)
        self.command("REPLICAOF", primary.address[0], str(primary.address[1]))

    def in_sync(self) -> bool:
        """Whether this replica has its primary's data and follows it."""
        return self.info("replication").get("master_link_status") == "up"

    def stop(self) -> None:
        """Kill the process and remove its files. Its data is gone: a cache node's is, too."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self.pid and not self.exited.is_set():
            self._processes.kill(self.pid)
            self.exited.wait(_START_SECONDS)
        shutil.rmtree(self.directory, ignore_errors=True)

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
        log = self.directory / "redis.log"
        lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
        return lines[-1] if lines else f"{log} is empty"

    def _connect(self) -> Connection:
        connection = Connection(self.directory, _SOCKET, timeout=_REPLY_SECONDS)
        try:
            connection.command("AUTH", ADMIN, self.plan.admin_password)
        except RedisError as error:
            connection.close()
            raise ConnectionError(str(error)) from error
        return connection

    def _configuration(self) -> str:
        """Without a token and without a password in clear: the default user is off until ``accept`` has spoken."""
        lines = [
            f"bind {self.address[0]}",
            f"unixsocket {_SOCKET}",
            "unixsocketperm 700",
            "daemonize no",
            'save ""',
            "appendonly no",
            "repl-diskless-sync yes",
            "repl-diskless-sync-delay 0",
            "repl-diskless-load swapdb",
            "hz 100",
            f"user default off nopass ~* &* +@all {_RESTRICTED}",
            f"user {ADMIN} on #{digest(self.plan.admin_password)} ~* &* +@all",
        ]
        certificate = self.plan.certificate
        if certificate is None:
            lines.append(f"port {self.plan.port}")
        else:
            lines += [
                "port 0",
                f"tls-port {self.plan.port}",
                f'tls-cert-file "{certificate.certificate}"',
                f'tls-key-file "{certificate.key}"',
                f'tls-ca-cert-file "{certificate.authority}"',
                "tls-auth-clients no",
                "tls-replication yes",
            ]
        return "\n".join(lines) + "\n"
