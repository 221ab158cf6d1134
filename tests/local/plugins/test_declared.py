"""The stand-ins declare what the pulumi-aws and pulumi-random packages declare: same names, same kinds, same needs."""

from __future__ import annotations

import importlib
import inspect
import re
from typing import Any

import pytest

from local.plugins.aws.package import AwsPackage
from local.plugins.random.package import RandomPackage
from local.plugins.schema import Kind, Resource

RESOURCES: dict[str, Resource[Any]] = {**AwsPackage().resources, **RandomPackage().resources}


def _module(token: str) -> Any:
    package, module, _ = token.split(":")
    folder, _, _ = module.partition("/")
    return importlib.import_module(f"pulumi_{package}" + ("" if folder == "index" else f".{folder}"))


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)


def _declared_inputs(token: str) -> dict[str, inspect.Parameter]:
    class_name = token.rsplit(":", 1)[1]
    signature = inspect.signature(getattr(_module(token), f"{class_name}Args").__init__)
    return {_camel(name): parameter for name, parameter in signature.parameters.items() if name != "__self__"}


def _declared_outputs(token: str) -> set[str]:
    cls = getattr(_module(token), token.rsplit(":", 1)[1])
    getters = inspect.getmembers(cls, lambda member: isinstance(member, property))
    return {_camel(name) for name, _ in getters} - {"id", "urn", "pulumiResourceName", "pulumiResourceType"}


@pytest.mark.parametrize("token", sorted(RESOURCES))
def test_inputs_are_those_of_the_package(token: str) -> None:
    ours = {key for key, prop in RESOURCES[token].properties.items() if not prop.output}
    assert ours == set(_declared_inputs(token))


@pytest.mark.parametrize("token", sorted(RESOURCES))
def test_outputs_are_those_of_the_package(token: str) -> None:
    assert set(RESOURCES[token].properties) == _declared_outputs(token)


@pytest.mark.parametrize("token", sorted(RESOURCES))
def test_required_inputs_are_those_of_the_package(token: str) -> None:
    declared = {name for name, parameter in _declared_inputs(token).items() if parameter.default is parameter.empty}
    assert {key for key, prop in RESOURCES[token].properties.items() if prop.required} == declared


@pytest.mark.parametrize("token", sorted(RESOURCES))
def test_kinds_are_those_of_the_package(token: str) -> None:
    words = {Kind.BOOL: "bool", Kind.INT: "int", Kind.MAP: "Mapping", Kind.STRING: "str"}
    declared = _declared_inputs(token)
    for key, prop in RESOURCES[token].properties.items():
        if not prop.output:
            first = re.search(r"\b(bool|int|str|Mapping|Sequence)\b", str(declared[key].annotation))
            assert first is not None
            assert first[0] == words.get(prop.kind, "Sequence"), key


@pytest.mark.parametrize("token", sorted(RESOURCES))
def test_secrets_are_those_of_the_package(token: str) -> None:
    cls = getattr(_module(token), token.rsplit(":", 1)[1])
    source = inspect.getsource(cls._internal_init)
    ours = [key for key, prop in RESOURCES[token].properties.items() if prop.secret or prop.write_only]
    assert ("additional_secret_outputs" in source) == bool(ours)
    assert all(f'"{key}"' in source for key in ours)
