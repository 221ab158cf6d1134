"""The calls of the provider protocol, with its rules of marshalling."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeVar

import grpc
from pulumi.runtime.proto import provider_pb2, status_pb2

from local.engine.errors import CheckFailed, PartialFailure, ProviderError
from local.engine.properties.state_form import compact_json
from local.engine.properties.values import (
    MASK,
    Properties,
    PropertyValue,
    contains,
    equal,
    for_people,
    is_secret,
    is_unknown,
    mark_echoed_secrets,
    plain,
)
from local.engine.properties.wire import decode_properties, encode_properties
from local.engine.providers import diff as diffs
from local.engine.providers.diff import Diff
from local.engine.providers.plugin import Plugin, is_unimplemented
from local.engine.state.resource import ResourceState
from local.engine.state.urns import resource_name, resource_type

_INTERNAL: Final = "__internal"
"""Where the engine keeps what plugins are not to see of a provider resource's inputs."""
_VERSION: Final = "version"
_CUT_OFF: Final = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
_DYING: Final = 0.5
"""Seconds that a plugin whose connection has broken has to end; one that lives on has broken it for another reason."""
_STATUS_DETAILS: Final = "grpc-status-details-bin"

Request = TypeVar("Request")
Response = TypeVar("Response")


class ReadResult(NamedTuple):
    """What a provider found: no `id` if there is nothing; `inputs` are None where it does not tell."""

    id: str
    outputs: Properties
    inputs: Properties | None


@dataclass(slots=True)
class _Capabilities:
    secrets: bool = False
    resources: bool = False
    preview: bool = False


def for_plugin(inputs: Mapping[str, PropertyValue]) -> Properties:
    """A provider resource's inputs as its plugin may see them."""
    return {key: value for key, value in inputs.items() if key != _INTERNAL}


