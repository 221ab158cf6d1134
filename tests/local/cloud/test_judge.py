"""The judge of AUTH and HELLO: it changes these two alone, however the bytes arrive."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.cloud.nodes.judge import judge, judged
from local.cloud.nodes.resp import encode
from local.cloud.nodes.tokens import Tokens, digest

TOKEN, OTHER = b"a-token-0123456789", b"another-token-0123"
OPTIONAL = Tokens((digest(TOKEN),))
REFUSED = b"no-such-user"

arguments = st.lists(st.binary(max_size=40), min_size=1, max_size=5).filter(
    lambda words: words[0].upper() not in (b"AUTH", b"HELLO")
)
commands = arguments.map(encode) | st.sampled_from([b"PING\r\n", b"\r\n", b"*0\r\n", b"get some-key\r\n"])


class Received:
    """A writer that keeps what it is given."""

    def __init__(self) -> None:
        self.bytes = b""

    def write(self, data: bytes) -> None:
        """Keep it."""
        self.bytes += data

    async def drain(self) -> None:
        """Nothing waits."""


def passed_on(parts: list[bytes], tokens: Tokens = OPTIONAL) -> bytes:
    """What reaches Redis of a stream that arrives in these parts."""

    async def run() -> bytes:
        reader, received = asyncio.StreamReader(), Received()

        async def feed() -> None:
            for part in parts:
                reader.feed_data(part)
                await asyncio.sleep(0)
            reader.feed_eof()

        await asyncio.gather(feed(), judged(reader, received, lambda: tokens))  # type: ignore[arg-type]  # as much of a StreamWriter as is used
        return received.bytes

    return asyncio.run(run())


@given(st.lists(commands, max_size=8), st.data())
def test_every_other_command_passes_byte_for_byte(stream: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(stream)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    parts = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert passed_on(parts) == whole


def test_a_large_argument_passes() -> None:
    command = encode([b"SET", b"key", b"\r\n*1\r\n$4\r\nAUTH" * 100_000])
    assert passed_on([command, encode([b"PING"])]) == command + encode([b"PING"])


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ([b"AUTH", TOKEN], [b"AUTH", b"default", TOKEN]),
        ([b"auth", OTHER], [b"auth", REFUSED, OTHER]),
        ([b"AUTH", b"default", TOKEN], [b"AUTH", b"default", TOKEN]),
        ([b"AUTH", b"default", OTHER], [b"AUTH", REFUSED, OTHER]),
        ([b"AUTH", b"somebody", TOKEN], [b"AUTH", b"somebody", TOKEN]),
        ([b"AUTH"], [b"AUTH"]),
        ([b"HELLO"], [b"HELLO"]),
        ([b"HELLO", b"3"], [b"HELLO", b"3"]),
        ([b"HELLO", b"3", b"AUTH", b"default", TOKEN], [b"HELLO", b"3", b"AUTH", b"default", TOKEN]),
        (
            [b"HELLO", b"2", b"setname", b"me", b"auth", b"default", OTHER],
            [b"HELLO", b"2", b"setname", b"me", b"auth", REFUSED, OTHER],
        ),
        (
            [b"HELLO", b"3", b"AUTH", b"default", OTHER, b"SETNAME", b"me"],
            [b"HELLO", b"3", b"AUTH", REFUSED, OTHER, b"SETNAME", b"me"],
        ),
    ],
)
def test_verdicts(given: list[bytes], sent: list[bytes]) -> None:
    assert judge(given, OPTIONAL) == sent
    assert passed_on([encode(given), encode([b"PING"])]) == encode(sent) + encode([b"PING"])


def test_an_inline_auth_is_judged_too() -> None:
    assert passed_on([b'AUTH "%s"\r\n' % OTHER]) == encode([b"AUTH", REFUSED, OTHER])


@pytest.mark.parametrize("tokens", [Tokens(), Tokens((digest(TOKEN),), required=True)])
def test_redis_itself_judges_where_it_can(tokens: Tokens) -> None:
    for command in ([b"AUTH", OTHER], [b"AUTH", b"default", OTHER], [b"HELLO", b"3", b"AUTH", b"default", OTHER]):
        assert judge(command, tokens) == command


@pytest.mark.parametrize("stream", [b"*2\r\n:1\r\n", b"*1\r\n$x\r\n", b"*2\r\n$4\r\nAUTH\r\n$99999999\r\n"])
def test_what_is_not_resp_ends_the_connection(stream: bytes) -> None:
    with pytest.raises(ValueError, match=r"argument|invalid literal"):
        passed_on([stream])


def test_tokens_are_two_at_most_and_set_leaves_one() -> None:
    first, second, third = (digest(name) for name in ("first", "second", "third"))
    tokens = Tokens().rotated(first)
    assert tokens.optional
    assert tokens.newest == first
    assert tokens.rotated(second).digests == (first, second)
    assert tokens.rotated(second).rotated(third).digests == (second, third)
    assert tokens.rotated(second).rotated(first).digests == (second, first)
    assert tokens.rotated(second).set(second) == Tokens((second,), required=True)
    assert tokens.set(first).rotated(second).required
    assert tokens.accepts(b"first")
    assert not tokens.accepts(b"second")
