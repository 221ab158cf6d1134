"""Any actions, in any order, by any number of processes that die."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from components.auth_token.publication import Endpoints
from components.auth_token.rules import Token
from components.auth_token.seen import Published, Publishing
from tests.local.publication.secret import ELSEWHERE, HERE, PROMOTE, REJECT, RETIRE, STAGE, A, B, C, Killed, Secret

ACTIONS = st.tuples(
    st.sampled_from(Publishing),
    st.sampled_from([A, B, C]),
    st.sampled_from([HERE, ELSEWHERE]),
    st.none() | st.integers(min_value=0, max_value=9),
)
"""What is done with which token and endpoints, and before which call the process dies."""


def reached(action: Publishing, token: Token, found: Published) -> bool:
    """Whether what `action` promises holds. What clients read is neither retired nor rejected, whatever is labelled."""
    return {
        STAGE: token in (found.pending, found.current),
        PROMOTE: (found.current, found.complete) == (token, True)
        and token not in (found.pending, found.retired, found.rejected),
        RETIRE: token in (found.retired, found.current),
        REJECT: token in (found.rejected, found.current) and found.pending != token,
    }[action]


@settings(max_examples=10, deadline=None)
@given(st.lists(ACTIONS, min_size=3, max_size=12))
def test_clients_read_what_was_promoted_and_nothing_else(
    make_secret: Callable[..., Secret], actions: list[tuple[Publishing, Token, Endpoints, int | None]]
) -> None:
    secret = make_secret()
    secret.publish((PROMOTE, A))
    for action, token, endpoints, dies_before in actions:
        allowed = {secret.current()} if action is not PROMOTE else {secret.current(), token}
        secret.process.calls, secret.process.dies_before = [], dies_before
        try:
            secret.publish((action, token), endpoints=endpoints)
            done = True
        except Killed:
            done = False
        secret.process.dies_before = None
        found = secret.publication(endpoints).look()
        assert found.current in allowed
        assert not done or reached(action, token, found)
        read = json.loads(secret.client.get_secret_value(SecretId=secret.arn)["SecretString"])
        assert Token(read["password"]) == found.current
        labels = [label for labels in secret.labels().values() for label in labels]
        assert len(labels) == len(set(labels)), "each label is on one version"
        contents = Counter(content for content, labels in secret.versions() if labels)
        assert max(contents.values()) == 1, "no content is in two versions"
