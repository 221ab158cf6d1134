"""Replacing, in both orders, with all that hangs on it."""

from tests.local.engine.conformance.scenario import Scenario, destroy, preview, up
from tests.local.engine.conformance.toy.cloud import Cloud, Fault

_HANGING_ON_IT = """
b = Thing("b", kind=a.arn)
c = Thing("c", tags={"of": a.arn})
d = Thing("d", opts=Opts(depends_on=[b]))
"""


def _a(arguments: str) -> str:
    return f'a = Thing("a", {arguments})\n'


def _pair(kind: str, label: str, password: str) -> str:
    return f"""
group = Thing("group", kind="{kind}", label="{label}")
token = Token("token", user="user", password=pulumi.Output.secret("{password}"),
              opts=Opts(replace_with=[group], deleted_with=group, additional_secret_outputs=["session"]))
pulumi.export("session", token.session)
"""


def _create_fails(cloud: Cloud) -> None:
    cloud.faults[("Create", "a")] = Fault()


def _delete_fails(cloud: Cloud) -> None:
    cloud.faults[("Delete", "a")] = Fault()


SCENARIOS = (
    Scenario(
        name="replace",
        meaning="the new one comes first, dependents follow; where the plugin asks for deleting first, they go first",
        steps=(
            up(_a('kind="x", label="x"') + _HANGING_ON_IT),
            up(_a('kind="y", label="x"') + _HANGING_ON_IT),
            preview(_a('kind="y", label="y"') + _HANGING_ON_IT),
            up(),
        ),
    ),
    Scenario(
        name="replace-with",
        meaning="a dynamic resource is replaced with the group that it belongs to, and never deleted by itself",
        steps=(
            up(_pair("x", "x", "hush")),
            preview(_pair("y", "x", "hush")),
            up(),
            up(_pair("y", "y", "hush")),
            up(_pair("y", "y", "hush, new")),
            destroy(),
        ),
    ),
    Scenario(
        name="replace-dynamic",
        meaning="a dynamic provider that asks for deleting first is checked once more, as if there were nothing before",
        steps=(
            up('token = Token("token", user="one", password="p")\nThing("a", tags={"of": token.session})'),
            up('token = Token("token", user="two", password="p")\nThing("a", tags={"of": token.session})'),
        ),
    ),
    Scenario(
        name="replace-fails-create-first",
        meaning="a successor that fails leaves the old one; an old one that stays is deleted by the next run",
        steps=(
            up(_a('kind="x"') + 'Thing("b", tags={"of": a.arn})'),
            up(_a('kind="y"') + 'Thing("b", tags={"of": a.arn})', cloud=_create_fails),
            up(cloud=_delete_fails),
            up(),
        ),
    ),
    Scenario(
        name="replace-fails-delete-first",
        meaning="what was deleted and not yet created again is known to be missing, and made by the next run",
        steps=(
            up(_a('label="x"') + 'Thing("b", kind=a.arn)'),
            up(_a('label="y"') + 'Thing("b", kind=a.arn)', cloud=_create_fails),
            up(),
        ),
    ),
)
