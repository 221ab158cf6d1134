"""What goes wrong, what is kept of it, and how the next run goes on."""

from tests.local.engine.conformance.scenario import More, Scenario, preview, refresh, up
from tests.local.engine.conformance.toy.cloud import Cloud, Fault

_CHAIN = """
a = Thing("a", size=%d)
b = Thing("b", size=%d, tags={"of": a.arn})
c = Thing("c", tags={"of": b.arn})
pulumi.export("serial", c.serial)
"""


def _fail(method: str, name: str, exists: bool = False, kill: bool = False) -> More:
    def plant(cloud: Cloud) -> None:
        cloud.faults[(method, name)] = Fault(exists=exists, kill=kill)

    return {"cloud": plant, "says": () if kill else ("the toy cloud said no",)}


_TOKEN = 'token = Token("token", user="user", password="%s")\nThing("a", tags={"of": token.session})'
_SICK = 'Thing("b", tags={"of": Thing("a", size=%d).arn})'

SCENARIOS = (
    Scenario(
        name="create-and-update-fail",
        meaning="what was made before a failure is kept, what depends on it waits, and the next run makes the rest",
        steps=(
            up(_CHAIN % (1, 1), **_fail("Create", "b")),
            up(),
            up(_CHAIN % (2, 2), **_fail("Update", "b")),
        ),
    ),
    Scenario(
        name="delete-fails",
        meaning="what could not be deleted stays in the checkpoint, with what it needs",
        steps=(up(_CHAIN % (1, 1)), up('a = Thing("a", size=1)', **_fail("Delete", "b")), up()),
    ),
    Scenario(
        name="read-fails",
        meaning="a refresh that cannot read keeps what it knows",
        steps=(up(_CHAIN % (1, 1)), refresh(**_fail("Read", "b"))),
    ),
    Scenario(
        name="half-made",
        meaning="a resource that exists but is not well is kept with its errors, and the next run updates it",
        steps=(
            up(_SICK % 1, **_fail("Create", "a", exists=True)),
            up(),
            up(_SICK % 2, **_fail("Update", "a", exists=True)),
            up(),
        ),
    ),
    Scenario(
        name="dynamic-fails",
        meaning="an exception in a dynamic provider is the run's error; the next run calls again with the same inputs",
        steps=(
            up(_TOKEN % "one", **_fail("create", "token")),
            up(),
            up(_TOKEN % "two", **_fail("update", "token")),
        ),
    ),
    Scenario(
        name="check-fails",
        meaning="refused inputs end the run before the resource is touched",
        steps=(
            up('Thing("a", size=1)\nToken("token", user="user", password="p")'),
            preview('Thing("a", size=-1)', says=("expected 0 or more",)),
            up('Token("token", user="u", password="p")', says=("user: too short",)),
        ),
    ),
    Scenario(
        name="program-fails",
        meaning="an exception in the program, or in a function, deletes nothing and keeps the stack's outputs",
        steps=(
            up('Thing("a")\nThing("b")\npulumi.export("kept", 1)'),
            up('Thing("a")\npulumi.export("new", 2)\nraise ValueError("so it goes")', says=("so it goes",)),
            up('raise pulumi.RunError("told in words")', says=("told in words",)),
            up('Thing("a")\nmeasure("bad")', says=("nothing is called so",)),
        ),
    ),
    Scenario(
        name="same-name-twice",
        meaning="two resources of one URN are refused",
        steps=(up('a = Thing("a")\nThing("a", opts=Opts(depends_on=[a]))', says=("Duplicate resource URN",)),),
    ),
    Scenario(
        name="killed",
        meaning="a killed run leaves its operation named in the checkpoint; the next one warns of it and goes on",
        steps=(
            up(_CHAIN % (1, 1), **_fail("Create", "b", kill=True)),
            up(says=("creating",), unlock=True),
            up(_CHAIN % (1, 2), **_fail("Update", "b", kill=True)),
            up(unlock=True),
        ),
    ),
)
