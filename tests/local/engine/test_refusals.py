"""What a program may ask for that this engine does not do: said so, in words, before anything is made."""

from __future__ import annotations

import pytest

from tests.local.engine.conftest import Bench

_HOOK = "hook = pulumi.ResourceHook('hook', lambda args: None)\n"


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ('Thing("a", opts=Opts(import_="id"))', "import of existing resources need the real pulumi"),
        ('Thing("a", opts=Opts(replacement_trigger="x"))', "replacement triggers need the real pulumi"),
        ('Thing("a", opts=Opts(hide_diffs=["size"]))', "hidden differences need the real pulumi"),
        ('pulumi.StackReference("organization/other/dev")', "outputs of other stacks need the real pulumi"),
        (f'{_HOOK}Thing("a", opts=Opts(hooks=pulumi.ResourceHookBinding(before_create=[hook])))', "resource hooks"),
        ('Thing("a", archive=pulumi.FileArchive("."))', "archives as inputs need the real pulumi"),
        (
            'pulumi.ComponentResource("toy:index:Remote", "a", {}, None, True)',
            "toy:index:Remote 'a': remote components need the real pulumi",
        ),
    ],
)
def test_it_is_refused_in_words(bench: Bench, program: str, reason: str) -> None:
    refused = bench.run("up", program)

    assert refused.outcome.result == "failed"
    assert any(reason in message for message in refused.messages("error")), refused.shown
    assert bench.names() == []
    assert not bench.cloud.things
