"""A cloud's life: started, found, stopped, killed; and nothing left of it."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import pytest

from local.cloud import client
from local.cloud.client import Cloud
from local.cloud.errors import CloudError
from local.cloud.http import USUAL_PORT, Answer, listen
from local.cloud.nodes.addresses import claim_network
from local.cloud.redis_server import Binaries
from tests.local.cloud.support import CLONE, FIRST, Group, keywords, new_group, processes_of, until

StartCloud = Callable[..., Cloud]


def group_in(cloud: Cloud, nodes: int = 2) -> Group:
    """A group in a cloud of its own."""
    made = new_group(cloud, boto3.client("elasticache", **keywords(cloud)), nodes=nodes, AuthToken=FIRST)
    made.settled()
    return made


def keeper_of(cloud: Cloud) -> int:
    """The process that keeps the servers."""
    return int(json.loads((cloud.root / "cloud.json").read_text())["keeperPid"])


def alive(pid: int) -> bool:
    """Whether a process runs."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_cloud_is_found_while_it_runs_and_leaves_nothing_when_stopped(start_cloud: StartCloud) -> None:
    cloud = start_cloud()
    made = group_in(cloud)
    keeper, servers, addresses = keeper_of(cloud), processes_of(cloud.root), made.addresses
    assert len(servers) == 2
    assert client.find(cloud.root) == cloud
    assert start_cloud() == cloud
    cloud.stop()
    assert client.find(cloud.root) is None
    assert not [pid for pid in (cloud.pid, keeper, *servers) if alive(pid)]
    assert not (cloud.root / "cloud.json").exists()
    for address in addresses:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address)
    cloud.stop()


@pytest.mark.parametrize("victim", ["cloud", "keeper"])
def test_no_server_outlives_a_killed_cloud(start_cloud: StartCloud, victim: str) -> None:
    cloud = start_cloud()
    group_in(cloud)
    keeper, servers = keeper_of(cloud), processes_of(cloud.root)
    os.kill(cloud.pid if victim == "cloud" else keeper, signal.SIGKILL)
    until(lambda: not any(map(alive, (cloud.pid, keeper, *servers))), "everything has ended")
    assert client.find(cloud.root) is None
    again = start_cloud()
    assert again != cloud
    assert again.endpoint == cloud.endpoint
    assert group_in(again).redis(group_in(again).primary, FIRST).ping()


def test_two_clouds_live_side_by_side(start_cloud: StartCloud) -> None:
    one, other = start_cloud("one"), start_cloud("other")
    groups = [group_in(cloud) for cloud in (one, other)]
    assert len({address for made in groups for address in made.addresses}) == 8
    one.stop()
    assert groups[1].redis(groups[1].primary, FIRST).ping()
    assert client.find(other.root) == other


def test_a_network_belongs_to_one_cloud(tmp_path: Path) -> None:
    first, second = claim_network(tmp_path), claim_network(tmp_path)
    with first.claim, second.claim:
        assert first.number != second.number
    with claim_network(tmp_path).claim, pytest.raises(CloudError, match="room for 254"):
        first.group(255)


def test_a_deep_root_is_no_obstacle(start_cloud: StartCloud) -> None:
    made = group_in(start_cloud("/".join(["a-folder-with-a-long-name"] * 6)))
    assert made.redis(made.primary, FIRST).ping()


def test_the_endpoint_has_another_port_where_the_usual_one_is_taken(tmp_path: Path) -> None:
    network = claim_network(tmp_path)
    with network.claim, socket.create_server((network.api, USUAL_PORT)):
        server = listen(network.api, lambda _, start_response: Answer(200, b"here").send(start_response))
        server.start()
        assert server.port != USUAL_PORT
        with urllib.request.urlopen(f"http://{network.api}:{server.port}/") as answer:
            assert answer.read() == b"here"
        server.stop()


def test_a_run_file_of_another_instance_is_not_believed(start_cloud: StartCloud) -> None:
    cloud = start_cloud()
    file = cloud.root / "cloud.json"
    written = file.read_text()
    file.write_text(json.dumps(json.loads(written) | {"instance": "another"}))
    assert client.find(cloud.root) is None
    file.write_text(written)
    assert client.find(cloud.root) == cloud


def test_settings_from_the_start(start_cloud: StartCloud) -> None:
    cloud = start_cloud(delay=2.5, settings={"puzzle": True})
    assert (cloud.settings()["delay"], cloud.settings()["puzzle"]) == (2.5, True)
    with pytest.raises(CloudError, match="puzle"):
        start_cloud("wrong", settings={"puzle": True})


def test_a_root_has_one_cloud_however_many_start_it(tmp_path: Path, binaries: Binaries) -> None:
    with ThreadPoolExecutor() as pool:
        starts = [pool.submit(client.start, tmp_path, redis_server=binaries.server) for _ in range(3)]
        clouds = {start.result() for start in starts}
    [cloud] = clouds
    command = [sys.executable, "-m", "local.cloud", "--root", str(tmp_path), "--redis-server", str(binaries.server)]
    second = subprocess.run(command, cwd=CLONE, capture_output=True, text=True, timeout=60, check=False)
    assert (second.returncode, second.stderr) == (2, f"a local cloud runs in {tmp_path} already\n")
    cloud.stop()


def test_a_cloud_that_cannot_start_says_why(tmp_path: Path) -> None:
    no_redis = tmp_path / "redis-server"
    no_redis.write_text("#!/bin/sh\necho no redis\n")
    no_redis.chmod(0o755)
    with pytest.raises(CloudError, match="redis-server does not run: no redis"):
        client.start(tmp_path / "cloud", redis_server=no_redis)


def test_in_the_foreground_it_ends_on_an_interrupt(tmp_path: Path, binaries: Binaries) -> None:
    command = [sys.executable, "-m", "local.cloud", "--root", str(tmp_path), "--redis-server", str(binaries.server)]
    process = subprocess.Popen(command, cwd=CLONE)
    cloud = until(lambda: client.find(tmp_path), "it is ready")
    assert cloud is not None
    assert cloud.pid == process.pid
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    assert client.find(tmp_path) is None


def test_it_takes_150_mebibytes_at_most_with_all_its_services_loaded(start_cloud: StartCloud) -> None:
    cloud = start_cloud()
    boto3.client("ec2", **keywords(cloud)).describe_vpcs()
    boto3.client("kms", **keywords(cloud)).list_keys()
    kibibytes = 0
    for pid in (cloud.pid, keeper_of(cloud)):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            kibibytes += int(line.split()[1]) if line.startswith("Pss:") else 0
    assert 0 < kibibytes < 150 * 1024
