"""Which tokens a group accepts, as pure values. Tokens themselves are never here, only their SHA-256 in hex."""

import hashlib
import hmac
from dataclasses import dataclass

_MOST = 2  # ROTATE keeps the previous token beside the new one, no more (ModifyReplicationGroup, AWS's user guide)


def digest(token: str | bytes) -> str:
    """What Redis's ``ACL SETUSER #hash`` takes, and all that the cloud keeps of a token."""
    return hashlib.sha256(token.encode() if isinstance(token, str) else token).hexdigest()


@dataclass(frozen=True)
class Tokens:
    """The accepted tokens, oldest first, and whether one is needed.

    ``required`` and no tokens do not occur; tokens without ``required`` are the optional state after a ROTATE on a
    group that had none: no token and each of these are accepted.
    """

    digests: tuple[str, ...] = ()
    required: bool = False

    @property
    def optional(self) -> bool:
        """Both no token and a right one are accepted, a wrong one is not: more than stock Redis can say."""
        return bool(self.digests) and not self.required

    @property
    def newest(self) -> str | None:
        """The digest of the token that came last."""
        return self.digests[-1] if self.digests else None

    def accepts(self, token: bytes) -> bool:
        """Whether this is one of the tokens."""
        presented = digest(token)
        return any(hmac.compare_digest(presented, known) for known in self.digests)

    def rotated(self, new: str) -> "Tokens":
        """After ROTATE: the new token beside the newest of the others; whether one is needed does not change."""
        kept = [known for known in self.digests if known != new]
        return Tokens((*kept, new)[-_MOST:], self.required)

    def set(self, only: str) -> "Tokens":
        """After SET: this token and nothing else."""
        return Tokens((only,), required=True)
