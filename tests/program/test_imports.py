"""What comes along with an import: a dynamic provider pays for it in each of its processes."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.program.stacks import ROOT


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("components.rules", {"pulumi", "boto3", "botocore"}),
        ("components.settings", {"pulumi_aws", "pulumi_random", "boto3", "botocore"}),
        (
            "components.auth_token.resource",
            {"pulumi_aws", "pulumi_random", "components.settings", "components.network"},
        ),
        ("components.replication_group", {"components.settings", "local"}),
    ],
)
def test_an_import_brings_only_what_it_needs(module: str, unwanted: set[str]) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    environment = {"PATH": ""}  # no PULUMI_*: nothing may be asked of an engine at import
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert unwanted.isdisjoint(run.stdout.split())
