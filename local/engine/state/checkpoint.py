"""The stack's checkpoint: read whole, written whole after every step, never half written."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from local.engine.errors import EngineError, Unsupported
from local.engine.properties.values import PropertyValue, Secret
from local.engine.state.passphrase import Passphrase, passphrase_from_environment
from local.engine.state.resource import ResourceState, timestamp
from local.engine.state.urns import STACK_TYPE

if TYPE_CHECKING:
    from local.engine.project.stack import Stack

# The engine version whose semantics this one follows; a manifest without a version would not be taken by it.
ENGINE_VERSION: Final = "v3.260.0"
_PLAIN_VERSION: Final = 3
_VERSION_WITH_FEATURES: Final = 4  # resources use something that older engines would drop unread
_FEATURES: Final = frozenset({"replaceWith"})


class PendingOperation(NamedTuple):
    """An operation that was begun and not seen to end: `creating`, `updating`, `deleting` or `reading`."""

    resource: ResourceState
    type: str


class Checkpoint:
    """The file of one stack, and what it held when it was loaded."""

    def __init__(self, path: Path, stack: Stack) -> None:
        self.path, self._stack = path, stack
        self._guard = threading.Lock()
        self.resources: list[ResourceState] = []
        self.pending: list[PendingOperation] = []
        self._metadata: dict[str, Any] = {}

    @property
    def stack_resource(self) -> ResourceState | None:
        """The stack's own resource, which holds its outputs."""
        return next((r for r in self.resources if r.type == STACK_TYPE and not r.parent and not r.delete), None)

    def load(self) -> None:
        """Read the file; raises `Unsupported` for what only the real engine could go on with."""
        try:
            document = json.loads(self.path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise EngineError(
                f"{self.path} is no checkpoint ({error}); the one before it is {self.path}.bak"
            ) from error
        version, features = document.get("version"), document.get("features") or []
        if version not in (_PLAIN_VERSION, _VERSION_WITH_FEATURES):
            raise Unsupported(f"{self.path}: checkpoint version {version} needs the real pulumi")
        unknown = sorted(set(features) - _FEATURES)
        if unknown:
            raise Unsupported(f"{self.path} needs the real pulumi: it makes use of {', '.join(unknown)}")
        latest = document["checkpoint"].get("latest") or {}
        for part in ("snippets", "extensions"):
            if latest.get(part):
                raise Unsupported(f"{self.path} needs the real pulumi: it holds {part}")
        cipher = self._cipher(latest.get("secrets_providers") or {})
        self.resources = [ResourceState.load(r, cipher) for r in latest.get("resources") or []]
        self.pending = [
            PendingOperation(ResourceState.load(p["resource"], cipher), p["type"])
            for p in latest.get("pending_operations") or []
        ]
        self._metadata = latest.get("metadata") or {}
        if cipher is not self._stack.secrets:
            for state in [*self.resources, *(p.resource for p in self.pending)]:
                _forget_ciphertexts(state.inputs)
                _forget_ciphertexts(state.outputs)

    def _cipher(self, provider: dict[str, Any]) -> Passphrase:
        """What the file's secrets are sealed with: mostly, but not surely, what the stack's settings say."""
        if provider.get("type", "passphrase") != "passphrase":
            raise Unsupported(f"{self.path}: secrets provider {provider['type']!r} needs the real pulumi")
        salt = (provider.get("state") or {}).get("salt")
        if salt and self._stack.settings.salt is None:
            self._stack.settings.set_salt(salt)  # a lost settings file is no reason to seal anew
        if not salt or salt == self._stack.secrets.state:
            return self._stack.secrets
        return Passphrase(passphrase_from_environment(), salt)

    def save(self, resources: list[ResourceState], pending: list[PendingOperation]) -> None:
        """Write the file: in place of the old one at once, which stays beside it as `.bak`."""
        with self._guard:
            text = json.dumps(self._document(resources, pending), separators=(",", ":"), ensure_ascii=False)
            self._replace(text.encode())

    def _document(self, resources: list[ResourceState], pending: list[PendingOperation]) -> dict[str, Any]:
        cipher = self._stack.secrets
        latest: dict[str, Any] = {
            "manifest": {
                "time": timestamp(),
                "magic": hashlib.sha256(ENGINE_VERSION.encode()).hexdigest(),
                "version": ENGINE_VERSION,
            },
            "secrets_providers": {"type": "passphrase", "state": {"salt": cipher.state}},
        }
        if resources:
            latest["resources"] = [r.dump(cipher) for r in resources]
        if pending:
            latest["pending_operations"] = [{"resource": r.dump(cipher), "type": t} for r, t in pending]
        latest["metadata"] = self._metadata
        checkpoint = {"stack": self._stack.full_name, "latest": latest}
        if any(state.replace_with for state in resources):
            return {"version": _VERSION_WITH_FEATURES, "features": sorted(_FEATURES), "checkpoint": checkpoint}
        return {"version": _PLAIN_VERSION, "checkpoint": checkpoint}

    def _replace(self, content: bytes) -> None:
        new = self.path.with_name(f".{self.path.name}.{os.getpid()}.new")
        with new.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if self.path.exists():
            spare = new.with_suffix(".bak")
            spare.unlink(missing_ok=True)
            os.link(self.path, spare)  # at no moment is the stack without its file
            spare.replace(f"{self.path}.bak")
        new.replace(self.path)
        for suffix in (".attrs", ".bak.attrs"):  # checksums by the real engine's blob library: of another text now
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)


def _forget_ciphertexts(value: PropertyValue) -> None:
    """Make every secret be sealed anew: its ciphertext is of another key."""
    if isinstance(value, Secret):
        value.ciphertext = None
        _forget_ciphertexts(value.value)
    elif isinstance(value, dict):
        for item in value.values():
            _forget_ciphertexts(item)
    elif isinstance(value, list):
        for item in value:
            _forget_ciphertexts(item)
