"""One plugin process: found, started, greeted."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from local.engine.errors import ProviderError
from local.engine.project.manifest import Project
from local.engine.providers.processes import Child, Processes
from local.engine.state.urns import DYNAMIC_PACKAGE

LogLine: TypeAlias = Callable[[str, str], None]
"""Takes a severity (`info` or `info#err`) and a line that a plugin printed."""

MESSAGE_LIMIT: Final = 400 * 1024 * 1024
CHANNEL_OPTIONS: Final = [
    ("grpc.max_receive_message_length", MESSAGE_LIMIT),
    ("grpc.max_send_message_length", MESSAGE_LIMIT),
]
OWN_PLUGINS: Final = Path(__file__).resolve().parents[2] / "plugins" / "bin"
_START_TIMEOUT: Final = 60.0
_CANCEL_TIMEOUT: Final = 2.0
_GRACE: Final = 5.0


def is_unimplemented(error: grpc.RpcError) -> bool:
    """Whether a plugin says that it has no such call; the dynamic provider raises NotImplementedError for that."""
    return error.code() == grpc.StatusCode.UNIMPLEMENTED or "is not implemented" in (error.details() or "")


@dataclass(frozen=True, slots=True)
class PluginHost:
    """What every plugin of an operation is started with.

    `engine_address` is where plugins send their logs, `configuration` the stack's, decrypted.
    """

    project: Project
    engine_address: str
    configuration: Mapping[str, str]
    processes: Processes
    log_line: LogLine

    def launch(self, package: str) -> Plugin:
        """Start the plugin of a package; raises `ProviderError` where there is none."""
        argv = self._command(package)
        child = self.processes.start(
            [*argv, self.engine_address],
            env=self._environment(),
            cwd=self.project.program,
            on_line=lambda stream, line: self.log_line("info" if stream == "stdout" else "info#err", line),
            first_line=True,
        )
        return Plugin(package, Path(argv[0]), child, self)

    def _command(self, package: str) -> list[str]:
        if package == DYNAMIC_PACKAGE:  # what the CLI's wrapper script runs
            return [str(self.project.python), "-u", "-m", "pulumi.dynamic"]
        name = f"pulumi-resource-{package}"
        folder = self.project.plugin_folders.get(package)
        search = str(folder) if folder else os.pathsep.join((os.environ.get("PATH", os.defpath), str(OWN_PLUGINS)))
        path = shutil.which(name, path=search)
        if path is None:
            where = str(folder) if folder else "$PATH"
            raise ProviderError(f"no resource plugin '{name}' found in {where}; this engine does not download plugins")
        return [path]

    def _environment(self) -> dict[str, str]:
        options = {f"PULUMI_RUNTIME_{key.upper()}": str(value) for key, value in self.project.runtime_options.items()}
        return {
            **os.environ,
            **options,
            "PULUMI_PROJECT": self.project.name,
            "PULUMI_CONFIG": json.dumps(dict(self.configuration)),
        }


class Plugin:
    """A plugin process, connected to once it is first needed."""

    def __init__(self, package: str, path: Path, child: Child, host: PluginHost) -> None:
        self.package = package
        self._path, self._child, self._host = path, child, host
        self._channel: grpc.Channel | None = None

    def connect(self) -> tuple[Any, provider_pb2.ProviderHandshakeResponse | None]:
        """The plugin's stub and its answer to the handshake (None if it knows none); raises `ProviderError`."""
        port = self._child.first_line(_START_TIMEOUT)
        if not port.isdigit():
            code = self._child.wait(0 if port else _GRACE)
            self.close()
            what = f"it wrote {port!r} instead of its port" if port else f"it wrote no port (exit code {code})"
            raise ProviderError(f"plugin {self._path.name} of package {self.package!r} did not start: {what}")
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", CHANNEL_OPTIONS)
        stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        request = provider_pb2.ProviderHandshakeRequest(
            engine_address=self._host.engine_address,
            root_directory=str(self._path.parent),
            program_directory=str(self._path.parent),
            configure_with_urn=True,
            invoke_with_preview=True,
        )
        try:
            return stub, stub.Handshake(request, wait_for_ready=True, timeout=_START_TIMEOUT)
        except grpc.RpcError as error:
            if is_unimplemented(error):
                return stub, None
            raise ProviderError(f"handshake with plugin {self.package!r} failed: {error.details()}") from error

    def wait(self, timeout: float) -> int | None:
        """The process's exit code, or None if it is still running after `timeout` seconds."""
        return self._child.wait(timeout)

    def cancel(self) -> None:
        """Ask the plugin to give up what it is doing."""
        if self._channel is None or self._child.exit_code is not None:
            return
        try:
            provider_pb2_grpc.ResourceProviderStub(self._channel).Cancel(empty_pb2.Empty(), timeout=_CANCEL_TIMEOUT)
        except grpc.RpcError:
            return  # it is asked out of courtesy; what follows ends it anyway

    def interrupt(self) -> None:
        """End it as the real engine does after a second Ctrl-C: asked, signalled, after 5 seconds killed."""
        self.cancel()
        self._child.signal(signal.SIGINT)
        self._child.wait(_GRACE)
        self.close()

    def close(self) -> None:
        """End it; nothing may be under way."""
        self.cancel()
        if self._channel is not None:
            self._channel.close()
        self._child.kill()
