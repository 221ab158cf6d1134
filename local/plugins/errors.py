"""What can go wrong in a plugin, in terms of what the engine must be told."""

from __future__ import annotations

from dataclasses import dataclass


class PluginError(Exception):
    """The operation failed; the message is what the user reads."""


class NotStoodInError(PluginError):
    """The request is beyond what the stand-ins do; the message says what they do."""


class NotFoundInCloudError(PluginError):
    """What the request is about does not exist, or no longer."""


class InvalidError(PluginError):
    """The request cannot be right, whatever the state of the cloud."""


@dataclass(frozen=True)
class Failure:
    """An input that breaks a rule: the property's path, and the rule in words."""

    property: str
    reason: str
