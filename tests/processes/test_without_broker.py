"""A broker that is dead or hangs: senders do not notice, and the sweep finds what no notification announced."""

import re
import signal
import socket
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from urllib.request import urlopen

import pytest
import redis

from config.core.background.broker import BREAK
from config.embedded.processes import alive, ends_with_parent
from config.embedded.server_files import valkey_program
from tests.embedded.installation import until
from tests.processes.sluice import Sluice

pytestmark = [pytest.mark.processes, pytest.mark.timeout(300)]

CAMPAIGN = "Payroll demo requests"  # active, without a cap, with the three jobs
POSTS = 100
DEAD_AT_MOST = 100
"""Milliseconds of half of the posts. How long the others take tells more of this machine's neighbours: it is printed."""
ATTEMPTS = re.compile(r"^sluice_(?:notification|cache|throttle)_failures_total (\S+)$", re.MULTILINE)
BREAKERS = 2 * 3
"""Two web processes have three breakers each: notifications, cache, counted calls."""

BACK_WITHIN = 120
"""Worker and scheduler look for a lost broker at growing intervals, half a minute at most; then comes the sweep."""

WORKERS = {"worker", "deliverer", "batcher", "caller"}
_number = count(1)


@pytest.fixture(scope="module")
def silent() -> Iterator[socket.socket]:
    """A port that is kept from others: it refuses connections, and hangs from when it listens, for nobody ever accepts."""
    with socket.socket() as port:
        port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        port.bind(("127.0.0.1", 0))
        yield port


@pytest.fixture(scope="module")
def sluice(home: Sluice, silent: socket.socket) -> Iterator[Sluice]:
    """Started again, with its broker at that port."""
    home.stop()
    home.start(REDIS_URL=f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
    yield home
    home.stop()


def test_posts_do_not_wait_for_a_broker_that_is_away_and_all_are_judged_when_it_is_of_use_again(
    sluice: Sluice, silent: socket.socket, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    leads: list[int] = []
    dead = posts_that_hardly_try(sluice, leads)
    silent.listen()
    # So long that each web process tries the broker several times.
    hanging = posts_that_hardly_try(sluice, leads, seconds=3 * BREAK)
    with capsys.disabled():
        print(f"\nPosts with a dead broker: {told(dead)}; with one that hangs: {told(hanging)}")
    assert statistics.median(dead) < DEAD_AT_MOST
    assert statistics.median(hanging) < DEAD_AT_MOST
    assert sluice.rows("SELECT count(*) FROM leads_lead WHERE processr_status = 'waiting'") == [(len(leads),)]
    with valkey_at(silent, tmp_path) as port:
        sluice.wait_until_all_are_judged(within=BACK_WITHIN)
        assert sluice.not_judged_exactly_once(leads) == []
        workers = [pid for name, pid in sluice.pids().items() if name in WORKERS]
        with redis.Redis(port=port) as broker:
            broker.execute_command("REPLICAOF 127.0.0.1 1")  # it takes no more commands that write, which no worker can do without
            until(lambda: not any(map(alive, workers)), "the workers have ended, as their broker is of no use", within=BACK_WITHIN)
            broker.execute_command("REPLICAOF NO ONE")
        leads += [sluice.client(sluice.campaign(CAMPAIGN)).create_lead(sluice.campaign(CAMPAIGN)["forms"][1]["id"], person())]
        sluice.wait_until_all_are_judged(within=BACK_WITHIN)
        assert sluice.not_judged_exactly_once(leads) == []
        assert not set(workers) & set(sluice.pids().values()), "they were started again"


def test_nothing_outlives_a_killed_launcher(sluice: Sluice) -> None:
    """The kernel ends its children, those of a lost broker too."""
    children = sluice.pids()
    assert set(children) == {"postgres", "web", "worker", "deliverer", "batcher", "caller", "scheduler"}
    assert sluice.launcher
    sluice.kill(sluice.launcher.pid)
    sluice.launcher.wait()
    until(lambda: sluice.nothing_runs(children), "the children have ended with their launcher")


def posts_that_hardly_try(sluice: Sluice, leads: list[int], seconds: float = 0) -> list[float]:
    """Post the leads and return the seconds that each took. A breaker tries the broker once in BREAK seconds, for a tenth of a second."""
    before, began = attempts(sluice), time.monotonic()
    took = post(sluice, leads, seconds)
    tried = attempts(sluice) - before
    assert 0 < tried <= BREAKERS * ((time.monotonic() - began) / BREAK + 1)
    return took


def attempts(sluice: Sluice) -> float:
    """Those that failed, of both web processes."""
    with urlopen(f"{sluice.address}/metrics", timeout=30) as answer:
        return sum(map(float, ATTEMPTS.findall(answer.read().decode())))


def post(sluice: Sluice, leads: list[int], seconds: float) -> list[float]:
    """At least POSTS, all answered 201, one after the other. A web process's first answer is always slow: it is another one."""
    campaign = sluice.campaign(CAMPAIGN)
    client = sluice.client(campaign)
    for _ in range(10):
        client.forms()
    took: list[float] = []
    ends = time.monotonic() + seconds
    while len(took) < POSTS or time.monotonic() < ends:
        began = time.perf_counter()
        leads.append(client.create_lead(campaign["forms"][1]["id"], person()))
        took.append((time.perf_counter() - began) * 1000)
    return took


def person() -> dict[str, str]:
    return {"firstName": "Vera", "lastName": "Stone", "company": "Alder Foods", "email": f"{next(_number)}@broker.example"}


def p99(took: list[float]) -> float:
    return sorted(took)[len(took) * 99 // 100 - 1]


def told(took: list[float]) -> str:
    return f"median {statistics.median(took):.0f} ms, p99 {p99(took):.0f} ms, slowest {max(took):.0f} ms of {len(took)}"


@contextmanager
def valkey_at(silent: socket.socket, folder: Path) -> Iterator[int]:
    """Start an empty broker at that port."""
    port = silent.getsockname()[1]
    silent.close()
    words = [str(valkey_program()), "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(folder)]
    server = subprocess.Popen(words, stdout=subprocess.DEVNULL, preexec_fn=ends_with_parent(signal.SIGTERM))
    try:
        yield port
    finally:
        server.terminate()
        server.wait(30)
