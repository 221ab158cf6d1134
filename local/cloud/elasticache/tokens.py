"""ROTATE and SET: what a request for another token means, decided before anything happens."""

from dataclasses import dataclass
from typing import Any, Literal

from local.cloud.elasticache.errors import invalid_combination, invalid_value
from local.cloud.elasticache.rules import check_token
from local.cloud.elasticache.state import AuthState, ReplicationGroup
from local.cloud.nodes.tokens import Tokens, digest
from local.cloud.settings import Settings

NO_MODIFICATIONS = "No modifications were requested"


@dataclass(frozen=True)
class TokenChange:
    """A change of tokens that is to land: its pending status, and what holds then."""

    status: Literal["ROTATING", "SETTING"]
    tokens: Tokens
    rotated: str | None


def requested_change(group: ReplicationGroup, request: dict[str, Any], settings: Settings) -> TokenChange | None:
    """The change of tokens that a ModifyReplicationGroup request asks for, if it does.

    Raises:
        ApiError: ElastiCache would not do it.
    """
    token, strategy = request.get("AuthToken"), request.get("AuthTokenUpdateStrategy", "ROTATE")
    if token is None:
        if "AuthTokenUpdateStrategy" in request:
            raise invalid_combination(
                "AuthTokenUpdateStrategy needs an AuthToken; DELETE needs user groups, which this cloud has not."
            )
        return None
    if group.transit != "required":
        raise invalid_value("The AUTH token modification is only supported when encryption-in-transit is enabled.")
    if not request.get("ApplyImmediately"):
        raise invalid_combination("The AUTH token modification is only supported with ApplyImmediately.")
    if strategy == "DELETE":
        raise invalid_combination("The AUTH token can only be deleted when a user group is associated.")
    check_token(token, at_creation=False)
    return (
        _rotate(group.auth, digest(token), settings)
        if strategy == "ROTATE"
        else _set(group.auth, digest(token), settings)
    )


def _rotate(auth: AuthState, new: str, settings: Settings) -> TokenChange:
    if new == auth.tokens.newest and settings.same_token == "refuse":
        raise invalid_combination(NO_MODIFICATIONS)
    return TokenChange("ROTATING", auth.tokens.rotated(new), rotated=new)


def _set(auth: AuthState, only: str, settings: Settings) -> TokenChange:
    if auth.rotated is not None and only != auth.rotated:
        raise invalid_value("The AuthToken of SET must be the same value as the last AUTH token rotated.")
    if auth.rotated is None:
        if only == auth.tokens.newest:
            if settings.same_token == "refuse":
                raise invalid_combination(NO_MODIFICATIONS)
        elif settings.set_without_rotate == "refuse":
            raise invalid_combination("The AuthTokenUpdateStrategy SET is allowed only after ROTATE.")
    return TokenChange("SETTING", auth.tokens.set(only), rotated=None)
