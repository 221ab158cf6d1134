"""The only reader of the stack's configuration: one function, `load`, and what it returns.

The schema in Pulumi.yaml says every key's type, default and meaning; nothing of that is repeated here but the types,
which a type checker must see. The engine checks types and fills defaults in before the program starts. The rules are
in `components.rules`.
"""

from __future__ import annotations

import difflib
import re
from typing import Any, Final, Self, cast

import pulumi
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from components import rules
from components.rules import naming


class SettingsError(pulumi.RunError):
    """All that is wrong with a stack's configuration, in one message; the run ends with it, without a traceback."""


class Settings(BaseModel):
    """A stack's configuration, whole and valid; Pulumi.yaml has what each key means, under its name in camel case.

    Where the nodes live: `vpc_id` and `subnet_ids`, given together, or `use_default_vpc`. The latter is off unless a
    stack says otherwise, so that a stack which names no subnets is refused rather than put where everything else is.
    That is how production demands its subnets: by saying nothing.

    Raises pydantic's ValidationError, which holds every rule broken.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)

    base_name: str
    service: str
    description: str
    tags: dict[str, str]

    adopt: str
    adopt_token: str = Field(repr=False)

    engine: str
    engine_version: str
    parameters: dict[str, str]
    node_type: str
    node_count: int
    automatic_failover: bool
    multi_az: bool

    port: int
    use_default_vpc: bool
    vpc_id: str
    subnet_ids: tuple[str, ...]
    allowed_security_group_ids: tuple[str, ...]
    allowed_cidr_blocks: tuple[str, ...]
    allow_any_source: bool

    maintenance_window: str
    snapshot_window: str
    snapshot_retention_days: int
    final_snapshot: bool
    apply_immediately: bool
    auto_minor_version_upgrade: bool
    slow_log: bool
    slow_log_retention_days: int
    key_deletion_days: int
    protect: bool

    generation: int
    verify: str
    max_age: str
    publish: str
    secret_recovery_days: int
    overlap: str
    max_wait: str
    revoke_through: int
    rotation_deadline: str
    apply_pending_changes: bool
    ca_file: str

    @model_validator(mode="after")
    def _obeys_the_rules(self) -> Self:
        rules.enforce(dict(self))
        return self

    def arguments(self) -> dict[str, Any]:
        """The settings under the names that ReplicationGroupArgs gives them; what is left empty is derived here."""
        service = self.service or self.base_name
        return {
            **{name: value for name, value in self if name != "base_name"},
            "replication_group_id": naming.group_id(self.base_name),
            "service": service,
            "description": self.description or f"{service}: a cache with an auth token",
        }


_NUMBERS_ARE_TEXT: Final = ConfigDict(coerce_numbers_to_str=True)  # YAML reads `timeout: 300` as a number

_KINDS: Final[dict[Any, str]] = {
    int: "a whole number",
    bool: "true or false",
    tuple[str, ...]: "a list of texts",
    dict[str, str]: "a map from texts to texts; true, false, yes and no want quotes",
}


def load(config: pulumi.Config) -> Settings:
    """The configuration of the stack that is being deployed.

    Raises SettingsError with everything that is wrong: keys that nobody knows, values of a wrong type, rules broken.
    The values of secret keys are not shown.
    """
    wrong = [*_unknown(config), *_in_clear(config)]
    values: dict[str, Any] = {}
    for name, field in Settings.model_fields.items():
        key, kind = to_camel(name), cast("Any", field.annotation)
        text = config.get(key)
        try:
            if text is None:
                wrong.append(f"{key} is not set; type `pulumi config set {key} VALUE`")
            else:
                values[name] = text if kind is str else _parsed(kind, text)
        except ValidationError:
            wrong.append(f"{_shown(config, key)} is not {_KINDS[kind]}")
    for problem in rules.problems(values):
        secret = any(_is_secret(config, to_camel(setting)) for setting in problem.rule.settings)
        text = f"breaks a rule: {problem.rule.summary}" if secret else problem.text
        wrong.append(f"{_shown(config, to_camel(problem.setting))}: {text}")
    if wrong:
        count = "one problem" if len(wrong) == 1 else f"{len(wrong)} problems"
        raise SettingsError("\n  ".join([f"{count} in the stack's configuration", *wrong]))
    return Settings(**values)


def _parsed(kind: Any, text: str) -> Any:
    return TypeAdapter(kind, config=_NUMBERS_ARE_TEXT).validate_json(text)


def _unknown(config: pulumi.Config) -> list[str]:
    known = {to_camel(name).lower(): to_camel(name) for name in Settings.model_fields}
    prefix = f"{config.name}:"
    lines = []
    for full_key in sorted(pulumi.runtime.get_config_env()):
        key = full_key.removeprefix(prefix)
        if full_key.startswith(prefix) and key not in known.values():
            whole = re.split(r"[.\[]", key)[0]
            near = difflib.get_close_matches(key.lower(), known, n=1)
            if whole in known.values():
                advice = f"to set one entry of {whole}, add --path to the command"
            elif near:
                advice = f"did you mean {known[near[0]]}?"
            else:
                advice = "Pulumi.yaml lists the keys"
            lines.append(f"{key} is no key of this program; {advice}")
    return lines


_SECRET: Final = ("adoptToken",)
"""Keys whose values nobody may read in the stack's file."""


def _in_clear(config: pulumi.Config) -> list[str]:
    return [
        f"{key} is there for all to read; type `pulumi config set --secret {key}`, and the value when asked"
        for key in _SECRET
        if config.get(key) and not pulumi.runtime.is_config_secret(config.full_key(key))
    ]


def _is_secret(config: pulumi.Config, key: str) -> bool:
    return key in _SECRET or pulumi.runtime.is_config_secret(config.full_key(key))


def _shown(config: pulumi.Config, key: str) -> str:
    return f"{key} {'[secret]' if _is_secret(config, key) else config.get(key)}"
