"""The stand-in for the `aws` plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from typing_extensions import override

from local.plugins.aws.config import CONFIG, checked
from local.plugins.errors import Failure, InvalidError, PluginError
from local.plugins.schema import Package
from local.plugins.values import Properties, Value

if TYPE_CHECKING:
    from local.plugins.aws.session import Session

_SECRET_SETTINGS: Final = tuple(key for key, prop in CONFIG.items() if prop.secret)


class AwsPackage(Package["Session"]):
    """Resources and functions for ElastiCache with what it needs around it."""

    name = "aws"
    version = "7.51.1"
    config_replaces = frozenset({"region"})

    def __init__(self) -> None:
        from local.plugins.aws import cache_groups, kms, logs, replication_group, secretsmanager, security_groups
        from local.plugins.aws.functions import FUNCTIONS

        resources = (
            kms.Key(),
            kms.Alias(),
            logs.LogGroup(),
            security_groups.SecurityGroup(),
            security_groups.SecurityGroupIngressRule(),
            cache_groups.SubnetGroup(),
            cache_groups.ParameterGroup(),
            replication_group.ReplicationGroup(),
            secretsmanager.Secret(),
            secretsmanager.SecretPolicy(),
        )
        self.resources = {resource.token: resource for resource in resources}
        self.functions = FUNCTIONS

    @override
    def check_config(self, config: Properties) -> list[Failure]:
        """Settings that nobody acts on would mislead; they are refused."""
        return checked(config)[1]

    @override
    def configure(self, config: Properties) -> Session:
        """Make the session.

        Raises:
            InvalidError: a setting is wrong.
        """
        from local.plugins.aws.session import Session

        settings, failures = checked(config)
        if failures:
            raise InvalidError("; ".join(f"aws:{failure.property} {failure.reason}" for failure in failures))
        return Session(settings)

    @override
    def config_secrets(self, config: Properties) -> list[Value]:
        """The credentials."""
        return [config.get(key) for key in _SECRET_SETTINGS]

    @override
    def explain(self, error: Exception) -> PluginError | None:
        """AWS's code and message, or what kept a call from reaching it."""
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        if isinstance(error, ClientError):
            answer = error.response.get("Error", {})
            message = answer.get("Message") or "AWS gave no message"
            if message.lstrip().startswith("<"):
                message = "a web page came instead of an answer of AWS's"
            return PluginError(f"{answer.get('Code', 'an error')}: {message} ({error.operation_name})")
        return PluginError(str(error)) if isinstance(error, BotoCoreError | ResponseParserError) else None
