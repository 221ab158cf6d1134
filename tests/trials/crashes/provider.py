"""The provider in its pickled form, each `up` in a process of its own that can be killed.

The processes are forked off a server that has imported everything, so that they cost no second each.
"""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import pickle
import signal
from base64 import b64decode
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from typing import Any, Final

from pulumi.dynamic import ResourceProvider
from pulumi.dynamic.config import Config
from pulumi.dynamic.dynamic import ConfigureRequest, serialize_provider

from components.auth_token.resource import AuthTokenRotationProvider
from tests.provider.engine import bag, struct

Props = dict[str, Any]
PICKLED: Final = serialize_provider(AuthTokenRotationProvider())
_FORKS: Final = multiprocessing.get_context("forkserver")
_BEFOREHAND: Final = ["tests.trials.crashes.preload", "tests.trials.crashes.provider"]


class ProviderFailed(Exception):
    """The provider's call has failed, in its own words."""


def up(
    aws: Mapping[str, str], news: Props, olds: Props | None, born: Callable[[int], None], died: Callable[[], None]
) -> Props | None:
    """The outputs of a create, where there are no `olds`, or else of an update; None where the process was killed.

    As an engine does, `diff` is asked first whether there is anything to update; not where the token is another one,
    for then there is. `born` is told the process id before it begins; `died` is called once it is gone.
    Raises ProviderFailed.
    """
    _FORKS.set_forkserver_preload(_BEFOREHAND)
    ours, its = _FORKS.Pipe()
    process = _FORKS.Process(target=_run, args=(its, dict(aws), news, olds))
    process.start()
    its.close()
    assert process.pid is not None
    born(process.pid)
    ours.send("go")
    told: tuple[str, Any] | None = None
    with contextlib.suppress(EOFError, ConnectionResetError):
        told = ours.recv()
    process.join()
    died()
    status = process.exitcode
    process.close()
    ours.close()
    if told is None:
        if status != -signal.SIGKILL:
            raise ProviderFailed(f"the process ended by itself, with status {status}")
        return None
    what, value = told
    if what == "failed":
        raise ProviderFailed(value)
    return bag(struct(value))


def _run(pipe: Connection, aws: dict[str, str], news: Props, olds: Props | None) -> None:
    pipe.recv()
    provider: ResourceProvider = pickle.loads(b64decode(PICKLED))  # noqa: S301 - our own, made above
    provider.configure(ConfigureRequest(Config(aws, "redis-auth-token")))
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            made = _up(provider, news, olds)
    except Exception as error:  # noqa: BLE001 - told to whoever called
        pipe.send(("failed", str(error)))
    else:
        pipe.send(("done", made))


def _up(provider: ResourceProvider, news: Props, olds: Props | None) -> Props | None:
    if olds is None:
        return provider.create(news).outs
    group = news["replication_group_id"]
    if olds["token"] == news["token"] and not provider.diff(group, olds, news).changes:
        return olds
    return provider.update(group, olds, news).outs
