"""What is where after each action."""

from __future__ import annotations

import json

import pytest

from components.auth_token.publication import PublicationError
from components.auth_token.seen import Published, Publishing
from tests.local.publication.secret import ELSEWHERE, HERE, PROMOTE, REJECT, RETIRE, STAGE, A, B, C, Secret

ROTATED = ((PROMOTE, A), (STAGE, B), (PROMOTE, B))


def labelled(secret: Secret) -> dict[str, str]:
    """The labels of each version by the first letter of its token; `A` and `A2` where two versions hold it."""
    found: dict[str, str] = {}
    for content, labels in secret.versions():
        letter = json.loads(content)["password"][0]
        found[letter if letter not in found else f"{letter}2"] = " ".join(labels)
    return found


def test_nothing_is_published_yet(secret: Secret) -> None:
    assert secret.publication().look() == Published()


def test_a_rotation_from_the_first_version_to_the_retired_one(secret: Secret) -> None:
    secret.publish((PROMOTE, A))
    assert labelled(secret) == {"A": "AWSCURRENT"}
    secret.publish((STAGE, B))
    assert labelled(secret) == {"A": "AWSCURRENT", "B": "AWSPENDING"}
    assert secret.publication().look() == Published(current=A, pending=B)
    secret.publish((PROMOTE, B))
    assert labelled(secret) == {"A": "AWSPREVIOUS", "B": "AWSCURRENT"}
    secret.publish((RETIRE, A))
    assert labelled(secret) == {"A": "AWSPREVIOUS RETIRED", "B": "AWSCURRENT"}
    assert secret.publication().look() == Published(current=B, previous=A, retired=A)


@pytest.mark.parametrize("action", [RETIRE, REJECT])
def test_what_is_brought_back_is_no_longer_over(secret: Secret, action: Publishing) -> None:
    secret.publish(*ROTATED, (action, A))
    secret.client.update_secret_version_stage(
        SecretId=secret.arn,
        VersionStage="AWSCURRENT",
        RemoveFromVersionId=secret.version_with("AWSCURRENT"),
        MoveToVersionId=secret.version_with("AWSPREVIOUS"),
    )
    assert secret.publication().look() == Published(current=A, previous=B, complete=False)
    secret.publish((PROMOTE, A))
    assert labelled(secret) == {"A": "AWSCURRENT", "B": "AWSPREVIOUS"}


def test_a_version_is_what_clients_need_to_connect(secret: Secret) -> None:
    secret.publish((PROMOTE, A))
    found = secret.client.get_secret_value(SecretId=secret.arn)
    assert json.loads(found["SecretString"]) == {
        "host": "primary.example",
        "readerHost": "reader.example",
        "port": 6379,
        "ssl": True,
        "username": "default",
        "password": A.reveal(),
    }


@pytest.mark.parametrize("action", [STAGE, RETIRE, REJECT])
def test_the_first_version_is_never_one_that_clients_must_not_read(secret: Secret, action: Publishing) -> None:
    with pytest.raises(PublicationError, match=f"cannot {action} a token: .* has no version yet"):
        secret.publish((action, A))
    assert secret.labels() == {}


def test_what_is_done_already_is_not_done_again(secret: Secret) -> None:
    secret.publish(*ROTATED, (RETIRE, A), (STAGE, C), (REJECT, C), (STAGE, C))
    before, secret.process.calls = secret.labels(), []
    secret.publish((STAGE, C), (PROMOTE, B), (RETIRE, A))
    assert set(secret.process.calls) == {"DescribeSecret", "GetSecretValue"}
    assert secret.labels() == before
    secret.publish((REJECT, C))
    secret.process.calls = []
    secret.publish((REJECT, C))
    assert set(secret.process.calls) == {"DescribeSecret", "GetSecretValue"}


def test_a_version_that_holds_the_token_is_used_however_it_is_written(secret: Secret) -> None:
    secret.publish((PROMOTE, A))
    members = json.loads(HERE.content(B))
    secret.write(json.dumps(dict(sorted(members.items(), reverse=True)), indent=2), "AWSPENDING")
    before = secret.labels().keys()
    secret.publish((STAGE, B), (PROMOTE, B))
    assert secret.labels().keys() == before
    assert secret.publication().look() == Published(current=B, previous=A)


def test_what_was_published_before_is_brought_back_without_a_new_version(secret: Secret) -> None:
    secret.publish(*ROTATED, (PROMOTE, A), (REJECT, B))
    assert labelled(secret) == {"A": "AWSCURRENT", "B": "AWSPREVIOUS REJECTED"}
    assert secret.publication().look() == Published(current=A, previous=B, rejected=B)


