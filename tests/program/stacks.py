"""What a program is told about its stack's configuration, put together as an engine does it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).resolve().parents[2]
PROJECT: Final = "redis-auth-token"
NETWORK: Final[dict[str, Any]] = {
    "vpcId": "vpc-0123456789abcdef0",
    "subnetIds": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
    "allowedSecurityGroupIds": ["sg-0123456789abcdef0"],
}
"""What Pulumi.prod.yaml leaves to whoever copies it, beside the name."""


def schema() -> dict[str, dict[str, Any]]:
    """The keys of Pulumi.yaml, with their types, defaults and descriptions."""
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    assert project["name"] == PROJECT
    keys: dict[str, dict[str, Any]] = project["config"]
    return keys


def told(stack_file: str, **changes: Any) -> dict[str, str]:
    """The configuration of a stack, as PULUMI_CONFIG has it: defaults, then `stack_file`, then `changes` of our keys.

    A change to None takes the key away.
    """
    values: dict[str, Any] = {
        f"{PROJECT}:{key}": kind["default"] for key, kind in schema().items() if "default" in kind
    }
    # Scalars stay text, as in the real engine, which does not read `yes` or `1e3` as anything else.
    values |= yaml.load((ROOT / stack_file).read_text(), Loader=yaml.BaseLoader)["config"]  # noqa: S506  # makes text only
    values |= {f"{PROJECT}:{key}": value for key, value in changes.items()}
    return {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in values.items()
        if value is not None
    }
