"""The engine's side of the plugin protocol, in plain Python values."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SIGNATURE, SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"
Json = dict[str, Any]


class PluginError(Exception):
    """What a plugin answered instead of a result; `partial` is what it says exists all the same."""

    def __init__(self, error: grpc.RpcError) -> None:
        super().__init__(error.details())
        self.code: grpc.StatusCode = error.code()
        self.partial: provider_pb2.ErrorResourceInitFailed | None = None
        for entry in error.trailing_metadata() or ():
            if entry.key == "grpc-status-details-bin":
                self.partial = provider_pb2.ErrorResourceInitFailed()
                status_pb2.Status.FromString(entry.value).details[0].Unpack(self.partial)


@dataclass
class Checked:
    """The inputs to go on with, and the broken rules by property."""

    inputs: Json
    failures: dict[str, str]


@dataclass
class State:
    """A resource as an engine keeps it."""

    plugin: Plugin
    type: str
    inputs: Json
    id: str
    outputs: Json
    secrets: set[str] = field(default_factory=set)
    name: str = "it"


class Plugin:
    """One plugin process."""

    def __init__(self, name: str, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.name, self.process = name, process
        self.port = int(process.stdout.readline())
        self.channel = grpc.insecure_channel(f"127.0.0.1:{self.port}")
        self.stub = provider_pb2_grpc.ResourceProviderStub(self.channel)

    def end(self) -> int:
        """End the process and return its exit code."""
        self.channel.close()
        self.process.terminate()
        assert self.process.stdout is not None
        self.process.stdout.close()
        try:
            return self.process.wait(10)
        finally:
            self.process.kill()  # nothing of a test stays, not even a plugin that hangs

    def ask(self, method: str, request: Any) -> Any:
        """Send a request; errors as PluginError."""
        try:
            return getattr(self.stub, method)(request, timeout=30)
        except grpc.RpcError as error:
            raise PluginError(error) from None

    def configure(self, config: Mapping[str, Any]) -> None:
        """Configure the provider."""
        self.ask("Handshake", provider_pb2.ProviderHandshakeRequest(engine_address="127.0.0.1:1"))
        self.ask("Configure", provider_pb2.ConfigureRequest(args=struct(config), acceptSecrets=True))

    def check_config(self, config: Mapping[str, Any]) -> dict[str, str]:
        """The broken rules of a configuration."""
        answer = self.ask(
            "CheckConfig", provider_pb2.CheckRequest(urn=urn("pulumi:providers:aws"), news=struct(config))
        )
        return {failure.property: failure.reason for failure in answer.failures}

    def check(self, type_: str, news: Json, olds: Json | None = None, name: str = "it", **more: Any) -> Checked:
        """Make inputs ready."""
        request = provider_pb2.CheckRequest(
            urn=urn(type_, name), olds=struct(olds or {}), news=struct(news), randomSeed=b"seed", **more
        )
        answer = self.ask("Check", request)
        return Checked(plain(answer.inputs), {failure.property: failure.reason for failure in answer.failures})

    def preview(self, type_: str, news: Json, name: str = "it") -> Json:
        """The outputs that a creation would have, as far as they are known."""
        inputs = self.checked(type_, news, name)
        request = provider_pb2.CreateRequest(urn=urn(type_, name), properties=struct(inputs), preview=True)
        answer = self.ask("Create", request)
        assert answer.id == ""
        return plain(answer.properties)

    def checked(self, type_: str, news: Json, name: str = "it", olds: Json | None = None) -> Json:
        """Inputs that must be right."""
        checked = self.check(type_, news, olds, name)
        assert checked.failures == {}
        return checked.inputs

    def create(self, type_: str, news: Json, name: str = "it", timeout: float = 0) -> State:
        """Create a resource."""
        inputs = self.checked(type_, news, name)
        request = provider_pb2.CreateRequest(urn=urn(type_, name), properties=struct(inputs), timeout=timeout)
        answer = self.ask("Create", request)
        return State(self, type_, inputs, answer.id, plain(answer.properties), secrets(answer.properties), name)

    def diff(self, state: State, news: Json, ignore: tuple[str, ...] = ()) -> provider_pb2.DiffResponse:
        """How the wanted inputs differ from the resource."""
        request = provider_pb2.DiffRequest(
            urn=urn(state.type, state.name),
            id=state.id,
            olds=struct(state.outputs),
            old_inputs=struct(state.inputs),
            news=struct(self.checked(state.type, news, state.name, state.inputs)),
            ignoreChanges=ignore,
        )
        return self.ask("Diff", request)  # type: ignore[no-any-return]  # the stub's methods are chosen by name

    def update(self, state: State, news: Json, preview: bool = False, timeout: float = 0) -> State:
        """Change the resource."""
        inputs = self.checked(state.type, news, state.name, state.inputs)
        request = provider_pb2.UpdateRequest(
            urn=urn(state.type, state.name),
            id=state.id,
            olds=struct(state.outputs),
            old_inputs=struct(state.inputs),
            news=struct(inputs),
            preview=preview,
            timeout=timeout,
        )
        answer = self.ask("Update", request)
        return State(
            self, state.type, inputs, state.id, plain(answer.properties), secrets(answer.properties), state.name
        )

    def read(self, state: State) -> State | None:
        """The resource as the cloud has it, None when it is gone."""
        request = provider_pb2.ReadRequest(
            urn=urn(state.type, state.name),
            id=state.id,
            properties=struct(state.outputs),
            inputs=struct(state.inputs),
        )
        answer = self.ask("Read", request)
        if not answer.id:
            return None
        return State(self, state.type, plain(answer.inputs), answer.id, plain(answer.properties), name=state.name)

    def delete(self, state: State, timeout: float = 0) -> None:
        """Delete the resource."""
        request = provider_pb2.DeleteRequest(
            urn=urn(state.type, state.name), id=state.id, properties=struct(state.outputs), timeout=timeout
        )
        self.ask("Delete", request)

    def invoke(self, token: str, arguments: Json | None = None) -> Json:
        """Call a function."""
        answer = self.ask("Invoke", provider_pb2.InvokeRequest(tok=token, args=struct(arguments or {})))
        return plain(getattr(answer, "return"))

    def cancel(self) -> None:
        """Tell it to stop waiting."""
        self.ask("Cancel", empty_pb2.Empty())


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Wait until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def urn(type_: str, name: str = "it") -> str:
    """A resource inside of a component, as the program's are."""
    return f"urn:pulumi:test::program::redis-auth-token:index:ReplicationGroup${type_}::{name}"


def struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """Python values on the wire."""
    return json_format.ParseDict(dict(values), struct_pb2.Struct())


def plain(values: struct_pb2.Struct) -> Json:
    """Python values from the wire, without the marks of secrets; whole numbers as int."""
    return {key: _unmarked(value) for key, value in json_format.MessageToDict(values).items()}


def secrets(values: struct_pb2.Struct) -> set[str]:
    """The properties that are marked as secrets."""
    return {
        key
        for key, value in json_format.MessageToDict(values).items()
        if isinstance(value, dict) and value.get(SIGNATURE) == SECRET
    }


def _unmarked(value: Any) -> Any:
    if isinstance(value, dict):
        if SIGNATURE in value:
            return _unmarked(value["value"])
        return {key: _unmarked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_unmarked(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
