"""Taking over the token of a group that was there before the stack: when that is refused, and what will be done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from components.auth_token.rules import Token, TokenError
from components.auth_token.seen import Group

NONE: Final = "none"
UNKNOWN: Final = "unknown, not proven"
"""A previous token that nobody told us cannot be seen to be refused; AWS says that SET leaves the new one alone."""


def refusals(olds: Mapping[str, Any], news: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with adopting, as far as the inputs of this run and of the one before (`olds`) show it.

    A program cannot read its own state. The rotation can: it is registered under one name, whosever the group is.
    """
    if olds and bool(olds.get("adopted")) != bool(news.get("adopted")):
        theirs, ours = olds.get("replication_group_id"), news.get("replication_group_id")
        yield (
            f"this stack holds {theirs}, a group of its own, which it would delete: adopt {ours} with another stack"
            if news.get("adopted")
            else f"this stack has adopted {theirs}: set adopt to it again, or make a group with another stack"
        )
    elif olds.get("adopted") and olds.get("replication_group_id") != news.get("replication_group_id"):
        yield (
            f"this stack has adopted {olds.get('replication_group_id')}, whose clients read its secret: "
            f"adopt {news.get('replication_group_id')} with another stack"
        )
    token = news.get("adopt_token")
    if isinstance(token, str) and token:
        try:
            Token(token)
        except TokenError as error:
            yield f"adoptToken: {error}"


def unfit(group: Group | None) -> Iterator[str]:
    """Why this group cannot be adopted."""
    if group is None:
        yield "there is no such group in this account and region"
    elif not group.tls:
        yield "its in-transit encryption is off, and only with it can a group have a token: turn that on first"


def previous(group: Group, adopt_token: object) -> str:
    """What is known of the token before ours; empty where we were told it, and so can prove that it is refused."""
    if not group.has_token:
        return NONE
    return "" if adopt_token else UNKNOWN


def steps(group: Group, props: Mapping[str, Any]) -> Iterator[str]:
    """What adopting this group will do, one line a step."""
    told = previous(group, props.get("adopt_token"))
    yield f"adopting it: nothing but its token is changed; previous token: {told or 'known'}"
    published = props.get("secret_arn") != ""  # in a preview it is not known yet
    if published and not told:
        yield "adopting, step: the secret gets its first version with the token that clients use now"
    yield "adopting, step: ROTATE, and every node is seen to accept the new token; what clients use now still works"
    if published:
        yield f"adopting, step: the secret gets {'its first' if told else 'a'} version with the new token"
    if props["overlap_seconds"]:
        yield f"adopting, step: clients come over; they have {int(props['overlap_seconds'])} s"
    yield "adopting, step: SET, and every node is seen to accept the new token, and to refuse all else"
