"""Configurations that must not be deployed: refused in preview with the key, the value and the rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.end_to_end.conftest import Clone, make_clone

BAD: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    ({"nodeCount": 1}, ("automaticFailover", "nodeCount")),
    ({"automaticFailover": False}, ("multiAz", "automaticFailover")),
    ({"nodeType": "cache.t1.micro"}, ("nodeType cache.t1.micro", "encrypt")),
    ({"nodeType": "cache.m2.xlarge"}, ("nodeType cache.m2.xlarge", "encrypt")),
    ({"maintenanceWindow": "sunday"}, ("maintenanceWindow sunday",)),
    ({"maintenanceWindow": "sun:18:00-sun:18:30"}, ("maintenanceWindow sun:18:00-sun:18:30", "60 or more")),
    ({"snapshotWindow": "17:30-18:30"}, ("snapshotWindow 17:30-18:30", "maintenanceWindow")),
    ({"snapshotRetentionDays": 36}, ("snapshotRetentionDays 36", "35")),
    ({"baseName": "double--hyphen"}, ("baseName double--hyphen",)),
    ({"baseName": "a" * 39}, ("baseName " + "a" * 39, "40")),
    ({"engineVersion": "seven"}, ("engineVersion seven",)),
    ({"nodecount": 2}, ("nodecount is no key", "did you mean nodeCount?")),
    ({"nodeCount": "two"}, ("nodeCount", "integer")),
    ({"allowedCidrBlocks": ["10.0.0.300/8"]}, ("allowedCidrBlocks", "10.0.0.300/8")),
    ({"allowedCidrBlocks": ["0.0.0.0/0"]}, ("allowedCidrBlocks", "allowAnySource")),
    ({"port": 80}, ("port 80", "1150", "65535")),
]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A clone with a stack and a configuration that would do, were there a cloud."""
    clone = make_clone(tmp_path_factory.mktemp("configuration") / "clone")
    template = (clone.path / "local" / "Pulumi.local.yaml.in").read_text()
    stack_file = clone.path / "Pulumi.local.yaml"
    stack_file.write_text(template.replace("@ENDPOINT@", "http://127.0.0.1:9").replace("@CA_FILE@", ""))
    clone.engine("init")
    return clone


def preview(stack: Clone, changes: dict[str, Any]) -> str:
    stack_file = stack.path / "Pulumi.local.yaml"
    good = stack_file.read_text()
    document = yaml.safe_load(good)
    document["config"] |= {f"redis-auth-token:{key}": value for key, value in changes.items()}
    stack_file.write_text(yaml.safe_dump(document))
    try:
        return stack.engine("preview", code=1)
    finally:
        stack_file.write_text(good)


def checkpoint(stack: Clone) -> Path:
    (found,) = (stack.path / ".local" / "backend").rglob("local.json")
    return found


@pytest.mark.parametrize(("changes", "told"), BAD, ids=[next(iter(c)) + str(i) for i, (c, _) in enumerate(BAD)])
def test_a_bad_value_is_refused_with_key_value_and_rule(
    stack: Clone, changes: dict[str, Any], told: tuple[str, ...]
) -> None:
    before = checkpoint(stack).read_text()
    said = preview(stack, changes)
    for part in told:
        assert part in said
    assert checkpoint(stack).read_text() == before


def test_all_problems_stand_in_one_message(stack: Clone) -> None:
    changes = {"port": 80, "snapshotRetentionDays": 36, "baseName": "9lives", "verifi": "off"}
    said = preview(stack, changes)
    assert "4 problems" in said
    for key in ("port 80", "snapshotRetentionDays 36", "baseName 9lives", "did you mean verify?"):
        assert key in said
