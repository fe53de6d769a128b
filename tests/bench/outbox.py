"""A million queued deliveries of five hundred integrations: what one worker sends a second while none, and while fifty, are dead.

Half of the dead refuse connections, half take them and never answer. The floor of both is the rate with all of them alive.
"""

import argparse
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from statistics import median, quantiles
from time import perf_counter
from typing import Any

from django.conf import settings
from django.db import connection

from config.core.actor import SYSTEM
from config.embedded.supervision import Supervisor
from integrations.delivery import claims, scheduler, sender, turns
from integrations.models import Delivery, Destination
from processr.engine import scheduler as processr_engine
from processr.models import Job
from processr.services import add_job
from tests.bench import jobs
from tests.bench.deliveries import WITHIN, unread_log
from tests.bench.endpoint import endpoint
from tests.bench.page import ms
from tests.bench.report import Row, scaled, tell
from tests.bench.world import PERSON
from tests.integrations.kinds.sending import row, settings_of

DESTINATIONS, DEAD, ROWS = 500, 50, 1_000_000
OF_A_CAMPAIGN, MOST_ROUNDS = 100, 12
TURN = 0.5
"""Seconds of a turn, in place of five, so that each destination has some."""

_FILL = """
INSERT INTO integrations_delivery (lead_id, job_id, event_id, round, state, attempts, answer, not_before)
SELECT lead.id, job.id, substr(md5(random()::text), 1, 24), 1, 'queued', 0, '', statement_timestamp() - interval '1 hour'
FROM (SELECT id FROM leads_lead WHERE campaign_id = %s AND current_status = 'valid') AS lead CROSS JOIN (SELECT id FROM processr_job WHERE campaign_id = %s AND type = 'http_post') AS job
"""


@dataclass
class Taken:
    """Milliseconds of each choice and of each claim."""

    choosing: list[float] = field(default_factory=list)
    claiming: list[float] = field(default_factory=list)


def measure(_: Supervisor, asked: argparse.Namespace) -> list[Row]:
    destinations, dead = max(4, scaled(DESTINATIONS, asked.scale)), max(2, scaled(DEAD, asked.scale))
    rows = scaled(ROWS, asked.scale)
    with ExitStack() as stack:
        port = stack.enter_context(endpoint())
        stack.enter_context(unread_log())
        refusing, silent = stack.enter_context(_dead_ports())
        settings.OUTBOUND_ALLOW = [f"127.0.0.1:{number}" for number in (port, refusing, silent)]
        integrations = _queued(port, destinations, rows // destinations)
        alive = [_sent_in(asked.seconds * 3, Taken()) for _ in range(asked.rounds)]
        for number, job in enumerate(integrations[:: destinations // dead][:dead]):
            _point(job, refusing if number % 2 else silent)
        taken = Taken()
        found_out = [_sent_in(asked.seconds * 3, Taken())]
        while Destination.objects.exclude(failing_since=None).count() < dead and len(found_out) < MOST_ROUNDS:
            found_out.append(_sent_in(asked.seconds * 3, Taken()))
        with_dead = [_sent_in(asked.seconds * 3, taken) for _ in range(asked.rounds)]
    floor, ours, finding = median(alive), median(with_dead), median(found_out)
    tell(f"alive {alive}, while dead ones are found out {found_out}, then {with_dead}")
    return [
        Row(f"OUTBOX: {rows:,} queued deliveries of {destinations} integrations, one worker"),
        Row("sent a second to the others, all alive", f"{floor:,.0f}"),
        Row(f"sent a second to the others, {dead} dead", f"{ours:,.0f}", f"{floor:,.0f}", f"{ours / floor:.2f}", "0.90"),
        Row("    while the dead are found out", f"{finding:,.0f}", f"{floor:,.0f}", f"{finding / floor:.2f}"),
        *_rows("choosing the next destination", taken.choosing),
        *_rows("claiming up to 64 deliveries with their leads", taken.claiming),
    ]


def _rows(what: str, taken: list[float]) -> list[Row]:
    return [Row(f"{what}, median", ms(median(taken)), aim="5 ms"), Row("    p95", ms(quantiles(taken, n=20)[-1]))]


def _queued(port: int, destinations: int, leads: int) -> list[Job]:
    """Queue a delivery of each of so many leads to each integration of their campaign, and return the integrations."""
    sent = [row(field, field) for field in PERSON]
    given = {"url": f"http://127.0.0.1:{port}/leads", "fields_sent": sent, "side_by_side": 8, "in_doubt": "again"}
    queued, made = 0, 0
    while made < destinations:
        way = jobs.waiting_leads(f"outbox {made}", leads)
        processr_engine.serve_campaigns(seconds=WITHIN)
        for number in range(made, min(made + OF_A_CAMPAIGN, destinations)):
            add_job(way.campaign, "http_post", actor=SYSTEM, label=f"CRM {number}", config=settings_of("http_post", **given))
            made += 1
        with connection.cursor() as cursor:
            cursor.execute(_FILL, [way.campaign.pk, way.campaign.pk])
            queued += cursor.rowcount
        tell(f"{queued:,} deliveries queued")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return list(Job.objects.filter(type="http_post").order_by("pk"))


def _point(job: Job, port: int) -> None:
    job.config["url"] = f"http://127.0.0.1:{port}/leads"
    job.save()


def _sent_in(seconds: float, taken: Taken) -> float:
    """Return what was sent a second; `taken` gets the milliseconds of each choice and of each claim."""

    def timed(act: Callable[..., Any], times: list[float]) -> Callable[..., Any]:
        def measured(*given: Any, **named: Any) -> Any:
            began = perf_counter()
            try:
                return act(*given, **named)
            finally:
                times.append((perf_counter() - began) * 1_000)

        return measured

    choose, claim, turn = turns.next_in_turn, claims.claim, sender.BEGIN_SECONDS
    before = Delivery.objects.filter(state="sent").count()
    turns.next_in_turn, claims.claim, sender.BEGIN_SECONDS = timed(choose, taken.choosing), timed(claim, taken.claiming), TURN
    began = perf_counter()
    try:
        scheduler.serve_destinations(seconds=seconds)
    finally:
        turns.next_in_turn, claims.claim, sender.BEGIN_SECONDS = choose, claim, turn
    passed = perf_counter() - began
    sent = Delivery.objects.filter(state="sent").count() - before
    tell(f"{sent:,} sent in {passed:.1f} s, {Destination.objects.exclude(failing_since=None).count()} fail")
    return sent / passed


@contextmanager
def _dead_ports() -> Iterator[tuple[int, int]]:
    """A port that refuses, and one whose connections are taken by the system and never answered."""
    with socket.socket() as refusing, socket.socket() as silent:
        refusing.bind(("127.0.0.1", 0))
        silent.bind(("127.0.0.1", 0))
        silent.listen(4_096)
        yield refusing.getsockname()[1], silent.getsockname()[1]
