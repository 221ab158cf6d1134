"""A stack: a project, a name, its settings, and the configuration and secrets these give."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from local.engine.errors import InvalidConfiguration
from local.engine.project import schema
from local.engine.project.manifest import Project
from local.engine.project.settings import StackSettings
from local.engine.project.values import ConfigValue
from local.engine.state.passphrase import Passphrase, passphrase_from_environment

_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}")
ORGANIZATION: Final = "organization"


@dataclass(frozen=True, slots=True)
class Configuration:
    """A stack's configuration as its program gets it: texts by full key.

    `masked` is the same for people to see; `secrets` are the texts that must never be seen.
    """

    texts: dict[str, str]
    secret_keys: list[str]
    masked: dict[str, str]
    secrets: list[str]


class Stack:
    """A stack of a project, whether or not the backend has it yet."""

    def __init__(self, project: Project, name: str) -> None:
        self.project = project
        self.name = _short_name(project.name, name)
        self.settings = StackSettings(project.settings_folder / f"Pulumi.{self.name}.yaml", project.name)

    @property
    def full_name(self) -> str:
        """The name that the checkpoint and the locks use."""
        return f"{ORGANIZATION}/{self.project.name}/{self.name}"

    @cached_property
    def secrets(self) -> Passphrase:
        """What seals the stack's secrets; made, and remembered in the settings, where the stack has none yet."""
        phrase = passphrase_from_environment()
        secrets = Passphrase.create(phrase) if self.settings.salt is None else Passphrase(phrase, self.settings.salt)
        if self.settings.salt is None:
            self.settings.set_salt(secrets.state)
        return secrets

    def decrypt(self, ciphertext: str) -> str:
        """Open a text of the settings."""
        return self.secrets.decrypt(ciphertext)

    def configuration(self, *, validate: bool = True) -> Configuration:
        """The stack's values with the project's defaults; raises `InvalidConfiguration` for what the schema refuses."""
        values, missing = self._values()
        if validate:
            schema.refuse_missing(self.name, missing)
            schema.refuse_wrong_types(self.name, self.project.declarations, values, self.decrypt)
        return Configuration(
            texts={key: value.text(self.decrypt) for key, value in values.items()},
            secret_keys=sorted(key for key, value in values.items() if value.is_secret),
            masked={key: value.masked for key, value in values.items()},
            secrets=[text for value in values.values() for text in value.texts_inside(self.decrypt)],
        )

    def values(self) -> dict[str, ConfigValue]:
        """The stack's values with the project's defaults, not validated."""
        return self._values()[0]

    def _values(self) -> tuple[dict[str, ConfigValue], list[str]]:
        values = dict(self.settings.values)
        return values, schema.apply(self.project.declarations, self.project.name, values)


def _short_name(project: str, name: str) -> str:
    match name.split("/"):
        case [short] if _NAME.fullmatch(short):
            return short
        case [organization, named_project, short] if (organization, named_project) == (ORGANIZATION, project):
            return _short_name(project, short)
        case [_, _, _]:
            raise InvalidConfiguration(f"{name!r} is no stack of {ORGANIZATION}/{project}, which Pulumi.yaml describes")
    raise InvalidConfiguration(
        f"{name!r} is no stack name: it may hold letters, digits, hyphens, underscores and periods, 100 at most"
    )
