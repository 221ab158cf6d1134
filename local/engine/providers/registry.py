"""The providers of one operation, by the reference that resources use for theirs."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from local.engine.errors import ProviderError
from local.engine.properties.values import Properties
from local.engine.providers.diff import Diff
from local.engine.providers.plugin import Plugin, PluginHost
from local.engine.providers.provider import Provider
from local.engine.state.resource import ResourceState
from local.engine.state.urns import ProviderReference, is_provider_type, provider_package


class Registry:
    """Providers that are configured, and those that were started to check a configuration and await their fate.

    `old_provider` finds a provider in the state of before, so that its resources can still be read and deleted.
    """

    def __init__(self, host: PluginHost, old_provider: Callable[[ProviderReference], ResourceState | None]) -> None:
        self._host, self._old_provider = host, old_provider
        self._guard = threading.RLock()
        self._configured: dict[ProviderReference, Provider] = {}
        self._checked: dict[str, Provider] = {}
        self._launched_ahead: dict[str, list[Plugin]] = defaultdict(list)
        self._plugins: list[Plugin] = []
        self._renamed: dict[str, str] = {}

    def launch_ahead(self, states: Iterable[ResourceState]) -> None:
        """Start the plugins of these providers already: they and the program take their time to start side by side."""
        for state in states:
            if is_provider_type(state.type) and not state.delete:
                package = provider_package(state.type)
                try:
                    plugin = self._host.launch(package)
                except ProviderError:
                    continue  # whoever needs it will be told
                self._plugins.append(plugin)
                self._launched_ahead[package].append(plugin)

    def rename(self, old_urn: str, new_urn: str) -> None:
        """Note that a provider of the old state goes by a new URN (an alias)."""
        self._renamed[old_urn] = new_urn

    def get(self, reference: str) -> Provider:
        """The configured provider behind a reference, from the old state where need be; raises `ProviderError`."""
        asked = ProviderReference.parse(reference)
        current = asked._replace(urn=self._renamed.get(asked.urn, asked.urn))
        with self._guard:
            provider = self._configured.get(current) or self._configured.get(asked)
            if provider is None:
                old = self._old_provider(asked)
                if old is None:
                    raise ProviderError(f"unknown provider '{reference}'")
                provider = self._load(old.type)
                provider.configure(old.urn, old.id, old.inputs)
                self._configured[asked] = provider
            return provider

    def check(self, new: ResourceState, olds: Properties, news: Properties) -> Properties:
        """Check the configuration of a provider that the program asks for: its inputs with defaults."""
        with self._guard:
            if new.urn not in self._checked:
                self._checked[new.urn] = self._load(new.type)
            provider = self._checked[new.urn]
        return provider.check_config(new.urn, olds, news)

    def diff(self, old: ResourceState, urn: str, news: Properties, ignore: Sequence[str]) -> Diff:
        """The difference of a provider's configuration, told by the new plugin where there is one."""
        provider = self._checked.get(urn) or self.get(str(ProviderReference(old.urn, old.id)))
        return provider.diff_config(old, urn, news, ignore)

    def is_configured(self, state: ResourceState) -> bool:
        """Whether this provider has been configured already."""
        return ProviderReference(state.urn, state.id) in self._configured

    def configure(self, state: ResourceState, inputs: Properties) -> None:
        """Configure a provider whose id is settled, with these inputs."""
        with self._guard:
            provider = self._checked.pop(state.urn, None) or self._load(state.type)
        provider.configure(state.urn, state.id, inputs)
        with self._guard:
            self._configured[ProviderReference(state.urn, state.id)] = provider

    def retire(self, state: ResourceState) -> None:
        """End a provider whose resource is deleted."""
        with self._guard:
            provider = self._configured.pop(ProviderReference(state.urn, state.id), None)
        if provider is not None:
            provider.plugin.close()

    def _load(self, type_: str) -> Provider:
        package = provider_package(type_)
        if not self._launched_ahead[package]:
            plugin = self._host.launch(package)
            self._plugins.append(plugin)
        else:
            plugin = self._launched_ahead[package].pop(0)
        return Provider(plugin)

    def interrupt(self) -> None:
        """End all plugins in the middle of what they do."""
        _all_at_once([plugin.interrupt for plugin in self._plugins])

    def close(self) -> None:
        """End all plugins; nothing may be under way."""
        _all_at_once([plugin.close for plugin in self._plugins])


def _all_at_once(actions: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=action) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
