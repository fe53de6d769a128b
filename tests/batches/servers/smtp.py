"""SMTP servers by aiosmtpd: `plain`, and `small`, which takes letters of 20 kB. How they behave depends on the recipients' names.

The folder gets the letters, each with its recipients as a first line.
"""

import asyncio
import json
import sys
from itertools import count
from pathlib import Path

from aiosmtpd.smtp import SMTP

from tests.batches.servers import LARGE


class Connection(SMTP):
    taken = 0

    def data_received(self, data) -> None:
        """End the connection of some when most of a large file has arrived."""
        self.taken += len(data)
        if self.taken > LARGE * 9 // 10 and self.envelope and self.envelope.rcpt_tos[0].startswith("cut@"):
            self.transport.abort()
            return
        super().data_received(data)


class Mailbox:
    numbers = count(1)

    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.partition("@")[0]
        if name == "nobody":
            return "550 5.1.1 No such mailbox here"
        if name == "grey":
            return "451 4.7.1 Greylisted, come again"
        if name == "silent":
            await asyncio.Event().wait()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        first = envelope.rcpt_tos[0].partition("@")[0]
        if first == "full":
            return "452 4.2.2 Mailbox full"
        if first == "spam":
            return "554 5.7.1 \x07Rejected\x1b[0m, looks like spam"
        number = next(self.numbers)
        (FOLDER / f"{number}.eml").write_bytes(json.dumps(envelope.rcpt_tos).encode() + b"\n" + envelope.content)
        if first == "late":  # It has taken the letter, and nobody hears of it.
            server.transport.abort()
        if first == "slow":
            await asyncio.Event().wait()
        return f"250 2.0.0 Ok: queued as {number}"


async def main() -> None:
    says, loop = {}, asyncio.get_running_loop()
    for name, size in {"plain": 50_000_000, "small": 20_000}.items():
        server = await loop.create_server(
            lambda size=size: Connection(Mailbox(), hostname="mail.example", data_size_limit=size), "127.0.0.1", 0
        )
        says[name] = server.sockets[0].getsockname()[1]
    print(json.dumps(says), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    FOLDER = Path(sys.argv[1])
    asyncio.run(main())
