"""Requests and answers as the cloud's own code sees them, and the server that carries them."""

import contextlib
import json
import re
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from local.cloud.errors import CloudError

USUAL_PORT = 4566
_BACKLOG = 128
_STOP_POLL_SECONDS = 0.1

StartResponse = Callable[..., Any]
Environ = dict[str, Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

_ERROR_CODE = re.compile(rb'<Code>([^<]+)</Code>|"(?:__type|code)": ?"(?:[^"#]*#)?([^"]+)"')


@dataclass(frozen=True)
class Request:
    """A signed request."""

    environ: Environ
    body: bytes
    service: str
    region: str

    @cached_property
    def fields(self) -> dict[str, str]:
        """The form fields of a request of the query protocols, of its body and its query string."""
        fields = dict(parse_qsl(self.environ.get("QUERY_STRING", ""), keep_blank_values=True))
        if self.environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
            fields |= parse_qsl(self.body.decode(), keep_blank_values=True)
        return fields

    @cached_property
    def operation(self) -> str:
        """``PutSecretValue`` and the like, whatever the protocol."""
        target: str = self.environ.get("HTTP_X_AMZ_TARGET", "")
        path: str = self.environ.get("PATH_INFO", "")
        in_path = path.rpartition("/operation/")[2] if path.startswith("/service/") else ""
        return target.rpartition(".")[2] or in_path or self.fields.get("Action", "")

    @cached_property
    def parameters(self) -> Any:
        """The request's parameters, as far as they can be told without a service model."""
        if "HTTP_X_AMZ_TARGET" in self.environ:
            try:
                return json.loads(self.body)
            except ValueError:
                return {}
        return {name: value for name, value in self.fields.items() if name not in ("Action", "Version")}


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes
    headers: list[tuple[str, str]] = field(default_factory=list)

    @property
    def error(self) -> str | None:
        """The error's code, if it is one."""
        if self.status < HTTPStatus.BAD_REQUEST:
            return None
        found = _ERROR_CODE.search(self.body)
        return (found[1] or found[2]).decode() if found else HTTPStatus(self.status).phrase

    def send(self, start_response: StartResponse) -> Iterable[bytes]:
        """As WSGI has it."""
        headers = [(name, value) for name, value in self.headers if name.lower() != "content-length"]
        start_response(
            f"{self.status} {HTTPStatus(self.status).phrase}", [*headers, ("Content-Length", str(len(self.body)))]
        )
        return [self.body]


def json_answer(status: int, content: Any, kind: str = "application/json") -> Answer:
    """An answer in JSON."""
    return Answer(status, json.dumps(content, default=str).encode() + b"\n", [("Content-Type", kind)])


def aws_error(status: int, code: str, message: str) -> Answer:
    """An error of AWS's JSON protocols."""
    answer = json_answer(status, {"__type": code, "message": message}, "application/x-amz-json-1.1")
    return Answer(answer.status, answer.body, [*answer.headers, ("x-amzn-ErrorType", code)])


def query_error(status: int, code: str, message: str) -> Answer:
    """An error of AWS's query protocols, in the words of most of them."""
    inner = f"<Error><Type>Sender</Type><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
    return Answer(status, f"<ErrorResponse>{inner}</ErrorResponse>".encode(), [("Content-Type", "text/xml")])


def call_wsgi(application: Application, environ: Environ) -> Answer:
    """The whole answer of another WSGI application."""
    started: list[tuple[int, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
        started.append((int(status.split(" ", 1)[0]), headers))

    body = b"".join(application(environ, start_response))
    return Answer(started[-1][0], body, started[-1][1])


class ConnectionCut(ConnectionError):
    """The connection was closed on purpose; the server takes it as a client that went away."""


def cut_connection(environ: Environ) -> None:
    """Close the client's connection instead of answering.

    Raises:
        ConnectionCut: always.
    """
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    raise ConnectionCut


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = (
        True  # an answer is several writes; the last must not wait for the client's acknowledgement
    )
    wbufsize = -1  # and they go out together

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - the base class has named it so
        """Nothing: the log of calls has it all."""


def listen(address: str, application: Application) -> "Server":
    """A server on the usual port, or on another one where a program has that on all addresses.

    Raises:
        CloudError: the address cannot be had at all.
    """
    with contextlib.suppress(OSError):
        return Server(address, USUAL_PORT, application)
    try:
        return Server(address, 0, application)
    except OSError as error:
        raise CloudError(f"{address} cannot be listened on ({error.strerror}); is 127.0.0.0/8 whole here?") from error


class Server:
    """A WSGI server with a thread per connection, which it keeps open between requests."""

    def __init__(self, address: str, port: int, application: Application) -> None:
        """Listen; port 0 is one that is free.

        Raises:
            OSError: the port is taken.
        """
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((address, port))
            listener.listen(_BACKLOG)
            self.port: int = listener.getsockname()[1]
            # By descriptor: werkzeug ends the process where it cannot bind by itself.
            self._server = ThreadedWSGIServer(address, port, application, handler=_Handler, fd=listener.fileno())
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_STOP_POLL_SECONDS,), name="http", daemon=True
        )

    def start(self) -> None:
        """Serve in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
