"""Pulumi.yaml, the stack files and Settings say the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import certifi
import pytest
import yaml
from pydantic.alias_generators import to_camel

from components.settings import Settings, SettingsError
from tests.program.stacks import NETWORK, ROOT, schema
from tests.unit.settings.conftest import Read

_TYPES: dict[str, Any] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "array": tuple[str, ...],
    "object": dict[str, str],
}


def test_the_schema_and_settings_have_the_same_keys_and_types() -> None:
    fields = {to_camel(name): field.annotation for name, field in Settings.model_fields.items()}
    assert {key: _TYPES[kind["type"]] for key, kind in schema().items()} == fields


def test_defaults_stand_in_the_schema_alone() -> None:
    assert all(field.is_required() for field in Settings.model_fields.values())


def test_only_the_name_must_be_set() -> None:
    """A typed key without a default makes the CLI stop before the program can say anything."""
    assert [key for key, kind in schema().items() if kind.get("default") is None] == ["baseName"]


@pytest.mark.parametrize(("key", "kind"), schema().items())
def test_each_key_is_explained_and_each_default_is_of_its_type(key: str, kind: dict[str, Any]) -> None:
    assert len(kind["description"]) > 10
    types = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}
    assert type(kind.get("default", "")) is types[kind["type"]]
    if kind["type"] == "array":
        assert kind["items"] == {"type": "string"}


def test_what_is_not_said_is_safe(read: Read, tmp_path: Path) -> None:
    nothing_said = tmp_path / "Pulumi.bare.yaml"
    nothing_said.write_text("config: {}\n")
    settings = read(str(nothing_said), **NETWORK)
    assert settings.protect
    assert settings.final_snapshot
    assert settings.automatic_failover
    assert settings.multi_az
    assert not settings.use_default_vpc
    assert not settings.allow_any_source
    assert not settings.allowed_cidr_blocks
    assert settings.snapshot_retention_days == 35
    assert settings.slow_log
    assert settings.slow_log_retention_days == 365
    assert settings.key_deletion_days == 30
    assert settings.verify == "whenReachable"


def test_dev_needs_a_name_only(read: Read) -> None:
    settings = read("Pulumi.dev.yaml")
    assert settings.use_default_vpc
    assert settings.node_count == 1
    assert not settings.protect


def test_prod_demands_its_network(read: Read) -> None:
    with pytest.raises(SettingsError) as refused:
        read("Pulumi.prod.yaml")
    message = str(refused.value)
    assert "useDefaultVpc false: leaves the nodes without a place: set vpcId and subnetIds" in message
    assert "verify required: connects to every node, and nobody may" in message
    assert message.startswith("2 problems")


def test_prod_with_a_network_has_every_safeguard(read: Read) -> None:
    settings = read("Pulumi.prod.yaml", **NETWORK)
    assert settings.protect
    assert settings.final_snapshot
    assert settings.multi_az
    assert settings.node_count >= 2
    assert settings.verify == "required"
    assert settings.snapshot_retention_days == 35
    assert settings.slow_log_retention_days == 365
    assert settings.tags


def test_the_local_stack_is_whole_once_its_placeholders_are_filled(read: Read, tmp_path: Path) -> None:
    template = (ROOT / "local" / "Pulumi.local.yaml.in").read_text()
    filled = tmp_path / "Pulumi.local.yaml"
    filled.write_text(template.replace("@ENDPOINT@", "http://127.0.0.1:1").replace("@CA_FILE@", certifi.where()))
    settings = read(str(filled))
    assert settings.verify == "required"
    assert settings.node_count == 2
    assert settings.ca_file == certifi.where()
    endpoints = yaml.safe_load(filled.read_text())["config"]["aws:endpoints"]
    assert len(endpoints) == 1
    assert {"ec2", "elasticache", "kms", "logs", "sts"} <= endpoints[0].keys()
    assert set(endpoints[0].values()) == {"http://127.0.0.1:1"}


def test_runtime_options_let_a_dynamic_provider_find_its_module() -> None:
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    assert project["runtime"] == {"name": "python", "options": {"toolchain": "pip", "virtualenv": "venv"}}
    assert "main" not in project
