"""Comparing what a resource was with what it is to be."""

from __future__ import annotations

from collections.abc import Sequence

from pulumi.runtime.proto import provider_pb2

from local.engine.deployment.context import Deployment
from local.engine.properties import paths
from local.engine.properties.values import Properties, equal
from local.engine.providers import diff as diffs
from local.engine.providers.diff import Diff
from local.engine.state.resource import ResourceState
from local.engine.state.urns import is_provider_type

_DIFF = provider_pb2.DiffResponse


class Comparison:
    """The differences of one deployment's resources."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment

    def of_registration(self, old: ResourceState, new: ResourceState) -> Diff:
        """The difference between a resource and what the program now asks for."""
        replaced = self._deployment.replaced
        if any(urn in replaced for urn in new.replace_with):
            return Diff(changed=True, replace_keys=("replaceWith",))
        if new.deleted_with in replaced:
            return Diff(changed=True, replace_keys=("deletedWith",))
        if self._provider_changed(old, new):
            return Diff(changed=True, replace_keys=("provider",))
        if not new.custom:
            return Diff(changed=not equal(old.inputs, new.inputs))
        return self.of_inputs(old, new, new.inputs, new.ignore_changes)

    def of_inputs(self, old: ResourceState, who: ResourceState, news: Properties, ignore: Sequence[str]) -> Diff:
        """The difference between a resource and other inputs, as its provider sees it; `who` names urn and provider."""
        registry = self._deployment.registry
        if is_provider_type(old.type):
            return registry.diff(old, who.urn, news, ignore)
        response = registry.get(who.provider).diff(old, who.urn, news, ignore)
        if response.changes == _DIFF.DIFF_UNKNOWN:
            return diffs.of_inputs(response, old.inputs, paths.restored(ignore, old.inputs, news)[0])
        return diffs.from_response(response, changed=response.changes == _DIFF.DIFF_SOME)

    def _provider_changed(self, old: ResourceState, new: ResourceState) -> bool:
        """Whether another provider manages the resource now, with a configuration that demands a replacement."""
        d = self._deployment
        if old.provider == new.provider:
            return False
        if not old.provider or not new.provider:
            return True
        if d.aliases.new_urns.get(old.provider_urn) == new.provider_urn:
            return False
        was, is_now = d.journal.olds.get(old.provider_urn), d.news.get(new.provider_urn)
        if was is None or is_now is None:
            return True
        return d.registry.get(new.provider).diff_config(was, is_now.urn, is_now.inputs, ()).replaces
