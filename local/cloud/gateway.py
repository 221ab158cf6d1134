"""The HTTP endpoint: who is asked is read from the credential scope of the signature, as with any stand-in for AWS.

A signature is not checked: there is nothing here to protect.
"""

import io
import json
import re
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from local.cloud.calls import CallLog
from local.cloud.elasticache.api import ElastiCache
from local.cloud.http import (
    Answer,
    Environ,
    Request,
    StartResponse,
    aws_error,
    cut_connection,
    json_answer,
    query_error,
)
from local.cloud.moto_services import SERVICES, MotoServices
from local.cloud.settings import LiveSettings, explained

_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/(?P<region>[a-z0-9-]+)/(?P<service>[a-z0-9-]+)/aws4_request")
_DROP_BEFORE, _APPLY_THEN_DROP = "dropBefore", "applyThenDrop"


class Gateway:
    """The WSGI application of a cloud."""

    def __init__(
        self,
        elasticache: ElastiCache,
        moto: MotoServices,
        settings: LiveSettings,
        calls: CallLog,
        health: dict[str, Any],
    ) -> None:
        self._elasticache = elasticache
        self._moto = moto
        self._settings = settings
        self._calls = calls
        self._health = health

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if environ["PATH_INFO"].startswith("/_local/"):
            return self._control(environ["REQUEST_METHOD"], environ["PATH_INFO"], body).send(start_response)
        scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
        if scope is None:
            message = "The request has no AWS signature, version 4."
            return query_error(403, "MissingAuthenticationToken", message).send(start_response)
        environ["wsgi.input"] = io.BytesIO(body)
        return self._serve(Request(environ, body, scope["service"], scope["region"])).send(start_response)

    def _serve(self, request: Request) -> Answer:
        """Look whether something is to go wrong, answer, and note the call."""
        fault = self._settings.take_fault(request.operation)
        code = fault.code if fault else None
        if code == _DROP_BEFORE:
            self._note(request, request.parameters, 0, code)
            cut_connection(request.environ)
        if code is None or code == _APPLY_THEN_DROP:
            answer, parameters = self._answer(request)
        else:
            message = "This error was asked for in the local cloud's settings."
            answer, parameters = self._refusal(request, code, message), request.parameters
        if code == _APPLY_THEN_DROP:
            self._note(request, parameters, 0, code)
            cut_connection(request.environ)
        self._note(request, parameters, answer.status, answer.error)
        return answer

    def _answer(self, request: Request) -> tuple[Answer, Any]:
        if request.service == "elasticache":
            reply = self._elasticache.call(request.region, request.fields)
            return Answer(reply.answer.status, reply.answer.body, [("Content-Type", "text/xml")]), reply.parameters
        if request.service not in SERVICES:
            return self._refusal(
                request, "NotImplemented", f"The local cloud has no {request.service}."
            ), request.parameters
        refused = self._moto.refusal(request.region, request.operation, request.parameters)
        answer = self._refusal(request, *refused) if refused else self._moto.answer(request.environ)
        return answer, request.parameters

    def _refusal(self, request: Request, code: str, message: str) -> Answer:
        """An error in the form that the service's clients read."""
        if request.service == "elasticache":
            refusal = self._elasticache.refusal(code, message)
            return Answer(refusal.status, refusal.body, [("Content-Type", "text/xml")])
        status = 501 if code == "NotImplemented" else 400
        if "HTTP_X_AMZ_TARGET" in request.environ:
            return aws_error(status, code, message)
        return query_error(status, code, message)

    def _note(self, request: Request, parameters: Any, status: int, error: str | None) -> None:
        self._calls.record(
            service=request.service,
            region=request.region,
            operation=request.operation,
            parameters=parameters,
            status=status,
            error=error,
        )

    def _control(self, method: str, path: str, body: bytes) -> Answer:
        """The cloud's own pages; nothing of AWS."""
        match method, path:
            case "GET", "/_local/health":
                return json_answer(200, self._health)
            case "GET", "/_local/calls":
                return json_answer(200, self._calls.all())
            case "GET", "/_local/settings":
                return json_answer(200, self._settings.now.model_dump(by_alias=True))
            case "PUT", "/_local/settings":
                return self._change_settings(body)
        return json_answer(404, {"error": f"there is no {method} {path}; there are health, calls and settings"})

    def _change_settings(self, body: bytes) -> Answer:
        try:
            changes = json.loads(body)
            if not isinstance(changes, dict):
                raise TypeError("not a JSON object")
            return json_answer(200, self._settings.change(changes).model_dump(by_alias=True))
        except ValidationError as error:
            return json_answer(400, {"error": explained(error)})
        except (TypeError, ValueError) as error:
            return json_answer(400, {"error": str(error)})
