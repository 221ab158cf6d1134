"""What an interruption leaves behind: Ctrl-C, twice, and kill -9."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local.engine.errors import EngineError
from local.engine.events.model import Diagnostic, Event
from tests.local.engine.conftest import PATIENCE, Bench

_REPOSITORY = Path(__file__).parents[3]
_ONE_AFTER_THE_OTHER = 'a = Thing("a")\nThing("b", tags={"of": a.arn})\npulumi.export("end", 1)'


@contextmanager
def _meanwhile(action: Callable[[], None]) -> Iterator[None]:
    """Do something while an operation runs in the main thread, as it must to be interrupted."""
    thread = threading.Thread(target=action)
    thread.start()
    try:
        yield
    finally:
        thread.join()


class _Ear:
    """Hears the engine say that it has been interrupted: a second signal before that might be taken for the first."""

    def __init__(self) -> None:
        self.heard = threading.Event()

    def __call__(self, event: Event) -> None:
        if isinstance(event, Diagnostic) and "cancelled" in event.message:
            self.heard.set()


def _interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def test_an_interrupted_operation_ends_what_is_under_way_and_begins_nothing_more(bench: Bench) -> None:
    gate, ear = bench.cloud.gate("Create", "a"), _Ear()

    def interrupt() -> None:
        gate.reached.wait(PATIENCE)
        _interrupt()
        ear.heard.wait(PATIENCE)
        gate.open.set()

    with _meanwhile(interrupt):
        stopped = bench.run("up", _ONE_AFTER_THE_OTHER, on_event=ear)

    assert stopped.outcome.result == "canceled"
    assert bench.names() == ["a"]
    assert not bench.pending()
    assert not bench.locks
    assert "cancelled before the end" in stopped.shown
    assert bench.run("up").outcome.succeeded
    assert bench.names() == ["a", "b"]


def test_an_operation_interrupted_twice_leaves_word_of_what_was_under_way(bench: Bench) -> None:
    gate, ear = bench.cloud.gate("Create", "a"), _Ear()

    def interrupt() -> None:
        gate.reached.wait(PATIENCE)
        _interrupt()
        ear.heard.wait(PATIENCE)
        _interrupt()

    with _meanwhile(interrupt):
        stopped = bench.run("up", _ONE_AFTER_THE_OTHER, on_event=ear)
    gate.open.set()

    assert stopped.outcome.result == "canceled"
    assert bench.pending() == [("creating", "a")]
    assert bench.names() == []
    again = bench.run("up")
    assert "interrupted while creating" in again.messages("warning")[0]
    assert again.outcome.succeeded
    assert bench.pending() == [("creating", "a")], "whether there are two now, only a person can tell"


def test_destroy_can_be_interrupted(bench: Bench) -> None:
    bench.run("up", _ONE_AFTER_THE_OTHER)
    gate, log = bench.cloud.gate("Delete", "b"), bench.root / "events.jsonl"

    def interrupt() -> None:
        gate.reached.wait(PATIENCE)
        _interrupt()
        _until(lambda: "cancelled" in log.read_text())
        gate.open.set()

    with _meanwhile(interrupt):
        assert bench.command("destroy", "--yes", "--event-log", str(log)) == 8

    assert bench.names() == ["a"]


def test_a_killed_engine_leaves_a_stack_that_the_next_run_goes_on_with(bench: Bench) -> None:
    gate = bench.cloud.gate("Create", "b")
    bench.write_program(f"{_ONE_AFTER_THE_OTHER}\nopen('pid', 'w').write(str(__import__('os').getpid()))")
    arguments = ["up", "--stack", "dev", "--cwd", str(bench.project)]
    with (bench.root / "output").open("w") as output:
        engine = subprocess.Popen(
            [sys.executable, "-m", "local.engine", *arguments], cwd=_REPOSITORY, stdout=output, stderr=output
        )
    assert gate.reached.wait(PATIENCE)
    assert bench.pending() == [("creating", "b")]
    engine.kill()
    engine.wait()
    program = Path("/proc") / (bench.project / "pid").read_text()
    _until(lambda: not program.exists() or " Z " in (program / "stat").read_text())
    gate.open.set()
    bench.cloud.gates.clear()

    assert len(bench.locks) == 1
    assert bench.names() == ["a"]
    again = bench.run("up")

    assert again.outcome.succeeded
    assert "bench::toy:index:Thing::b, interrupted while creating" in again.messages("warning")[0]
    assert bench.names() == ["a", "b"]
    assert not bench.locks


def test_two_operations_do_not_meet(bench: Bench) -> None:
    gate = bench.cloud.gate("Create", "a")
    bench.write_program('Thing("a")')
    first = threading.Thread(target=lambda: bench.run("up"))
    first.start()
    assert gate.reached.wait(PATIENCE)

    with pytest.raises(EngineError, match=rf"(?s)currently locked by 1 lock\(s\).*pid {os.getpid()}"):
        bench.run("up")
    assert bench.run("preview").outcome.succeeded, "a preview changes nothing and waits for nobody"

    gate.open.set()
    first.join()
    assert bench.run("up").outcome.succeeded


def test_a_lock_of_somebody_else_stays_until_it_is_cancelled(bench: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    lock = bench.root / "backend" / ".pulumi" / "locks" / "organization" / "bench" / "dev" / "theirs.json"
    lock.parent.mkdir(parents=True)
    lock.write_text(json.dumps({"pid": 1, "username": "them", "hostname": "elsewhere", "timestamp": "yesterday"}))

    with pytest.raises(EngineError, match=r"created by them@elsewhere \(pid 1\) at yesterday"):
        bench.run("up")
    assert bench.command("cancel", "--yes") == 0
    assert "1 lock(s)" in capfd.readouterr().out
    assert bench.run("up").outcome.succeeded
