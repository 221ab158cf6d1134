"""Events in the shapes of the real engine's event log (its sdk/go/common/apitype/events.go), secrets masked."""

from __future__ import annotations

import math
from typing import Any, Final

from local.engine.deployment.steps import Step
from local.engine.events.masking import Masker
from local.engine.events.model import (
    Diagnostic,
    Ended,
    Event,
    Prelude,
    StepBegun,
    StepEnded,
    StepFailed,
    Summary,
)
from local.engine.properties.values import (
    MASK,
    SECRET,
    SIGNATURE,
    UNKNOWN_TEXT,
    PropertyValue,
    Secret,
    Unknown,
    whole_number,
)
from local.engine.providers.diff import Diff
from local.engine.state.resource import ResourceState

_PREFIXES: Final = {"debug": "debug: ", "warning": "warning: ", "error": "error: "}


def engine_event(event: Event, masker: Masker) -> dict[str, Any]:
    """An event as one JSON object with one key, by the kind of event."""
    match event:
        case Prelude(configuration):
            return {"preludeEvent": {"config": dict(configuration)}}
        case Diagnostic():
            return {"diagnosticEvent": _diagnostic(event)}
        case StepBegun(step, planning):
            return {"resourcePreEvent": _with_planning(step_metadata(step, masker), planning)}
        case StepEnded(step, planning):
            return {"resOutputsEvent": _with_planning(step_metadata(step, masker), planning)}
        case StepFailed(step):
            return {"resOpFailedEvent": {"metadata": step_metadata(step, masker), "status": 0, "steps": 0}}
        case Summary():
            return {"summaryEvent": _summary(event)}
        case Ended():
            return {"cancelEvent": {}}


def _with_planning(metadata: dict[str, Any], planning: bool) -> dict[str, Any]:
    return {"metadata": metadata, "planning": True} if planning else {"metadata": metadata}


def _diagnostic(event: Diagnostic) -> dict[str, Any]:
    return _filled(
        {"urn": event.urn, "prefix": _PREFIXES.get(event.severity, "")},
        {"message": f"{event.message}\n", "color": "never", "severity": event.severity},
        {"ephemeral": event.ephemeral},
    )


def _summary(event: Summary) -> dict[str, Any]:
    return {
        "maybeCorrupt": event.maybe_corrupt,
        "durationSeconds": math.ceil(event.seconds),
        "resourceChanges": {str(op): count for op, count in sorted(event.changes.items())},
        "PolicyPacks": {},
        "isPreview": event.preview,
        "result": event.result,
    }


def step_metadata(step: Step, masker: Masker) -> dict[str, Any]:
    """A step as the event log tells it."""
    diff = step.diff or Diff(changed=False)
    return _filled(
        {"op": str(step.op), "urn": step.urn, "type": step.resource.type},
        {"old": _state(step.old, masker), "new": _state(step.new, masker)},
        {"keys": list(diff.replace_keys), "diffs": list(diff.changed_keys)},
        {"detailedDiff": detailed_diff(diff)},
        {"logical": step.is_logical},
        {"provider": step.resource.provider},
    )


def detailed_diff(diff: Diff) -> dict[str, Any] | None:
    """The changes by path; None, which is not the same as no changes, where the provider does not tell."""
    if diff.detailed is None:
        return None
    return {
        path: {"diffKind": str(change.kind), "inputDiff": change.of_inputs} for path, change in diff.detailed.items()
    }


def _state(state: ResourceState | None, masker: Masker) -> dict[str, Any] | None:
    if state is None:
        return None
    return _filled(
        {"type": state.type, "urn": state.urn},
        {"custom": state.custom, "delete": state.delete},
        {"id": state.id, "parent": state.parent},
        {"protect": state.protect, "external": state.external, "retainOnDelete": state.retain_on_delete},
        {"inputs": masked_json(state.inputs, masker), "outputs": masked_json(state.outputs, masker)},
        {"provider": state.provider, "initErrors": state.init_errors},
    )


_ALWAYS: Final = frozenset({"old", "new", "id", "parent", "inputs", "outputs", "provider", "detailedDiff"})


def _filled(*parts: dict[str, Any]) -> dict[str, Any]:
    """The parts as one, without what is empty, except for the keys that readers expect to be there."""
    return {key: value for part in parts for key, value in part.items() if value or key in _ALWAYS}


def masked_json(value: PropertyValue, masker: Masker) -> Any:
    """A property value as JSON: secrets as marks without their value, and no known secret in any text."""
    if isinstance(value, Secret):
        return {SIGNATURE: SECRET, "ciphertext": MASK}
    if isinstance(value, Unknown):
        return UNKNOWN_TEXT
    if isinstance(value, dict):
        return {key: masked_json(value[key], masker) for key in sorted(value)}
    if isinstance(value, list):
        return [masked_json(item, masker) for item in value]
    if isinstance(value, str):
        return masker.masked(value)
    return whole_number(value) if isinstance(value, float) else value
