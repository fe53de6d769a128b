"""Results of leads, polled over HTTP with a bearer token as publishers' programs do, against reading a row by its id."""

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import median

from django.db import connection

from campaigns import services, submission
from campaigns.models import Publisher
from config.core import enterprise
from config.core.accounts import bearer, roles
from config.core.actor import SYSTEM
from config.core.models import User
from config.embedded import programs
from config.embedded.supervision import Supervisor
from leads.intake.service import IncomingLead, check_open, receive_leads
from leads.statuses import EntryPoint
from processr.engine import scheduler
from tests.bench.floor import start
from tests.bench.installation import free_port
from tests.bench.intake import start_programs, stop_programs
from tests.bench.load import NUMBER, Answers, Load, ask
from tests.bench.report import Row, tell
from tests.bench.world import PERSON, WayIn, way_in

LEADS = 1000
FAR = 1_000_000
"""Calls are counted as ever, but nobody reaches the limit."""


@dataclass(frozen=True)
class Round:
    floor: Answers
    ours: Answers


def measure(supervisor: Supervisor, asked: argparse.Namespace) -> list[Row]:
    way = way_in("Polling")
    address = f"/api/v2.1/publisher/{way.publisher.pk}/lead-result/{NUMBER}?access_token={_token(way.publisher)}"
    ours = Load(programs.port(), address, "", asked.seconds, first=_judged(way), cycle=LEADS)
    floor = replace(ours, port=free_port(), path=f"{start.PATH}/{NUMBER}")
    start_programs(supervisor, start.floor(floor.port), programs.web(), listening=(floor.port, ours.port))
    floor = replace(floor, first=_rows_of_the_floor())
    rounds = [_round(floor, ours) for _ in range(asked.rounds)]
    stop_programs(supervisor)
    return _rows(rounds, connections=ours.connections)


def _token(publisher: Publisher) -> str:
    user = User.objects.create_user("polling", role=roles.PUBLISHER)
    services.add_member(user, publisher, actor=SYSTEM)
    ours = enterprise.current()
    ours.limits = {"lead_result": FAR, "all": FAR}
    ours.save(update_fields=["limits"])
    return bearer.issue(user, source=bearer.PASSWORD).access_token


def _judged(way: WayIn) -> int:
    """The first id of as many leads as are asked for in turn; every tenth is Invalid."""
    door = submission.load_submission_context(way.campaign.pk, form_id=way.form.pk, publisher_id=way.publisher.pk)
    people = [{name: value.replace(NUMBER, str(n if n % 10 else 0)) for name, value in PERSON.items()} for n in range(LEADS)]
    received = receive_leads(check_open(door), [IncomingLead(person) for person in people], entry_point=EntryPoint.PUBLISHER_API)
    scheduler.serve_campaigns(seconds=60)
    return min(one.lead_id for one in received)


def _rows_of_the_floor() -> int:
    with connection.cursor() as cursor:
        insert = "INSERT INTO floor_row (captured, created_at) SELECT %s, now() FROM generate_series(1, %s) RETURNING id"
        cursor.execute(insert, [json.dumps(PERSON), LEADS])
        return min(cursor.fetchall())[0]


def _round(floor: Load, ours: Load) -> Round:
    one = Round(ask(floor), ask(ours))
    tell(f"floor {one.floor.rate_read:,.0f}/s {one.floor.statuses}, ours {one.ours.rate_read:,.0f}/s {one.ours.statuses}")
    return one


def _rows(rounds: list[Round], *, connections: int) -> list[Row]:
    rate, floor_rate = _median(rounds, lambda one: one.ours.rate_read), _median(rounds, lambda one: one.floor.rate_read)
    slow, floor_slow = (_median(rounds, lambda one, who=who: getattr(one, who).percentile(0.99)) for who in ("ours", "floor"))
    return [
        Row(f"LEAD RESULT: {connections} connections, two web workers (floor: bare DRF read by id, no log-in, no limit)"),
        Row("calls answered a second", f"{rate:,.0f}", f"{floor_rate:,.0f}", f"{rate / floor_rate:.2f}"),
        Row("answer, p99", f"{slow:.1f} ms", f"{floor_slow:.1f} ms", f"{slow / floor_slow:.1f}"),
    ]


def _median(rounds: list[Round], figure: Callable[[Round], float]) -> float:
    return median(map(figure, rounds))
