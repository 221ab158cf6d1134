"""The plugin protocol: turns the engine's requests into calls of resources and functions."""
# ruff: noqa: ARG002, N802  the protocol names the methods, and every one gets its message, needed or not

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Generic, Protocol

from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from local.plugins import outputs as shaping
from local.plugins import schema
from local.plugins.answers import Answers, InitFailedError, answered
from local.plugins.check import AutoNaming, Naming, check
from local.plugins.diff import changes, deletes_first, replaced_by
from local.plugins.errors import InvalidError, NotStoodInError, PluginError
from local.plugins.schema import Package, Resource, Session
from local.plugins.values import Properties, from_struct, to_struct

_MODES: Final = {
    provider_pb2.CheckRequest.AutonamingOptions.PROPOSE: AutoNaming.PROPOSE,
    provider_pb2.CheckRequest.AutonamingOptions.ENFORCE: AutoNaming.ENFORCE,
    provider_pb2.CheckRequest.AutonamingOptions.DISABLE: AutoNaming.DISABLE,
}


class _AboutResource(Protocol):
    """A request about one resource."""

    @property
    def urn(self) -> str: ...


@dataclass(frozen=True)
class _Target(Generic[Session]):
    """A resource that is being changed."""

    resource: Resource[Session]
    call: schema.Call[Session]
    id: str
    wanted: Properties
    known: Properties
    """What is known of it should it not be readable."""


