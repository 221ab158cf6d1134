"""Default providers: what a resource gets that names none."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import NamedTuple

from local.engine.deployment.goal import Goal
from local.engine.project.stack import Configuration
from local.engine.properties.values import Properties, PropertyValue, Secret
from local.engine.state.resource import ResourceState
from local.engine.state.urns import DYNAMIC_PACKAGE, PROVIDER_PREFIX, ProviderReference, package_of


class Package(NamedTuple):
    """A package as a program asks for it."""

    name: str
    version: str
    download_url: str


class DefaultProviders:
    """Registers one provider for each package and version, the first time that it is asked for."""

    def __init__(self, configuration: Configuration, register: Callable[[Goal], ResourceState]) -> None:
        self._configuration, self._register = configuration, register
        self._guard = threading.Lock()
        self._references: dict[Package, str] = {}

    def reference(self, package: Package) -> str:
        """The reference of a package's default provider."""
        with self._guard:
            if package not in self._references:
                state = self._register(self._goal(package))
                self._references[package] = str(ProviderReference(state.urn, state.id))
            return self._references[package]

    def _goal(self, package: Package) -> Goal:
        name = f"default_{re.sub(r'[.+-]', '_', package.version)}" if package.version else "default"
        properties = {**self._settings(package.name), **internal_properties(package)}
        return Goal(type=f"{PROVIDER_PREFIX}{package.name}", name=name, properties=properties)

    def _settings(self, package: str) -> Properties:
        """The stack's configuration in the package's namespace; the dynamic provider is given all of it."""
        if package == DYNAMIC_PACKAGE:
            return {key: self._value(key) for key in self._configuration.texts}
        own = [key for key in self._configuration.texts if package_of(key) == package]
        return {key.split(":", 1)[1]: self._value(key) for key in own}

    def _value(self, key: str) -> PropertyValue:
        text = self._configuration.texts[key]
        return Secret(text) if key in self._configuration.secret_keys else text


def internal_properties(package: Package) -> Properties:
    """What the engine notes in a provider's inputs about its plugin."""
    if not package.version and not package.download_url:
        return {}
    noted: Properties = {"version": package.version} if package.version else {}
    noted["__internal"] = {"pluginDownloadURL": package.download_url} if package.download_url else {}
    return noted
