"""The model's short form: the same examples each time. `make model-test` looks for others, and for more of them."""

from local.cloud.client import Cloud
from tests.trials.model.run import on_a_local_cloud, on_the_fake_port


def test_whatever_happens_on_the_fake_port() -> None:
    assert on_the_fake_port(200, always_the_same=True) >= 200


def test_whatever_happens_on_a_local_cloud(cloud: Cloud) -> None:
    assert on_a_local_cloud(cloud, 2, steps=6, always_the_same=True) >= 2
