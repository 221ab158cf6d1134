"""What the resources of the aws stand-in work with: boto3 clients, the account, default tags."""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Mapping
from functools import cache, cached_property
from typing import Any, Final
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.config import Config

from local.plugins.errors import InvalidError, PluginError
from local.plugins.values import Properties

_ENDPOINT_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "logs": ("logs", "cloudwatchlogs", "cloudwatchlog"),
    "secretsmanager": ("secretsmanager",),
    "sts": ("sts",),
    "kms": ("kms",),
    "ec2": ("ec2",),
    "elasticache": ("elasticache",),
}
"""boto3's names of the services, and what the provider's `endpoints` may call them."""
_ATTEMPTS: Final = 5
"""Tries of a call unless `maxRetries` says otherwise; the official plugin's 25 would hide a cloud that is not there."""


class Session:
    """The provider as configured; safe for use by several threads."""

    def __init__(self, settings: Properties) -> None:
        self._settings = settings
        self._lock = threading.RLock()
        self._clients: dict[tuple[str, str], Any] = {}
        self._boto = boto3.Session(
            aws_access_key_id=settings.get("accessKey"),
            aws_secret_access_key=settings.get("secretKey"),
            aws_session_token=settings.get("token"),
            profile_name=settings.get("profile"),
            region_name=settings.get("region"),
        )
        if not self._boto.region_name:
            raise InvalidError("the provider has no region: set aws:region, or AWS_REGION in the environment")
        self.region: Final[str] = self._boto.region_name
        self.default_tags: Final[dict[str, str]] = (settings.get("defaultTags") or {}).get("tags") or {}
        for role in settings.get("assumeRoles") or []:
            self._assume(role)
        self._check_account()

    def client(self, service: str, region: str | None = None) -> Any:
        """The boto3 client for the service, in the region or else in the provider's."""
        where = (service, region or self.region)
        with self._lock:  # making clients is not safe for threads, using them is
            if where not in self._clients:
                self._clients[where] = self._make_client(*where)
            return self._clients[where]

    def _make_client(self, service: str, region: str) -> Any:
        endpoint = self._endpoint(service)
        config = Config(
            retries={
                "mode": self._settings.get("retryMode") or "standard",
                "total_max_attempts": self._settings.get("maxRetries", _ATTEMPTS - 1) + 1,
            },
            connect_timeout=10,
            # A proxy from the environment cannot reach this machine's own loopback.
            proxies={} if endpoint and _is_loopback(endpoint) else None,
        )
        verify = False if self._settings.get("insecure") else self._settings.get("customCaBundle")
        return self._boto.client(
            service,
            region_name=region,
            endpoint_url=endpoint,
            config=config,
            verify=verify,
        )

    def _endpoint(self, service: str) -> str | None:
        for endpoints in self._settings.get("endpoints") or []:
            for key in _ENDPOINT_KEYS[service]:
                if endpoints.get(key):
                    return str(endpoints[key])
        return None

    def _assume(self, role: Properties) -> None:
        arguments = {
            "RoleArn": role["roleArn"],
            "RoleSessionName": role.get("sessionName") or "pulumi",
            "ExternalId": role.get("externalId"),
            "Policy": role.get("policy"),
            "PolicyArns": [{"arn": arn} for arn in role.get("policyArns") or []] or None,
        }
        given = {key: value for key, value in arguments.items() if value is not None}
        credentials = self.client("sts").assume_role(**given)["Credentials"]
        with self._lock:
            self._clients.clear()
            self._boto = boto3.Session(
                aws_access_key_id=credentials["AccessKeyId"],
                aws_secret_access_key=credentials["SecretAccessKey"],
                aws_session_token=credentials["SessionToken"],
                region_name=self.region,
            )

    def _check_account(self) -> None:
        allowed = self._settings.get("allowedAccountIds")
        forbidden = self._settings.get("forbiddenAccountIds") or []
        if self._settings.get("skipCredentialsValidation") and allowed is None and not forbidden:
            return
        if (allowed is not None and self.account not in allowed) or self.account in forbidden:
            raise PluginError(f"the credentials are of account {self.account}, which the provider's settings rule out")

    @cached_property
    def identity(self) -> dict[str, str]:
        """The caller's Account, Arn and UserId, as STS tells them."""
        answer = self.client("sts").get_caller_identity()
        return {key: answer[key] for key in ("Account", "Arn", "UserId")}

    @property
    def account(self) -> str:
        """The caller's account id."""
        return self.identity["Account"]

    def partition(self, region: str | None = None) -> dict[str, Any]:
        """What botocore knows of the region's partition: partition, dnsSuffix, regions."""
        return _partition(region or self.region)


@cache
def _partition(region: str) -> dict[str, Any]:
    boto = botocore.session.Session()
    name = boto.get_partition_for_region(region)
    partitions = boto.get_component("data_loader").load_data("endpoints")["partitions"]
    return next(entry for entry in partitions if entry["partition"] == name)


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
