"""Waiting for the cloud: soon at first, then in steps that grow with the time already waited."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import tenacity
from botocore.exceptions import ClientError

from local.plugins.errors import PluginError
from local.plugins.schema import Call

_T = TypeVar("_T")

_SHORTEST: Final = 0.05
_LONGEST: Final = 5.0
_SHARE: Final = 0.1
"""A step is this part of the time waited so far, so that little is lost whether a change takes 0.1 s or 20 minutes."""


def _step(state: tenacity.RetryCallState) -> float:
    return min(_LONGEST, max(_SHORTEST, _SHARE * (state.seconds_since_start or 0.0)))


def _retrying(call: Call[Any], default_timeout: float, retry: tenacity.retry_base) -> tenacity.Retrying:
    return tenacity.Retrying(
        retry=retry,
        wait=_step,
        stop=tenacity.stop_after_delay(call.timeout or default_timeout) | tenacity.stop_when_event_set(call.cancelled),
        sleep=tenacity.sleep_using_event(call.cancelled),
    )


def until(what: str, probe: Callable[[], _T | None], call: Call[Any], default_timeout: float) -> _T:
    """Call `probe` until it returns something other than None, and return that.

    Waits as long as the operation may (`call.timeout`), or `default_timeout` seconds.

    Raises:
        PluginError: it took too long, or the engine cancelled.
    """
    try:
        found = _retrying(call, default_timeout, tenacity.retry_if_result(lambda result: result is None))(probe)
    except tenacity.RetryError:
        raise _given_up(what, call.cancelled, call.timeout or default_timeout) from None
    assert found is not None
    return found


def while_refused(codes: tuple[str, ...], act: Callable[[], _T], call: Call[Any], default_timeout: float) -> _T:
    """Call `act` again for as long as AWS answers with one of the codes; then its last answer is raised."""
    busy = tenacity.retry_if_exception(lambda error: error_code(error) in codes)
    try:
        return _retrying(call, default_timeout, busy)(act)
    except tenacity.RetryError as error:
        last = error.last_attempt.exception()
        assert last is not None
        raise last from None


def _given_up(what: str, cancelled: threading.Event, seconds: float) -> PluginError:
    if cancelled.is_set():
        return PluginError(f"cancelled while waiting for {what}")
    return PluginError(f"{what} took longer than {seconds:g} s; a longer one can be set with customTimeouts")


def error_code(error: BaseException) -> str:
    """AWS's code of the error; empty when it is of another kind."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


@contextmanager
def ignoring(*codes: str) -> Iterator[None]:
    """Take these answers of AWS for success: what was to be deleted is gone already."""
    try:
        yield
    except ClientError as error:
        if error_code(error) not in codes:
            raise
