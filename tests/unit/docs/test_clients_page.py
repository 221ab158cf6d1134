"""docs/clients.md: its policy is what a reader needs, its example is code as we write it, its names are real."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields
from typing import Any, Final

import botocore.session
import yaml

from components.auth_token.publication import Endpoints
from components.auth_token.rules import Token
from components.publication_secret import POLICY
from tests.trials.clients import example
from tests.unit.docs.pages import ROOT, policies, table

(READER,) = policies(example.PAGE)
_DEPLOY: Final = policies(ROOT / "docs/aws.md")[1]


def _statement(policy: dict[str, Any], sid: str) -> dict[str, Any]:
    return next(statement for statement in policy["Statement"] if statement["Sid"] == sid)


def test_a_reader_may_read_the_token_and_nothing_else() -> None:
    read, decrypt = READER["Statement"]
    assert (read["Action"], decrypt["Action"]) == ("secretsmanager:GetSecretValue", "kms:Decrypt")
    assert read["Resource"] == _statement(_DEPLOY, "PublishedToken")["Resource"]
    assert decrypt["Condition"]["StringEquals"]["kms:ViaService"] == "secretsmanager.eu-central-1.amazonaws.com"
    for statement in READER["Statement"]:
        service, _, operation = statement["Action"].partition(":")
        assert operation in botocore.session.get_session().get_service_model(service).operation_names


def test_the_secrets_own_policy_allows_nothing() -> None:
    assert [statement["Effect"] for statement in POLICY["Statement"]] == ["Deny"]


def test_the_members_are_those_that_are_published() -> None:
    published = yaml.safe_load(Endpoints("a", "b", 1).content(Token("T" * 16)))
    told = [name.strip("`") for row in table(example.PAGE, "member") for name in row[0].split(", ")]
    assert told == list(published)
    assert len(told) > len(fields(Endpoints))


def test_the_example_fits_on_a_screen_and_is_code_as_we_write_it(tmp_path: Any) -> None:
    assert len(example.source().splitlines()) < 60
    saved = tmp_path / "auth_token.py"
    saved.write_text(example.source())
    checks = (["check", "--ignore", "T20"], ["format", "--check"])  # it prints
    for check in checks:
        argv = [sys.executable, "-m", "ruff", *check, "--config", str(ROOT / "pyproject.toml"), str(saved)]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
