"""A plugin as a process: how it starts, what it refuses, how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2

from tests.local.plugins.client import Plugin, PluginError, struct, until, urn
from tests.local.plugins.conftest import BIN

KEY = "aws:kms/key:Key"
PASSWORD = "random:index/randomPassword:RandomPassword"


def _gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_says_what_it_is(random: Plugin, aws: Plugin) -> None:
    assert random.ask("GetPluginInfo", empty_pb2.Empty()).version == "4.21.4"
    assert aws.ask("GetPluginInfo", empty_pb2.Empty()).version == "7.51.1"
    assert (
        '"aws:elasticache/replicationGroup:ReplicationGroup"'
        in aws.ask("GetSchema", provider_pb2.GetSchemaRequest()).schema
    )


def test_refuses_a_resource_it_does_not_know(aws: Plugin) -> None:
    with pytest.raises(
        PluginError, match=r"resource aws:s3/bucket:Bucket is not stood in for.*aws:kms/key:Key"
    ) as caught:
        aws.check("aws:s3/bucket:Bucket", {})
    assert caught.value.code is grpc.StatusCode.UNIMPLEMENTED


def test_refuses_a_function_it_does_not_know(aws: Plugin) -> None:
    with pytest.raises(PluginError, match=r"function aws:ec2/getAmi:getAmi is not stood in for.*getVpc") as caught:
        aws.invoke("aws:ec2/getAmi:getAmi")
    assert caught.value.code is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize(
    ("method", "request_type"),
    [
        ("Parameterize", provider_pb2.ParameterizeRequest),
        ("Call", provider_pb2.CallRequest),
        ("Construct", provider_pb2.ConstructRequest),
        ("GetMapping", provider_pb2.GetMappingRequest),
        ("GetMappings", provider_pb2.GetMappingsRequest),
    ],
)
def test_refuses_what_it_does_not_do(random: Plugin, method: str, request_type: type) -> None:
    with pytest.raises(PluginError, match=f"the stand-in for the random plugin does not do {method}") as caught:
        random.ask(method, request_type())
    assert caught.value.code is grpc.StatusCode.UNIMPLEMENTED


def test_refuses_a_urn_that_is_none(random: Plugin) -> None:
    with pytest.raises(PluginError, match="not a resource's URN: 'what'") as caught:
        random.ask("Check", provider_pb2.CheckRequest(urn="what"))
    assert caught.value.code is grpc.StatusCode.INVALID_ARGUMENT


def test_says_that_it_was_not_configured(start: Callable[..., Plugin]) -> None:
    plugin = start("aws")
    request = provider_pb2.CreateRequest(urn=urn(KEY), properties=struct({}))
    with pytest.raises(PluginError, match="the aws plugin was not configured"):
        plugin.ask("Create", request)


def test_a_name_may_hold_colons(random: Plugin) -> None:
    assert random.check(PASSWORD, {"length": 8}, name="a::b").failures == {}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ends_on_a_signal(start: Callable[..., Plugin], number: signal.Signals) -> None:
    plugin = start("random")
    plugin.process.send_signal(number)
    assert plugin.process.wait(10) == 0


def test_ends_on_a_signal_that_was_ignored_when_it_started() -> None:
    script = f"trap '' INT; exec {BIN / 'pulumi-resource-random'}"
    process = subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE, text=True)
    plugin = Plugin("random", process)
    try:
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
    finally:
        plugin.end()


def test_ends_when_its_engine_is_killed(tmp_path: Path) -> None:
    engine = (
        "import subprocess, sys, time\n"
        "plugin = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, start_new_session=True)\n"
        "plugin.stdout.readline()\n"
        "print(plugin.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    command = [sys.executable, "-c", engine, str(BIN / "pulumi-resource-aws"), "127.0.0.1:1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        assert not _gone(pid)
        process.kill()
    until(lambda: _gone(pid))


def test_a_program_cannot_stand_in_its_way(tmp_path: Path) -> None:
    """The working directory is the program's: its modules must not be taken for ours."""
    for name in ("local", "grpc", "random", "boto3"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('not this one')")
    link = tmp_path / "pulumi-resource-random"
    link.symlink_to(BIN / "pulumi-resource-random")
    process = subprocess.Popen(
        [link], stdout=subprocess.PIPE, text=True, cwd=tmp_path, env={"PATH": os.environ["PATH"]}
    )
    plugin = Plugin("random", process)
    plugin.configure({})
    assert plugin.check(PASSWORD, {"length": 8}).failures == {}
    assert plugin.end() == 0


def test_usage() -> None:
    done = subprocess.run([sys.executable, "-m", "local.plugins", "azure"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "aws|random" in done.stderr
