"""Observations in a normal form, in which two runs that mean the same are equal.

Random ids get names, and lists whose order partly depends on chance (what runs in parallel) are sorted as far as nobody
could tell the difference: two entries keep their order if one's resource depends on the other's.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tests.local.engine.conformance.toy.values import SECRET, SIGNATURE, UNKNOWN

Json = dict[str, Any]
Item = TypeVar("Item")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass
class Names:
    """Names for the random ids of providers: `<toy default 1>`, and `<toy default 2>` for its successor."""

    _known: dict[str, str] = field(default_factory=lambda: {UNKNOWN: "<unknown>"})
    _born: dict[str, int] = field(default_factory=dict)

    def learn(self, resources: Iterable[Json]) -> None:
        for resource in resources:
            identity = resource.get("id", "")
            if _UUID.fullmatch(identity) and identity not in self._known:
                package, name = resource["urn"].split("::")[2:]
                name = f"{package.rsplit(':', 1)[1]} {name}"
                self._born[name] = self._born.get(name, 0) + 1
                self._known[identity] = f"<{name} {self._born[name]}>"

    def apply(self, value: Any) -> Any:
        """The value with ids named, URNs cut to type and name, and secrets and pickles in short."""
        if isinstance(value, str):
            named = _UUID.sub(lambda found: self._known.get(found[0], "<id>"), value)
            return re.sub(r"urn:pulumi:\w+::\w+::", "", named)
        if isinstance(value, float) and value.is_integer():
            return int(value)
        if isinstance(value, list):
            return [self.apply(item) for item in value]
        if not isinstance(value, dict):
            return value
        if value.get(SIGNATURE) == SECRET:
            return {"secret": self.apply(value["value"])}
        pickled = {"__provider": "<pickle>"} if isinstance(value.get("__provider"), str) else {}
        return {self.apply(name): self.apply(item) for name, item in value.items()} | pickled


class Links:
    """Which resources depend on which, directly or not, as checkpoints and events tell."""

    def __init__(self, resources: Iterable[Json] = ()) -> None:
        self._direct: dict[str, set[str]] = {}
        for resource in resources:
            direct = self._direct.setdefault(resource["urn"], set())
            direct.update(resource.get("dependencies") or (), resource.get("replaceWith") or ())
            for urns in (resource.get("propertyDependencies") or {}).values():
                direct.update(urns)
            provider = (resource.get("provider") or "").rpartition("::")[0]
            direct.update(urn for urn in (provider, resource.get("parent"), resource.get("deletedWith")) if urn)

    def related(self, one: str, other: str) -> bool:
        """Whether one of the two depends on the other, or both are the same."""
        return one == other or other in self._all(one) or one in self._all(other)

    def _all(self, urn: str) -> set[str]:
        found: set[str] = set()
        waiting = [urn]
        while waiting:
            new = self._direct.get(waiting.pop(), set()) - found
            found |= new
            waiting += new
        return found


def in_order(items: Sequence[Item], related: Callable[[Item, Item], bool], text: Callable[[Item], str]) -> list[Item]:
    """The first by text of all orders in which related items stay as they are."""
    left, ordered = list(items), []
    while left:
        free = [at for at, item in enumerate(left) if not any(related(before, item) for before in left[:at])]
        ordered.append(left.pop(min(free, key=lambda at: text(left[at]))))
    return ordered
