"""The clients' short form; `make client-test` has more of them, and more rotations."""

import pytest

from local.cloud.client import Cloud
from tests.trials.clients import run
from tests.trials.clients.client import Kind


def test_clients_go_through_rotations_without_a_failed_command(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    tally = run.trial(cloud, rotations=3, kinds=run.kinds(2, overlap=1.5), overlap=1.5)
    assert not tally.failures
    assert tally.commands > 100
    assert capsys.readouterr().out.count("proven on 2 of 2 nodes") == 3


def test_clients_that_keep_a_token_for_longer_than_the_overlap_are_seen_to_fail(cloud: Cloud) -> None:
    forgetful = Kind("forgetful", keep=3600.0, number=2)
    tally = run.trial(cloud, rotations=1, kinds=[forgetful], overlap=0.0)
    (failure,) = tally.failures
    assert failure.startswith("AuthenticationError: ")
    assert tally.failed == forgetful.number, "refused once; read anew then, as the page says"
