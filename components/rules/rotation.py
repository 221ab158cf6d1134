"""How the token is changed and proven."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Sequence
from typing import Final

from components.auth_token.seen import Verify

_DURATION: Final = re.compile(r"(?=.)(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


def generation_counts(generation: int) -> Iterator[str]:
    """Generations of the token count from 1."""
    if generation < 1:
        yield "is below 1; generations count up from 1, and each one more is a new token"


def verify_is_one(verify: str) -> Iterator[str]:
    """required, whenReachable or off."""
    if verify not in tuple(Verify):
        yield f"is not one of {', '.join(Verify)}"


def proofs_can_connect(
    verify: str, allowed_security_group_ids: Sequence[str], allowed_cidr_blocks: Sequence[str]
) -> Iterator[str]:
    """Where every node must be reached for a proof, somebody must be let in."""
    if verify == Verify.REQUIRED and not allowed_security_group_ids and not allowed_cidr_blocks:
        yield (
            "connects to every node, and nobody may: name who runs this, and the clients, in allowedSecurityGroupIds "
            "or allowedCidrBlocks, or choose verify: whenReachable"
        )


def deadline_is_a_duration(rotation_deadline: str) -> Iterator[str]:
    """A duration such as 60m, 1h30m or 90s, longer than none."""
    try:
        seconds(rotation_deadline)
    except ValueError as error:
        yield str(error)


def authorities_can_be_read(ca_file: str) -> Iterator[str]:
    """A file with the certificates, in PEM form, of the authorities that the nodes' certificates are checked against;
    empty for those that the system trusts."""
    if not ca_file:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(ca_file)
    except ssl.SSLError:
        yield "holds no certificate in PEM form"
    except OSError as error:
        yield f"cannot be read: {error.strerror}"


def seconds(duration: str) -> int:
    """The seconds of `duration`, such as 60m, 1h30m or 90s. Raises ValueError, which names the rule."""
    match = _DURATION.fullmatch(duration)
    hours, minutes, rest = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    if not (total := hours * 3600 + minutes * 60 + rest):
        raise ValueError("is no duration; write hours, minutes and seconds, such as 60m, 1h30m or 90s")
    return total


CHECKS: Final = (
    generation_counts,
    verify_is_one,
    proofs_can_connect,
    deadline_is_a_duration,
    authorities_can_be_read,
)