class Provider:
    """A plugin, and whether it is configured with values that are all known.

    Until then resources of this provider are neither checked nor compared: their provider does not know enough.
    """

    def __init__(self, plugin: Plugin) -> None:
        self.plugin = plugin
        self._stub, greeting = plugin.connect()
        self._handshaken = greeting is not None
        self._can = _Capabilities()
        if greeting is not None:
            self._can = _Capabilities(greeting.accept_secrets, greeting.accept_resources, preview=True)
        self._configuration_known = False

    # ----- the provider's own configuration

    def check_config(self, urn: str, olds: Properties, news: Properties) -> Properties:
        """The provider's inputs, checked and with defaults; raises `CheckFailed`."""
        request = provider_pb2.CheckRequest(
            urn=urn,
            name=resource_name(urn),
            type=resource_type(urn),
            olds=encode_properties(for_plugin(olds), unknowns=True, secrets=False),
            news=encode_properties(for_plugin(news), unknowns=True, secrets=False),
        )
        response = self._call_if_there(self._stub.CheckConfig, request)
        if response is None:
            return news
        _refuse(urn, response.failures, news)
        checked = decode_properties(response.inputs)
        mark_echoed_secrets(checked, news)
        return checked | {key: value for key, value in news.items() if key in (_INTERNAL, _VERSION)}

    def diff_config(self, old: ResourceState, urn: str, news: Properties, ignore: Sequence[str]) -> Diff:
        """The difference between a provider's old state and its new inputs."""
        request = provider_pb2.DiffRequest(
            urn=urn,
            name=resource_name(urn),
            type=resource_type(urn),
            old_inputs=encode_properties(for_plugin(old.inputs), unknowns=True, secrets=False),
            olds=encode_properties(old.outputs, unknowns=True, secrets=False),
            news=encode_properties(for_plugin(news), unknowns=True, secrets=False),
            ignoreChanges=ignore,
        )
        response = self._call_if_there(self._stub.DiffConfig, request) or provider_pb2.DiffResponse()
        if response.changes == provider_pb2.DiffResponse.DIFF_UNKNOWN:
            return diffs.from_response(response, changed=not equal(old.outputs, for_plugin(news)))
        return diffs.from_response(response, changed=response.changes == provider_pb2.DiffResponse.DIFF_SOME)

    def configure(self, urn: str, id_: str, inputs: Properties) -> None:
        """Configure the plugin, unless something is still unknown: then its resources wait for a later operation."""
        settings = {key: value for key, value in for_plugin(inputs).items() if key != _VERSION}
        if contains(settings, is_unknown):
            return
        request = provider_pb2.ConfigureRequest(
            urn=urn,
            name=resource_name(urn),
            type=resource_type(urn),
            id=id_,
            acceptSecrets=True,
            acceptResources=True,
            sends_old_inputs=True,
            sends_old_inputs_to_delete=True,
            variables={f"{self.plugin.package}:config:{key}": _text(value) for key, value in settings.items()},
            args=encode_properties(for_plugin(inputs), unknowns=True),
        )
        response = self._call(self._stub.Configure, request)
        if not self._handshaken:
            self._can = _Capabilities(response.acceptSecrets, response.acceptResources, response.supportsPreview)
        self._configuration_known = True

    # ----- its resources

    def check(self, state: ResourceState, olds: Properties, news: Properties, seed: bytes) -> Properties:
        """A resource's inputs, checked and with defaults; raises `CheckFailed`."""
        if not self._configuration_known:
            return news
        request = provider_pb2.CheckRequest(
            urn=state.urn,
            name=state.name,
            type=state.type,
            olds=self._encode(olds, unknowns=True),
            news=self._encode(news, unknowns=True),
            randomSeed=seed,
        )
        response = self._call(self._stub.Check, request)
        _refuse(state.urn, response.failures, news)
        return self._decode(response.inputs, like=news)

    def diff(self, old: ResourceState, urn: str, news: Properties, ignore: Sequence[str]) -> provider_pb2.DiffResponse:
        """The plugin's own words on the difference between a resource's old state and its new inputs."""
        if not self._configuration_known:
            return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_SOME)
        request = provider_pb2.DiffRequest(
            urn=urn,
            name=resource_name(urn),
            type=resource_type(urn),
            id=old.id,
            old_inputs=self._encode(old.inputs, unknowns=True),
            olds=self._encode(old.outputs, unknowns=True),
            news=self._encode(news, unknowns=True),
            ignoreChanges=ignore,
        )
        response: provider_pb2.DiffResponse = self._call(self._stub.Diff, request)
        return response

    def create(self, state: ResourceState, *, preview: bool) -> tuple[str, Properties]:
        """Create the resource that `state.inputs` describe: its id and outputs."""
        if preview and not (self._configuration_known and self._can.preview):
            return "", dict(state.inputs) if self._configuration_known else {}
        request = provider_pb2.CreateRequest(
            urn=state.urn,
            name=state.name,
            type=state.type,
            properties=self._encode(state.inputs, unknowns=preview),
            preview=preview,
            timeout=state.timeout("create"),
        )
        response = self._call(self._stub.Create, request)
        if not preview and not response.id:
            raise ProviderError("provider did not return an ID from Create")
        return response.id, self._decode(response.properties, like=state.inputs)

    def update(self, old: ResourceState, new: ResourceState, *, preview: bool) -> Properties:
        """Bring the resource from its old state to the new inputs: its outputs."""
        if preview and not (self._configuration_known and self._can.preview):
            return dict(new.inputs) if self._configuration_known else {}
        request = provider_pb2.UpdateRequest(
            id=old.id,
            urn=new.urn,
            name=new.name,
            type=new.type,
            old_inputs=self._encode(old.inputs),
            olds=self._encode(old.outputs),
            news=self._encode(new.inputs, unknowns=preview),
            ignoreChanges=new.ignore_changes,
            preview=preview,
            timeout=new.timeout("update"),
        )
        response = self._call(self._stub.Update, request)
        return self._decode(response.properties, like=new.inputs)

    def delete(self, state: ResourceState) -> None:
        """Delete the resource."""
        request = provider_pb2.DeleteRequest(
            id=state.id,
            urn=state.urn,
            name=state.name,
            type=state.type,
            properties=self._encode(state.outputs),
            old_inputs=self._encode(state.inputs),
            timeout=state.timeout("delete"),
        )
        self._call(self._stub.Delete, request)

    def read(self, state: ResourceState, known: Properties) -> ReadResult:
        """What the resource is now; `known` are the properties it was last seen with."""
        if not self._configuration_known:
            return ReadResult(state.id, {}, {})
        request = provider_pb2.ReadRequest(
            id=state.id,
            urn=state.urn,
            name=state.name,
            type=state.type,
            properties=self._encode(known),
            inputs=self._encode(state.inputs),
            timeout=state.timeout("read"),
        )
        response = self._call(self._stub.Read, request)
        inputs = self._decode(response.inputs, like=state.inputs) if response.HasField("inputs") else None
        outputs = self._decode(response.properties, like=known) if response.id else {}
        return ReadResult(response.id, outputs, inputs)

    def invoke(self, token: str, arguments: Properties, *, preview: bool) -> tuple[Properties, Any]:
        """Call a function: its result, and the failures of its check."""
        if not self._configuration_known:
            return {}, []
        request = provider_pb2.InvokeRequest(tok=token, args=self._encode(arguments), preview=preview)
        response = self._call(self._stub.Invoke, request)
        return decode_properties(getattr(response, "return")), response.failures

    # ----- marshalling and errors

    def _encode(self, properties: Properties, *, unknowns: bool = False) -> Any:
        return encode_properties(
            properties, unknowns=unknowns, secrets=self._can.secrets, resources=self._can.resources
        )

    def _decode(self, struct: Any, *, like: Properties) -> Properties:
        properties = decode_properties(struct)
        if not self._can.secrets:
            mark_echoed_secrets(properties, like)
        return properties

    def _call_if_there(self, method: Callable[[Request], Response], request: Request) -> Response | None:
        try:
            return method(request)
        except grpc.RpcError as error:
            if is_unimplemented(error):
                return None
            raise self._explained(error) from error

    def _call(self, method: Callable[[Request], Response], request: Request) -> Response:
        try:
            return method(request)
        except grpc.RpcError as error:
            raise self._explained(error) from error

    def _explained(self, error: grpc.RpcError) -> ProviderError:
        message = error.details() or str(error.code())
        if error.code() in _CUT_OFF and (code := self.plugin.wait(_DYING)) is not None:
            message = f"the plugin of {self.plugin.package!r} ended in the middle of it: exit code {code}"
        failed = _initialization_failure(error)
        if failed is None:
            return ProviderError(message)
        return PartialFailure(
            message,
            resource_id=failed.id,
            inputs=decode_properties(failed.inputs),
            outputs=decode_properties(failed.properties),
            reasons=list(failed.reasons),
        )


def _initialization_failure(error: grpc.RpcError) -> provider_pb2.ErrorResourceInitFailed | None:
    for item in error.trailing_metadata() or ():
        if item.key == _STATUS_DETAILS:
            for detail in status_pb2.Status.FromString(item.value).details:
                failed = provider_pb2.ErrorResourceInitFailed()
                if detail.Is(failed.DESCRIPTOR) and detail.Unpack(failed):
                    return failed
    return None


def _text(value: PropertyValue) -> str:
    bare = plain(value)
    return bare if isinstance(bare, str) else compact_json(for_people(bare))


def _refuse(urn: str, failures: Sequence[provider_pb2.CheckFailure], inputs: Properties) -> None:
    if not failures:
        return
    which = f"{resource_type(urn)} resource '{resource_name(urn)}'"
    lines = []
    for failure in failures:
        if failure.property:
            given = inputs.get(failure.property)
            shown = MASK if contains(given, is_secret) else compact_json(for_people(given))
            lines.append(f"{which}: property {failure.property} value {shown} has a problem: {failure.reason}")
        else:
            lines.append(f"{which} has a problem: {failure.reason}")
    raise CheckFailed("\n".join(lines))
