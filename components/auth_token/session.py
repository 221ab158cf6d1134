"""AWS clients with the settings of the stack's own aws provider: its `aws:*` configuration, handed over as text."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials

if TYPE_CHECKING:
    from mypy_boto3_elasticache import ElastiCacheClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sts import STSClient

SETTINGS: Final = (
    "accessKey",
    "assumeRole",
    "assumeRoles",
    "endpoints",
    "profile",
    "region",
    "secretKey",
    "sharedConfigFiles",
    "sharedCredentialsFiles",
    "token",
    "useDualstackEndpoint",
    "useFipsEndpoint",
)
"""Keys of the aws provider's configuration that decide who calls what where (registry page of pulumi-aws)."""


class SettingsError(ValueError):
    """The `aws:*` configuration, or what it stands on, does not lead to the right account and region."""


def parse(raw: Mapping[str, object]) -> dict[str, Any]:
    """The settings with objects decoded: Pulumi hands every value over as text, objects as JSON."""
    decoded: dict[str, Any] = {}
    for key, value in raw.items():
        if isinstance(value, str) and value[:1] in ("[", "{"):
            decoded[key] = json.loads(value)
        elif value in ("true", "false"):
            decoded[key] = value == "true"
        elif value not in (None, ""):
            decoded[key] = value
    return decoded


class Aws:
    """Clients for one stack."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """Raises SettingsError where no region is known."""
        self._settings = settings
        core = botocore.session.Session(profile=settings.get("profile"))
        for key, variable in (("sharedConfigFiles", "config_file"), ("sharedCredentialsFiles", "credentials_file")):
            if settings.get(key):
                core.set_config_variable(variable, settings[key][0])
        if settings.get("accessKey"):
            core.set_credentials(settings["accessKey"], settings.get("secretKey", ""), settings.get("token"))
        region = settings.get("region") or core.get_config_variable("region")
        if not region:
            raise SettingsError("no AWS region: set one with `pulumi config set aws:region REGION`, or AWS_REGION")
        self._session = boto3.Session(botocore_session=core, region_name=region)
        self.region: str = self._session.region_name
        for role in self._roles():
            self._assume(role)

    def elasticache(self, *, attempts: int, patience: float = 30.0) -> ElastiCacheClient:
        """A client that tries each call `attempts` times in all, with the SDK's own jitter in between."""
        return self._client("elasticache", attempts, patience)  # type: ignore[no-any-return]  # by service name, see there

    def secretsmanager(self, *, attempts: int) -> SecretsManagerClient:
        """Where tokens are published."""
        return self._client("secretsmanager", attempts)  # type: ignore[no-any-return]  # by service name, see there

    def sts(self, *, attempts: int, patience: float = 30.0) -> STSClient:
        """Who we are."""
        return self._client("sts", attempts, patience)  # type: ignore[no-any-return]  # by service name, see there

    def _client(self, service: str, attempts: int, patience: float = 30.0) -> Any:  # boto3 has a type per service
        endpoints = self._settings.get("endpoints") or []
        endpoint = next(
            (e[service] for e in ([endpoints] if isinstance(endpoints, dict) else endpoints) if service in e), None
        )
        config = Config(
            retries={"mode": "standard", "total_max_attempts": attempts},
            connect_timeout=min(10.0, patience),
            read_timeout=patience,
            use_fips_endpoint=self._settings.get("useFipsEndpoint"),
            use_dualstack_endpoint=self._settings.get("useDualstackEndpoint"),
        )
        return self._session.client(service, endpoint_url=endpoint, config=config)

    def _roles(self) -> list[dict[str, Any]]:
        """pulumi-aws 7 has a list of roles to assume one after the other, 6 had one."""
        one = self._settings.get("assumeRole")
        return [
            role
            for role in [*(self._settings.get("assumeRoles") or []), *([one] if one else [])]
            if role.get("roleArn")
        ]

    def _assume(self, role: Mapping[str, Any]) -> None:
        """Go on as `role`, with credentials that renew themselves: a rotation may take longer than they last."""
        names = {"externalId": "ExternalId", "sessionName": "RoleSessionName", "policy": "Policy"}
        extra = {ours: role[theirs] for theirs, ours in names.items() if role.get(theirs)}
        client: Callable[..., Any] = lambda *_, **__: self._client("sts", 4)  # noqa: E731 - a factory by botocore's signature
        fetcher = AssumeRoleCredentialFetcher(
            client, self._session.get_credentials(), role["roleArn"], extra_args=extra
        )
        core: Any = self._session._session  # botocore has no public way to put renewing credentials into a session
        core._credentials = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")


def refuse_strangers(aws: Aws, group_arn: str, *, attempts: int) -> None:
    """Raise SettingsError unless `group_arn` is of our own account and region: another group may have the same id."""
    region, account = group_arn.split(":")[3:5]
    ours = aws.sts(attempts=attempts).get_caller_identity()["Account"]
    if (region, account) != (aws.region, ours):
        raise SettingsError(
            f"{group_arn} is of account {account} in {region}, but these credentials are of account {ours} "
            f"in {aws.region}; set aws:profile, aws:region or the role to assume so that they are the same"
        )
