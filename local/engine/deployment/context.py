"""What all parts of one deployment share."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from local.engine.deployment.aliases import Aliases
from local.engine.deployment.journal import Journal
from local.engine.errors import ProviderError
from local.engine.events.reporter import Reporter
from local.engine.providers.registry import Registry
from local.engine.state.resource import ResourceState


class Progress:
    """How a deployment is going.

    `stopping`: begin nothing more, let what is under way end. `failed`: the operation does not succeed; `bailed`: and
    not because a step failed, so that its message has said it all. `cancelled`: a person interrupted it; `terminated`:
    twice, so that what is under way is killed, and the checkpoint is left to say so.
    """

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.failed = threading.Event()
        self.bailed = threading.Event()
        self.cancelled = threading.Event()
        self.terminated = threading.Event()

    def stop_failed(self) -> None:
        """A step failed, and with it the deployment."""
        self.failed.set()
        self.stopping.set()

    def bail(self) -> None:
        """Something else went wrong that ends the deployment; the message about it has been told."""
        self.bailed.set()
        self.stop_failed()


@dataclass(slots=True, kw_only=True)
class Deployment:
    """One deployment.

    `news` are the states made for the program's registrations; `seen`, `decided`, `replaced` and `deleted` hold URNs.
    `deleted` holds what this deployment deletes or has deleted and, so far, not made again. `dependent_keys` are the
    properties for whose sake a dependent was deleted ahead of what it depends on.
    """

    stack: str
    project: str
    preview: bool
    parallel: int
    registry: Registry
    journal: Journal
    aliases: Aliases
    reporter: Reporter
    progress: Progress = field(default_factory=Progress)
    news: dict[str, ResourceState] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    decided: set[str] = field(default_factory=set)
    replaced: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    deleted_first: set[ResourceState] = field(default_factory=set)
    dependent_keys: dict[str, tuple[str, ...]] = field(default_factory=dict)


def load_providers(deployment: Deployment, states: Iterable[ResourceState]) -> bool:
    """Start the providers of these states ahead of their use; False, and told, if one cannot be."""
    for state in states:
        try:
            if state.provider:
                deployment.registry.get(state.provider)
        except ProviderError as error:
            deployment.progress.bail()
            deployment.reporter.diagnostic("error", f"could not load provider for resource {state.urn}: {error}")
            return False
    return True
