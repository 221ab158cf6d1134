"""What stock Redis cannot say: a token that is accepted, but not needed.

Under ``nopass`` Redis takes any password in ``AUTH user password`` and ``HELLO``, and calls ``AUTH password`` an error.
So while no token is needed the relay reads the client's commands and rewrites these two, so that Redis itself gives the
right answer, in its order among the answers to pipelined commands. Everything else passes as it is.
"""

import asyncio
import shlex
from collections.abc import Callable

from local.cloud.nodes.resp import encode
from local.cloud.nodes.tokens import Tokens

_NOBODY = b"no-such-user"  # AUTH with a user that is not there: Redis answers WRONGPASS
_CHUNK = 65536
_LONGEST_JUDGED = 65536  # bytes of AUTH or HELLO; Redis itself limits clients that are not authenticated to less


async def judged(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tokens: Callable[[], Tokens]) -> None:
    """Pass a client's commands on to Redis until it stops sending, AUTH and HELLO judged by the tokens of that moment.

    Raises:
        ValueError: the client does not speak RESP; the connection is of no use any more.
        OSError: either side closed the connection.
    """
    while line := await _line(reader):
        if not line.startswith(b"*"):
            writer.write(encode(judge(_words(line), tokens())) if _is_judged(line.split(maxsplit=1)) else line)
        else:
            await _multibulk(line, reader, writer, tokens)
        await writer.drain()


async def _multibulk(
    line: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tokens: Callable[[], Tokens]
) -> None:
    count = int(line[1:])
    if count <= 0:
        writer.write(line)
        return
    header = await _line(reader)
    size = _size(header)
    if size <= len(b"HELLO"):
        name = (await reader.readexactly(size + 2))[:-2]
        if not _is_judged([name]):
            writer.write(line + header + name + b"\r\n")
        else:
            arguments = [name, *[await _short_argument(reader) for _ in range(count - 1)]]
            writer.write(encode(judge(arguments, tokens())))
            return
    else:
        writer.write(line + header)
        await _copy(size + 2, reader, writer)
    for _ in range(count - 1):
        header = await _line(reader)
        writer.write(header)
        await _copy(_size(header) + 2, reader, writer)


def judge(arguments: list[bytes], tokens: Tokens) -> list[bytes]:
    """The AUTH or HELLO to send to Redis in place of this one; the same one where Redis's own answer is right."""
    if not tokens.optional:
        return arguments
    match arguments:
        case [name, password] if name.upper() == b"AUTH":
            return _verdict([name], password, [], tokens)
        case [name, b"default", password] if name.upper() == b"AUTH":
            return _verdict([name], password, [], tokens)
        case [name, *_] if name.upper() == b"HELLO":
            for place in range(2, len(arguments) - 2):
                if arguments[place].upper() == b"AUTH" and arguments[place + 1] == b"default":
                    return _verdict(arguments[: place + 1], arguments[place + 2], arguments[place + 3 :], tokens)
    return arguments


def _verdict(before: list[bytes], password: bytes, after: list[bytes], tokens: Tokens) -> list[bytes]:
    """The right password is sent on: it stays right if SET comes in between."""
    return [*before, b"default" if tokens.accepts(password) else _NOBODY, password, *after]


def _is_judged(words: list[bytes]) -> bool:
    return bool(words) and words[0].upper() in (b"AUTH", b"HELLO")


def _words(line: bytes) -> list[bytes]:
    return [word.encode("latin-1") for word in shlex.split(line.decode("latin-1"))]


async def _line(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\n")
    except asyncio.IncompleteReadError as end:
        if end.partial:
            raise ConnectionResetError("the client closed the connection within a command") from end
        return b""
    except asyncio.LimitOverrunError as error:
        raise ValueError("a line of a client is too long") from error


def _size(header: bytes) -> int:
    if not header.startswith(b"$"):
        raise ValueError("an argument of a client's command does not begin with $")
    return int(header[1:])


async def _short_argument(reader: asyncio.StreamReader) -> bytes:
    size = _size(await _line(reader))
    if not 0 <= size <= _LONGEST_JUDGED:
        raise ValueError("an argument of AUTH or HELLO is too long")
    return (await reader.readexactly(size + 2))[:-2]


async def _copy(size: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while size > 0:
        data = await reader.read(min(size, _CHUNK))
        if not data:
            raise ConnectionResetError("the client closed the connection within a command")
        writer.write(data)
        await writer.drain()
        size -= len(data)
