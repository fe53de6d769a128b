"""Leads delivered by one worker process to an endpoint that takes its time, against the same requests from bare threads without a database."""

import argparse
import http.client
import json
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

from django.conf import settings

from config.core.actor import SYSTEM
from config.embedded.supervision import Supervisor
from integrations.delivery import scheduler
from integrations.models import Delivery
from processr.engine import scheduler as processr_engine
from processr.services import add_job
from tests.bench import jobs
from tests.bench.endpoint import TAKES, endpoint
from tests.bench.report import Row, scaled, tell
from tests.bench.world import PERSON
from tests.integrations.kinds.sending import row, settings_of

LEADS, WARM_UP = 10_000, 500
CONNECTIONS = 32
WITHIN = 600  # seconds
MB = 1024 * 1024
REPEATS = {"wait": "not safe to repeat", "again": "safe to repeat"}


class Round(NamedTuple):
    """Deliveries a second, and megabytes before and after."""

    ours: float
    floor: float
    before: float
    after: float


def measure(_: Supervisor, asked: argparse.Namespace) -> list[Row]:
    head = f"DELIVERIES: one process, {CONNECTIONS} connections, an endpoint that takes {TAKES * 1000:.0f} ms (floor: bare http.client)"
    rows = [Row(head)]
    with endpoint() as port, unread_log():
        settings.OUTBOUND_ALLOW = [f"127.0.0.1:{port}"]
        _round("warm up", port, "again", scaled(WARM_UP, asked.scale))
        leads = scaled(LEADS, asked.scale)
        for in_doubt, name in REPEATS.items():
            rounds = [_round(f"round {number}, {name}", port, in_doubt, leads) for number in range(1, asked.rounds + 1)]
            rows += _rows(name, rounds)
    return rows


def _rows(name: str, rounds: list[Round]) -> list[Row]:
    ours, floor = median(one.ours for one in rounds), median(one.floor for one in rounds)
    memory = f"{rounds[0].before:,.0f}, {rounds[-1].after:,.0f} MB"
    return [
        Row(f"delivered a second, {name}", f"{ours:,.0f}", f"{floor:,.0f}", f"{ours / floor:.2f}", "500"),
        Row("    memory before, after", memory, aim="the same"),
    ]


def _round(name: str, port: int, in_doubt: str, leads: int) -> Round:
    deliveries = _queued(name, port, in_doubt, leads)
    before = resident()
    began = perf_counter()
    scheduler.serve_destinations(seconds=WITHIN)
    ours = deliveries / (perf_counter() - began)
    if left := Delivery.objects.exclude(state=Delivery.State.SENT).count():
        raise RuntimeError(f"{left} deliveries were not sent")
    floor = deliveries / _bare(port, deliveries)
    found = Round(ours, floor, before, resident())
    tell(f"{name}: ours {ours:,.0f}/s, bare {floor:,.0f}/s, memory {before:,.0f} to {found.after:,.0f} MB")
    return found


def _queued(name: str, port: int, in_doubt: str, leads: int) -> int:
    """Valid leads of a new campaign, each with a delivery; one in eight is not Valid."""
    way = jobs.waiting_leads(name, leads)
    sent = [row(field, field) for field in PERSON]
    given = {"url": f"http://127.0.0.1:{port}/leads", "fields_sent": sent, "side_by_side": CONNECTIONS, "in_doubt": in_doubt}
    add_job(way.campaign, "http_post", actor=SYSTEM, config=settings_of("http_post", **given))
    processr_engine.serve_campaigns(seconds=WITHIN)
    return Delivery.objects.filter(job__campaign=way.campaign).count()


def _bare(port: int, requests: int) -> float:
    """Return the seconds for as many similar requests alone."""
    waiting: SimpleQueue[int] = SimpleQueue()
    for number in range(requests):
        waiting.put(number)
    threads = [threading.Thread(target=_post_all, args=[port, waiting]) for _ in range(CONNECTIONS)]
    began = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return perf_counter() - began


def _post_all(port: int, waiting: SimpleQueue[int]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    headers = {"Content-Type": "application/json"}
    try:
        while True:
            number = waiting.get_nowait()
            body = json.dumps({**PERSON, "number": number})
            connection.request("POST", "/leads", body=body, headers={**headers, "Idempotency-Key": f"{number:024x}"})
            connection.getresponse().read()
    except Empty:
        connection.close()


def resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / MB


@contextmanager
def unread_log() -> Iterator[None]:
    """Discard the log of calls: each writes a line."""
    handler: Any = logging.getLogger().handlers[0]
    with Path(os.devnull).open("w") as nowhere:
        shown = handler.setStream(nowhere)
        try:
            yield
        finally:
            handler.setStream(shown)
