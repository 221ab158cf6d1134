"""Engines, versions and parameter group families ("Supported engines and versions", AWS's user guide)."""

from dataclasses import dataclass

from local.cloud.elasticache.errors import ApiError, invalid_combination, invalid_value


@dataclass(frozen=True)
class EngineVersion:
    """``asked`` is what people write, ``full`` what cache clusters show."""

    engine: str
    asked: str
    full: str
    family: str

    @property
    def number(self) -> tuple[int, ...]:
        """For comparisons."""
        return tuple(int(part) for part in self.full.split("."))


VERSIONS = (
    EngineVersion("redis", "5.0.6", "5.0.6", "redis5.0"),
    EngineVersion("redis", "6.0", "6.0.5", "redis6.x"),
    EngineVersion("redis", "6.2", "6.2.6", "redis6.x"),
    EngineVersion("redis", "7.0", "7.0.7", "redis7"),
    EngineVersion("redis", "7.1", "7.1.0", "redis7"),
    EngineVersion("valkey", "7.2", "7.2.6", "valkey7"),
    EngineVersion("valkey", "8.0", "8.0.1", "valkey8"),
    EngineVersion("valkey", "8.1", "8.1.0", "valkey8"),
    EngineVersion("valkey", "8.2", "8.2.0", "valkey8"),
)
FAMILIES = tuple(dict.fromkeys(version.family for version in VERSIONS))
ENGINES = tuple(dict.fromkeys(version.engine for version in VERSIONS))


def find_version(engine: str, asked: str | None) -> EngineVersion:
    """The version that a request means: exactly, as ``6.x``, or the newest if it names none.

    Raises:
        ApiError: the engine is not Redis OSS or Valkey, or has no such version.
    """
    if engine not in ENGINES:
        raise invalid_value(f"Invalid cache engine: {engine}. Valid engines are {', '.join(ENGINES)}.")
    of_engine = [version for version in VERSIONS if version.engine == engine]
    if asked is None:
        return of_engine[-1]
    matching = [
        version
        for version in of_engine
        if asked in (version.asked, version.full) or (asked.endswith(".x") and version.asked.startswith(asked[:-1]))
    ]
    if not matching:
        raise invalid_value(f"Cannot find version {asked} for {engine}.")
    return matching[-1]


def check_upgrade(old: EngineVersion, new: EngineVersion) -> None:
    """A group's engine goes forward only, and from Redis OSS to Valkey but not back.

    Raises:
        ApiError: the change is not one that ElastiCache makes.
    """
    if old.engine == "valkey" and new.engine == "redis":
        raise invalid_combination("Cross-engine modification from valkey to redis is not supported.")
    if old.engine == new.engine and new.number < old.number:
        raise invalid_combination(f"Cannot downgrade from {old.asked} to {new.asked}.")


def default_group(family: str) -> str:
    """The name of the family's default parameter group, cluster mode disabled."""
    return f"default.{family}"


def family_of_default_group(name: str) -> str | None:
    """The family, if this is the name of a default parameter group."""
    family = name.removeprefix("default.")
    return family if name.startswith("default.") and family in FAMILIES else None


def check_family(family: str) -> None:
    """Refuse a family that does not exist.

    Raises:
        ApiError: there is none of this name.
    """
    if family not in FAMILIES:
        raise ApiError(
            "InvalidParameterValueException",
            f"CacheParameterGroupFamily {family} is not a valid parameter group family.",
        )
