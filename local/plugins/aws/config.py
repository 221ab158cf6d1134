"""The settings of the aws provider that the stand-in acts on, named as the official plugin declares them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from local.plugins.check import check_config
from local.plugins.errors import Failure
from local.plugins.schema import Kind, Property
from local.plugins.values import Properties

_FLAG: Final = Property(kind=Kind.BOOL)
_TEXTS: Final = Property(kind=Kind.SET)

CONFIG: Final[Mapping[str, Property]] = {
    "region": Property(),
    "profile": Property(),
    "accessKey": Property(secret=True),
    "secretKey": Property(secret=True),
    "token": Property(secret=True),
    "endpoints": Property(kind=Kind.MAPS),
    "assumeRoles": Property(
        kind=Kind.LIST,
        fields={
            "roleArn": Property(required=True),
            "sessionName": Property(),
            "externalId": Property(),
            "policy": Property(),
            "policyArns": _TEXTS,
            "duration": Property(refused="is not acted on by the stand-in: sessions last an hour"),
        },
    ),
    "defaultTags": Property(kind=Kind.OBJECT, fields={"tags": Property(kind=Kind.MAP)}),
    "allowedAccountIds": Property(kind=Kind.SET, conflicts=("forbiddenAccountIds",)),
    "forbiddenAccountIds": _TEXTS,
    "maxRetries": Property(kind=Kind.INT),
    "retryMode": Property(choices=("legacy", "standard", "adaptive")),
    "customCaBundle": Property(),
    "insecure": _FLAG,
    "skipCredentialsValidation": _FLAG,
    "skipMetadataApiCheck": _FLAG,
    "skipRegionValidation": _FLAG,
    "skipRequestingAccountId": _FLAG,
    "s3UsePathStyle": _FLAG,
    "version": Property(),
}


def checked(config: Properties) -> tuple[Properties, list[Failure]]:
    """The configuration with its types made right, and what is wrong with it; values may be unknown."""
    settings, failures = check_config(CONFIG, config)
    wants_account = "allowedAccountIds" in settings or "forbiddenAccountIds" in settings
    if wants_account and settings.get("skipRequestingAccountId") is True:
        failures.append(
            Failure("skipRequestingAccountId", "cannot be true together with allowed or forbidden account ids")
        )
    return settings, failures
