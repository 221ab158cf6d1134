"""The workflows keep to what docs/pipeline.md promises of them."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from tests.unit.docs.pages import ROOT, WORKFLOWS, jobs, scripts, spans, table, workflow

PIPELINE: Final = ROOT / "docs/pipeline.md"
_ALLOWED: Final = {"contents": "read", "id-token": "write"}
_PINNED: Final = re.compile(r"uses: ([\w-]+/[\w./-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)$")

_PULUMI: Final = """#!/bin/sh
case "$*" in
"stack select dev") ;;
"stack tag ls --output json") echo "$TAGS" ;;
*) exit 9 ;;
esac
"""
"""As much of the command as the step needs; the real one's answers look so."""

ALL_JOBS: Final = [pytest.param(job, id=f"{path.stem}-{name}") for path, name, job in jobs()]
OWN_JOBS: Final = [pytest.param(job, id=f"{path.stem}-{name}") for path, name, job in jobs() if "steps" in job]


def _up() -> dict[str, Any]:
    job: dict[str, Any] = workflow(ROOT / ".github/workflows/up.yml")["jobs"]["up"]
    return job


def _script(name: str) -> str:
    return next(str(step["run"]) for step in _up()["steps"] if step.get("name") == name)


def test_each_workflow_is_on_the_page() -> None:
    told = {re.sub("`", "", row[0]) for row in table(PIPELINE, "workflow")}
    assert told == {path.name for path in WORKFLOWS}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: str(path.name))
def test_permissions_begin_with_none(path: Path) -> None:
    assert workflow(path)["permissions"] == {}


@pytest.mark.parametrize("job", ALL_JOBS)
def test_each_job_is_given_what_it_needs_and_no_more(job: dict[str, Any]) -> None:
    assert job["permissions"].items() <= _ALLOWED.items()


@pytest.mark.parametrize("job", OWN_JOBS)
def test_nothing_is_cancelled_while_it_runs(job: dict[str, Any]) -> None:
    assert job["concurrency"]["group"]
    assert job["concurrency"]["cancel-in-progress"] == "false"
    assert int(job["timeout-minutes"]) <= 170


@pytest.mark.parametrize("job", ALL_JOBS)
def test_one_of_many_stacks_does_not_cancel_the_others(job: dict[str, Any]) -> None:
    assert "matrix" not in job.get("strategy", {}) or job["strategy"]["fail-fast"] == "false"


def test_one_run_at_a_time_changes_a_stack() -> None:
    changing = [path.name for path, script in scripts() if re.search(r"pulumi (up|destroy|refresh|import)", script)]
    assert changing == ["up.yml"]
    assert _up()["concurrency"] == {
        "group": "stack-${{ inputs.stack }}",
        "cancel-in-progress": "false",
        "queue": "max",
    }
    assert _up()["environment"] == "${{ inputs.stack }}"


def test_waiting_for_approval_holds_no_queue_and_no_credentials() -> None:
    deploy = workflow(ROOT / ".github/workflows/deploy.yml")
    approval, prod = deploy["jobs"]["approval"], deploy["jobs"]["prod"]
    assert deploy["on"]["push"]["branches"] == ["main"]
    assert approval["environment"] == "prod-approval"
    assert approval["permissions"] == {}
    assert not approval["concurrency"]["group"].startswith("stack-")
    assert prod["needs"] == "approval"
    assert "needs.approval.result == 'success'" in prod["if"]
    assert prod["with"]["stack"] == "prod"


def test_the_scheduled_run_brings_nothing_new() -> None:
    scheduled = workflow(ROOT / ".github/workflows/scheduled.yml")
    assert [entry.keys() for entry in scheduled["on"]["schedule"]] == [{"cron"}]
    assert "commit" not in scheduled["jobs"]["up"]["with"]


def test_pull_requests_of_forks_get_no_credentials() -> None:
    for path, _, job in jobs():
        triggers = workflow(path)["on"]
        assert "pull_request_target" not in triggers
        if "pull_request" in triggers and "id-token" in job["permissions"]:
            assert "github.event.pull_request.head.repo.full_name == github.repository" in job["if"]
            assert job["runs-on"].startswith("ubuntu-"), "pull requests do not run inside the VPC"


