"""Values of configuration: texts, and objects in which some leaves may be sealed (`{"secure": ciphertext}`)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from local.engine.errors import InvalidConfiguration
from local.engine.properties.paths import Path, Step, text
from local.engine.properties.state_form import compact_json
from local.engine.properties.values import MASK

_INTEGER: Final = re.compile(r"0|-?[1-9][0-9]{0,18}")
_RESERVED: Final = 'maps with the single key "secure" are reserved'


def is_sealed(raw: Any) -> bool:
    """Whether this is the ciphertext of one text."""
    return isinstance(raw, dict) and list(raw) == ["secure"] and isinstance(raw["secure"], str)


@dataclass(frozen=True, slots=True)
class ConfigValue:
    """One value, as YAML or JSON gave it."""

    raw: Any

    @property
    def is_object(self) -> bool:
        """Whether it is a list or a map: these reach the program as JSON."""
        return isinstance(self.raw, (dict, list)) and not is_sealed(self.raw)

    @property
    def is_secret(self) -> bool:
        """Whether any part of it is sealed."""
        return _holds_sealed(self.raw)

    def opened(self, decrypt: Callable[[str], str]) -> Any:
        """The value as JSON, with what is sealed decrypted."""
        return _opened(self.raw, decrypt)

    def text(self, decrypt: Callable[[str], str]) -> str:
        """What a program gets: texts as they are, everything else as compact JSON; nothing at all is the empty text."""
        if self.raw is None:
            return ""
        value = self.opened(decrypt)
        return value if isinstance(value, str) else compact_json(_as_go_writes(value))

    @property
    def masked(self) -> str:
        """The text with every sealed part masked."""
        return self.text(lambda _: MASK)

    def texts_inside(self, decrypt: Callable[[str], str]) -> list[str]:
        """The sealed texts, decrypted."""
        found: list[str] = []

        def note(ciphertext: str) -> str:
            found.append(decrypt(ciphertext))
            return found[-1]

        if self.is_secret:
            self.opened(note)
        return found


def _holds_sealed(raw: Any) -> bool:
    if is_sealed(raw):
        return True
    parts = raw.values() if isinstance(raw, dict) else raw if isinstance(raw, list) else ()
    return any(_holds_sealed(part) for part in parts)


def _opened(raw: Any, decrypt: Callable[[str], str]) -> Any:
    if is_sealed(raw):
        return decrypt(raw["secure"])
    if isinstance(raw, dict):
        return {str(key): _opened(value, decrypt) for key, value in raw.items()}
    return [_opened(value, decrypt) for value in raw] if isinstance(raw, list) else raw


def _as_go_writes(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return int(value)
    if isinstance(value, dict):
        return {key: _as_go_writes(item) for key, item in value.items()}
    return [_as_go_writes(item) for item in value] if isinstance(value, list) else value


def coerced(value: str) -> bool | int | str:
    """A text set inside an object: `true`, `false` and decimal integers lose their quotes, `007` does not."""
    if value in ("true", "false"):
        return value == "true"
    if _INTEGER.fullmatch(value) and -(2**63) <= int(value) < 2**64:
        return int(value)
    return value


def set_at(root: Any, path: Path, value: Any) -> Any:
    """`root` with `value` at `path`, containers made on the way; raises `InvalidConfiguration` where that cannot be.

    A text or number at the root gives way to a container, deeper ones do not: as `pulumi config set --path` does.
    """
    if not isinstance(root, (dict, list)) or is_sealed(root):
        root = [] if isinstance(path[0], int) else {}
    return _with(root, path, value, done=())


def _with(container: Any, path: Path, value: Any, done: Path) -> Any:
    if not path:
        return value
    head, rest = path[0], path[1:]
    if container is None:
        container = [] if isinstance(head, int) else {}
    if isinstance(container, list):
        return _with_element(container, head, rest, value, done)
    if not isinstance(container, dict) or is_sealed(container):
        raise InvalidConfiguration(f"{text(done)}: expected {'an array' if isinstance(head, int) else 'a map'}")
    if not isinstance(head, str):
        raise InvalidConfiguration(f"{text((*done, head))}: key for a map must be a string")
    if not rest and not container and head == "secure" and isinstance(value, str):
        raise InvalidConfiguration(_RESERVED)
    return {**container, head: _with(container.get(head), rest, value, (*done, head))}


def _with_element(container: list[Any], index: Step, rest: Path, value: Any, done: Path) -> list[Any]:
    if not isinstance(index, int):
        raise InvalidConfiguration(f"{text((*done, index))}: key for an array must be an int")
    if not 0 <= index <= len(container):
        raise InvalidConfiguration(f"{text((*done, index))}: array index out of range")
    before = container[index] if index < len(container) else None
    return [*container[:index], _with(before, rest, value, (*done, index)), *container[index + 1 :]]


def get_at(root: Any, path: Path) -> ConfigValue | None:
    """The value at a path inside an object, or None."""
    for step in path:
        within_list = isinstance(root, list) and isinstance(step, int) and 0 <= step < len(root)
        if not within_list and not (isinstance(root, dict) and not is_sealed(root) and step in root):
            return None
        root = root[step]
    return ConfigValue(root)


def removed_at(root: Any, path: Path) -> Any:
    """`root` without what is at `path`; unchanged where there is nothing."""
    head, rest = path[0], path[1:]
    if isinstance(root, list) and isinstance(head, int) and 0 <= head < len(root):
        kept = [removed_at(root[head], rest)] if rest else []
        return [*root[:head], *kept, *root[head + 1 :]]
    if isinstance(root, dict) and not is_sealed(root) and head in root:
        if rest:
            return {**root, head: removed_at(root[head], rest)}
        remaining = {key: value for key, value in root.items() if key != head}
        if is_sealed(remaining):
            raise InvalidConfiguration(_RESERVED)
        return remaining
    return root
