"""Masking, words, and progress where it takes long."""

from __future__ import annotations

import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from local.engine.deployment.steps import Op, Step
from local.engine.display.differences import change_lines, output_lines, short_changes
from local.engine.display.progress import Progress
from local.engine.display.words import duration, short_type
from local.engine.events.masking import Masker
from local.engine.events.model import Diagnostic, Prelude, StepBegun, StepEnded, Summary
from local.engine.properties.changes import Kind
from local.engine.properties.values import UNKNOWN, Properties, Secret
from local.engine.providers.diff import Diff, PropertyChange
from local.engine.state.resource import ResourceState

_URN = "urn:pulumi:dev::app::toy:index:Thing::a"


def _state(**fields: object) -> ResourceState:
    return ResourceState(urn=_URN, type="toy:index:Thing", custom=True, **fields)  # type: ignore[arg-type]  # as they come


@given(st.text(min_size=8, max_size=20), st.text(max_size=10), st.text(max_size=10))
def test_a_known_secret_is_never_in_a_text(secret: str, before: str, after: str) -> None:
    masker = Masker()
    masker.learn([secret])

    assert secret not in masker.masked(before + secret + after).replace("[secret]", "")


def test_a_short_secret_is_masked_as_a_word_of_its_own() -> None:
    masker = Masker()
    masker.learn(["test", "ab", "", "with\nlines-of-some-length"])

    assert masker.masked("the test, the latest, ab") == "the [secret], the latest, ab"
    assert masker.masked("lines-of-some-length") == "[secret]", "a log may cut a text into its lines"
    masker.learn_value({"a": [Secret({"b": "longer-secret"})], "c": "clear"})
    assert masker.masked_json({"k": ["a longer-secret", 1.0, "clear"]}) == {"k": ["a [secret]", 1.0, "clear"]}


@pytest.mark.parametrize(
    ("type_", "short"),
    [
        ("aws:kms/key:Key", "aws:kms:Key"),
        ("random:index/randomId:RandomId", "random:index:RandomId"),
        ("aws:ec2/other:Thing", "aws:ec2/other:Thing"),
        ("pulumi:providers:aws", "pulumi:providers:aws"),
        ("oddly", "oddly"),
    ],
)
def test_types_are_shown_short(type_: str, short: str) -> None:
    assert short_type(type_) == short


def test_durations() -> None:
    assert [duration(seconds) for seconds in (0.004, 9.99, 12.3, 75, 3605)] == [
        "0.00s",
        "9.99s",
        "12s",
        "1m15s",
        "60m05s",
    ]


def test_the_changes_of_an_update_are_told_path_by_path() -> None:
    old = _state(inputs={"size": 1.0, "token": Secret("one"), "__provider": "old", "gone": "x", "__defaults": []})
    new = _state(
        inputs={"size": 2.0, "token": Secret("two"), "__provider": "new", "made": UNKNOWN, "__defaults": ["x"]}
    )
    step = Step(Op.UPDATE, old, new, Diff(changed=True))

    assert [line.plain.strip() for line in change_lines(step, Masker())] == [
        "~ __provider: the provider's code",
        '- gone: "x"',
        "+ made: [unknown]",
        "~ size: 1 => 2",
        "~ token: [secret] => [secret]",
    ]
    assert short_changes(step) == "[diff: ~__provider,-gone,+made,~size,~token]"


def test_what_a_provider_calls_a_reason_to_replace_is_told_as_one() -> None:
    step = Step(
        Op.REPLACE,
        _state(inputs={"kind": "a"}),
        _state(inputs={"kind": "b"}),
        Diff(changed=True, detailed={"kind": PropertyChange(Kind.UPDATE_REPLACE)}),
    )

    assert [line.plain.strip() for line in change_lines(step, Masker())] == ['~ kind: "a" => "b" [replaces]']


def test_outputs_are_told_with_what_changed_of_them() -> None:
    old: Properties = {"a": 1.0, "gone": "x", "map": {"k": "old", "same": True}}
    new: Properties = {"a": 1.0, "made": Secret("hush"), "map": {"k": "new", "same": True}}

    assert [line.plain for line in output_lines(old, new, Masker())] == [
        "    a   : 1",
        '  - gone: "x"',
        "  + made: [secret]",
        "  ~ map : {",
        '      ~ k   : "old" => "new"',
        "        same: true",
        "    }",
    ]


def test_a_step_that_takes_long_says_so_from_time_to_time() -> None:
    shown = io.StringIO()
    step = Step(Op.CREATE, None, _state())
    console = Console(file=shown, width=100)
    with Progress(console, Masker(), "Updating (dev):", first_reminder=0.02) as progress:
        progress(Prelude({}))
        progress(StepBegun(step, planning=False))
        progress(Diagnostic("info", "asking the cloud", _URN, ephemeral=True))
        deadline = time.monotonic() + 10
        while shown.getvalue().count("creating") < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        progress(StepEnded(step, planning=False))
        progress(Summary(False, 0.1, {Op.CREATE: 1}, "succeeded"))

    text = shown.getvalue()
    assert text.count(" +  toy:index:Thing a creating (0.") >= 2
    assert "asking the cloud" in text
    assert " +  toy:index:Thing a created (0." in text


def test_on_a_terminal_the_steps_under_way_are_at_the_bottom() -> None:
    shown = io.StringIO()
    step = Step(Op.CREATE, None, _state())
    with Progress(Console(file=shown, width=100, force_terminal=True), Masker(), "Updating (dev):") as progress:
        progress(Prelude({}))
        progress(StepBegun(step, planning=False))
        deadline = time.monotonic() + 10
        while "creating" not in shown.getvalue() and time.monotonic() < deadline:
            time.sleep(0.01)
        progress(StepEnded(step, planning=False))
        progress(Summary(False, 0.1, {Op.CREATE: 1}, "succeeded"))

    assert "creating" in shown.getvalue()
    assert shown.getvalue().index("creating") < shown.getvalue().index("created")
