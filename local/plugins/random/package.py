"""The stand-in for the `random` plugin: random values that live in the stack's state, and nowhere else."""

from __future__ import annotations

from typing_extensions import override

from local.plugins.errors import Failure
from local.plugins.random.identifier import RandomId
from local.plugins.random.password import RandomPassword
from local.plugins.schema import Package
from local.plugins.values import Properties


class RandomPackage(Package[str]):
    """Its session is empty text: there is nothing to connect to."""

    name = "random"
    version = "4.21.4"

    def __init__(self) -> None:
        self.resources = {resource.token: resource for resource in (RandomPassword(), RandomId())}
        self.functions = {}

    @override
    def check_config(self, config: Properties) -> list[Failure]:
        """It has no configuration."""
        return [Failure(key, "is not a setting of this provider") for key in config if key != "version"]

    @override
    def configure(self, config: Properties) -> str:
        """Nothing to do."""
        return ""
