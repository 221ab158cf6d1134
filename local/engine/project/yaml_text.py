"""YAML as the real engine reads it, and edits of a YAML file that keep what a person wrote around them.

PyYAML follows YAML 1.1, the real engine (go-yaml 3) mostly 1.2: to the latter `yes` is a text and `1e3` a number. Texts
are written so that both read them back as texts.
"""

from __future__ import annotations

import io
import re
from typing import Any, Final

import yaml

from local.engine.errors import InvalidConfiguration

_BLANKS: Final = " \t\r\n"
"""What YAML passes over behind a value; a text may end in other kinds of space."""
_BREAKS: Final = frozenset("\x85\u2028\u2029")
"""Line ends to YAML 1.1, which would fold them; in double quotes they are escaped."""
_NUMBER: Final = re.compile(r"[-+]?(?:[0-9][0-9_]*|0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+)")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_DATE: Final = re.compile(r"\d{4}-\d\d?-\d\d?(?:[Tt ].*)?")
_RESOLVERS: Final = (
    ("tag:yaml.org,2002:null", re.compile(r"(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")),
    ("tag:yaml.org,2002:timestamp", re.compile(f"(?:{_DATE.pattern})$"), list("0123456789")),
    ("tag:yaml.org,2002:int", re.compile(f"(?:{_NUMBER.pattern})$"), list("-+0123456789")),
    ("tag:yaml.org,2002:float", re.compile(f"(?:{_FLOAT.pattern})$"), list("-+.0123456789")),
)


class _Loader(yaml.SafeLoader):
    """The safe loader with go-yaml's idea of what a bare word is."""


_Loader.yaml_implicit_resolvers = {}  # none of YAML 1.1's


class _Dumper(yaml.SafeDumper):
    """Quotes what YAML 1.1 or the real engine would take for anything but a text."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 - PyYAML's signature
        super().increase_indent(flow, indentless=False)

    def represent_text(self, text: str) -> yaml.Node:
        style = '"' if self._is_ambiguous(text) else "|" if "\n" in text else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    def _is_ambiguous(self, text: str) -> bool:
        if not _BREAKS.isdisjoint(text):
            return True
        tag = self.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]  # PyYAML has no types here
        return bool(tag != "tag:yaml.org,2002:str")


for _tag, _pattern, _first in _RESOLVERS:
    _Loader.add_implicit_resolver(_tag, _pattern, _first)
    _Dumper.add_implicit_resolver(_tag, _pattern, _first)


def _construct_int(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int | float:
    digits = str(loader.construct_scalar(node)).replace("_", "")
    try:
        octal = re.fullmatch(r"([-+]?)0([0-7]+)", digits)
        return int(octal[1] + octal[2], 8) if octal else int(digits, 0)
    except ValueError:
        return float(digits)  # 089: no octal number


def _construct_float(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> float:
    return float(str(loader.construct_scalar(node)))


def _refuse_date(_loader: yaml.SafeLoader, node: yaml.ScalarNode) -> str:
    raise InvalidConfiguration(
        f"line {node.start_mark.line + 1}: {node.value} would be read as a point in time; put it in quotes"
    )


_Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)
_Loader.add_constructor("tag:yaml.org,2002:float", _construct_float)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _refuse_date)
_Dumper.add_representer(str, _Dumper.represent_text)


def load(text: str, source: str) -> dict[str, Any]:
    """The mapping that a YAML text is; raises `InvalidConfiguration` that names the source."""
    try:
        document = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader with other scalars
    except InvalidConfiguration as error:
        raise InvalidConfiguration(f"{source}: {error}") from error
    except yaml.YAMLError as error:
        raise InvalidConfiguration(f"{source} is no valid YAML: {error}") from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise InvalidConfiguration(f"{source} must be a mapping")
    return document


def dump(document: dict[str, Any]) -> str:
    """A mapping as YAML, in its order."""
    text: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1 << 30)
    return text


def replaced(text: str, path: tuple[str, ...], value: Any) -> str:
    """The text with the value at `path` set, in its place or, if new, behind its siblings; the rest keeps its form.

    A document in flow style (`{a: 1}`) is written anew.
    """
    node = yaml.compose(text, Loader=_Loader)
    if node is None:
        return text + ("" if not text or text.endswith("\n") else "\n") + dump(_nested(path, value))
    span = _span(node, path)
    if span is None:
        document = load(text, "the file")
        _assign(document, path, value)
        return dump(document)
    start, end, depth, indent = span
    lines = list(io.StringIO(dump(_nested(path[depth:], value))))  # splitlines knows more line ends than YAML
    block = "".join(lines[:1] + [" " * indent + line for line in lines[1:]])
    if start == end:  # a new key, behind the last sibling's line
        line_end = text.find("\n", end) if "\n" in text[end:] else len(text)
        return text[:line_end] + "\n" + " " * indent + block.rstrip("\n") + (text[line_end:] or "\n")
    return text[:start] + block.rstrip("\n") + text[end:]


def removed(text: str, path: tuple[str, ...]) -> str:
    """The text without the key at `path`, which must be there; the rest keeps its form where YAML allows."""
    document = load(text, "the file")
    parent = document
    for key in path[:-1]:
        parent = parent[key]
    del parent[path[-1]]
    node = yaml.compose(text, Loader=_Loader)
    span = _span(node, path) if parent and node is not None else None
    if span is None or span[0] == span[1]:
        return dump(document)
    line_start = text.rfind("\n", 0, span[0]) + 1
    line_end = text.find("\n", span[1]) + 1 or len(text)
    return text[:line_start] + text[line_end:]


def _span(node: yaml.Node, path: tuple[str, ...]) -> tuple[int, int, int, int] | None:
    """Where an edit goes: start, end, how many keys of the path are there already, and the column of its key."""
    for depth, key in enumerate(path):
        if not isinstance(node, yaml.MappingNode) or node.flow_style or not node.value:
            return None
        found = next(((k, v) for k, v in node.value if k.value == key), None)
        if found is None:
            first, last = node.value[0][0], node.value[-1][1]
            return _end(last), _end(last), depth, first.start_mark.column
        if depth == len(path) - 1:
            return found[0].start_mark.index, _end(found[1]), depth, found[0].start_mark.column
        node = found[1]
    return None


def _end(node: yaml.Node) -> int:
    """Where a node's text ends; the mark of a block collection lies behind blank lines and comments."""
    if isinstance(node, yaml.MappingNode) and node.value and not node.flow_style:
        return _end(node.value[-1][1])
    if isinstance(node, yaml.SequenceNode) and node.value and not node.flow_style:
        return _end(node.value[-1])
    start, end = node.start_mark.index, node.end_mark.index
    buffer: str = node.start_mark.buffer.rstrip("\0") if node.start_mark.buffer else ""
    return start + len(buffer[start:end].rstrip(_BLANKS)) if buffer and end > start else end


def _nested(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    return {path[0]: _nested(path[1:], value) if len(path) > 1 else value}


def _assign(document: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for key in path[:-1]:
        if not isinstance(document.get(key), dict):
            document[key] = {}
        document = document[key]
    document[path[-1]] = value
