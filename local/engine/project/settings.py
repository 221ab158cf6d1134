"""A stack's settings file, `Pulumi.<stack>.yaml`: its configuration and what its secrets are sealed with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from local.engine.errors import InvalidConfiguration, Unsupported
from local.engine.project import yaml_text
from local.engine.project.keys import full_key
from local.engine.project.values import ConfigValue


class StackSettings:
    """The file's content; changes are made in the text, so that comments and order stay, and written by `save`."""

    def __init__(self, path: Path, project: str) -> None:
        self.path, self.project = path, project
        self._text = path.read_text(encoding="utf-8-sig") if path.exists() else ""
        self._parse()

    def _parse(self) -> None:
        document = yaml_text.load(self._text, str(self.path))
        provider = document.get("secretsprovider", "passphrase")
        if provider != "passphrase":
            raise Unsupported(f"{self.path}: secrets provider {provider!r} needs the real pulumi; here: passphrase")
        if document.get("environment"):
            raise Unsupported(f"{self.path}: 'environment' (Pulumi ESC) needs the real pulumi")
        config = document.get("config") or {}
        if not isinstance(config, dict):
            raise InvalidConfiguration(f"{self.path}: 'config' must be a mapping")
        self.salt: str | None = document.get("encryptionsalt")
        self._written_keys = {full_key(self.project, str(key)): str(key) for key in config}
        self.values = {full_key(self.project, str(key)): ConfigValue(value) for key, value in config.items()}

    @property
    def empty_keys(self) -> list[str]:
        """Keys that are written without a value; they count as the empty text."""
        return [self._written_keys[key] for key, value in self.values.items() if value.raw is None]

    def set_value(self, key: str, raw: Any) -> None:
        """Set the value of a full key."""
        self._replace(("config", self._written_keys.get(key, key)), raw)

    def remove_value(self, key: str) -> None:
        """Remove a full key; nothing happens if it is not there."""
        if key in self.values:
            self._text = yaml_text.removed(self._text, ("config", self._written_keys[key]))
            self._parse()

    def set_salt(self, salt: str) -> None:
        """Remember what the stack's secrets are sealed with."""
        if self.salt is None and self._text.strip() and not self._text.startswith("encryptionsalt"):
            self._text = yaml_text.dump({"encryptionsalt": salt}) + self._text
            self._parse()
        else:
            self._replace(("encryptionsalt",), salt)

    def _replace(self, path: tuple[str, ...], raw: Any) -> None:
        self._text = yaml_text.replaced(self._text, path, raw)
        self._parse()

    def save(self) -> None:
        """Write the file."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(self._text, encoding="utf-8")