def test_no_script_can_show_a_secret() -> None:
    """Secrets come as variables of the environment; nothing else of a run's data is put into a script's text either."""
    for _, script in scripts():
        assert "${{" not in script
        assert not re.search(r"--show-secrets|set -x|make (-s )?(token|env)|printenv|PASSPHRASE|ACCESS_TOKEN", script)


def test_actions_are_pinned_to_a_commit() -> None:
    versions: dict[str, set[tuple[str, str]]] = {}
    for path in WORKFLOWS:
        for line in path.read_text().splitlines():
            if "uses:" in line and "uses: ./" not in line:
                pinned = _PINNED.search(line)
                assert pinned, f"{path.name}: {line.strip()}"
                versions.setdefault(pinned[1], set()).add((pinned[2], pinned[3]))
    assert len(versions) == 4
    assert all(len(used) == 1 for used in versions.values()), versions


def test_pulumi_is_of_the_sdks_version() -> None:
    (sdk,) = re.findall(r"^pulumi==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    versions = {
        step["with"]["pulumi-version"]
        for _, _, job in jobs()
        for step in job.get("steps", [])
        if step.get("uses", "").startswith("pulumi/actions@")
    }
    assert versions == {sdk}


def test_credentials_outlast_the_job() -> None:
    (seconds,) = (
        int(step["with"]["role-duration-seconds"])
        for step in _up()["steps"]
        if "role-to-assume" in step.get("with", {})
    )
    assert int(_up()["timeout-minutes"]) * 60 < seconds
    assert f"--max-session-duration {seconds}" in PIPELINE.read_text()


def test_variables_and_secrets_are_explained() -> None:
    text = "\n".join(path.read_text() for path in WORKFLOWS)
    used = set(re.findall(r"(?:vars|secrets)\.([A-Z_]+)", text))
    assert used <= set(spans(PIPELINE))


@pytest.fixture
def choose(tmp_path: Path) -> Callable[..., tuple[str, str]]:
    """Runs the step that chooses the commit, in a repository of two commits; gives what it says and what it chose."""
    (tmp_path / "bin").mkdir()
    pulumi = tmp_path / "bin/pulumi"
    pulumi.write_text(_PULUMI)
    pulumi.chmod(0o755)
    env = os.environ | {
        "PATH": f"{pulumi.parent}{os.pathsep}{os.environ['PATH']}",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "STACK": "dev",
        "GITHUB_OUTPUT": str(tmp_path / "output"),
    }
    repository = tmp_path / "repository"

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(repository), "-c", "user.name=x", "-c", "user.email=x@example.com", *arguments]
        return subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout.strip()

    repository.mkdir()
    git("init", "--quiet")
    commits = {}
    for name in ("older", "newer"):
        git("commit", "--quiet", "--allow-empty", "--message", name)
        commits[name] = git("rev-parse", "HEAD")

    def run(asked: str, deployed: str | None) -> tuple[str, str]:
        tags = {} if deployed is None else {"deployed-commit": commits.get(deployed, deployed)}
        (tmp_path / "output").write_text("")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", _script("Choose the commit")],
            cwd=repository,
            env=env | {"ASKED": commits.get(asked, asked), "TAGS": json.dumps(tags)},
            check=True,
            capture_output=True,
            text=True,
        )
        chosen = (tmp_path / "output").read_text().strip().removeprefix("sha=")
        names = {commit: name for name, commit in commits.items()}
        if chosen:
            assert git("rev-parse", "HEAD") == chosen
        return names.get(chosen, chosen), done.stdout

    return run


Choose = Callable[[str, str | None], tuple[str, str]]


def test_what_was_asked_for_is_deployed(choose: Choose) -> None:
    assert choose("newer", None)[0] == "newer"
    assert choose("newer", "older")[0] == "newer"
    assert choose("newer", "newer")[0] == "newer"


def test_what_is_older_than_the_deployed_is_not(choose: Choose) -> None:
    chosen, said = choose("older", "newer")
    assert not chosen
    assert "is older than" in said


def test_a_deployed_commit_that_is_not_there_any_more_is_in_nobodys_way(choose: Choose) -> None:
    assert choose("newer", "0" * 40)[0] == "newer"


def test_a_scheduled_run_takes_the_deployed_commit(choose: Choose) -> None:
    assert choose("", "older")[0] == "older"
    chosen, said = choose("", None)
    assert not chosen
    assert "has not been deployed" in said
