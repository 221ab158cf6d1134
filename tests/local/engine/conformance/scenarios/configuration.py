"""The project's configuration schema and the stack's configuration."""

from tests.local.engine.conformance.scenario import Scenario, config_set, up

_SCHEMA = {
    "config": {
        "name": {"type": "string", "description": "What it is called"},
        "count": {"type": "integer", "default": 1},
        "on": {"type": "boolean", "default": False},
        "sources": {"type": "array", "items": {"type": "string"}, "default": []},
        "parameters": {"type": "object", "default": {"maxmemory": "yes"}},
        "toy:region": {"value": "north"},
    }
}

_SHOW = """
config = pulumi.Config()
for name in ("name", "count", "on"):
    pulumi.export(name, config.get(name))
pulumi.export("sources", config.get_object("sources"))
pulumi.export("parameters", config.get_object("parameters"))
pulumi.export("region", pulumi.Config("toy").get("region"))
"""

_SHOW_ALL = """
config = pulumi.Config()
pulumi.export("plain", config.get("plain"))
pulumi.export("hidden", config.get_secret("hidden"))
pulumi.export("object", config.get_object("object"))
pulumi.export("sealed", config.get_secret_object("sealed"))
"""


SCENARIOS = (
    Scenario(
        name="config-schema",
        meaning="a key without default or value, and a value of the wrong type, end the run before the program",
        steps=(
            up(_SHOW, says=("name",)),
            config_set("name", "x"),
            config_set("count", "many"),
            up(says=("count", "integer")),
            config_set("count", "3"),
            config_set("--path", "sources[0]", "10.0.0.0/8"),
            up(),
        ),
        project=_SCHEMA,
    ),
    Scenario(
        name="config-values",
        meaning="texts stay texts, objects are objects, and secrets are sealed wherever they stand",
        steps=(
            config_set("plain", "0012"),
            config_set("--secret", "hidden", "hush"),
            config_set("--path", "object.list[0]", "1e3"),
            config_set("--secret", "--path", "sealed.inner", "hush too"),
            up(_SHOW_ALL),
        ),
    ),
)
