"""Finding the old state of a resource that used to have another name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from local.engine.deployment.goal import Alias, Goal
from local.engine.errors import OperationFailed
from local.engine.state.resource import ResourceState
from local.engine.state.urns import STACK_TYPE, make_urn, qualified_type, resource_name, resource_type


class Aliases:
    """Which old URNs have been taken over by which new ones."""

    def __init__(self, stack: str, project: str) -> None:
        self._stack, self._project = stack, project
        self.new_urns: dict[str, str] = {}
        self._old_urns: dict[str, str] = {}

    def current(self, urn: str) -> str:
        """What an old URN is called now."""
        return self.new_urns.get(urn, urn)

    def find_old(
        self, urn: str, goal: Goal, olds: Mapping[str, ResourceState], seen: Collection[str]
    ) -> ResourceState | None:
        """The resource's old state, under its own URN or an alias; raises where two claim the same one."""
        if urn in self.new_urns:
            raise OperationFailed(
                f"Duplicate resource URN '{urn}' conflicting with alias on resource with URN '{self.new_urns[urn]}'"
            )
        if urn in olds:
            return olds[urn]
        for candidate in self._candidates(goal):
            if candidate not in olds:
                continue
            if candidate in seen or candidate in self.new_urns:
                raise OperationFailed(
                    f"Duplicate resource alias '{candidate}' applied to resource with URN '{urn}' conflicting with "
                    f"resource with URN '{self.current(candidate)}'"
                )
            self.new_urns[candidate], self._old_urns[urn] = urn, candidate
            return olds[candidate]
        return None

    def _candidates(self, goal: Goal) -> Iterator[str]:
        own = [self._urn_of(alias, goal) for alias in goal.aliases]
        yield from own
        old_parent = self._old_urns.get(goal.parent)
        if old_parent:  # a child of a renamed parent was renamed with it
            yield self._inherited(goal.type, goal.name, goal.parent, old_parent)
            for urn in own:
                yield self._inherited(resource_type(urn), resource_name(urn), goal.parent, old_parent)

    def _urn_of(self, alias: Alias, goal: Goal) -> str:
        if alias.urn:
            return alias.urn
        parent = self._old_urns.get(alias.parent, alias.parent) if alias.parent else goal.parent
        if alias.no_parent or (parent and qualified_type(parent) == STACK_TYPE):
            parent = ""
        return make_urn(
            alias.stack or self._stack,
            alias.project or self._project,
            parent,
            alias.type or goal.type,
            alias.name or goal.name,
        )

    def _inherited(self, type_: str, name: str, parent: str, old_parent: str) -> str:
        """A child's alias under its parent's: a name that begins with the parent's changes with it."""
        parent_name = resource_name(parent)
        if name.startswith(parent_name):
            name = resource_name(old_parent) + name.removeprefix(parent_name)
        return make_urn(self._stack, self._project, old_parent, type_, name)

    def renamed(self, state: ResourceState) -> ResourceState:
        """A state whose references name resources as they are called now."""
        twin = state.copy()
        twin.parent = self.current(twin.parent)
        twin.dependencies = [self.current(urn) for urn in twin.dependencies]
        twin.replace_with = [self.current(urn) for urn in twin.replace_with]
        twin.deleted_with = self.current(twin.deleted_with)
        twin.property_dependencies = {
            key: [self.current(urn) for urn in urns] for key, urns in twin.property_dependencies.items()
        }
        if twin.provider:
            twin.provider = twin.provider.replace(twin.provider_urn, self.current(twin.provider_urn), 1)
        return twin