class Provider(Answers[Session], provider_pb2_grpc.ResourceProviderServicer, Generic[Session]):
    """Serves one package to one engine."""

    def __init__(self, package: Package[Session]) -> None:
        super().__init__(package)
        self._session: Session | None = None
        self._marks_secrets = False
        self.cancelled = threading.Event()

    # The plugin itself

    @answered
    def Handshake(self, request: provider_pb2.ProviderHandshakeRequest) -> provider_pb2.ProviderHandshakeResponse:
        return provider_pb2.ProviderHandshakeResponse(supports_autonaming_configuration=True)

    @answered
    def GetPluginInfo(self, request: empty_pb2.Empty) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=self.package.version)

    @answered
    def GetSchema(self, request: provider_pb2.GetSchemaRequest) -> provider_pb2.GetSchemaResponse:
        offered = {
            "name": self.package.name,
            "version": self.package.version,
            "resources": {token: {} for token in self.package.resources},
            "functions": {token: {} for token in self.package.functions},
        }
        return provider_pb2.GetSchemaResponse(schema=json.dumps(offered))

    @answered
    def CheckConfig(self, request: provider_pb2.CheckRequest) -> provider_pb2.CheckResponse:
        failures = self.package.check_config(from_struct(request.news))
        return provider_pb2.CheckResponse(inputs=request.news, failures=self.failures(failures))

    @answered
    def DiffConfig(self, request: provider_pb2.DiffRequest) -> provider_pb2.DiffResponse:
        olds, news = from_struct(request.old_inputs or request.olds), from_struct(request.news)
        changed = sorted(key for key in {*olds, *news} - {"version"} if olds.get(key) != news.get(key))
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE,
            diffs=changed,
            replaces=[key for key in changed if key in self.package.config_replaces],
        )

    @answered
    def Configure(self, request: provider_pb2.ConfigureRequest) -> provider_pb2.ConfigureResponse:
        config = from_struct(request.args)
        self.keep_from_messages(self.package.config_secrets(config))
        self._session = self.package.configure(config)
        self._marks_secrets = request.acceptSecrets
        return provider_pb2.ConfigureResponse(supportsPreview=True, supports_autonaming_configuration=True)

    @answered
    def Cancel(self, request: empty_pb2.Empty) -> empty_pb2.Empty:
        self.cancelled.set()
        return empty_pb2.Empty()

    # Planning

    @answered
    def Check(self, request: provider_pb2.CheckRequest) -> provider_pb2.CheckResponse:
        resource = self._resource(request)
        naming = Naming(
            resource_name=_name(request),
            seed=request.randomSeed,
            mode=_MODES[request.autonaming.mode] if request.HasField("autonaming") else AutoNaming.BUILT_IN,
            proposed=request.autonaming.proposed_name,
        )
        news = self._decoded(resource, request.news)
        inputs, failures = check(resource, from_struct(request.olds), news, naming)
        return provider_pb2.CheckResponse(inputs=to_struct(inputs), failures=self.failures(failures))

    @answered
    def Diff(self, request: provider_pb2.DiffRequest) -> provider_pb2.DiffResponse:
        resource = self._resource(request)
        olds, news = self._decoded(resource, request.olds), self._decoded(resource, request.news)
        found = changes(resource, olds, news, resource.planned(self.session, news), request.ignoreChanges)
        replaces = replaced_by(resource, olds, news, found)
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if found else provider_pb2.DiffResponse.DIFF_NONE,
            diffs=sorted({change.property for change in found}),
            replaces=sorted(replaces),
            stables=sorted(key for key, prop in resource.properties.items() if prop.replaces and key not in replaces),
            deleteBeforeReplace=bool(replaces) and deletes_first(resource, news),
            hasDetailedDiff=True,
            detailedDiff={
                change.path: provider_pb2.PropertyDiff(
                    kind=provider_pb2.PropertyDiff.Kind.Value(
                        change.kind.value + ("_REPLACE" if change.property in replaces else "")
                    )
                )
                for change in found
            },
        )

    # Acting

    @answered
    def Create(self, request: provider_pb2.CreateRequest) -> provider_pb2.CreateResponse:
        resource = self._resource(request)
        inputs = self._decoded(resource, request.properties)
        if request.preview:
            planned = shaping.previewed(resource, inputs, resource.planned(self.session, inputs))
            return provider_pb2.CreateResponse(properties=self._encoded(resource, planned))
        call = self._call(request.timeout)
        with self.doing(f"creating {resource.title} ({_name(request)})"):
            inputs = resource.completed(inputs)
            id_ = resource.create(call, inputs)
        properties = self._settled(
            f"creating {resource.title} ({id_})",
            _Target(resource, call, id_, wanted=inputs, known=inputs),
            lambda: resource.settle(call, id_, inputs),
        )
        return provider_pb2.CreateResponse(id=id_, properties=properties)

    @answered
    def Update(self, request: provider_pb2.UpdateRequest) -> provider_pb2.UpdateResponse:
        resource = self._resource(request)
        olds, news = self._decoded(resource, request.olds), self._decoded(resource, request.news)
        planned = resource.planned(self.session, news)
        found = changes(resource, olds, news, planned, request.ignoreChanges)
        changed = frozenset(change.property for change in found)
        if request.preview:
            outputs = shaping.previewed(resource, news, planned, olds, changed)
            return provider_pb2.UpdateResponse(properties=self._encoded(resource, outputs))
        call = self._call(request.timeout)
        properties = self._settled(
            f"updating {resource.title} ({request.id})",
            _Target(resource, call, request.id, wanted=news, known=olds),
            lambda: resource.update(call, request.id, olds, resource.completed(news), changed),
        )
        return provider_pb2.UpdateResponse(properties=properties)

    def _settled(self, what: str, target: _Target[Session], act: Callable[[], Properties]) -> struct_pb2.Struct:
        """The outputs after `act`; when that fails, the resource as it is goes into the error."""
        try:
            with self.doing(what):
                return self._read(target, {**target.wanted, **act()})
        except Exception as error:  # whatever it was, the resource is there and must not be forgotten
            try:
                properties = self._read(target, target.known)
            except Exception:  # noqa: BLE001  the first error is the one to tell; this one only costs precision
                known = shaping.stored(target.resource, target.id, target.known, target.known)
                properties = self._encoded(target.resource, known)
            raise InitFailedError(self.text(error), target.id, properties) from error

    def _read(self, target: _Target[Session], prior: Properties) -> struct_pb2.Struct:
        found = target.resource.read(target.call, target.id, prior)
        if found is None:
            raise PluginError("it is gone")
        return self._encoded(target.resource, shaping.stored(target.resource, target.id, found, prior))

    @answered
    def Read(self, request: provider_pb2.ReadRequest) -> provider_pb2.ReadResponse:
        resource = self._resource(request)
        olds, old_inputs = self._decoded(resource, request.properties), self._decoded(resource, request.inputs)
        with self.doing(f"reading {resource.title} ({request.id})"):
            found = resource.read(self._call(request.timeout), request.id, olds)
        if found is None:
            return provider_pb2.ReadResponse(id="")
        outputs = shaping.stored(resource, request.id, found, {**old_inputs, **olds})
        if old_inputs:
            inputs = shaping.refreshed_inputs(resource, old_inputs, outputs)
        else:
            inputs = shaping.imported_inputs(resource, outputs)
        return provider_pb2.ReadResponse(
            id=request.id, properties=self._encoded(resource, outputs), inputs=to_struct(inputs)
        )

    @answered
    def Delete(self, request: provider_pb2.DeleteRequest) -> empty_pb2.Empty:
        resource = self._resource(request)
        olds = self._decoded(resource, request.properties)
        with self.doing(f"deleting {resource.title} ({request.id})"):
            resource.delete(self._call(request.timeout), request.id, olds)
        return empty_pb2.Empty()

    @answered
    def Invoke(self, request: provider_pb2.InvokeRequest) -> provider_pb2.InvokeResponse:
        function = self.package.functions.get(request.tok)
        if function is None:
            raise NotStoodInError(self._refusal(f"function {request.tok}", self.package.functions))
        with self.doing(f"calling {request.tok}"):
            result = function(self.session, from_struct(request.args))
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(to_struct(result))  # the field's name is a word of Python's
        return response

    # What engines may ask of other plugins

    @answered
    def Parameterize(self, request: provider_pb2.ParameterizeRequest) -> provider_pb2.ParameterizeResponse:
        raise self._not_done("Parameterize")

    @answered
    def Call(self, request: provider_pb2.CallRequest) -> provider_pb2.CallResponse:
        raise self._not_done("Call")

    @answered
    def Construct(self, request: provider_pb2.ConstructRequest) -> provider_pb2.ConstructResponse:
        raise self._not_done("Construct")

    @answered
    def List(self, request: provider_pb2.ListRequest) -> Iterator[provider_pb2.ListResponse]:
        raise self._not_done("List")

    @answered
    def Attach(self, request: plugin_pb2.PluginAttach) -> empty_pb2.Empty:
        raise self._not_done("Attach")

    @answered
    def GetMapping(self, request: provider_pb2.GetMappingRequest) -> provider_pb2.GetMappingResponse:
        raise self._not_done("GetMapping")

    @answered
    def GetMappings(self, request: provider_pb2.GetMappingsRequest) -> provider_pb2.GetMappingsResponse:
        raise self._not_done("GetMappings")

    # Helpers

    def _not_done(self, what: str) -> NotStoodInError:
        return NotStoodInError(f"the stand-in for the {self.package.name} plugin does not do {what}")

    def _refusal(self, what: str, known: Iterable[str]) -> str:
        return (
            f"{what} is not stood in for: this is a small stand-in for the official {self.package.name} plugin, "
            f"which knows {', '.join(sorted(known))}"
        )

    @property
    def session(self) -> Session:
        """What `configure` made; an error in words before that."""
        if self._session is None:
            raise PluginError(f"the {self.package.name} plugin was not configured: its configuration is not known yet")
        return self._session

    def _call(self, timeout: float) -> schema.Call[Session]:
        return schema.Call(self.session, timeout, self.cancelled)

    def _resource(self, request: _AboutResource) -> Resource[Session]:
        token = _urn_part(request.urn, 2).rsplit("$", 1)[-1]
        resource = self.package.resources.get(token)
        if resource is None:
            raise NotStoodInError(self._refusal(f"resource {token}", self.package.resources))
        return resource

    def _decoded(self, resource: Resource[Session], struct: struct_pb2.Struct) -> Properties:
        properties = from_struct(struct)
        hidden = (key for key, prop in resource.properties.items() if prop.secret or prop.write_only)
        self.keep_from_messages(properties.get(key) for key in hidden)
        return properties

    def _encoded(self, resource: Resource[Session], outputs: Properties) -> struct_pb2.Struct:
        return to_struct(outputs, shaping.secret_outputs(resource) if self._marks_secrets else ())


def _urn_part(urn: str, index: int) -> str:
    """Part of `urn:pulumi:STACK::PROJECT::PARENTS$TYPE::NAME`; a name may hold `::` itself."""
    parts = urn.split("::", 3)
    if len(parts) != 4:
        raise InvalidError(f"not a resource's URN: {urn!r}")
    return parts[index]


def _name(request: _AboutResource) -> str:
    return _urn_part(request.urn, 3)
