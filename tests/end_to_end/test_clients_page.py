"""docs/clients.md is true: its commands say what it shows, its example reads the token anew where one is refused."""

from __future__ import annotations

import boto3

from tests.end_to_end.conftest import Clone
from tests.end_to_end.console import typed_in
from tests.trials.clients import example
from tests.trials.clients.client import Reading


def test_the_page_is_true(clone: Clone) -> None:
    clone.local("up")
    (clone.path / "auth_token.py").write_text(example.source())
    typed_in(example.PAGE, clone)

    status = clone.status()
    secrets, ca_file = _reading(clone), status["cloud"]["caFile"]
    token = example.module().AuthToken(secrets, status["stack"]["outputs"]["secretArn"], keep=3600.0)
    held, pooled = (example.module().connect(token, to, ssl_ca_certs=ca_file) for to in ("readerHost", "host"))
    assert held.ping()
    assert pooled.set("order", "1")
    old = token.get_credentials()
    assert secrets.reads == 1

    clone.local("rotate")
    assert held.ping()
    assert token.get_credentials() == old, "a connection that is open is not asked again"
    pooled.connection_pool.disconnect()
    assert pooled.get("order") == b"1", "refused, read anew, and tried again"
    assert token.get_credentials() != old
    assert secrets.reads == 2


def _reading(clone: Clone) -> Reading:
    """Secrets Manager, as a shell of `make env` reaches it."""
    env = clone.environment()
    session = boto3.Session(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], region_name=env["AWS_REGION"])
    return Reading(session.client("secretsmanager", endpoint_url=env["AWS_ENDPOINT_URL"]))
