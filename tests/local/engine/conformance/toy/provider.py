"""The toy plugin: a resource provider that speaks the whole protocol, over a cloud in the test's memory."""
# ruff: noqa: N802  # gRPC names a servicer's methods

from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format, message, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from tests.local.engine.conformance.toy.cloud import Cloud, Fault, Properties
from tests.local.engine.conformance.toy.values import UNKNOWN, secret, to_python, to_struct

_REPLACING = {"kind", "label"}
_DELETING_FIRST = {"label"}
_NOT_COMPARED = {
    "randomSeed",  # drawn anew by each engine
    "autonaming",  # likewise
    "resource_status_address",  # where a plugin may report views, which none here does
    "resource_status_token",
    "name",  # both are in the URN
    "type",
}
_Context = grpc.ServicerContext


class Toy(provider_pb2_grpc.ResourceProviderServicer):
    """One plugin process' worth of provider; `accepts_secrets` is what it says of itself."""

    def __init__(self, cloud: Cloud, *, accepts_secrets: bool) -> None:
        self._cloud = cloud
        self._accepts_secrets = accepts_secrets

    def Handshake(
        self, request: provider_pb2.ProviderHandshakeRequest, context: _Context
    ) -> provider_pb2.ProviderHandshakeResponse:
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=self._accepts_secrets)

    def GetPluginInfo(self, request: empty_pb2.Empty, context: _Context) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version="1.0.0")

    def CheckConfig(self, request: provider_pb2.CheckRequest, context: _Context) -> provider_pb2.CheckResponse:
        self._record("CheckConfig", request)
        failures = []
        if to_python(request.news).get("region") == "nowhere":
            failures.append(provider_pb2.CheckFailure(property="region", reason="there is no such region"))
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    def DiffConfig(self, request: provider_pb2.DiffRequest, context: _Context) -> provider_pb2.DiffResponse:
        self._record("DiffConfig", request)
        changed = _changes(to_python(request.old_inputs), to_python(request.news))
        return _diff_response(changed, replacing={"region"}, deleting_first=set())

    def Configure(self, request: provider_pb2.ConfigureRequest, context: _Context) -> provider_pb2.ConfigureResponse:
        self._record("Configure", request)
        return provider_pb2.ConfigureResponse(acceptSecrets=self._accepts_secrets, supportsPreview=True)

    def Check(self, request: provider_pb2.CheckRequest, context: _Context) -> provider_pb2.CheckResponse:
        self._record("Check", request)
        news = to_python(request.news)
        failures = []
        if isinstance(news.get("size"), int) and news["size"] < 0:
            failures.append(provider_pb2.CheckFailure(property="size", reason="expected 0 or more"))
        return provider_pb2.CheckResponse(inputs=to_struct({"colour": "grey", **news}), failures=failures)

    def Diff(self, request: provider_pb2.DiffRequest, context: _Context) -> provider_pb2.DiffResponse:
        self._record("Diff", request)
        self._strike("Diff", request, context)
        changed = _changes(to_python(request.old_inputs), to_python(request.news))
        return _diff_response(changed, replacing=_REPLACING, deleting_first=_DELETING_FIRST)

    def Create(self, request: provider_pb2.CreateRequest, context: _Context) -> provider_pb2.CreateResponse:
        self._record("Create", request)
        inputs = to_python(request.properties)
        if request.preview:
            unknown = {"arn": UNKNOWN, "serial": UNKNOWN, "key": UNKNOWN}
            return provider_pb2.CreateResponse(properties=to_struct({**inputs, **unknown}))
        fault = self._strike("Create", request, context)
        identity = self._cloud.new_id(request.name)
        outputs = {**inputs, "arn": f"toy:{identity}", "serial": 1, "key": secret(f"hush-{identity}")}
        self._cloud.put(identity, outputs)
        self._fail_initialisation(fault, identity, outputs, inputs, context)
        return provider_pb2.CreateResponse(id=identity, properties=to_struct(outputs))

    def Update(self, request: provider_pb2.UpdateRequest, context: _Context) -> provider_pb2.UpdateResponse:
        self._record("Update", request)
        olds, inputs = to_python(request.olds), to_python(request.news)
        kept = {"arn": olds["arn"], "key": secret(f"hush-{request.id}")}
        if request.preview:
            return provider_pb2.UpdateResponse(properties=to_struct({**inputs, **kept, "serial": UNKNOWN}))
        fault = self._strike("Update", request, context)
        outputs = {**inputs, **kept, "serial": olds["serial"] + 1}
        self._cloud.put(request.id, outputs)
        self._fail_initialisation(fault, request.id, outputs, inputs, context)
        return provider_pb2.UpdateResponse(properties=to_struct(outputs))

    def Delete(self, request: provider_pb2.DeleteRequest, context: _Context) -> empty_pb2.Empty:
        self._record("Delete", request)
        self._strike("Delete", request, context)
        self._cloud.remove(request.id)
        return empty_pb2.Empty()

    def Read(self, request: provider_pb2.ReadRequest, context: _Context) -> provider_pb2.ReadResponse:
        self._record("Read", request)
        self._strike("Read", request, context)
        outputs = self._cloud.get(request.id)
        if outputs is None:
            return provider_pb2.ReadResponse()
        inputs = {name: value for name, value in outputs.items() if name not in ("arn", "serial", "key")}
        return provider_pb2.ReadResponse(id=request.id, properties=to_struct(outputs), inputs=to_struct(inputs))

    def Invoke(self, request: provider_pb2.InvokeRequest, context: _Context) -> provider_pb2.InvokeResponse:
        self._record("Invoke", request)
        name = to_python(request.args)["name"]
        if name == "bad":
            failure = provider_pb2.CheckFailure(property="name", reason="nothing is called so")
            return provider_pb2.InvokeResponse(failures=[failure])
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(to_struct({"length": len(name)}))
        return response

    def Cancel(self, request: empty_pb2.Empty, context: _Context) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def _record(self, method: str, request: message.Message) -> None:
        """Keep a call as JSON, fields without a value left out."""
        fields: Properties = {}
        for field, value in request.ListFields():
            if field.name not in _NOT_COMPARED:
                fields[field.name] = _plain(value)
        self._cloud.record(method, fields)

    def _strike(self, method: str, request: Any, context: _Context) -> Fault | None:
        """Let a fault happen that is due; returned is one that comes after the resource exists."""
        fault = self._cloud.fault(method, request.name)
        if fault is None or fault.exists:
            return fault
        if fault.kill:
            self._cloud.kill_engine()
        return context.abort(grpc.StatusCode.UNKNOWN, fault.message)

    def _fail_initialisation(
        self, fault: Fault | None, identity: str, outputs: Properties, inputs: Properties, context: _Context
    ) -> None:
        """The protocol's way to say: it exists, these are its properties, and it is not well."""
        if fault is None:
            return
        detail = provider_pb2.ErrorResourceInitFailed(
            id=identity, properties=to_struct(outputs), inputs=to_struct(inputs), reasons=[fault.message]
        )
        status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=fault.message)
        status.details.add().Pack(detail)
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        context.abort(grpc.StatusCode.UNKNOWN, fault.message)


