"""Resource options."""

from tests.local.engine.conformance.scenario import Scenario, destroy, preview, up


def _ignoring(size: int, a: str, b: str, kind: str) -> str:
    tags = {"a": a, "b": b}
    return f'Thing("i", size={size}, tags={tags}, kind="{kind}", opts=Opts(ignore_changes=["size", "tags.a"]))\n'


def _replacing(a: str, b: str) -> str:
    tags = {"a": a, "b": b}
    return f'Thing("r", size=1, tags={tags}, opts=Opts(replace_on_changes=["tags.a", "size"]))\n'


def _choosing(kind: str, label: str, delete_first: bool) -> str:
    return f'Thing("c", kind="{kind}", label="{label}", opts=Opts(delete_before_replace={delete_first}))\n'


_PROTECTED = 'Thing("b", kind="x", tags={"of": Thing("a", opts=Opts(protect=True)).arn}, opts=Opts(protect=True))'

_SPARED = """
a = Thing("a", opts=Opts(retain_on_delete=True))
b = Thing("b", kind="%s", opts=Opts(retain_on_delete=True))
host = Thing("host")
Thing("guest", tags={"of": host.arn}, opts=Opts(deleted_with=host))
"""


def _secret_outputs(size: int) -> str:
    return f"""
a = Thing("a", size={size}, opts=Opts(additional_secret_outputs=["arn", "size"]))
token = Token("token", user="user", password=pulumi.Output.secret("hush {size}"),
              opts=Opts(additional_secret_outputs=["session"]))
pulumi.export("arn", a.arn)
pulumi.export("session", token.session)
pulumi.export("phase", token.facts["phase"])
"""


_FAMILY = """
outer = Group("outer", purpose="nesting")
inner = Group("inner", opts=Opts(parent=outer))
first = Thing("first", opts=Opts(parent=inner))
second = Thing("second", size=1, opts=Opts(parent=first))
inner.register_outputs({"arn": first.arn})
outer.register_outputs({"arn": first.arn, "size": second.serial})
after = Thing("after", opts=Opts(depends_on=[outer]))
"""

_NAMED = """
home = Group("home")
moved = Thing("moved")
renamed = Thing("old-name", kind="x")
box = Group("box")
Thing("content", opts=Opts(parent=box))
Thing("user", tags={"of": renamed.arn}, opts=Opts(depends_on=[moved]))
"""

_NAMED_ANEW = """
home = Group("home")
moved = Thing("moved", opts=Opts(parent=home, aliases=[pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)]))
renamed = Thing("new-name", kind="x", opts=Opts(aliases=[pulumi.Alias(name="old-name")]))
box = Group("carton", opts=Opts(aliases=[pulumi.Alias(name="box")]))
Thing("content", opts=Opts(parent=box))
Thing("user", tags={"of": renamed.arn}, opts=Opts(depends_on=[moved]))
"""

SCENARIOS = (
    Scenario(
        name="changes",
        meaning="the program says what is no change, what replaces, in which order; a replacement takes the new values",
        steps=(
            up(_ignoring(1, "1", "1", "x") + _replacing("1", "1") + _choosing("x", "x", delete_first=True)),
            up(_ignoring(2, "2", "1", "x") + _replacing("1", "2") + _choosing("y", "x", delete_first=True)),
            up(_ignoring(3, "3", "2", "x") + _replacing("2", "2") + _choosing("y", "y", delete_first=False)),
            up(_ignoring(4, "4", "2", "y") + _replacing("2", "2") + _choosing("y", "y", delete_first=False)),
        ),
    ),
    Scenario(
        name="protect",
        meaning="what is protected is neither deleted nor replaced, and what it needs is spared with it",
        steps=(
            up(_PROTECTED),
            destroy(says=("protect",)),
            preview(_PROTECTED.replace('"x"', '"y"'), says=("protect",)),
            up(says=("protect",)),
            up(_PROTECTED.replace("True", "False")),
        ),
    ),
    Scenario(
        name="spared-deletes",
        meaning="a retained resource leaves the state alone, and one that is deleted with another causes no call",
        steps=(
            up(_SPARED % "x"),
            up(_SPARED.replace('a = Thing("a", opts=Opts(retain_on_delete=True))', "") % "y"),
            destroy(),
        ),
    ),
    Scenario(
        name="additional-secret-outputs",
        meaning="outputs that the program calls secret are secret, also after an update",
        steps=(up(_secret_outputs(1)), up(_secret_outputs(2))),
    ),
    Scenario(
        name="parents",
        meaning="URNs tell the parents' types, a dependency on a component is one on its children, deletes go inwards",
        steps=(up(_FAMILY), up('outer = Group("outer", purpose="nesting, still")\nThing("after")'), destroy()),
    ),
    Scenario(
        name="aliases",
        meaning="moved and renamed resources are the same ones, and so are the children of a renamed parent",
        steps=(up(_NAMED), up(_NAMED_ANEW), up()),
    ),
)
