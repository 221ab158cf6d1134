"""What is written, and what errors say; the local cloud's Secrets Manager does the rest in tests/local/publication."""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from components.auth_token.publication import Endpoints, PublicationError, SecretsManagerPublication
from components.auth_token.rules import Token
from components.auth_token.seen import Published, Publishing

ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:orders-auth-token-1a2b3c4-AbCdEf"
ENDPOINTS = Endpoints("primary", "reader", 6379)
V1, V2 = (f"{number}" * 32 for number in (1, 2))


@pytest.fixture
def client() -> Any:
    return boto3.client(
        "secretsmanager", region_name="eu-central-1", aws_access_key_id="test", aws_secret_access_key="test"
    )


@pytest.fixture
def aws(client: Any) -> Iterator[Stubber]:
    """AWS's answers, one after the other; all must be used up."""
    with Stubber(client) as stubber:
        yield stubber
    stubber.assert_no_pending_responses()


def described(**labels: list[str]) -> dict[str, Any]:
    return {"ARN": ARN, "VersionIdsToStages": {{"v1": V1, "v2": V2}[name]: stages for name, stages in labels.items()}}


def test_a_version_holds_what_a_client_needs() -> None:
    token = Token.random()
    content = ENDPOINTS.content(token)
    assert json.loads(content) == {
        "host": "primary",
        "readerHost": "reader",
        "port": 6379,
        "ssl": True,
        "username": "default",
        "password": token.reveal(),
    }


def test_a_version_is_read_once(client: Any, aws: Stubber) -> None:
    token = Token.random()
    published = SecretsManagerPublication(client, ARN, ENDPOINTS)
    aws.add_response("describe_secret", described(v1=["AWSCURRENT"]), {"SecretId": ARN})
    aws.add_response("get_secret_value", {"SecretString": ENDPOINTS.content(token)}, {"SecretId": ARN, "VersionId": V1})
    aws.add_response("describe_secret", described(v1=["AWSCURRENT"]), {"SecretId": ARN})
    assert published.look() == published.look() == Published(current=token)


def test_a_version_that_others_made_without_a_value_holds_an_unknown_token(client: Any, aws: Stubber) -> None:
    token = Token.random()
    aws.add_response("describe_secret", described(v1=["AWSCURRENT"], v2=["AWSPENDING"]))
    aws.add_response("get_secret_value", {"SecretString": ENDPOINTS.content(token)})
    aws.add_client_error("get_secret_value", "ResourceNotFoundException")
    assert SecretsManagerPublication(client, ARN, ENDPOINTS).look() == Published(current=token)


def test_a_secret_that_is_deleted_between_two_calls_is_told_as_such(client: Any, aws: Stubber) -> None:
    aws.add_response("describe_secret", described(v1=["AWSCURRENT"]))
    words = "You can't perform this operation on the secret because it was marked for deletion."
    aws.add_client_error("get_secret_value", "InvalidRequestException", words)
    with pytest.raises(PublicationError, match="restore-secret"):
        SecretsManagerPublication(client, ARN, ENDPOINTS).look()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("InvalidRequestException", "You can't modify a secret that another service manages."),
        ("AccessDeniedException", "User: arn:aws:iam::1:user/me is not authorized to perform: it"),
        ("DecryptionFailure", "Secrets Manager can't decrypt the protected secret text using the provided KMS key."),
    ],
)
def test_other_refusals_are_in_the_words_of_aws(client: Any, aws: Stubber, code: str, words: str) -> None:
    aws.add_client_error("describe_secret", code, words)
    with pytest.raises(ClientError) as told:
        SecretsManagerPublication(client, ARN, ENDPOINTS).look()
    assert words in str(told.value)


@pytest.mark.parametrize("action", list(Publishing))
def test_a_label_that_aws_does_not_let_us_move_is_an_error(client: Any, aws: Stubber, action: Publishing) -> None:
    token, other = Token.random(), Token.random()
    labels = described(v1=["AWSCURRENT", "AWSPENDING", "RETIRED", "REJECTED"], v2=["AWSPREVIOUS"])
    aws.add_response("describe_secret", labels)
    aws.add_response("get_secret_value", {"SecretString": ENDPOINTS.content(other)}, {"SecretId": ARN, "VersionId": V1})
    aws.add_response("get_secret_value", {"SecretString": ENDPOINTS.content(token)}, {"SecretId": ARN, "VersionId": V2})
    aws.add_client_error("update_secret_version_stage", "InvalidParameterException", "the label is elsewhere")
    aws.add_response("describe_secret", labels)
    with pytest.raises(ClientError, match="the label is elsewhere"):
        SecretsManagerPublication(client, ARN, ENDPOINTS).publish(action, token)


class Broken(Endpoints):
    """Makes something that the SDK refuses, and shows in its own words."""

    def content(self, token: Token) -> Any:
        return {"password": token.reveal()}


def test_what_the_sdk_refuses_is_told_without_the_token(client: Any) -> None:
    token = Token.random()
    publication = SecretsManagerPublication(client, ARN, Broken("primary", "reader", 6379))
    with Stubber(client) as aws:
        aws.add_response("describe_secret", {"ARN": ARN})
        aws.add_response("put_secret_value", {})  # the SDK does not get that far
        with pytest.raises(PublicationError, match=ARN) as told:
            publication.publish(Publishing.PROMOTE, token)
    assert token.reveal() not in "".join(traceback.format_exception(told.value))
