"""A dynamic provider in a process of its own, spoken to over gRPC as the engine does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import grpc
from google.protobuf import json_format, struct_pb2
from pulumi.dynamic import ResourceProvider
from pulumi.dynamic.dynamic import PROVIDER_KEY, serialize_provider
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

ROOT: Final = Path(__file__).resolve().parents[2]
UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""An unknown value on the wire."""

Bag = dict[str, Any]


class Engine:
    """`python -m pulumi.dynamic`, serving one provider in its pickled form. Property bags come and go without it."""

    def __init__(self, process: subprocess.Popen[str], pickle: str, config: Mapping[str, str]) -> None:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        self._stub = provider_pb2_grpc.ResourceProviderStub(grpc.insecure_channel(f"127.0.0.1:{port}"))
        self._stub.Configure(provider_pb2.ConfigureRequest(args=struct(config), variables=config))
        self._pickle = pickle

    def check(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[Bag, list[str]]:
        """The inputs to go on with, and the reasons of all failures."""
        answered = self._stub.Check(provider_pb2.CheckRequest(olds=struct(olds), news=self._pickled(news)))
        return bag(answered.inputs), [failure.reason for failure in answered.failures]

    def diff(self, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        """Whether the provider sees a change."""
        request = provider_pb2.DiffRequest(id=id_, olds=self._pickled(olds), news=self._pickled(news))
        return bool(self._stub.Diff(request).changes == provider_pb2.DiffResponse.DIFF_SOME)

    def create(self, props: Mapping[str, Any]) -> tuple[str, Bag]:
        """Id and outputs."""
        answered = self._stub.Create(provider_pb2.CreateRequest(properties=self._pickled(props)))
        return answered.id, bag(answered.properties)

    def update(self, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Bag:
        """The outputs."""
        request = provider_pb2.UpdateRequest(id=id_, olds=self._pickled(olds), news=self._pickled(news))
        return bag(self._stub.Update(request).properties)

    def read(self, id_: str, outputs: Mapping[str, Any]) -> tuple[str, Bag]:
        """Id and outputs; no id where it is gone."""
        answered = self._stub.Read(provider_pb2.ReadRequest(id=id_, properties=self._pickled(outputs)))
        return answered.id, bag(answered.properties)

    def delete(self, id_: str, outputs: Mapping[str, Any]) -> None:
        """Delete."""
        self._stub.Delete(provider_pb2.DeleteRequest(id=id_, properties=self._pickled(outputs)))

    def _pickled(self, props: Mapping[str, Any]) -> struct_pb2.Struct:
        return struct({PROVIDER_KEY: self._pickle, **props})


@contextmanager
def serving(provider: ResourceProvider, log: Path, config: Mapping[str, str]) -> Iterator[Engine]:
    """A process for `provider`, whose words are in `log` once it has ended."""
    with log.open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "pulumi.dynamic", "127.0.0.1:1"],
            cwd=ROOT,
            env={**os.environ, "PULUMI_PROJECT": "redis-auth-token", "AWS_EC2_METADATA_DISABLED": "true"},
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
        )
        try:
            yield Engine(process, serialize_provider(provider), config)
        finally:
            process.terminate()
            rest, _ = process.communicate()
            said.write(rest or "")


def struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """As it goes over the wire."""
    made = struct_pb2.Struct()
    made.update(values)
    return made


def bag(values: struct_pb2.Struct) -> Bag:
    """As it came over the wire."""
    made: Bag = json_format.MessageToDict(values)
    return made
