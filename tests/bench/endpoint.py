"""A server that takes leads as an advertiser does: `python -m tests.bench.endpoint`.

It is a process of its own. It prints its port, and answers each request over a kept connection, a while after it came.
"""

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from config.embedded.paths import REPOSITORY

TAKES = 0.02
"""Seconds."""
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_ANSWER = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{"taken": true}'


@contextmanager
def endpoint() -> Iterator[int]:
    """Start the endpoint and return its port."""
    process = subprocess.Popen([sys.executable, "-m", __name__], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


async def _serve() -> None:
    server = await asyncio.start_server(_answer, "127.0.0.1", 0, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = _LENGTH.search(head)
            await reader.readexactly(int(length[1]) if length else 0)
            await asyncio.sleep(TAKES)
            writer.write(_ANSWER)
            await writer.drain()
    writer.close()


if __name__ == "__main__":
    asyncio.run(_serve())
