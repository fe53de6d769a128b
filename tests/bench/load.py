"""Send requests as fast as they are answered, over a fixed number of connections: `python -m tests.bench.load`, with JSON in and out.

A process of its own and raw sockets, because on a small machine every microsecond spent here is one the server does not get.
"""

import asyncio
import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from itertools import count as numbers_from
from itertools import islice
from time import perf_counter

NUMBER = "@@"
"""In path and body, where the number of the request goes: no two people are the same."""
TAKEN = re.compile(rb'"data": ?(\d+)')
PATIENCE = 120  # seconds beyond the round, then the round fails: the first request waits until a program has started


@dataclass(frozen=True)
class Load:
    """Without a body it reads. With `cycle`, that many numbers come round and round."""

    port: int
    path: str
    body: str
    seconds: float
    first: int = 0
    connections: int = 16
    at_most: int = 200_000
    cycle: int = 0


@dataclass
class Answers:
    """`ids` of what was taken (201); `took` per request and `lasted` in all, in seconds."""

    took: list[float] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    ids: list[int] = field(default_factory=list)
    lasted: float = 0

    @property
    def rate(self) -> float:
        """The number of leads taken in a second."""
        return len(self.ids) / self.lasted

    @property
    def rate_read(self) -> float:
        return self.statuses.get("200", 0) / self.lasted

    def percentile(self, part: float) -> float:
        """In milliseconds."""
        return sorted(self.took)[int(part * (len(self.took) - 1))] * 1000


def post(load: Load) -> Answers:
    answers = ask(load)
    if not answers.ids:
        raise RuntimeError(f"Nothing was taken at {load.path.partition('?')[0]}: {answers.statuses}")
    return answers


def ask(load: Load) -> Answers:
    command = [sys.executable, "-m", "tests.bench.load"]
    done = subprocess.run(command, input=json.dumps(asdict(load)), stdout=subprocess.PIPE, text=True, check=True)
    return Answers(**json.loads(done.stdout))


async def _all(load: Load) -> Answers:
    answers, numbers, began = Answers(), islice(numbers_from(load.first), load.at_most), perf_counter()
    async with asyncio.timeout(load.seconds + PATIENCE):
        await asyncio.gather(*(_one_after_the_other(load, numbers, answers, began + load.seconds) for _ in range(load.connections)))
    answers.lasted = perf_counter() - began
    return answers


async def _one_after_the_other(load: Load, numbers: Iterator[int], answers: Answers, until: float) -> None:
    for number in numbers:
        began = perf_counter()
        if began > until:
            return
        answer = await _ask(load, number)
        answers.took.append(perf_counter() - began)
        status = answer[9:12].decode() or "no answer"
        answers.statuses[status] = answers.statuses.get(status, 0) + 1
        if status == "201" and (taken := TAKEN.search(answer)):
            answers.ids.append(int(taken[1]))


async def _ask(load: Load, number: int) -> bytes:
    """A connection per request, as most senders make them. What breaks is an answer too: none."""
    loop, answer = asyncio.get_running_loop(), b""
    with socket.socket() as line, suppress(OSError):
        line.setblocking(False)
        await loop.sock_connect(line, ("127.0.0.1", load.port))
        await loop.sock_sendall(line, _request(load, number))
        while part := await loop.sock_recv(line, 65536):
            answer += part
    return answer


def _request(load: Load, number: int) -> bytes:
    number = load.first + (number - load.first) % load.cycle if load.cycle else number
    path, body = (text.replace(NUMBER, str(number)) for text in (load.path, load.body))
    head = f"{'POST' if body else 'GET'} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    kind = f"Content-Length: {len(body)}\r\nContent-Type: application/x-www-form-urlencoded\r\n" if body else ""
    return f"{head}{kind}\r\n{body}".encode()


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(_all(Load(**json.load(sys.stdin)))))))
