"""The engine's own gRPC service: where the program and the plugins send their messages."""

from __future__ import annotations

from typing import Final

from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from local.engine.events.reporter import Reporter

_AFTERMATH: Final = "Resource monitor has terminated, shutting down"
"""What the SDK says once the deployment has failed; why it has is told by the engine."""

_SEVERITIES: Final = {
    engine_pb2.LogSeverity.DEBUG: "debug",
    engine_pb2.LogSeverity.INFO: "info",
    engine_pb2.LogSeverity.WARNING: "warning",
    engine_pb2.LogSeverity.ERROR: "error",
}


class LogService(engine_pb2_grpc.EngineServicer):
    """Messages become events; `root` is the stack's URN, which the SDK keeps here."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self.root = ""

    def Log(self, request: engine_pb2.LogRequest, context: object) -> empty_pb2.Empty:  # noqa: ARG002, N802 - gRPC's
        """Take a message."""
        if request.message != _AFTERMATH:
            self._reporter.diagnostic(
                _SEVERITIES.get(request.severity, "info"), request.message, request.urn, ephemeral=request.ephemeral
            )
        return empty_pb2.Empty()

    def GetRootResource(  # noqa: N802 - gRPC's
        self,
        request: engine_pb2.GetRootResourceRequest,  # noqa: ARG002 - gRPC's
        context: object,  # noqa: ARG002 - gRPC's
    ) -> engine_pb2.GetRootResourceResponse:
        """The stack's URN, if it is known."""
        return engine_pb2.GetRootResourceResponse(urn=self.root)

    def SetRootResource(  # noqa: N802 - gRPC's
        self,
        request: engine_pb2.SetRootResourceRequest,
        context: object,  # noqa: ARG002 - gRPC's
    ) -> engine_pb2.SetRootResourceResponse:
        """Keep the stack's URN."""
        self.root = request.urn
        return engine_pb2.SetRootResourceResponse()
