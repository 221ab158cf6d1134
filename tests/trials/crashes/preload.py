"""What the server that providers are forked off has imported beforehand."""

import boto3
import botocore.session

import components.auth_token.live
import components.auth_token.resource  # noqa: F401 - imported for what it loads

__all__ = ["boto3", "botocore"]
