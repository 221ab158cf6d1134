"""Changes take their time, as on AWS: a call only begins one, and Describe tells when it is done."""

import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakSet

from local.cloud.elasticache.state import RegionState, ReplicationGroup, State
from local.cloud.errors import CloudError
from local.cloud.settings import LiveSettings, Settings

_LOOK_AGAIN_SECONDS = 0.05
_END_SECONDS = 10.0


@dataclass(frozen=True)
class Change:
    """What a call begins.

    ``title`` names it in events, ``status`` is the group's while it is under way. ``work`` is done on the nodes,
    without the state's lock; then ``done`` with it. The group is available afterwards, or has ``status_if_failed``.
    """

    title: str
    status: str
    work: Callable[[], None] = lambda: None
    done: Callable[[], None] = lambda: None
    failed: Callable[[], None] = lambda: None
    status_if_failed: str = "available"


class Changes:
    """Runs each change in a thread of its own, one at a time per group."""

    def __init__(self, state: State, settings: LiveSettings) -> None:
        self._state = state
        self._settings = settings
        self._over = threading.Event()
        self._threads: WeakSet[threading.Thread] = WeakSet()
        self._lock = threading.Lock()

    def begin(self, region: RegionState, group: ReplicationGroup, change: Change) -> None:
        """Enter the change's status now and carry it out once the delay is over. The state's lock is held."""
        group.change_status(change.status, lag=self._settings.now.status_lag)
        self.spawn(change.title, lambda: self._run(region, group, change))

    def spawn(self, name: str, work: Callable[[], None]) -> None:
        """Do something in a thread of its own, unless the cloud is ending."""
        thread = threading.Thread(target=work, name=name, daemon=True)
        with self._lock:
            if self._over.is_set():
                return
            self._threads.add(thread)
            thread.start()

    def pause_between_nodes(self) -> None:
        """Wait within a change until the next node may learn of it.

        Raises:
            CloudError: the cloud is ending.
        """
        if not self._waited(lambda settings: settings.node_stagger):
            raise CloudError("the local cloud is ending")

    def end(self) -> None:
        """Let waiting changes end without being carried out, and begin no more."""
        with self._lock:
            self._over.set()

    def join(self) -> None:
        """Wait until those that were being carried out have ended: soon, once their nodes are gone."""
        for thread in list(self._threads):
            thread.join(_END_SECONDS)

    def _waited(self, seconds: Callable[[Settings], float]) -> bool:
        """Wait as long as the settings of the moment say, which lets go of whoever waits; whether it lives on."""
        began = time.monotonic()
        while (left := began + seconds(self._settings.now) - time.monotonic()) > 0:
            if self._over.wait(min(left, _LOOK_AGAIN_SECONDS)):
                return False
        return not self._over.is_set()

    def _run(self, region: RegionState, group: ReplicationGroup, change: Change) -> None:
        if not self._waited(lambda settings: settings.delay + settings.status_lag):
            return
        with group.busy:
            problem = _problem(change)
        with self._state.lock:
            if problem is None:
                change.done()
                group.settle("available")
                region.event(group.id, "replication-group", f"{change.title} completed")
            else:
                change.failed()
                group.settle(change.status_if_failed)
                region.event(group.id, "replication-group", f"{change.title} failed: {problem}")


def _problem(change: Change) -> str | None:
    """Do the work; what was in the way, if anything."""
    try:
        change.work()
    except CloudError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - a fault of ours must show as a failed change, not as a group that hangs
        traceback.print_exc()
        return f"the local cloud failed ({type(error).__name__}); its log says where"
    return None
