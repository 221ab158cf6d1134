"""A token is what ElastiCache takes, and does not show itself."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.auth_token.rules import TOKEN_LENGTH, TOKEN_SPECIAL, Token, TokenError

ALPHABET = string.ascii_letters + string.digits + TOKEN_SPECIAL


@given(st.text(ALPHABET, min_size=16, max_size=128))
def test_a_token_of_the_rules_is_carried_and_not_shown(text: str) -> None:
    token = Token(text)
    assert token.reveal() == text
    for shown in (repr(token), str(token), f"{token}", f"{token!r}", repr({"token": token}), repr([token])):
        assert text not in shown
    assert token == Token(text)
    assert token != text


@given(st.text(ALPHABET, max_size=15) | st.text(ALPHABET, min_size=129, max_size=140))
def test_a_length_out_of_range_is_refused_without_the_text(text: str) -> None:
    with pytest.raises(TokenError, match="16 to 128") as refused:
        Token(text)
    assert not text or len(text) < 4 or text not in str(refused.value)


@given(st.text(ALPHABET, min_size=16, max_size=100), st.characters().filter(lambda c: c not in ALPHABET))
def test_a_character_out_of_the_set_is_refused_without_the_text(text: str, wrong: str) -> None:
    with pytest.raises(TokenError, match="letters, digits") as refused:
        Token(text + wrong)
    assert text not in str(refused.value)


def test_random_tokens_are_long_and_differ() -> None:
    one, two = Token.random(), Token.random()
    assert one != two
    assert len(one.reveal()) == TOKEN_LENGTH
