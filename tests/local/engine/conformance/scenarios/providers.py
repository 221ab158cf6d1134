"""Providers, functions, and resources that are only read."""

from tests.local.engine.conformance.scenario import Scenario, config_set, destroy, preview, refresh, up


def _explicit(region: str, token: str) -> str:
    return f"""
mine = Provider("mine", region="{region}", token=pulumi.Output.secret("{token}"))
Thing("a", opts=Opts(provider=mine))
group = Group("group", opts=Opts(providers=[mine]))
Thing("b", opts=Opts(parent=group))
pulumi.export("length", measure("four", pulumi.InvokeOptions(provider=mine))["length"])
"""


_LATE = """
a = Thing("a")
late = Provider("late", region=a.arn)
Thing("b", size=1, opts=Opts(provider=late))
pulumi.export("length", pulumi.Output.from_input(a.arn).apply(
    lambda arn: measure(arn, pulumi.InvokeOptions(provider=late))["length"]))
"""

_GET = """
own = Thing("own", size=1)
got = Thing("got", opts=Opts(id=own.id))
Thing("user", tags={"of": got.arn})
"""

_THEIRS = """
own = Thing("own", size=1)
got = Thing("got", size=1)
"""

_BACK = """
own = Thing("own", size=1)
got = Thing("got", opts=Opts(id=own.id))
"""


SCENARIOS = (
    Scenario(
        name="explicit-provider",
        meaning="a provider's change is its own, until its plugin says that it replaces: it takes its resources along",
        steps=(
            up(_explicit("north", "hush one")),
            up(_explicit("north", "hush two")),
            preview(_explicit("south", "hush two")),
            up(),
        ),
    ),
    Scenario(
        name="late-provider",
        meaning="a provider whose settings are not known yet is asked nothing in a preview",
        steps=(preview(_LATE), up()),
    ),
    Scenario(
        name="default-provider",
        meaning="the stack's configuration is the default provider's, secrets included; a dynamic provider sees it all",
        steps=(
            config_set("toy:region", "north"),
            config_set("--secret", "toy:token", "hush"),
            up('Thing("a")\nToken("token", user="user", password="p")'),
            config_set("toy:region", "south"),
            up(),
        ),
    ),
    Scenario(
        name="provider-refused",
        meaning="a provider's settings that its plugin refuses end the run before anything is made with it",
        steps=(up('Thing("a", opts=Opts(provider=Provider("mine", region="nowhere")))', says=("no such region",)),),
    ),
    Scenario(
        name="get",
        meaning="a resource that is read is external: never changed, never deleted, and can become one's own and back",
        steps=(up(_GET), refresh(), up(_THEIRS), up(_BACK), destroy()),
    ),
    Scenario(
        name="get-missing",
        meaning="reading what is not there fails",
        steps=(up('Thing("got", opts=Opts(id="nothing"))', says=("does not exist",)),),
    ),
)
