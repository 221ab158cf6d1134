"""Changes take their time, as on AWS: a call only begins one, and Describe tells when it is done."""

import threading
import traceback
from collections.abc import Callable

from local.cloud.elasticache.state import ReplicationGroup, State
from local.cloud.errors import CloudError
from local.cloud.settings import LiveSettings


class Changes:
    """Runs each change in a thread of its own, one at a time per group."""

    def __init__(self, state: State, settings: LiveSettings) -> None:
        self._state = state
        self._settings = settings
        self._over = threading.Event()

    def begin(
        self,
        group: ReplicationGroup,
        status: str,
        work: Callable[[], None],
        *,
        done: Callable[[], None],
        failed: Callable[[str], None],
    ) -> None:
        """Enter ``status`` now and do the work once the delay is over.

        ``work`` runs without the state's lock, ``done`` or ``failed`` (with a sentence) afterwards and with it; they leave the status.
        """
        settings = self._settings.now
        group.change_status(status, lag=settings.status_lag)
        seconds = settings.delay + settings.status_lag
        threading.Thread(
            target=self._run, args=(group, seconds, work, done, failed), name=f"{status} {group.id}", daemon=True
        ).start()

    def pause(self, seconds: float) -> None:
        """Wait within a change, but not longer than the cloud lives.

        Raises:
            CloudError: the cloud is ending.
        """
        if self._over.wait(seconds):
            raise CloudError("the local cloud is ending")

    def end(self) -> None:
        """Let waiting changes end without being carried out."""
        self._over.set()

    def _run(
        self,
        group: ReplicationGroup,
        seconds: float,
        work: Callable[[], None],
        done: Callable[[], None],
        failed: Callable[[str], None],
    ) -> None:
        if self._over.wait(seconds):
            return
        with group.busy:
            try:
                work()
            except CloudError as error:
                reason = str(error)
            except Exception as error:  # noqa: BLE001 - a fault of ours must show as a failed change, not as a group that hangs
                traceback.print_exc()
                reason = f"the local cloud failed ({type(error).__name__}); its log says where"
            else:
                with self._state.lock:
                    done()
                return
        with self._state.lock:
            failed(reason)
