"""What the scenarios' programs import: the toy plugin's resources, and a dynamic one whose provider asks the test.

Copied next to each program, so that the dynamic provider is pickled by reference to a module that its process finds.
"""

import json
import os
import socket
from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

_NO_OUTPUTS: dict[str, Any] = {"arn": None, "serial": None, "key": None}


class Thing(pulumi.CustomResource):
    """A resource of the toy plugin: `size` and `tags` update, `kind` replaces, `label` replaces by deleting first."""

    arn: pulumi.Output[str]
    serial: pulumi.Output[int]
    key: pulumi.Output[str]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None, **inputs: Any) -> None:
        super().__init__("toy:index:Thing", name, {**_NO_OUTPUTS, **inputs}, opts)


class Provider(pulumi.ProviderResource):
    """An explicit provider: `region` replaces it and with it its resources, `token` updates it."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None, **inputs: Any) -> None:
        super().__init__("toy", name, inputs, opts)


class Group(pulumi.ComponentResource):
    """A component; its type token is the project's own."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None, **inputs: Any) -> None:
        super().__init__("conformance:index:Group", name, inputs, opts)


def measure(name: pulumi.Input[str], opts: pulumi.InvokeOptions | None = None) -> Any:
    """The toy plugin's function: how long a name is; it refuses the name `bad`."""
    return pulumi.runtime.invoke("toy:index:measure", {"name": name}, opts).value


def measured(name: pulumi.Input[str]) -> pulumi.Output[Any]:
    """The same for a name that is known only later."""
    return pulumi.Output.from_input(name).apply(lambda known: measure(known)["length"])


def _ask(method: str, **request: Any) -> dict[str, Any]:
    """Tell the test of a call and return what it wants answered; raises what it wants raised."""
    with socket.create_connection(("127.0.0.1", int(os.environ["TOY_CONTROL"]))) as connection:
        connection.sendall(json.dumps({"method": method, **request}).encode() + b"\n")
        answer: dict[str, Any] = json.loads(connection.makefile().readline())
    if "error" in answer:
        raise RuntimeError(answer["error"])
    return answer


class TokenProvider(ResourceProvider):
    """Stateless, as ours must be: all it knows, it asks for."""

    serialize_as_secret_always = False

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        answer = _ask("check", olds=_plain(olds), news=_plain(news))
        return CheckResult({**news, **answer["inputs"]}, [CheckFailure("", reason) for reason in answer["failures"]])

    def diff(self, id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:  # noqa: A002  # the SDK's name
        answer = _ask("diff", id=id, olds=_plain(olds), news=_plain(news))
        return DiffResult(answer["changes"], answer["replaces"], None, answer["deleteBeforeReplace"])

    def create(self, props: dict[str, Any]) -> CreateResult:
        answer = _ask("create", props=_plain(props))
        return CreateResult(answer["id"], {**props, **answer["outputs"]})

    def update(self, id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:  # noqa: A002  # the SDK's name
        answer = _ask("update", id=id, olds=_plain(olds), news=_plain(news))
        return UpdateResult({**news, **answer["outputs"]})

    def read(self, id: str, props: dict[str, Any]) -> ReadResult:  # noqa: A002  # the SDK's name
        answer = _ask("read", id=id, props=_plain(props))
        return ReadResult(answer["id"], {**props, **answer["outputs"]} if answer["id"] else {})

    def delete(self, id: str, props: dict[str, Any]) -> None:  # noqa: A002  # the SDK's name
        _ask("delete", id=id, props=_plain(props))


def _plain(properties: dict[str, Any]) -> dict[str, Any]:
    """Properties as JSON, without the pickle; what a preview does not know yet is a word."""
    known = {k: v for k, v in properties.items() if k != "__provider"}
    return dict(json.loads(json.dumps(known, default=lambda value: f"<{type(value).__name__.lower()}>")))


class Token(Resource, module="toy", name="Token"):
    """A dynamic resource: `password` updates, `user` replaces by deleting first; `session` holds the password."""

    session: pulumi.Output[str]
    facts: pulumi.Output[dict[str, Any]]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None, **inputs: Any) -> None:
        super().__init__(TokenProvider(), name, {**inputs, "session": None, "facts": None}, opts)
