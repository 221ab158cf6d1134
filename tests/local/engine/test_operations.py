"""Operations as a person and a script see them."""

import json
import os
import signal
import threading

import pytest

from local.engine.deployment.steps import Op
from local.engine.errors import EngineError, InvalidConfiguration, ProviderError, StackNotFound
from local.engine.events.model import Event, StepBegun
from tests.local.engine.conformance.toy.cloud import Fault
from tests.local.engine.conftest import PATIENCE, Bench

_THREE = """
config = pulumi.Config()
a = Thing("a", size=1, secret_note=config.require_secret("note"))
b = Thing("b", kind="one", tags={"of": a.arn})
Token("token", user="somebody", password=config.require_secret("note"))
pulumi.export("arn", a.arn)
pulumi.export("key", a.key)
pulumi.export("both", {"plain": 1, "key": a.key})
print("the note is", open("note").read())
"""
_SECRET = "hush, do not tell"


def test_a_person_sees_what_happens_and_no_secret(bench: Bench) -> None:
    bench.command("config", "set", "--secret", "note", _SECRET)
    (bench.project / "note").write_text(_SECRET)

    created = bench.run("up", _THREE)
    changed = bench.run("up", _THREE.replace("size=1", "size=2").replace('"one"', '"two"'))
    gone = bench.run("destroy")

    assert created.outcome.changes == {Op.CREATE: 4}
    assert " +  toy:index:Thing a created (0." in created.shown
    assert "the note is [secret]" in created.shown
    assert "  + key : [secret]" in created.shown
    assert "+ 4 created" in created.shown
    assert changed.outcome.changes == {Op.UPDATE: 1, Op.REPLACE: 1, Op.SAME: 2}
    assert " ~  toy:index:Thing a updated" in changed.shown
    assert "[diff: ~size]\n      ~ size: 1 => 2" in changed.shown
    assert '      ~ kind: "one" => "two" [replaces]' in changed.shown
    assert "2 changes. 2 unchanged" in changed.shown
    assert " -  toy:index:Thing a deleted" in gone.shown
    seen = [result.shown + result.logged for result in (created, changed, gone)]
    kept = [bench.settings_file.read_text(), bench.state_file.read_text(), (bench.root / "backend" / ".pulumi").name]
    assert not [text for text in [*seen, *kept] if "hush" in text]


def test_the_checkpoint_keeps_secrets_sealed_and_says_who_wrote_it(bench: Bench) -> None:
    bench.run("up", 'Thing("a")')

    state = bench.state()
    thing = next(resource for resource in state["resources"] if resource["type"] == "toy:index:Thing")

    assert thing["outputs"]["key"]["ciphertext"].startswith("v1:")
    assert state["manifest"]["version"] == "v3.260.0"
    assert (
        state["secrets_providers"]["state"]["salt"]
        == json.loads(json.dumps(state))["secrets_providers"]["state"]["salt"]
    )
    assert not bench.locks


def test_an_unchanged_program_changes_nothing(bench: Bench) -> None:
    bench.run("up", 'Thing("a")')
    before = bench.state()["resources"]

    again = bench.run("up")

    assert not again.outcome.changed
    assert bench.state()["resources"] == before


def test_a_preview_writes_nothing(bench: Bench) -> None:
    before = bench.state_file.read_bytes()

    shown = bench.run("preview", 'a = Thing("a")\npulumi.export("arn", a.arn)')

    assert shown.outcome.changes == {Op.CREATE: 2}
    assert "+ arn: [unknown]" in shown.shown
    assert "+ 2 to create" in shown.shown
    assert bench.state_file.read_bytes() == before
    assert not bench.cloud.things


def test_destroy_and_refresh_can_be_previewed(bench: Bench) -> None:
    bench.run("up", 'Thing("a", size=1)')
    bench.cloud.drift("a-1", size=5)
    before = bench.state_file.read_bytes()

    refreshed = bench.run("refresh", preview_only=True)
    destroyed = bench.run("destroy", preview_only=True)

    assert refreshed.outcome.changes == {Op.UPDATE: 1, Op.SAME: 1}
    assert destroyed.outcome.changes == {Op.DELETE: 2}
    assert bench.state_file.read_bytes() == before
    assert bench.cloud.things


def test_up_can_read_everything_anew_first(bench: Bench) -> None:
    bench.run("up", 'Thing("a", size=1)')
    bench.cloud.drift("a-1", size=5)

    assert not bench.run("up").outcome.changed
    assert bench.run("up", refresh=True).outcome.changes[Op.UPDATE] == 1
    assert bench.cloud.things["a-1"]["size"] == 1


def test_one_step_at_a_time(bench: Bench) -> None:
    running, most = set[str](), list[int]()

    def watch(event: object) -> None:
        step = getattr(event, "step", None)
        if step is None or not step.resource.custom:
            return
        (running.discard if type(event).__name__ != "StepBegun" else running.add)(step.urn)
        most.append(len(running))

    done = bench.run("up", "\n".join(f'Thing("t{n}")' for n in range(6)), on_event=watch, parallel=1)

    assert done.outcome.succeeded
    assert max(most) == 1


def test_a_failure_is_told_at_its_resource_and_in_the_exit_code(
    bench: Bench, capfd: pytest.CaptureFixture[str]
) -> None:
    bench.cloud.faults[("Create", "a")] = Fault(message="no room left")
    bench.write_program('Thing("a")\nThing("b")')

    assert bench.command("up", "--yes", "--skip-preview") == 1

    shown = capfd.readouterr().out
    assert "** toy:index:Thing a creating failed" in shown
    assert "  toy:index:Thing a:\n    error: no room left" in shown
    assert "1 errored" in shown
    assert not bench.pending()


