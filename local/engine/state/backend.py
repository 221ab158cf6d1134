"""A `file://` backend's folders, laid out as the real engine lays them out."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from local.engine.errors import InvalidConfiguration, StackNotFound, Unsupported
from local.engine.project.manifest import Project
from local.engine.project.stack import Stack
from local.engine.state.checkpoint import Checkpoint
from local.engine.state.locks import Lock

_SCHEME: Final = "file://"


class Backend:
    """Where checkpoints and locks are kept: `<folder>/.pulumi`."""

    def __init__(self, folder: Path) -> None:
        self._base = folder / ".pulumi"

    @classmethod
    def of(cls, project: Project) -> Backend:
        """The backend that PULUMI_BACKEND_URL names, else Pulumi.yaml; raises for none and for any but `file://`."""
        url = os.environ.get("PULUMI_BACKEND_URL") or project.backend_url
        if not url:
            raise InvalidConfiguration(
                "set PULUMI_BACKEND_URL to a folder, such as file:///home/me/state or file://~; for the local stack "
                'type: eval "$(make -s env)"'
            )
        if not url.startswith(_SCHEME):
            raise Unsupported(f"backend {re.sub(r'://[^@/]*@', '://', url)} needs the real pulumi; here: file://FOLDER")
        path = unquote(url.removeprefix(_SCHEME).split("?", 1)[0])
        return cls(project.root / Path(path).expanduser())

    def require(self, stack: Stack) -> None:
        """Raise `StackNotFound` unless the stack is there."""
        path = self._path(stack)
        if not path.exists():
            for extension in (".gz", ".zst"):
                if path.with_name(path.name + extension).exists():
                    raise Unsupported(f"{path}{extension}: compressed checkpoints need the real pulumi")
            raise StackNotFound(f"no stack named '{stack.name}' found")

    def checkpoint(self, stack: Stack) -> Checkpoint:
        """The stack's checkpoint, loaded; raises `StackNotFound`."""
        self.require(stack)
        checkpoint = Checkpoint(self._path(stack), stack)
        checkpoint.load()
        return checkpoint

    def create(self, stack: Stack) -> Checkpoint:
        """Make the stack, empty; raises `InvalidConfiguration` if it is there already."""
        path = self._path(stack)
        if path.exists():
            raise InvalidConfiguration(f"stack '{stack.full_name}' already exists")
        path.parent.mkdir(parents=True, exist_ok=True)
        meta = self._base / "meta.yaml"
        if not meta.exists():
            meta.write_text("version: 1\n", encoding="utf-8")
        checkpoint = Checkpoint(path, stack)
        checkpoint.save([], [])
        stack.settings.save()
        return checkpoint

    def remove(self, stack: Stack) -> None:
        """Drop the stack's checkpoint; a backup stays beside it, as the real engine leaves one."""
        path = self._path(stack)
        path.replace(f"{path}.bak")

    def lock(self, stack: Stack) -> Lock:
        """The stack's lock, not yet taken."""
        return Lock(self._base / "locks" / stack.full_name)

    def _path(self, stack: Stack) -> Path:
        return self._base / "stacks" / stack.project.name / f"{stack.name}.json"
