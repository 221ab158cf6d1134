"""Engines, their versions as ElastiCache writes them, and the parameter group family that belongs to each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

ENGINES: Final = ("redis", "valkey")
"""What a replication group can run."""

_NUMBER: Final = r"(0|[1-9]\d*)"
_THREE_PARTS: Final = re.compile(rf"([1-5])\.{_NUMBER}\.{_NUMBER}")
_SIX: Final = re.compile(r"6\.(x|0|[1-9]\d*)")
_TWO_PARTS: Final = re.compile(rf"([7-9]|[1-9]\d+)\.{_NUMBER}")
_FIRST_VALKEY: Final = (7, 2)


@dataclass(frozen=True)
class Version:
    """A version in its canonical form; any other spelling of it shows as a difference at every `up`."""

    engine: str
    number: tuple[int, ...]
    """Comparable; `6.x` counts as 6.2, the newest of the sixes, which ElastiCache takes it for."""

    @property
    def family(self) -> str:
        """The parameter group family (DescribeCacheEngineVersions: CacheParameterGroupFamily)."""
        major, minor = self.number[:2]
        if self.engine == "redis" and major < 6:
            return f"redis{major}.{minor}"
        return "redis6.x" if (self.engine, major) == ("redis", 6) else f"{self.engine}{major}"


def parse(engine: str, text: str) -> Version:
    """Version `text` of `engine`. Raises ValueError, which names the rule.

    The forms are those that the Terraform provider, and with it Pulumi's, accepts for `engine_version`.
    """
    if engine == "valkey":
        match = _TWO_PARTS.fullmatch(text)
        number = tuple(int(part) for part in match.groups()) if match else ()
        if number < _FIRST_VALKEY:
            raise ValueError("is no version of Valkey, which are written with two parts, from 7.2 on: 7.2, 8.0, 8.1")
        return Version(engine, number)
    if match := _SIX.fullmatch(text):
        return Version(engine, (6, 2 if match[1] == "x" else int(match[1])))
    if match := _THREE_PARTS.fullmatch(text) or _TWO_PARTS.fullmatch(text):
        return Version(engine, tuple(int(part) for part in match.groups()))
    raise ValueError(
        "is no version of Redis OSS, which are written with three parts below 6 (5.0.6), then 6.x or 6.2, "
        "and with two parts from 7 on (7.0, 7.1)"
    )
