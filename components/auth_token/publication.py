"""Where clients find the token: the versions of one secret of AWS Secrets Manager, and the labels on them.

Secrets Manager never changes a version: a new content is a new version, and the labels on it say what a version means.
Each label is on one version at a time, and moving AWSCURRENT moves AWSPREVIOUS behind it (user guide, "What's in a
Secrets Manager secret?"). So every action here looks at the labels first and does what is missing: it can be cut short
anywhere and repeated.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from botocore.exceptions import ClientError, ParamValidationError

from components.auth_token.rules import Token, TokenError
from components.auth_token.seen import Published, Publishing

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_secretsmanager.type_defs import DescribeSecretResponseTypeDef

_CURRENT: Final = "AWSCURRENT"
_PENDING: Final = "AWSPENDING"
_PREVIOUS: Final = "AWSPREVIOUS"
_RETIRED: Final = "RETIRED"
_REJECTED: Final = "REJECTED"
_OTHERS: Final = (_PENDING, _RETIRED, _REJECTED)
"""What AWSCURRENT cannot be as well: a PROMOTE that died may leave such a label on it, or hands may."""
_T = TypeVar("_T")


class PublicationError(Exception):
    """The secret cannot be read or written as it is; the message says what to do, and holds no token."""


@dataclass(frozen=True)
class Endpoints:
    """Where the group answers, as its own attributes say."""

    host: str
    """Of the primary; follows a failover."""
    reader_host: str
    port: int

    def content(self, token: Token) -> str:
        """What a version holds: JSON whose members are the arguments of most clients."""
        members = {"host": self.host, "readerHost": self.reader_host, "port": self.port}
        return json.dumps({**members, "ssl": True, "username": "default", "password": token.reveal()})


@dataclass(frozen=True, repr=False)
class _Version:
    """One version and the labels on it."""

    id: str
    labels: frozenset[str]
    content: str | None
    """None where it holds no text."""

    @property
    def token(self) -> Token | None:
        """The password in it; None where this is nothing that we have written."""
        members = _parsed(self.content)
        password = members.get("password") if isinstance(members, dict) else None
        try:
            return Token(password) if isinstance(password, str) else None
        except TokenError:
            return None

    def holds(self, content: str) -> bool:
        """Whether it says the same as `content`, however it is written down."""
        return self.content is not None and _normal(self.content) == _normal(content)


class SecretsManagerPublication:
    """The published versions of one group's token."""

    def __init__(self, client: SecretsManagerClient, secret_id: str, endpoints: Endpoints) -> None:
        """`client` may retry as it likes; `secret_id` is the secret's ARN; `endpoints` are written beside the token."""
        self._client, self._id, self._endpoints = client, secret_id, endpoints
        self._contents: dict[str, str | None] = {}  # of each version ever read: they never change

    def look(self) -> Published:
        """Which token each label is on. A version that we have not written holds an unknown token, None.

        What AWSCURRENT is on is neither pending nor retired nor rejected, whatever is labelled so. `complete` means
        that PROMOTE of AWSCURRENT's token would change nothing: neither the content nor such labels.

        Raises PublicationError where the secret is gone or about to go; ClientError where AWS does not let us look.
        """
        on = {label: version for version in self._versions() for label in version.labels}
        tokens = {label: version.token for label, version in on.items()}
        current = tokens.get(_CURRENT)
        left_over = [label for label in _OTHERS if current is not None and tokens.get(label) == current]
        told = {label: token for label, token in tokens.items() if label not in left_over}
        complete = current is not None and on[_CURRENT].holds(self._endpoints.content(current)) and not left_over
        return Published(
            current=current,
            version=on[_CURRENT].id if _CURRENT in on else "",
            complete=complete or _CURRENT not in on,
            pending=told.get(_PENDING),
            previous=told.get(_PREVIOUS),
            retired=told.get(_RETIRED),
            rejected=told.get(_REJECTED),
        )

    def version(self) -> str:
        """The id of the version that AWSCURRENT is on, by one call that reads no token. Raises as `look` does."""
        stages = self._described().get("VersionIdsToStages", {})
        return next((id_ for id_, labels in stages.items() if _CURRENT in labels), "")

    def publish(self, action: Publishing, token: Token) -> None:
        """Do what `action` says with the version that holds `token`; nothing where that is done already.

        Raises PublicationError where the secret is gone or about to go, and where it has no version and `action` is not
        PROMOTE: the first version becomes AWSCURRENT by itself. ClientError where AWS refuses for another reason.
        """
        versions = self._versions()
        if not versions and action is not Publishing.PROMOTE:
            raise PublicationError(
                f"cannot {action} a token: the secret {self._id} has no version yet, and its first one is what clients "
                "read. Publish the token that Redis accepts first"
            )
        match action:
            case Publishing.STAGE:
                self._label(_PENDING, versions, token, exactly=True)
            case Publishing.PROMOTE:
                self._label(_CURRENT, versions, token, exactly=True)
                self._take_off(_OTHERS, token)
            case Publishing.RETIRE:
                self._label(_RETIRED, versions, token)
            case Publishing.REJECT:
                self._label(_REJECTED, versions, token)
                self._take_off([_PENDING], token)

    def _label(self, label: str, versions: Iterable[_Version], token: Token, *, exactly: bool = False) -> None:
        """Bring `label` to a version with `token`, made where there is none; `exactly`: with the present endpoints."""
        content = self._endpoints.content(token)
        found = [v for v in versions if (v.holds(content) if exactly else v.token == token)]
        if found:
            # Where several hold it: the one that is labelled so already, then whichever is not AWSCURRENT's.
            chosen = min(found, key=lambda version: (label not in version.labels, _CURRENT in version.labels))
            self._move(label, versions, chosen.id)
        else:
            self._call(
                lambda: self._client.put_secret_value(
                    SecretId=self._id,
                    ClientRequestToken=str(uuid.uuid4()),  # the version's id, the same in each retry of this one call
                    SecretString=content,
                    VersionStages=[label],
                )
            )

    def _take_off(self, labels: Iterable[str], token: Token) -> None:
        """Take these labels off a version with `token`; one that is on another token stays."""
        versions = self._versions()
        for label in labels:
            if any(label in version.labels and version.token == token for version in versions):
                self._move(label, versions, None)

    def _move(self, label: str, versions: Iterable[_Version], to: str | None) -> None:
        """End with `label` on the version `to`, or on none."""
        holder = next((version.id for version in versions if label in version.labels), None)
        if holder == to:
            return
        change: dict[str, Any] = {"SecretId": self._id, "VersionStage": label}
        change |= {"RemoveFromVersionId": holder} if holder else {}
        change |= {"MoveToVersionId": to} if to else {}
        try:
            self._call(lambda: self._client.update_secret_version_stage(**change))
        except ClientError as error:
            # The answer to a change may be lost; repeated by the SDK, it is refused: the label is no longer there.
            if _code(error) != "InvalidParameterException" or self._holder(label) != to:
                raise

    def _holder(self, label: str) -> str | None:
        return next((version.id for version in self._versions() if label in version.labels), None)

    def _versions(self) -> list[_Version]:
        """All that are labelled; the others AWS may delete at any time."""
        secret = self._described()
        labels = {id_: frozenset(labels) for id_, labels in secret.get("VersionIdsToStages", {}).items() if labels}
        return [_Version(id_, labels[id_], self._content(id_)) for id_ in sorted(labels)]

    def _described(self) -> DescribeSecretResponseTypeDef:
        secret = self._call(lambda: self._client.describe_secret(SecretId=self._id))
        if "DeletedDate" in secret:
            raise self._leaving()
        return secret

    def _content(self, version_id: str) -> str | None:
        def read() -> str | None:
            try:
                got = self._client.get_secret_value(SecretId=self._id, VersionId=version_id)
            except self._client.exceptions.ResourceNotFoundException:
                return None  # made by others, and without a value
            return got.get("SecretString")

        if version_id not in self._contents:
            self._contents[version_id] = self._call(read)
        return self._contents[version_id]

    def _call(self, call: Callable[[], _T]) -> _T:
        """The answer of AWS; what it means that the secret is not there is said in our words."""
        try:
            return call()
        except ParamValidationError:  # its text may show the value that it refuses
            raise PublicationError(
                f"the AWS SDK does not send this: {self._id} is not the ARN of a secret, or the endpoints are no text"
            ) from None
        except ClientError as error:
            if _code(error) == "ResourceNotFoundException":
                raise PublicationError(
                    f"the secret {self._id} is gone. Run `pulumi refresh`, then `pulumi up` to make it anew"
                ) from error
            if _code(error) == "InvalidRequestException" and "marked" in str(error):  # between two of our calls
                raise self._leaving() from error
            raise

    def _leaving(self) -> PublicationError:
        return PublicationError(
            f"the secret {self._id} is scheduled for deletion. Call it back with "
            f"`aws secretsmanager restore-secret --secret-id {self._id}`, then run `pulumi up` again"
        )


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _parsed(content: str | None) -> Any:  # JSON of anybody's
    try:
        return json.loads(content) if content is not None else None
    except (ValueError, RecursionError):
        return None


def _normal(content: str) -> str:
    return json.dumps(_parsed(content), sort_keys=True)
