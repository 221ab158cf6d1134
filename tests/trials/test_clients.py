"""The clients' short form; `make client-test` has more of them, and more rotations."""

import pytest

from local.cloud.client import Cloud
from tests.trials.clients import run
from tests.trials.clients.client import Kind


def test_clients_go_through_rotations_without_a_failed_command(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    tally = run.trial(cloud, rotations=3, kinds=run.kinds(2, overlap=1.5), overlap=1.5)
    assert run.report(tally) == 0
    *rotations, last = capsys.readouterr().out.splitlines()
    assert [line.partition(" in ")[0] for line in rotations] == [
        f"rotation {number} of 3: proven on 2 of 2 nodes" for number in (1, 2, 3)
    ]
    assert last == f"{tally.commands} commands, 0 failed"
    assert tally.commands > 100


def test_clients_that_keep_a_token_for_longer_than_the_overlap_are_seen_to_fail(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    forgetful = Kind("forgetful", keep=3600.0, number=2)
    tally = run.trial(cloud, rotations=1, kinds=[forgetful], overlap=0.0)
    assert run.report(tally) == 1
    failure, last = capsys.readouterr().out.splitlines()[-2:]
    assert failure.startswith("FAILED 2 times: AuthenticationError: ")  # each once, then it reads anew
    assert last == f"{tally.commands} commands, 2 failed"


def test_nothing_tried_is_nothing_shown(cloud: Cloud) -> None:
    for rotations, clients in ((0, 1), (1, 0)):
        with pytest.raises(run.Unproven):
            run.trial(cloud, rotations=rotations, kinds=run.kinds(clients, overlap=1.0), overlap=1.0)
