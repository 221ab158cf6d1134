"""Property paths such as `tags.owner`, `rules[0].port`, `labels["a.b"]` or `rules[*]`, as in `ignoreChanges`."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from local.engine.errors import InvalidConfiguration
from local.engine.properties.values import Properties, PropertyValue, Secret

Step: TypeAlias = str | int
Path: TypeAlias = tuple[Step, ...]

ANY: Final = "*"
_ELEMENT: Final = re.compile(r'\.?([^.\[\]]+)|\.?\[(-?\d+|\*)\]|\.?\["((?:\\"|[^"])*)"\]')
_BARE_KEY: Final = re.compile(r"\w+", re.ASCII)


def parse(text: str) -> Path:
    """The steps of a path; raises `InvalidConfiguration` for text that is no path."""
    steps: list[Step] = []
    position = 0
    while position < len(text):
        match = _ELEMENT.match(text, position)
        if match is None or (position == 0 and text.startswith(".")):
            raise InvalidConfiguration(f"{text!r} is no property path: cannot read it from character {position + 1} on")
        name, index, quoted = match.groups()
        if index is not None and index != ANY:
            steps.append(int(index))
        else:
            steps.append(name or index or (quoted or "").replace('\\"', '"'))
        position = match.end()
    return tuple(steps)


def text(path: Sequence[Step]) -> str:
    """A path as people and the event log write it."""
    written = ""
    for step in path:
        if isinstance(step, int):
            written += f"[{step}]"
        elif _BARE_KEY.fullmatch(step):
            written += f".{step}" if written else step
        else:
            escaped = step.replace('"', '\\"')
            written += f'["{escaped}"]'
    return written


def covers(outer: Path, inner: Path) -> bool:
    """Whether `inner` is the place `outer` names, or lies within it."""
    return len(outer) <= len(inner) and all(o in (ANY, i) for o, i in zip(outer, inner, strict=False))


def restore(path: Path, old: Properties, new: Properties) -> bool:
    """Put the value at `path` in `new` back to what `old` has there (this is `ignoreChanges`); `new` is changed.

    False where the path leads through an element that only one of the two has: there is nothing to put back into.
    """
    return not path or _restore(path, _Pair(old, new))


def restored(texts: Sequence[str], old: Properties, new: Properties) -> tuple[Properties, list[str]]:
    """`new` with the values at all these paths put back to the old ones, and the paths where that cannot be."""
    kept = copy.deepcopy(new)
    return kept, [path for path in texts if not restore(parse(path), old, kept)]


@dataclass(frozen=True, slots=True)
class _Pair:
    """The same place in the old and the new properties, and whether each lies inside a secret."""

    old: PropertyValue
    new: PropertyValue
    old_secret: bool = False
    new_secret: bool = False

    def opened(self) -> _Pair:
        old, new, old_secret, new_secret = self.old, self.new, self.old_secret, self.new_secret
        while isinstance(old, Secret):
            old, old_secret = old.value, True
        while isinstance(new, Secret):
            new, new_secret = new.value, True
        return _Pair(old, new, old_secret, new_secret)

    def inner(self, old: PropertyValue, new: PropertyValue) -> _Pair:
        return replace(self, old=old, new=new)

    def kept(self, old: PropertyValue) -> PropertyValue:
        """An old value as it goes into the new properties: a secret must not lose its mark on the way."""
        return Secret(old) if self.old_secret and not self.new_secret else old


def _restore(path: Path, pair: _Pair) -> bool:
    head, rest = path[0], path[1:]
    if isinstance(head, int):
        return _restore_element(head, rest, pair.opened())
    return _restore_all(rest, pair.opened()) if head == ANY else _restore_key(head, rest, pair.opened())


def _restore_key(key: str, rest: Path, pair: _Pair) -> bool:
    old, new = pair.old, pair.new
    if rest:
        if not isinstance(old, dict) or not isinstance(new, dict):
            return not isinstance(old, dict) and not isinstance(new, dict)
        return _restore(rest, pair.inner(old.get(key), new[key])) if key in new else key not in old
    if isinstance(old, dict) and key in old:
        if not isinstance(new, dict):
            return False
        new[key] = pair.kept(old[key])
    elif isinstance(new, dict):
        new.pop(key, None)
    return True


def _restore_element(index: int, rest: Path, pair: _Pair) -> bool:
    old, new = pair.old, pair.new
    if index < 0:
        return False
    if not isinstance(old, list) or not isinstance(new, list):
        return not isinstance(old, list) and not isinstance(new, list)
    if index >= len(old) or index >= len(new):
        return not rest and index >= len(old) and index >= len(new)
    if rest:
        return _restore(rest, pair.inner(old[index], new[index]))
    new[index] = pair.kept(old[index])
    return True


def _restore_all(rest: Path, pair: _Pair) -> bool:
    old, new = pair.old, pair.new
    if isinstance(old, dict) and isinstance(new, dict):
        keys = set(old) if rest else {*old, *new}
        return all(_restore_key(key, rest, pair) for key in sorted(keys))
    if isinstance(old, list) and isinstance(new, list):
        shared = range(min(len(old), len(new)))
        return all(_restore_element(index, rest, pair) for index in shared) and len(old) == len(new)
    return not rest and isinstance(new, (dict, list))
