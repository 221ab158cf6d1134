"""How the conformance tests are run: `--record` writes the fixtures anew from the `pulumi` on PATH."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record", action="store_true", help="record the conformance fixtures from the pulumi on PATH")


@pytest.fixture
def recording(request: pytest.FixtureRequest) -> bool:
    """Whether fixtures are to be written; the option is known only where this folder was named on the command line."""
    return bool(request.config.getoption("--record", default=False))
