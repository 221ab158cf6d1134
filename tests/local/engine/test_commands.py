"""The commands that do not operate on resources, and the options of those that do."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from local.engine.commands.main import main
from local.engine.project import yaml_text
from tests.local.engine.conftest import Bench


def _config(bench: Bench) -> dict[str, Any]:
    config: dict[str, Any] = yaml_text.load(bench.settings_file.read_text(), "settings").get("config", {})
    return config


def test_configuration_is_set_got_listed_and_removed(bench: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    for arguments in (
        ("set", "plain", "0012"),
        ("set", "aws:region", "here"),
        ("set", "--secret", "token", "hush"),
        ("set", "--path", "map.list[0]", "7"),
        ("set", "--path", "--secret", "map.inner", "psst"),
    ):
        assert bench.command("config", *arguments) == 0
    assert _config(bench)["bench:plain"] == "0012"
    assert _config(bench)["bench:map"]["list"] == [7]
    capfd.readouterr()

    assert bench.command("config") == 0
    listed = capfd.readouterr().out
    assert "plain       0012\n" in listed
    assert "aws:region  here\n" in listed
    assert "token       [secret]\n" in listed
    assert 'map         {"inner":"[secret]","list":[7]}\n' in listed

    assert bench.command("config", "--json") == 0
    entries = json.loads(capfd.readouterr().out)
    assert entries["bench:token"] == {"secret": True}
    assert entries["bench:plain"] == {"value": "0012", "secret": False}
    assert bench.command("config", "--json", "--show-secrets") == 0
    assert json.loads(capfd.readouterr().out)["bench:map"]["objectValue"] == {"inner": "psst", "list": [7]}

    assert bench.command("config", "get", "token") == 0
    assert bench.command("config", "get", "--path", "map.list[0]") == 0
    assert capfd.readouterr().out == "hush\n7\n"
    assert bench.command("config", "get", "--json", "--path", "map.inner") == 0
    assert json.loads(capfd.readouterr().out) == {"value": "psst", "secret": True}

    assert bench.command("config", "rm", "--path", "map.inner") == 0
    assert bench.command("config", "rm", "plain") == 0
    assert bench.command("config", "rm", "plain") == 0, "nothing to do is no mistake"
    assert _config(bench) == {
        "aws:region": "here",
        "bench:token": _config(bench)["bench:token"],
        "bench:map": {"list": [7]},
    }
    assert bench.command("config", "get", "plain") == 1
    assert "configuration key 'plain' not found for stack 'dev'" in capfd.readouterr().err


def test_a_secret_need_not_be_an_argument(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("hush\n"))

    assert bench.command("config", "set", "--secret", "token") == 0

    assert "hush" not in bench.settings_file.read_text()
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert bench.command("config", "get", "token") == 0


def test_the_stack_may_be_named_before_or_after_a_subcommand(bench: Bench) -> None:
    where = ["--cwd", str(bench.project)]

    assert main(["config", "--stack", "dev", *where, "set", "a", "1"]) == 0
    assert main(["config", *where, "set", "b", "2", "--stack", "dev"]) == 0
    assert _config(bench) == {"bench:a": "1", "bench:b": "2"}


def test_a_stack_must_be_named(bench: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["up", "--cwd", str(bench.project)]) == 2
    assert main(["config", "--cwd", str(bench.project)]) == 2
    assert "Missing option '-s' / '--stack'" in capfd.readouterr().err


@pytest.mark.parametrize(
    "option",
    ["--target=urn", "--exclude=urn", "--replace=urn", "--plan=file", "--target-dependents", "--continue-on-error"],
)
def test_options_that_would_change_the_outcome_are_refused(
    bench: Bench, capfd: pytest.CaptureFixture[str], option: str
) -> None:
    assert bench.command("up", option) == 1
    assert f"{option.split('=')[0]} needs the real pulumi" in capfd.readouterr().err
    assert bench.names() == []


def test_a_stack_is_made_once(bench: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    assert bench.command("init") == 1
    assert "stack 'organization/bench/dev' already exists" in capfd.readouterr().err


def test_stacks_are_made_and_removed_as_pulumi_spells_it(bench: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    for arguments in (("init", "other"), ("output",), ("rm", "other", "--yes")):
        assert bench.command("stack", *arguments) == 0
    said = capfd.readouterr().out
    assert "Created stack 'other'" in said
    assert "Current stack outputs (0)" in said
    assert "Stack 'other' has been removed!" in said


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "set PULUMI_BACKEND_URL"),
        ("s3://user:secret@bucket", "backend s3://bucket needs the real pulumi"),
        ("https://api.pulumi.com", "needs the real pulumi"),
    ],
)
def test_other_backends_are_refused(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], url: str, reason: str
) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", url)

    assert bench.command("up") == 1
    told = capfd.readouterr().err
    assert reason in told
    assert "user:secret" not in told


def test_the_project_may_name_the_backend(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PULUMI_BACKEND_URL")
    bench.write_project(backend={"url": "file://../backend"})

    assert bench.command("output") == 0


def test_outputs_are_printed_for_people_and_scripts(bench: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    assert bench.command("output") == 0
    assert "Current stack outputs (0):\n    No output values currently in this stack" in capfd.readouterr().out
    secret = 'pulumi.Output.secret("hush")'
    bench.run("up", f'pulumi.export("count", 3)\npulumi.export("text", "x")\npulumi.export("map", {{"a": {secret}}})')

    assert bench.command("output") == 0
    assert 'OUTPUT  VALUE\n    count   3\n    map     {"a":"[secret]"}\n    text    x\n' in capfd.readouterr().out
    assert bench.command("output", "--json") == 0
    assert json.loads(capfd.readouterr().out) == {"count": 3, "text": "x", "map": {"a": "[secret]"}}
    assert bench.command("output", "map", "--json", "--show-secrets") == 0
    assert json.loads(capfd.readouterr().out) == {"a": "hush"}
    assert bench.command("output", "text") == 0
    assert capfd.readouterr().out == "x\n"
    assert bench.command("output", "none") == 1
    assert "current stack does not have output property 'none'" in capfd.readouterr().err


def test_a_stack_is_forgotten_once_it_is_empty(bench: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    bench.run("up", 'Thing("a")')

    assert bench.command("rm", "--yes") == 1
    assert "'dev' still has resources; removal rejected" in capfd.readouterr().err
    bench.run("destroy")
    assert bench.command("rm", "--yes") == 0
    assert not bench.state_file.exists()
    assert not bench.settings_file.exists()
    assert bench.command("up") == 6
    assert "no stack named 'dev' found" in capfd.readouterr().err


def test_what_keeps_an_operation_from_beginning_writes_no_events(bench: Bench) -> None:
    bench.write_project(config={"needed": {"type": "string"}})
    log = bench.root / "events.jsonl"

    assert bench.command("up", "--event-log", str(log)) == 1
    assert not log.exists() or not log.read_text()
