"""Configuration as a program is told it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import pulumi
import pytest

from components.settings import Settings, load
from tests.program.stacks import PROJECT, told

Read = Callable[..., Settings]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Read:
    """Reads the configuration of the dev stack with some keys changed, some of them secret."""

    def reader(stack_file: str = "Pulumi.dev.yaml", secret: Iterable[str] = (), **changes: Any) -> Settings:
        texts = told(stack_file, **{"baseName": "orders", **changes})
        monkeypatch.setenv("PULUMI_CONFIG", json.dumps(texts))
        pulumi.runtime.set_all_config(texts, [f"{PROJECT}:{key}" for key in secret])
        return load(pulumi.Config(PROJECT))

    return reader
