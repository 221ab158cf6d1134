"""How a plugin answers: with a message of the protocol, or with an error in words that holds no secret."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final, Generic, NoReturn, TypeVar

import grpc
from google.protobuf import struct_pb2
from pulumi.runtime.proto import provider_pb2, status_pb2

from local.plugins.errors import Failure, InvalidError, NotStoodInError, PluginError
from local.plugins.schema import Package, Session

_Request = TypeVar("_Request")
_Response = TypeVar("_Response")

_SHORTEST_SECRET: Final = 8
"""Shorter ones are not looked for in messages: taking every "test" out of a text helps nobody."""


class InitFailedError(PluginError):
    """The resource exists but is not as it should be: the engine records it as it is, and tries again next time."""

    def __init__(self, reason: str, id_: str, properties: struct_pb2.Struct) -> None:
        super().__init__(reason)
        self.detail = provider_pb2.ErrorResourceInitFailed(id=id_, properties=properties, reasons=[reason])


class Answers(Generic[Session]):
    """What every request needs: errors in words, and values that must not be in them."""

    def __init__(self, package: Package[Session]) -> None:
        self.package = package
        self._secrets: set[str] = set()

    def keep_from_messages(self, values: Iterable[object]) -> None:
        """Never show these values in an error."""
        self._secrets.update(value for value in values if isinstance(value, str) and len(value) >= _SHORTEST_SECRET)

    def scrubbed(self, text: str) -> str:
        """The text without secrets."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "[secret]")
        return text

    def failures(self, failures: Iterable[Failure]) -> list[provider_pb2.CheckFailure]:
        """Broken rules, as the protocol has them."""
        return [
            provider_pb2.CheckFailure(property=failure.property, reason=self.scrubbed(failure.reason))
            for failure in failures
        ]

    def in_words(self, error: Exception) -> PluginError | None:
        """The error as the user can read it; None for one that nobody expected."""
        return error if isinstance(error, PluginError) else self.package.explain(error)

    def text(self, error: Exception) -> str:
        """The error's message, in words if there are any, without secrets."""
        known = self.in_words(error)
        return self.scrubbed(str(known or f"{self.package.name} stand-in: {type(error).__name__}: {error}"))

    @contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """Put what was being done before the errors that are raised within."""
        try:
            yield
        except Exception as error:
            known = self.in_words(error)
            if known is None:
                raise
            raise type(known)(f"{what}: {known}") from error

    def fail(self, context: grpc.ServicerContext, error: Exception) -> NoReturn:
        """End the request with the error."""
        code, text = _code(self.in_words(error)), self.text(error)
        if isinstance(error, InitFailedError):
            status = status_pb2.Status(code=code.value[0], message=text)
            status.details.add().Pack(error.detail)
            context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        context.abort(code, text)


def _code(error: PluginError | None) -> grpc.StatusCode:
    match error:
        case None:
            return grpc.StatusCode.INTERNAL
        case NotStoodInError():
            return grpc.StatusCode.UNIMPLEMENTED
        case InvalidError():
            return grpc.StatusCode.INVALID_ARGUMENT
    return grpc.StatusCode.UNKNOWN


def answered(
    method: Callable[[Any, _Request], _Response],
) -> Callable[[Any, _Request, grpc.ServicerContext], _Response]:
    """Make a method a request's handler: what it raises becomes the answer."""

    @functools.wraps(method)
    def answer(self: Answers[Any], request: _Request, context: grpc.ServicerContext) -> _Response:
        try:
            return method(self, request)
        except Exception as error:  # noqa: BLE001  the engine must get an answer in words whatever happened
            failure = error
        return self.fail(context, failure)

    return answer