def test_pending_on_what_is_current_is_not_pending(secret: Secret) -> None:
    secret.publish((PROMOTE, A))
    secret.write(HERE.content(A), "AWSPENDING")
    left_over = Published(current=A, complete=False)  # so that the next PROMOTE takes it off
    assert secret.publication().look() == left_over, "another version, but the same token"
    secret.publish((STAGE, A), (PROMOTE, A))
    assert labelled(secret) == {"A": "", "A2": "AWSCURRENT"}
    current = secret.version_with("AWSCURRENT")
    secret.client.update_secret_version_stage(SecretId=secret.arn, VersionStage="AWSPENDING", MoveToVersionId=current)
    assert secret.publication().look() == left_over, "the very version"
    secret.publish((PROMOTE, A))
    assert labelled(secret) == {"A": "", "A2": "AWSCURRENT"}


def test_a_token_in_flight_stays_pending_while_another_is_published(secret: Secret) -> None:
    secret.publish((PROMOTE, A), (STAGE, B))
    secret.publish((PROMOTE, A), endpoints=ELSEWHERE)
    assert secret.publication(ELSEWHERE).look() == Published(current=A, pending=B, previous=A)


def test_other_endpoints_make_what_is_current_incomplete(secret: Secret) -> None:
    secret.publish((PROMOTE, A))
    assert secret.publication().look().complete
    assert secret.publication(ELSEWHERE).look() == Published(current=A, complete=False)
    secret.publish((PROMOTE, A), endpoints=ELSEWHERE)
    assert secret.publication(ELSEWHERE).look() == Published(current=A, previous=A)


def test_retired_and_rejected_go_to_the_latest(secret: Secret) -> None:
    secret.publish(*ROTATED, (RETIRE, A), (STAGE, C), (PROMOTE, C), (RETIRE, B))
    assert secret.publication().look() == Published(current=C, previous=B, retired=B)
    secret.publish((STAGE, A), (REJECT, A), (STAGE, B), (REJECT, B))
    assert labelled(secret) == {"A": "", "A2": "", "B": "AWSPREVIOUS REJECTED RETIRED", "C": "AWSCURRENT"}


def test_a_retired_token_is_known_even_where_no_version_held_it(secret: Secret) -> None:
    secret.publish((PROMOTE, B), (RETIRE, A))
    assert labelled(secret) == {"A": "RETIRED", "B": "AWSCURRENT"}


def test_retired_is_the_previous_version_not_the_current_one_with_the_same_token(secret: Secret) -> None:
    secret.publish((PROMOTE, A))
    secret.publish((PROMOTE, A), endpoints=ELSEWHERE)
    secret.publish((RETIRE, A), endpoints=ELSEWHERE)
    hosts = {json.loads(content)["host"]: labels for content, labels in secret.versions()}
    assert hosts == {"primary.example": ["AWSPREVIOUS", "RETIRED"], "primary.elsewhere": ["AWSCURRENT"]}


@pytest.mark.parametrize(
    "content", ["no JSON", '["a list"]', '{"password": "too short"}', '{"password": 7}', "[" * 60000]
)
def test_what_others_have_written_holds_an_unknown_token(secret: Secret, content: str) -> None:
    secret.publish((PROMOTE, A))
    secret.write(content, "AWSCURRENT")
    assert secret.publication().look() == Published(current=None, complete=False, previous=A)
    secret.publish((STAGE, B), (PROMOTE, B))
    assert secret.publication().look() == Published(current=B, previous=None)


def test_a_version_without_text_holds_an_unknown_token(secret: Secret) -> None:
    secret.client.put_secret_value(SecretId=secret.arn, SecretBinary=b"\x00\x01")
    assert secret.publication().look() == Published(current=None, complete=False)


def test_members_that_others_have_added_are_seen_and_taken_away(secret: Secret) -> None:
    secret.write(json.dumps({**json.loads(HERE.content(A)), "database": 3}), "AWSCURRENT")
    assert secret.publication().look() == Published(current=A, complete=False)
    secret.publish((PROMOTE, A))
    assert secret.publication().look() == Published(current=A, previous=A)


@pytest.mark.parametrize("action", list(Publishing))
def test_a_secret_scheduled_for_deletion_is_told_with_the_command_that_brings_it_back(
    secret: Secret, action: Publishing
) -> None:
    secret.publish((PROMOTE, A))
    published = secret.publication()
    published.look()
    secret.client.delete_secret(SecretId=secret.arn, RecoveryWindowInDays=7)
    command = f"aws secretsmanager restore-secret --secret-id {secret.arn}`"
    with pytest.raises(PublicationError, match="scheduled for deletion") as told:
        published.look()
    assert command in str(told.value)
    with pytest.raises(PublicationError, match="scheduled for deletion"):
        published.publish(action, B)
    secret.client.restore_secret(SecretId=secret.arn)
    assert published.look() == Published(current=A)


@pytest.mark.parametrize("action", list(Publishing))
def test_a_secret_that_is_gone_is_told_with_what_makes_it_anew(secret: Secret, action: Publishing) -> None:
    secret.publish((PROMOTE, A))
    published = secret.publication()
    published.look()
    secret.client.delete_secret(SecretId=secret.arn, ForceDeleteWithoutRecovery=True)
    with pytest.raises(PublicationError, match=r"is gone. Run `pulumi refresh`, then `pulumi up`"):
        published.look()
    with pytest.raises(PublicationError, match="is gone"):
        published.publish(action, B)
