"""The changes of a resource's properties, and of a stack's outputs, as lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.text import Text

from local.engine.deployment.steps import Op, Step
from local.engine.events.masking import Masker
from local.engine.properties import paths
from local.engine.properties.changes import Kind, differences
from local.engine.properties.state_form import compact_json
from local.engine.properties.values import Properties, PropertyValue, Secret, equal, for_people
from local.engine.providers.diff import PropertyChange

_LONGEST: Final = 120
_SIGNS: Final = {"add": ("+", "green"), "delete": ("-", "red"), "update": ("~", "yellow")}
_TELLING: Final = frozenset({Op.UPDATE, Op.REPLACE, Op.REFRESH})


def change_lines(step: Step, masker: Masker) -> Iterator[Text]:
    """A line for each property that a step changes; nothing for steps that are told by their name alone."""
    if step.op not in _TELLING or step.old is None or step.new is None or step.old is step.new:
        return
    for path, change in _changes(step).items():
        if path.startswith("__") and not path.startswith("__provider"):
            continue  # the provider's bookkeeping
        yield _line(step, path, change, masker)


def short_changes(step: Step) -> str:
    """The properties that a step changes, in short: `[diff: ~tags,+name]`."""
    kinds: dict[str, str] = {}
    for path, change in _changes(step).items():
        key = str(paths.parse(path)[0])
        sign = _SIGNS[change.kind.value.partition("-")[0]][0]
        kinds[key] = sign if kinds.get(key, sign) == sign else "~"
    told = [f"{sign}{key}" for key, sign in kinds.items() if not key.startswith("__") or key == "__provider"]
    return f"[diff: {','.join(told)}]" if told else ""


def _changes(step: Step) -> dict[str, PropertyChange]:
    if step.diff is None or step.old is None or step.new is None:
        return {}
    if step.diff.detailed:
        return step.diff.detailed
    found = differences(step.old.inputs, step.new.inputs)
    return {paths.text(path): PropertyChange(kind, of_inputs=True) for path, kind in found.items()}


def _line(step: Step, path: str, change: PropertyChange, masker: Masker) -> Text:
    sign, style = _SIGNS[change.kind.value.partition("-")[0]]
    line = Text(f"      {sign} {path}: ", style=style)
    assert step.old is not None
    assert step.new is not None
    if path.startswith("__provider"):
        line.append("the provider's code")
        return line
    old_from = step.old.inputs if change.of_inputs or step.op is not Op.REFRESH else step.old.outputs
    old = _value(_at(old_from, path) or _at(step.old.outputs, path), masker)
    new = _value(_at(step.new.inputs, path) or _at(step.new.outputs, path), masker)
    match change.kind:
        case Kind.ADD | Kind.ADD_REPLACE:
            line.append(new)
        case Kind.DELETE | Kind.DELETE_REPLACE:
            line.append(old)
        case _:
            line.append(f"{old} => {new}")
    if change.kind.replaces:
        line.append(" [replaces]", style="magenta")
    return line


def output_lines(old: Properties, new: Properties, masker: Masker, *, indent: int = 4) -> Iterator[Text]:
    """A line for each of the stack's outputs, with what has changed of it; one for each part of an object."""
    width = max((len(key) for key in {*old, *new}), default=0)
    for key in sorted({*old, *new}):
        before, after = old.get(key), new.get(key)
        kind = Kind.ADD if key not in old else Kind.DELETE if key not in new else Kind.UPDATE
        sign, style = (" ", "") if equal(before, after) else _SIGNS[kind.value]
        name = f"{sign:>{indent - 1}} {key:{width}}: "
        if (before or after) and _is_object(before) and _is_object(after):
            yield Text(f"{name}{{", style=style)
            yield from output_lines(_parts(before), _parts(after), masker, indent=indent + 4)
            yield Text(f"{'':{indent}}}}", style=style)
        elif kind is Kind.UPDATE and sign != " ":
            yield Text(f"{name}{_value(before, masker)} => {_value(after, masker)}", style=style)
        else:
            yield Text(f"{name}{_value(before if kind is Kind.DELETE else after, masker)}", style=style)


def _is_object(value: PropertyValue) -> bool:
    return value is None or isinstance(value, dict)


def _parts(value: PropertyValue) -> Properties:
    return value if isinstance(value, dict) else {}


def _at(properties: Properties, path: str) -> PropertyValue:
    value: PropertyValue = properties
    for step in paths.parse(path):
        if isinstance(value, Secret):
            return value  # what is inside is nobody's business
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def _value(value: PropertyValue, masker: Masker) -> str:
    """A value on one line: secrets masked, long ones cut."""
    shown = for_people(value)
    marks = ("[secret]", "[unknown]")
    text = shown if shown in marks else masker.masked(_unescaped(compact_json(shown)))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _unescaped(text: str) -> str:
    return text.replace("\\u003c", "<").replace("\\u003e", ">").replace("\\u0026", "&")
