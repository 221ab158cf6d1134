"""Runs the program, or its component, under Pulumi's mocks, and keeps every word that it said to the engine."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import runpy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import pulumi
import pytest
from google.protobuf import json_format
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.stack import Stack, run_pulumi_func

from tests.program.stacks import PROJECT, ROOT

TOKEN: Final = "Token!&#$^<>-" * 4
ACCOUNT: Final = "123456789012"

_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"  # the SDK's mark of a value that is more than JSON ...
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # ... and of a secret among these


def secret(value: Any) -> dict[str, Any]:
    """A secret as it goes over the wire."""
    return {_SIGNATURE: _SECRET, "value": value}


def bare(value: Any) -> Any:
    """What came over the wire, its secrets taken away."""
    if isinstance(value, dict):
        return "[secret]" if value.get(_SIGNATURE) == _SECRET else {key: bare(entry) for key, entry in value.items()}
    return [bare(entry) for entry in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class Registration:
    """A resource as the program registered it; properties and options as they went over the wire, in camel case."""

    type: str
    name: str
    inputs: dict[str, Any]
    options: dict[str, Any]
    urn: str


@dataclass
class Run:
    """All that a program said to the engine."""

    resources: dict[str, Registration] = field(default_factory=dict)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What was registered as outputs, by URN."""
    questions: list[tuple[str, str]] = field(default_factory=list)
    """Functions asked, and the provider they were asked through."""
    exports: dict[str, Any] = field(default_factory=dict)
    secret_exports: set[str] = field(default_factory=set)

    def only(self, type_: str) -> Registration:
        """The one resource of this type."""
        (found,) = (resource for resource in self.resources.values() if resource.type == type_)
        return found


class _Cloud(pulumi.runtime.Mocks):
    """Answers as AWS would, `live` being what a group has that was not made as it is configured now."""

    def __init__(self, run: Run, live: dict[str, Any]) -> None:
        self._run, self._live = run, live

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        answers: dict[str, dict[str, Any]] = {
            "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": ACCOUNT},
            "aws:index/getPartition:getPartition": {"partition": "aws-cn", "dnsSuffix": "amazonaws.com.cn"},
            "aws:index/getRegion:getRegion": {"region": "cn-north-1"},
            "aws:ec2/getVpc:getVpc": {"id": "vpc-default"},
            "aws:ec2/getSubnets:getSubnets": {"ids": ["subnet-b", "subnet-a"]},
            "aws:elasticache/getReplicationGroup:getReplicationGroup": {
                "arn": "arn:aws:elasticache:::replicationgroup:found",
                "replicationGroupId": args.args.get("replicationGroupId"),
                "primaryEndpointAddress": "primary.example",
                "readerEndpointAddress": "reader.example",
                "port": 6379,
            },
        }
        self._run.questions.append((args.token, args.provider))
        if args.token == "aws:ec2/getVpc:getVpc":
            assert args.args == {"default": True}
        if args.token == "aws:ec2/getSubnets:getSubnets":
            assert {"name": "vpc-id", "values": ["vpc-default"]} in args.args["filters"]
        return answers[args.token], []

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        made = {
            "aws:kms/key:Key": {"arn": f"arn:aws:kms:::key/{args.name}", "keyId": f"{args.name}-id"},
            "aws:elasticache/replicationGroup:ReplicationGroup": {
                "arn": "arn:aws:elasticache:::replicationgroup:it",
                "primaryEndpointAddress": "primary.example",
                "readerEndpointAddress": "reader.example",
                **self._live,
            },
            "random:index/randomPassword:RandomPassword": {"result": secret(TOKEN)},
            "random:index/randomId:RandomId": {"hex": f"{args.name.rpartition('-')[2]}hex"},
            "pulumi-python:dynamic:TokenSchedule": {"turn": args.inputs.get("generation")},
            "aws:secretsmanager/secret:Secret": {"arn": f"arn:aws:secretsmanager:::secret:{args.name}"},
            "pulumi-python:dynamic:AuthTokenRotation": {"facts": {"generation": 1, "phase": "proven"}},
        }
        name = args.inputs.get("name", f"{args.name}-1a2b3c4")
        return f"{args.name}-id", {"name": name, **args.inputs, **made.get(args.typ, {})}


class _Recorder(MockMonitor):
    def __init__(self, mocks: pulumi.runtime.Mocks, run: Run) -> None:
        super().__init__(mocks)
        self._run = run

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  # the engine's name
        if request.type != "pulumi:pulumi:Stack":
            message = json_format.MessageToDict(request)
            urn = self.make_urn(request.parent, request.type, request.name)
            inputs = message.pop("object", {})
            self._run.resources[request.name] = Registration(request.type, request.name, inputs, message, urn)
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]  # the SDK has no types here

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802  # the engine's name
        self._run.outputs[request.urn] = json_format.MessageToDict(request.outputs)
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]  # nor here


Execute = Callable[..., Run]


@pytest.fixture
def execute(monkeypatch: pytest.MonkeyPatch) -> Execute:
    """Runs the program, or another one: a function that makes resources."""
    monkeypatch.chdir(ROOT)

    def executor(
        program: Callable[[], object] | None = None,
        config: dict[str, str] | None = None,
        live: dict[str, Any] | None = None,
        preview: bool = False,
    ) -> Run:
        run = Run()

        async def inside() -> None:
            mocks = _Cloud(run, live or {})
            pulumi.runtime.set_mocks(
                mocks,
                project=PROJECT,
                stack="test",
                preview=preview,
                logger=logging.getLogger("engine"),
                monitor=_Recorder(mocks, run),
            )
            pulumi.runtime.set_all_config(config or {}, [])

            def run_program() -> None:
                (program or (lambda: runpy.run_path("__main__.py", run_name="__main__")))()

            await run_pulumi_func(run_program)
            stack = pulumi.runtime.get_root_resource()
            assert isinstance(stack, Stack)
            for name, value in stack.outputs.items():
                output = pulumi.Output.from_input(value)
                run.exports[name] = await output.future()
                if await output.is_secret():
                    run.secret_exports.add(name)

        contextvars.copy_context().run(asyncio.run, inside())
        return run

    return executor
