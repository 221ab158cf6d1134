"""A preview as one JSON document, as `pulumi preview --json` prints it."""

from __future__ import annotations

import json
from typing import Any, TextIO

from local.engine.deployment.steps import Op, Step
from local.engine.events.masking import Masker
from local.engine.events.model import Diagnostic, Event, Prelude, StepBegun, StepEnded, Summary
from local.engine.properties.values import UNKNOWN_TEXT, for_people
from local.engine.state.resource import ResourceState

_NANOSECONDS = 1_000_000_000


class Digest:
    """Gathers a preview's events, and prints the document once it has them all."""

    def __init__(self, output: TextIO, masker: Masker) -> None:
        self._output, self._masker = output, masker
        self._config: dict[str, str] = {}
        self._steps: dict[Step | str, dict[str, Any]] = {}
        self._diagnostics: list[dict[str, str]] = []

    def __call__(self, event: Event) -> None:
        """Take an event."""
        match event:
            case Prelude(configuration):
                self._config = dict(configuration)
            case StepBegun(step, _) if not step.is_internal and (step.is_logical or step.op is Op.REFRESH):
                self._steps[step.urn] = self._step(step)
            case StepEnded(step, _) if step.op in (Op.UPDATE, Op.DELETE) and step.urn in self._steps:
                if self._steps[step.urn]["op"] == Op.REFRESH:
                    self._steps[step.urn] = self._step(step)
            case Diagnostic() if event.severity != "debug" and not event.ephemeral:
                told = {"urn": event.urn, "message": f"{event.message}\n", "severity": event.severity}
                self._diagnostics.append({key: value for key, value in told.items() if value})
            case Summary():
                self._print(event)

    def _step(self, step: Step) -> dict[str, Any]:
        diff = step.diff
        described = {
            "op": str(step.op),
            "urn": step.urn,
            "provider": step.resource.provider,
            "oldState": self._state(step.old),
            "newState": self._state(step.new),
            "diffReasons": list(diff.changed_keys) if diff else [],
            "replaceReasons": list(diff.replace_keys) if diff else [],
        }
        detailed = None
        if diff is not None and diff.detailed is not None:
            detailed = {p: {"kind": str(c.kind), "inputDiff": c.of_inputs} for p, c in diff.detailed.items()}
        return {key: value for key, value in described.items() if value} | {"detailedDiff": detailed}

    def _state(self, state: ResourceState | None) -> dict[str, Any] | None:
        if state is None:
            return None
        return state.written(lambda properties: self._masker.masked_json(for_people(properties, unknown=UNKNOWN_TEXT)))

    def _print(self, event: Summary) -> None:
        document = {
            "config": self._config,
            "steps": list(self._steps.values()),
            "diagnostics": self._diagnostics,
            "duration": int(event.seconds * _NANOSECONDS),
            "changeSummary": {str(op): count for op, count in sorted(event.changes.items())},
        }
        shown = {key: value for key, value in document.items() if value}
        print(json.dumps(shown, indent=4, ensure_ascii=False), file=self._output)
