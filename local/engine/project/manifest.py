"""Pulumi.yaml: a project's name, its Python, and what it asks of its stacks."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from local.engine.errors import InvalidConfiguration, Unsupported
from local.engine.project import yaml_text
from local.engine.project.schema import Declaration, parse_declarations

FILE_NAME: Final = "Pulumi.yaml"


@dataclass(frozen=True, slots=True)
class Project:
    """A project as its manifest describes it.

    `root` is the folder of Pulumi.yaml, `program` the one to run (the root, unless `main` says otherwise), `python` the
    interpreter of the program's virtual environment, else the engine's own.
    """

    root: Path
    name: str
    program: Path
    python: Path
    runtime_options: Mapping[str, Any]
    declarations: list[Declaration]
    settings_folder: Path
    plugin_folders: Mapping[str, Path]
    backend_url: str | None
    always_refresh: bool


def find_project(folder: Path) -> Project:
    """The project whose Pulumi.yaml is in `folder` or the nearest folder above; raises `InvalidConfiguration`."""
    start = folder.resolve()
    for candidate in (start, *start.parents):
        if (candidate / FILE_NAME).is_file():
            return _read(candidate)
    raise InvalidConfiguration(
        f"no Pulumi.yaml project file found (searching upwards from {start}). If you have not created a project yet, "
        "use `pulumi new` to do so"
    )


def _read(root: Path) -> Project:
    source = root / FILE_NAME
    document = yaml_text.load(source.read_text(encoding="utf-8-sig"), str(source))
    try:
        return _project(root, document)
    except InvalidConfiguration as error:
        raise InvalidConfiguration(f"could not validate '{source}': {error}") from error


def _project(root: Path, document: dict[str, Any]) -> Project:
    name = document.get("name")
    if name is None:
        raise InvalidConfiguration("project is missing a 'name' attribute")
    if not isinstance(name, str) or not name:
        raise InvalidConfiguration("project is missing a non-empty string 'name' attribute")
    options = _runtime_options(document.get("runtime"))
    config = document.get("config") or {}
    folder = str(document.get("stackConfigDir") or (config if isinstance(config, str) else "."))
    return Project(
        root=root,
        name=name,
        program=(root / str(document.get("main") or ".")).resolve(),
        python=_python(root, options),
        runtime_options=options,
        declarations=[] if isinstance(config, str) else parse_declarations(name, _mapping("config", config)),
        settings_folder=root / folder,
        plugin_folders=_plugin_folders(root, document),
        backend_url=_mapping("backend", document.get("backend") or {}).get("url"),
        always_refresh=_mapping("options", document.get("options") or {}).get("refresh") == "always",
    )


def _mapping(what: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidConfiguration(f"#/{what}: expected a mapping")
    return value


def _runtime_options(runtime: Any) -> dict[str, Any]:
    written = runtime if isinstance(runtime, dict) else {"name": runtime}
    if written.get("name") is None:
        raise InvalidConfiguration("project is missing a 'runtime' attribute")
    if written["name"] != "python":
        raise Unsupported(f"runtime {written['name']!r} needs the real pulumi; this engine runs Python programs")
    options = _mapping("runtime/options", written.get("options") or {})
    if options.get("toolchain") not in (None, "pip"):
        raise Unsupported(f"toolchain {options['toolchain']!r} needs the real pulumi; this engine knows pip's")
    return options


def _python(root: Path, options: Mapping[str, Any]) -> Path:
    candidate = root / str(options.get("virtualenv", "")) / "bin" / "python"
    return candidate if "virtualenv" in options and candidate.exists() else Path(sys.executable)


def _plugin_folders(root: Path, document: Mapping[str, Any]) -> dict[str, Path]:
    plugins = _mapping("plugins", document.get("plugins") or {})
    if plugins.get("analyzers"):
        raise Unsupported("policy packs (plugins/analyzers) need the real pulumi")
    return {str(p["name"]): root / str(p["path"]) for p in plugins.get("providers") or []}
