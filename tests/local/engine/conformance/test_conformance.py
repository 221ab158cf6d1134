"""The embedded engine does what `pulumi` does: the same scenarios, compared command by command.

What is expected is what was recorded of `pulumi`. Where it is on PATH it has to do the same as recorded, so that both
are compared, and stacks go to and fro between the engines, with every command to the other one.
"""

from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path

import pytest

from tests.local.engine.conformance import engines, record
from tests.local.engine.conformance.engines import Embedded, Engine, Real
from tests.local.engine.conformance.normal import Json
from tests.local.engine.conformance.observation import Observer
from tests.local.engine.conformance.scenario import Scenario, Step
from tests.local.engine.conformance.scenarios import SCENARIOS
from tests.local.engine.conformance.workspace import Run, end_strays, workspace

_SECRET = "hush"
"""Every secret of every scenario has it in its text."""
_END = 10.0
"""Seconds that a plugin may outlive its engine, however that ended."""
_VERSION = engines.real_version()
_NO_PULUMI = (
    "`pulumi` is not on PATH: the embedded engine is compared with what was recorded of it, and no stack changes hands"
)
Stacks = Callable[[Engine], Path]
_NONE = [pytest.param(None, id="none", marks=pytest.mark.skip(_NO_PULUMI))]
_EACH = [pytest.param(scenario, id=scenario.name) for scenario in SCENARIOS]
each_scenario = pytest.mark.parametrize("scenario", _EACH)
each_scenario_on_pulumi = pytest.mark.parametrize("scenario", _EACH if _VERSION else _NONE)


@pytest.fixture(scope="session")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> Stacks:
    """For each engine the folder with an empty stack that it made: one does for all, deriving its key takes a while."""
    made: dict[str, Path] = {}

    def empty(engine: Engine) -> Path:
        if engine.name not in made:
            made[engine.name] = tmp_path_factory.mktemp("empty") / engine.name
            with workspace(made[engine.name], Scenario(name="empty", meaning="nothing yet", steps=())) as space:
                space.init(engine)
        return made[engine.name]

    return empty


def play(engines: Iterator[Engine], scenario: Scenario, root: Path, stacks: Stacks) -> list[Json]:
    """Run a scenario, each command by the next engine, and return what was seen."""
    observer, seen = Observer(), []
    with workspace(root, scenario) as space:
        space.adopt(stacks(next(engines)))
        for step in scenario.steps:
            engine = next(engines)
            run = space.run(engine, step)
            check(engine, step, run)
            if isinstance(engine, Real):
                end_strays(root)  # the plugins of a `pulumi` that is killed live on, ours must not
            assert space.door.plugins_ended(within=_END), f"{engine.name} {step.command} left a plugin running"
            seen.append(observer.observe(step.command, run))
    return seen


def check(engine: Engine, step: Step, run: Run) -> None:
    """What has to hold for any run: texts that it owes, and secrets that it keeps."""
    for text in step.says:
        assert text in run.text, f"{engine.name} {step.command} does not say {text!r}:\n{run.text}"
    if "--show-secrets" not in step.arguments:
        where = [line for line in run.in_clear.splitlines() if _SECRET in line]
        assert not where, f"{engine.name} {step.command} shows a secret: {where}"


def compare(scenario: Scenario, seen: list[Json], label: str) -> None:
    """Fail with all differences from what was recorded at once, each under the step that it is of."""
    recorded = record.load(scenario.name)["steps"]
    pairs = enumerate(zip(recorded, seen, strict=True), 1)
    found = {f"step {n}, {old['command']}": record.difference(old, new, ("recorded", label)) for n, (old, new) in pairs}
    told = [f"{where}:\n{what}" for where, what in found.items() if what]
    if told:
        pytest.fail("\n\n".join([f"{scenario.name}: {scenario.meaning}", *told]), pytrace=False)


@each_scenario
def test_the_embedded_engine_does_what_was_recorded_of_pulumi(
    scenario: Scenario, tmp_path: Path, stacks: Stacks
) -> None:
    compare(scenario, play(cycle([Embedded()]), scenario, tmp_path / "stack", stacks), "embedded")


@each_scenario_on_pulumi
def test_pulumi_does_what_was_recorded_of_it(
    scenario: Scenario, tmp_path: Path, stacks: Stacks, recording: bool
) -> None:
    seen = play(cycle([Real()]), scenario, tmp_path / "stack", stacks)
    if recording:
        record.save(scenario.name, str(_VERSION), engines.sdk_version(), seen)
    compare(scenario, seen, f"pulumi {_VERSION}")


@pytest.mark.parametrize("first", [Embedded(), Real()], ids=["embedded-first", "pulumi-first"])
@each_scenario_on_pulumi
def test_a_stack_goes_to_and_fro_between_the_engines(
    scenario: Scenario, first: Engine, tmp_path: Path, stacks: Stacks
) -> None:
    second: Engine = Embedded() if isinstance(first, Real) else Real()
    compare(scenario, play(cycle([second, first]), scenario, tmp_path / "stack", stacks), "mixed")
