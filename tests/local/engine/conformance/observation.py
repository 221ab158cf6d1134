"""What is compared of a run: operations, calls to providers, exit code, counts, errors and the checkpoint."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from tests.local.engine.conformance.normal import Json, Links, Names, in_order
from tests.local.engine.conformance.workspace import Run

_TIMES = ("created", "modified")
_DELETIONS = {"delete", "delete-replaced", "discard", "discard-replaced", "Delete"}
_PLACES = ("stackTrace", "sourcePosition")


@dataclass
class Observer:
    """Turns the runs on one stack into observations; what it learns from one, such as an id's name, it keeps."""

    names: Names = field(default_factory=Names)
    _links: Links = field(default_factory=Links)
    _deleting: Links = field(default_factory=Links)
    _before: list[Json] = field(default_factory=list)

    def observe(self, command: str, run: Run) -> Json:
        """All of a run that both engines must agree upon, as JSON."""
        latest = run.state["checkpoint"]["latest"]
        resources, steps = latest.get("resources", []), _metadata(run.events, "resourcePreEvent")
        self._learn(resources, run.events)
        reading = command == "refresh"  # reads run side by side, whatever depends on what
        seen: Json = {"command": command, "exit": run.exit}
        if command == "config":
            seen["settings"] = run.settings
        if command == "output":
            seen["printed"] = json.loads(run.text)
        if run.events:
            seen["calls"] = self._ordered(run.calls, alone=reading)
        if run.events and run.exit >= 0:  # a killed engine may not have written all of them
            seen["operations"] = self._ordered([_operation(step) for step in steps], alone=reading)
            seen["failed"] = self._ordered(
                [_operation(s) for s in _metadata(run.events, "resOpFailedEvent")], alone=True
            )
            seen["errors"] = sorted({self.names.apply(urn) for urn in _errors(run.events)})
            seen["changes"] = _changes(run.events)
        if reading:
            found = _metadata(run.events, "resOutputsEvent")
            seen["found"] = self._ordered([_operation(step) for step in found], alone=True)
        if command in ("up", "refresh", "destroy"):
            seen["state"] = self._state(run.state)
            self._before = resources
        return seen

    def _learn(self, resources: list[Json], events: list[Json]) -> None:
        """Take in names, and what depends on what: what is deleted goes by what was so before, too."""
        metadata = [*_metadata(events, "resOutputsEvent"), *_metadata(events, "resourcePreEvent")]
        old, new = ([m[side] for m in metadata if m[side]] for side in ("old", "new"))
        self._links = Links([*resources, *new])
        self._deleting = Links([*self._before, *resources, *old, *new])
        self.names.learn([*resources, *old, *new])

    def _ordered(self, entries: list[Json], *, alone: bool) -> list[Json]:
        """Entries in the order that cannot be otherwise; `alone` where only those of one resource have any."""

        def related(one: Json, other: Json) -> bool:
            first: str | None = one.get("urn")
            second: str | None = other.get("urn")
            if first is None or second is None:  # the dynamic provider's methods are not told the URN
                return first is second
            actions = {entry.get("op") or entry.get("method") for entry in (one, other)}
            if alone or "DiffConfig" in actions:  # which is asked anew for any of a provider's resources
                return first == second
            return (self._deleting if actions & _DELETIONS else self._links).related(first, second)

        return self._named(in_order(entries, related, self._text))

    def _named(self, entries: list[Json]) -> list[Json]:
        return [self.names.apply(entry) for entry in entries]

    def _text(self, entry: Json) -> str:
        return json.dumps(self.names.apply(entry), sort_keys=True)

    def _state(self, document: Json) -> Json:
        """The checkpoint without what is the machine's or the moment's own."""
        latest = document["checkpoint"]["latest"]
        manifest = latest["manifest"]
        assert manifest["magic"] == hashlib.sha256(manifest["version"].encode()).hexdigest()
        resources = latest.get("resources", [])
        found: Json = {"version": document["version"], "resources": self._resources(resources)}
        if document.get("features"):
            found["features"] = document["features"]
        if latest.get("pending_operations"):
            found["pending"] = [
                {"type": p["type"], "resource": self.names.apply(self._resource(p["resource"]))}
                for p in latest["pending_operations"]
            ]
        return found

    def _resources(self, resources: list[Json]) -> list[Json]:
        links = Links(resources)
        shown = [self._resource(resource) for resource in resources]
        return self._named(in_order(shown, lambda one, other: links.related(one["urn"], other["urn"]), self._text))

    def _resource(self, resource: Json) -> Json:
        """A resource with its times told as new or kept, and its place in the program without the SDK's files."""
        known = {_instant(old[t]) for old in self._before if old["urn"] == resource["urn"] for t in _TIMES if t in old}
        times = {t: "kept" if _instant(resource[t]) in known else "new" for t in _TIMES if t in resource}
        rest = {name: _sorted(name, value) for name, value in resource.items() if name not in _PLACES}
        place = resource.get("sourcePosition", "")
        inside = place.startswith("project:///") and ".." not in place
        position = {"sourcePosition": place.partition("#")[0]} if inside else {}
        return {**rest, **times, **position}


def _operation(step: Json) -> Json:
    kept = {name: step[name] for name in ("op", "urn", "keys", "diffs", "detailedDiff", "logical") if step.get(name)}
    return {**kept, "sides": [side for side in ("old", "new") if step[side] is not None]}


def _instant(time: str) -> str:
    """A time without the zeros at the end of its fraction, which one engine writes and the other does not."""
    return time.removesuffix("Z").rstrip("0") if "." in time else time


def _sorted(name: str, value: Any) -> Any:
    """URNs that the SDK hands over as a set, in an order that can be compared."""
    if name == "dependencies":
        return sorted(value)
    return {key: sorted(urns) for key, urns in value.items()} if name == "propertyDependencies" else value


def _metadata(events: list[Json], kind: str) -> list[Json]:
    return [event[kind]["metadata"] for event in events if kind in event]


def _errors(events: list[Json]) -> list[str]:
    """The URNs that error messages are about; "" where the message is about the whole."""
    diagnostics = [event["diagnosticEvent"] for event in events if "diagnosticEvent" in event]
    return [d.get("urn", "") for d in diagnostics if d["severity"] == "error"]


def _changes(events: list[Json]) -> Any:
    summaries = [event["summaryEvent"] for event in events if "summaryEvent" in event]
    return [{name: s[name] for name in ("resourceChanges", "isPreview", "result")} for s in summaries]
