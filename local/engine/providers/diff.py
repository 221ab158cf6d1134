"""What a provider, or the engine in its place, says about the difference of a resource."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from pulumi.runtime.proto import provider_pb2

from local.engine.properties import paths
from local.engine.properties.changes import Kind, differences
from local.engine.properties.values import Properties, plain_properties

INIT_ERROR_KEY: Final = "#initerror"
"""The key of a difference that is none of properties: the resource did not come up as asked for."""

_KINDS: Final = {
    provider_pb2.PropertyDiff.Kind.ADD: Kind.ADD,
    provider_pb2.PropertyDiff.Kind.ADD_REPLACE: Kind.ADD_REPLACE,
    provider_pb2.PropertyDiff.Kind.DELETE: Kind.DELETE,
    provider_pb2.PropertyDiff.Kind.DELETE_REPLACE: Kind.DELETE_REPLACE,
    provider_pb2.PropertyDiff.Kind.UPDATE: Kind.UPDATE,
    provider_pb2.PropertyDiff.Kind.UPDATE_REPLACE: Kind.UPDATE_REPLACE,
}


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """The change of one property; `of_inputs` when it is told by comparing inputs alone."""

    kind: Kind
    of_inputs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """A resource's difference.

    `replace_keys` are the reasons to replace it, `changed_keys` the properties that differ, `detailed` the same by path
    where the provider tells it.
    """

    changed: bool
    replace_keys: tuple[str, ...] = ()
    changed_keys: tuple[str, ...] = ()
    detailed: dict[str, PropertyChange] | None = field(default=None)
    delete_before_replace: bool = False

    @property
    def replaces(self) -> bool:
        """Whether the resource must be replaced."""
        return bool(self.replace_keys) or any(change.kind.replaces for change in (self.detailed or {}).values())

    @property
    def inverted(self) -> Diff:
        """The difference seen from the other side."""
        if self.detailed is None:
            return self
        turned = {path: replace(change, kind=change.kind.inverted) for path, change in self.detailed.items()}
        return replace(self, detailed=turned)

    def with_replace_on_changes(self, wanted: Sequence[str], *, init_errors: bool) -> Diff:
        """The difference under `replaceOnChanges`: changes at or within these paths are reasons to replace."""
        if not wanted or not (self.changed or init_errors):
            return self
        outer = [paths.parse(text) for text in wanted]

        def covered(text: str) -> bool:
            return any(paths.covers(path, paths.parse(text)) for path in outer)

        detailed = self.detailed and {
            text: replace(change, kind=change.kind.with_replacement) if covered(text) else change
            for text, change in self.detailed.items()
        }
        reasons = [*self.replace_keys, *(key for key in self.changed_keys if covered(key))]
        changed = self.changed
        if init_errors and covered(INIT_ERROR_KEY):
            reasons.append(INIT_ERROR_KEY)
            changed = True
        return replace(self, changed=changed, replace_keys=tuple(dict.fromkeys(reasons)), detailed=detailed)


def from_response(response: provider_pb2.DiffResponse, *, changed: bool) -> Diff:
    """A plugin's answer; `changed` says it in the engine's words, since the plugin may not know."""
    detailed = {
        path: PropertyChange(_KINDS[change.kind], change.inputDiff) for path, change in response.detailedDiff.items()
    }
    return Diff(
        changed=changed,
        replace_keys=tuple(response.replaces),
        changed_keys=tuple(response.diffs),
        detailed=detailed if response.hasDetailedDiff else None,
        delete_before_replace=response.deleteBeforeReplace,
    )


def of_inputs(response: provider_pb2.DiffResponse, old: Properties, new: Properties) -> Diff:
    """The engine's own comparison of inputs, for a plugin that answered that it does not know."""
    found = differences(plain_properties(old), plain_properties(new))
    told = from_response(response, changed=bool(found))
    if not found:
        return told
    return replace(
        told,
        changed_keys=tuple(dict.fromkeys(str(path[0]) for path in found)),
        detailed={paths.text(path): PropertyChange(kind, of_inputs=True) for path, kind in found.items()},
    )
