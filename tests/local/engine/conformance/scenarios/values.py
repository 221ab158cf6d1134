"""What values become on their way through plugins, outputs and the checkpoint."""

from tests.local.engine.conformance.scenario import Scenario, Step, preview, refresh, up


def _secrets(word: str) -> str:
    return f"""
hidden = pulumi.Output.secret("hush {word}")
a = Thing("a", colour=hidden, tags={{"open": "1", "hidden": hidden}})
b = Thing("b", tags={{"key": a.key}})
group = Group("group", inside=hidden)
group.register_outputs({{"hidden": hidden}})
token = Token("token", user="user", password=hidden, level=2, opts=Opts(additional_secret_outputs=["session"]))
pulumi.export("hidden", {{"of": [hidden], "open": "1"}})
pulumi.export("colour", a.colour)
""".replace("a.colour", "a.tags")


_OUTPUTS = """
a = Thing("a")
pulumi.export("text", "line one\\nline two, and ünïcödé")
pulumi.export("empty", {"text": "", "list": [], "map": {}, "none": None})
pulumi.export("numbers", [0, -1, 1.5, 1e21, 2**53])
pulumi.export("truth", [True, False])
pulumi.export("nested", {"list": [{"deep": a.arn}], "hidden": a.key})
pulumi.export("hidden", a.key)
"""

_INPUTS = """
Thing("i", tags={"text": "ünïcödé", "empty": "", "none": None, "list": [], "map": {}, "numbers": [0, -1, 1.5, 2],
                 "truth": [True, False]})
"""


def _output(*arguments: str) -> Step:
    return Step(command="output", arguments=arguments)


SCENARIOS = (
    Scenario(
        name="secrets",
        meaning="a plugin that takes secrets gets them marked, and they stay secret in outputs and checkpoint",
        steps=(preview(_secrets("one")), up(), up(_secrets("two")), refresh()),
    ),
    Scenario(
        name="secrets-bare",
        meaning="a plugin that does not take secrets gets them bare, and what comes back is marked again by its key",
        steps=(up(_secrets("one")), up(_secrets("two"))),
        accepts_secrets=False,
    ),
    Scenario(
        name="values",
        meaning="every kind of value reaches plugin and outputs, an equal one is no change, and what is shown of them",
        steps=(
            up(_OUTPUTS + _INPUTS),
            _output("--json"),
            _output("--json", "--show-secrets"),
            up(),
        ),
    ),
)
