"""Creating, changing, reading and deleting."""

from tests.local.engine.conformance.scenario import Scenario, destroy, preview, refresh, up
from tests.local.engine.conformance.toy.cloud import Cloud

_DIAMOND = """
a = Thing("a", size=1)
b = Thing("b", tags={"of": a.arn}, opts=Opts(custom_timeouts=pulumi.CustomTimeouts(create="5m", delete="90s")))
c = Thing("c", opts=Opts(depends_on=[a]))
d = Thing("d", tags={"b": b.arn, "c": c.arn})
"""

_CHANGED_DIAMOND = """
a = Thing("a", size=2, colour="red")
b = Thing("b", tags={"of": a.arn, "more": "yes"})
e = Thing("e", tags={"b": b.arn})
"""

_ALL_KINDS = """
a = Thing("a", size=1)
b = Thing("b", tags={"of": a.arn})
group = Group("group")
child = Thing("child", size=1, opts=Opts(parent=group))
group.register_outputs({"arn": child.arn})
token = Token("token", user=a.arn.apply(lambda arn: f"user of {arn}"), password="one")
pulumi.export("length", measured(a.arn))
pulumi.export("session", token.session)
"""

_ALL_KINDS_CHANGED = _ALL_KINDS.replace('"a", size=1', '"a", size=1, kind="other"').replace(
    '"child", size=1', '"child"'
)


def _drift(cloud: Cloud) -> None:
    cloud.drift("a-1", size=7)
    cloud.drift("child-1", serial=9)
    cloud.remove("b-1")


def _token_gone(cloud: Cloud) -> None:
    cloud.remove("token-1")
    cloud.remove("child-1")


SCENARIOS = (
    Scenario(
        name="lifecycle",
        meaning="a diamond is created, left alone, changed in part, and deleted, dependents first",
        steps=(up(_DIAMOND), up(), up(_CHANGED_DIAMOND), destroy()),
    ),
    Scenario(
        name="preview",
        meaning="a preview shows what is not known yet as such, and calls no function with it",
        steps=(preview(_ALL_KINDS), up(), preview(_ALL_KINDS_CHANGED)),
    ),
    Scenario(
        name="refresh",
        meaning="a refresh takes over what drifted and drops what is gone; the next up puts both right",
        steps=(up(_ALL_KINDS), refresh(cloud=_drift), up(), refresh(cloud=_token_gone)),
    ),
)