def _plain(value: Any) -> Any:
    if isinstance(value, struct_pb2.Struct):
        return to_python(value)
    if isinstance(value, message.Message):
        return json_format.MessageToDict(value, preserving_proto_field_name=True)
    if isinstance(value, str | int | float | bool):
        return value
    return dict(value) if hasattr(value, "items") else list(value)


def _changes(old: Properties, new: Properties, prefix: str = "") -> dict[str, str]:
    """What differs, by path, as the name of a `PropertyDiff.Kind`."""
    found: dict[str, str] = {}
    for name in sorted({*old, *new}):
        path = f"{prefix}{name}"
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        if name == "tags" and isinstance(before, dict) and isinstance(after, dict):
            found |= _changes(before, after, f"{path}.")
        else:
            found[path] = "ADD" if name not in old else "DELETE" if name not in new else "UPDATE"
    return found


def _diff_response(
    changed: dict[str, str], *, replacing: set[str], deleting_first: set[str]
) -> provider_pb2.DiffResponse:
    some = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
    detailed = {
        path: provider_pb2.PropertyDiff(
            kind=provider_pb2.PropertyDiff.Kind.Value(f"{kind}_REPLACE" if path in replacing else kind), inputDiff=True
        )
        for path, kind in changed.items()
    }
    return provider_pb2.DiffResponse(
        changes=some,
        diffs=sorted({path.split(".")[0] for path in changed}),
        replaces=sorted(replacing & set(changed)),
        detailedDiff=detailed,
        hasDetailedDiff=True,
        deleteBeforeReplace=bool(deleting_first & set(changed)),
    )
