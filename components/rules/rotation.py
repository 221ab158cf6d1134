"""How the token is changed and proven."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Sequence
from typing import Final

from components.auth_token.rules import Token, TokenError
from components.auth_token.seen import Verify

_DURATION: Final = re.compile(r"(?=.)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_PUBLISH: Final = ("secretsManager", "none")


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
    yield from _duration(rotation_deadline, or_none=False)


def publish_is_one(publish: str) -> Iterator[str]:
    """secretsManager or none."""
    if publish not in _PUBLISH:
        yield f"is not one of {', '.join(_PUBLISH)}"


def recovery_is_possible(secret_recovery_days: int) -> Iterator[str]:
    """Secrets Manager keeps a deleted secret for 7 to 30 days, or, with 0, not at all (DeleteSecret, API reference)."""
    if secret_recovery_days != 0 and not 7 <= secret_recovery_days <= 30:
        yield "is neither 0 nor 7 to 30 days"


def overlap_is_a_duration(overlap: str) -> Iterator[str]:
    """A duration such as 5m or 1h, or 0s for none."""
    yield from _duration(overlap)


def wait_is_a_duration(max_wait: str) -> Iterator[str]:
    """A duration such as 10m, or 0s not to wait at all."""
    yield from _duration(max_wait)


def age_is_above_the_overlap(max_age: str, overlap: str) -> Iterator[str]:
    """Empty, or a duration such as 30d, longer than overlap: no token is due before the one before it is out."""
    if not max_age:
        return
    wrong = [*_duration(max_age, or_none=False)]
    yield from wrong
    if not wrong and not [*_duration(overlap)] and seconds(max_age) <= seconds(overlap):
        yield f"is not above overlap, which is {overlap}: a token would be due before the one before it is out"


def revoked_generations_count(revoke_through: int) -> Iterator[str]:
    """The last generation that has leaked, or 0 for none."""
    if revoke_through < 0:
        yield "is below 0; 0 revokes nothing"


def adopted_token_is_one(adopt_token: str, adopt: str) -> Iterator[str]:
    """The token of a group that is adopted: 16 to 128 characters of letters, digits and `!&#$^<>-`, or empty."""
    if not adopt_token:
        return
    if not adopt:
        yield "is the token of an adopted group, and adopt names none"
    try:
        Token(adopt_token)
    except TokenError as error:
        yield f"is not one that this program can try: {error}. Leave it empty, and the previous token goes unproven"


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
    """The seconds of `duration`, such as 30d, 60m, 1h30m, 90s or 0s. Raises ValueError, which names the rule."""
    match = _DURATION.fullmatch(duration)
    if match is None:
        raise ValueError("is no duration; write days, hours, minutes and seconds, such as 30d, 60m, 1h30m or 90s")
    days, hours, minutes, rest = (int(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest


def _duration(text: str, *, or_none: bool = True) -> Iterator[str]:
    try:
        if not seconds(text) and not or_none:
            yield "is no time at all; write a duration such as 60m, 1h30m or 90s"
    except ValueError as error:
        yield str(error)


CHECKS: Final = (
    generation_counts,
    verify_is_one,
    proofs_can_connect,
    deadline_is_a_duration,
    publish_is_one,
    recovery_is_possible,
    overlap_is_a_duration,
    wait_is_a_duration,
    age_is_above_the_overlap,
    revoked_generations_count,
    adopted_token_is_one,
    authorities_can_be_read,
)