def test_a_program_that_fails_is_told_from_its_own_first_line_on(bench: Bench) -> None:
    failed = bench.run("up", "def broken():\n    raise ValueError('not today')\nbroken()")

    (message,) = failed.messages("error")
    assert failed.outcome.result == "failed"
    assert "ValueError: not today" in message
    assert "runpy" not in message
    assert message.index("__main__.py") < message.index("in broken")


def test_a_program_that_just_ends_is_told_as_well(bench: Bench) -> None:
    failed = bench.run("up", "import os\nos._exit(3)")

    assert failed.messages("error") == ["Program exited with non-zero exit code: 3"]


def test_a_failed_run_keeps_the_outputs_that_it_did_not_reach(bench: Bench) -> None:
    bench.run("up", 'pulumi.export("first", 1)\npulumi.export("second", 2)')
    bench.cloud.faults[("Create", "a")] = Fault()

    bench.run("up", 'pulumi.export("first", 10)\nThing("a")')

    assert bench.state()["resources"][0]["outputs"] == {"first": 10, "second": 2}


def test_nothing_may_change_if_so_said(bench: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    bench.write_program('Thing("a")')

    assert bench.command("preview", "--expect-no-changes") == 1
    assert "no changes were expected but changes were proposed" in capfd.readouterr().err
    assert bench.command("up", "--expect-no-changes") == 1
    assert "no changes were expected but changes occurred" in capfd.readouterr().err
    assert bench.command("up", "--expect-no-changes") == 0


def test_a_preview_for_scripts_is_one_document(bench: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    bench.run("up", 'Thing("a", size=1)')
    bench.write_program('Thing("a", size=2)')

    assert bench.command("preview", "--json") == 0

    digest = json.loads(capfd.readouterr().out)
    (step,) = [step for step in digest["steps"] if step["op"] == "update"]
    assert step["detailedDiff"] == {"size": {"kind": "update", "inputDiff": True}}
    assert step["oldState"]["outputs"]["key"] == "[secret]"
    assert digest["changeSummary"] == {"same": 1, "update": 1}


def test_an_operation_for_scripts_is_a_stream_of_events(bench: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    bench.write_program('Thing("a")')

    assert bench.command("up", "--json") == 0

    events = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [event["sequence"] for event in events] == list(range(len(events)))
    assert events[-1]["cancelEvent"] == {}
    assert events[-2]["summaryEvent"]["resourceChanges"] == {"create": 2}


def test_what_a_stack_needs_before_it_begins(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StackNotFound, match="no stack named 'other' found"):
        bench.run("up", stack="other")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "another")
    with pytest.raises(InvalidConfiguration, match="incorrect passphrase"):
        bench.run("up")
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE")
    with pytest.raises(InvalidConfiguration, match="PULUMI_CONFIG_PASSPHRASE"):
        bench.run("up")


def test_a_plugin_that_is_not_there_is_named(bench: Bench) -> None:
    (bench.root / "plugins" / "pulumi-resource-toy").unlink()

    failed = bench.run("up", 'Thing("a")')

    assert "no resource plugin 'pulumi-resource-toy' found in $PATH" in failed.messages("error")[0]


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo hello; sleep 60", "it wrote 'hello' instead of its port"),
        ("echo out of memory >&2; exit 4", "it wrote no port (exit code 4)"),
    ],
)
def test_a_plugin_that_does_not_start_is_told_with_what_it_says(bench: Bench, script: str, reason: str) -> None:
    (bench.root / "plugins" / "pulumi-resource-toy").write_text(f"#!/bin/sh\n{script}\n")

    failed = bench.run("up", 'Thing("a")')

    assert reason in failed.messages("error")[0]
    if ">&2" in script:
        assert "out of memory" in failed.shown


def test_a_plugin_may_be_named_in_the_project(bench: Bench) -> None:
    elsewhere = bench.root / "elsewhere"
    (bench.root / "plugins").rename(elsewhere)
    bench.write_project(plugins={"providers": [{"name": "toy", "path": "../elsewhere"}]})

    assert bench.run("up", 'Thing("a")').outcome.succeeded


def test_a_plugin_that_dies_is_told_as_such(bench: Bench) -> None:
    script, pid = bench.root / "plugins" / "pulumi-resource-toy", bench.root / "pid"
    script.write_text(script.read_text().replace("#!/bin/bash", f"#!/bin/bash\necho $$ > {pid}"))
    gate = bench.cloud.gate("Create", "a")

    def kill() -> None:
        gate.reached.wait(PATIENCE)
        os.kill(int(pid.read_text()), signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    failed = bench.run("up", 'Thing("a")')
    killer.join()

    assert failed.messages("error")[0] == "the plugin of 'toy' ended in the middle of it: exit code -9"
    assert not bench.pending()


def test_who_watches_does_not_matter_to_what_is_deployed(bench: Bench) -> None:
    def hang_up(event: Event) -> None:
        if isinstance(event, StepBegun):
            raise BrokenPipeError("nobody is there")

    watched = bench.run("up", 'Thing("a")', on_event=hang_up)

    assert watched.outcome.succeeded
    assert bench.names() == ["a"]
    assert "BrokenPipeError('nobody is there')" in watched.messages("warning")[0]


def test_errors_know_their_exit_codes() -> None:
    assert (EngineError("x").exit_code, ProviderError("x").exit_code, StackNotFound("x").exit_code) == (1, 1, 6)
