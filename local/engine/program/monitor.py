"""The resource monitor: the gRPC service that a program registers its resources with."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any, Final, NoReturn, TypeVar

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, resource_pb2, resource_pb2_grpc

from local.engine.deployment.context import Deployment
from local.engine.deployment.goal import Goal
from local.engine.deployment.registrations import Registrations
from local.engine.errors import EngineError, OperationFailed, ProviderError, Unsupported
from local.engine.program import requests
from local.engine.program.defaults import DefaultProviders, Package, internal_properties
from local.engine.project.manifest import Project
from local.engine.project.stack import ORGANIZATION, Configuration
from local.engine.properties.values import Properties, contains, is_unknown
from local.engine.properties.wire import decode_properties, encode_properties
from local.engine.state.resource import ResourceState
from local.engine.state.urns import (
    STACK_TYPE,
    ProviderReference,
    is_provider_type,
    package_of,
    provider_package,
    resource_type,
)

_FEATURES: Final = ("SECRETS", "RESOURCE_REFERENCES", "ALIAS_SPECS", "DELETED_WITH", "REPLACE_WITH", "PARAMETERIZATION")
_OLD_FEATURE_NAMES: Final = frozenset(
    {"secrets", "resourceReferences", "aliasSpecs", "deletedWith", "replaceWith", "parameterization"}
)
_SHUT_DOWN: Final = "resource monitor shut down"
_GET_RESOURCE: Final = "pulumi:pulumi:getResource"
_STACK_REFERENCE: Final = "pulumi:pulumi:StackReference"

Answer = TypeVar("Answer")


class Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    """Answers the SDK. Once the deployment is stopping it looks like a monitor that has gone away, and the SDK ends.

    `program_done` is set when the program has run to its end and waits for the deletions; `release` lets it go.
    """

    def __init__(
        self,
        project: Project,
        configuration: Configuration,
        deployment: Deployment,
        registrations: Registrations,
    ) -> None:
        self._project, self._configuration = project, configuration
        self._deployment, self._registrations = deployment, registrations
        self._defaults = DefaultProviders(configuration, registrations.register)
        self._goals: dict[str, Goal] = {}
        self._component_providers: dict[str, dict[str, str]] = {}
        self._packages: dict[str, Package] = {}
        self._stack_urn = ""
        self.program_done, self.release = threading.Event(), threading.Event()

    # ----- about the engine

    def GetDeploymentInfo(self, request: empty_pb2.Empty, context: Any) -> resource_pb2.DeploymentInfo:  # noqa: ARG002, N802 - gRPC's
        """What the SDK is to know of this operation, and what it may ask for."""
        return resource_pb2.DeploymentInfo(
            project=self._project.name,
            stack=self._deployment.stack,
            organization=ORGANIZATION,
            config=self._configuration.texts,
            configSecretKeys=self._configuration.secret_keys,
            dryRun=self._deployment.preview,
            parallel=self._deployment.parallel,
            supportedFeatures=[
                resource_pb2.ResourceMonitorFeature.Value(f"RESOURCE_MONITOR_FEATURE_{name}") for name in _FEATURES
            ],
        )

    def SupportsFeature(  # noqa: N802 - gRPC's
        self,
        request: resource_pb2.SupportsFeatureRequest,
        context: Any,  # noqa: ARG002 - gRPC's
    ) -> resource_pb2.SupportsFeatureResponse:
        """The same as older SDKs ask it."""
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in _OLD_FEATURE_NAMES)

    def RegisterPackage(  # noqa: N802 - gRPC's
        self, request: resource_pb2.RegisterPackageRequest, context: Any
    ) -> resource_pb2.RegisterPackageResponse:
        """A short name for a package that many resources will be of."""
        if request.HasField("parameterization") or request.HasField("extension"):
            self._refuse(context, f"package {request.name!r}: parameterized packages need the real pulumi")
        package = Package(request.name, request.version, request.download_url)
        reference = str(uuid.uuid5(uuid.NAMESPACE_URL, "@".join(package)))
        self._packages[reference] = package
        return resource_pb2.RegisterPackageResponse(ref=reference)

    def SignalAndWaitForShutdown(self, request: empty_pb2.Empty, context: Any) -> empty_pb2.Empty:  # noqa: ARG002, N802 - gRPC's
        """The program has registered everything: it waits here while the rest is deleted."""
        self.program_done.set()
        self.release.wait()
        return empty_pb2.Empty()

    # ----- resources

    def RegisterResource(  # noqa: N802 - gRPC's
        self, request: resource_pb2.RegisterResourceRequest, context: Any
    ) -> resource_pb2.RegisterResourceResponse:
        """Bring about a resource."""
        state = self._guarded(context, lambda: self._register(request))
        outputs = state.outputs if state.custom else {}
        return resource_pb2.RegisterResourceResponse(
            urn=state.urn,
            id=state.id,
            object=encode_properties(
                outputs, unknowns=True, secrets=request.acceptSecrets, resources=request.acceptResources
            ),
        )

    def _register(self, request: resource_pb2.RegisterResourceRequest) -> ResourceState:
        requests.refuse_unsupported(request)
        parent = request.parent or (self._stack_urn if request.type != STACK_TYPE else "")
        above = self._goals.get(parent)
        goal = requests.registration_goal(request, parent, above, self._project.root)
        providers = dict(request.providers)
        if not goal.custom:
            providers = {**self._component_providers.get(parent, {}), **providers}
        elif is_provider_type(goal.type):
            package = Package(provider_package(goal.type), request.version, request.pluginDownloadURL)
            goal.properties.update(internal_properties(package))
        else:
            package = Package(package_of(goal.type), request.version, request.pluginDownloadURL)
            explicit = request.provider or self._inherited_provider(goal, above)
            goal.provider = self._provider(explicit, providers, parent, package, request.packageRef)
        state = self._registrations.register(goal)
        self._goals[state.urn] = goal
        if not goal.custom:
            self._component_providers[state.urn] = providers
        if goal.type == STACK_TYPE:
            self._stack_urn = state.urn
        return state

    @staticmethod
    def _inherited_provider(goal: Goal, above: Goal | None) -> str:
        """The provider of a parent that is no component, if it serves the resource's package."""
        if above is None or not above.provider:
            return ""
        served = provider_package(resource_type(ProviderReference.parse(above.provider).urn))
        return above.provider if served == package_of(goal.type) else ""

    def _provider(
        self, explicit: str, providers: dict[str, str], parent: str, package: Package, package_reference: str
    ) -> str:
        if explicit:
            return explicit
        for known in (providers, self._component_providers.get(parent, {})):
            if package.name in known:
                return known[package.name]
        return self._defaults.reference(self._packages[package_reference] if package_reference else package)

    def RegisterResourceOutputs(  # noqa: N802 - gRPC's
        self, request: resource_pb2.RegisterResourceOutputsRequest, context: Any
    ) -> empty_pb2.Empty:
        """Take what a component, or the stack, gives out."""
        outputs = decode_properties(request.outputs)
        self._guarded(context, lambda: self._registrations.set_outputs(request.urn, outputs))
        return empty_pb2.Empty()

    def ReadResource(  # noqa: N802 - gRPC's
        self, request: resource_pb2.ReadResourceRequest, context: Any
    ) -> resource_pb2.ReadResourceResponse:
        """Look at a resource that is somebody else's."""
        state = self._guarded(context, lambda: self._read(request))
        properties = encode_properties(
            state.outputs, unknowns=True, secrets=request.acceptSecrets, resources=request.acceptResources
        )
        return resource_pb2.ReadResourceResponse(urn=state.urn, properties=properties)

    def _read(self, request: resource_pb2.ReadResourceRequest) -> ResourceState:
        if request.type == _STACK_REFERENCE:
            raise Unsupported("StackReference: outputs of other stacks need the real pulumi")
        parent = request.parent or self._stack_urn
        goal = requests.read_goal(request, parent, self._project.root)
        package = Package(package_of(request.type), request.version, request.pluginDownloadURL)
        goal.provider = self._provider(request.provider, {}, parent, package, request.packageRef)
        return self._registrations.read(goal, request.id)

    # ----- functions

    def Invoke(  # noqa: N802 - gRPC's
        self, request: resource_pb2.ResourceInvokeRequest, context: Any
    ) -> resource_pb2.ResourceInvokeResponse:
        """Call a function; in a preview, with unknown arguments, its result is unknown."""
        arguments = decode_properties(request.args)
        if request.tok == _GET_RESOURCE:
            return self._invoke_response(self._known_resource(arguments, context), request)
        if contains(arguments, is_unknown):
            return self._invoke_response({}, request)
        package = Package(package_of(request.tok), request.version, request.pluginDownloadURL)
        try:
            reference = self._provider(request.provider, {}, "", package, request.packageRef)
            provider = self._deployment.registry.get(reference)
            result, failures = provider.invoke(request.tok, arguments, preview=self._deployment.preview)
        except OperationFailed:
            context.abort(grpc.StatusCode.UNAVAILABLE, _SHUT_DOWN)
        except ProviderError as error:
            context.abort(
                grpc.StatusCode.UNKNOWN,
                f"invocation of {request.tok} returned an error: {self._deployment.reporter.masker.masked(str(error))}",
            )
        self._deployment.reporter.masker.learn_value(result)
        return self._invoke_response(result, request, failures)

    def Call(self, request: resource_pb2.ResourceCallRequest, context: Any) -> provider_pb2.CallResponse:  # noqa: N802 - gRPC's
        """Methods of resources: not here."""
        self._refuse(context, f"{request.tok}: methods of resources need the real pulumi")

    def _known_resource(self, arguments: Properties, context: Any) -> Properties:
        state = self._deployment.news.get(str(arguments.get("urn")))
        if state is None:
            context.abort(grpc.StatusCode.UNKNOWN, f"unknown resource {arguments.get('urn')}")
            raise AssertionError("abort does not return")
        return {"urn": state.urn, "id": state.id, "state": state.outputs}

    @staticmethod
    def _invoke_response(
        result: Properties, request: resource_pb2.ResourceInvokeRequest, failures: Any = ()
    ) -> resource_pb2.ResourceInvokeResponse:
        struct = encode_properties(result, unknowns=True, resources=request.acceptResources)
        returned: dict[str, Any] = {"return": struct}  # a word that Python keeps for itself
        return resource_pb2.ResourceInvokeResponse(failures=failures, **returned)

    # ----- refusals

    def _guarded(self, context: Any, work: Callable[[], Answer]) -> Answer:
        """Do a request's work; after a failure the monitor is gone, which ends the program without further words."""
        try:
            return work()
        except OperationFailed:
            context.abort(grpc.StatusCode.UNAVAILABLE, _SHUT_DOWN)
        except EngineError as error:
            self._registrations.refuse(str(error))
            context.abort(grpc.StatusCode.UNAVAILABLE, _SHUT_DOWN)
        raise AssertionError("abort does not return")

    def _refuse(self, context: Any, message: str) -> NoReturn:
        self._registrations.refuse(message)
        context.abort(grpc.StatusCode.UNAVAILABLE, _SHUT_DOWN)
        raise AssertionError("abort does not return")

    def RegisterStackTransform(self, request: Any, context: Any) -> empty_pb2.Empty:  # noqa: ARG002, N802 - gRPC's
        """Transforms of all resources: not here."""
        self._refuse(context, "stack transforms need the real pulumi")

    def RegisterStackInvokeTransform(self, request: Any, context: Any) -> empty_pb2.Empty:  # noqa: ARG002, N802 - gRPC's
        """Transforms of all function calls: not here."""
        self._refuse(context, "stack transforms of functions need the real pulumi")

    def RegisterResourceHook(self, request: Any, context: Any) -> empty_pb2.Empty:  # noqa: ARG002, N802 - gRPC's
        """Hooks: not here."""
        self._refuse(context, "resource hooks need the real pulumi")

    def RegisterErrorHook(self, request: Any, context: Any) -> empty_pb2.Empty:  # noqa: ARG002, N802 - gRPC's
        """Hooks: not here."""
        self._refuse(context, "error hooks need the real pulumi")
