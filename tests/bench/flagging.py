"""A bulk action over many leads by one process, against the least SQL that could flag them, and the Leads page beside it."""

import argparse
import gc
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median, quantiles
from time import perf_counter
from typing import NamedTuple

from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from config.core.accounts import roles
from config.core.actor import SYSTEM, Actor
from config.core.background import runs
from config.core.models import Run, User
from config.embedded.assets import collect_changed
from config.embedded.supervision import Supervisor
from integrations.models import Delivery
from leads import bulk
from leads.bulk.actions import MarkInvalid, MarkValid
from leads.lifecycle import CHUNK
from leads.models import BulkAction, Lead
from leads.statuses import CurrentStatus
from processr.models import Job
from processr.services import add_job
from tests.bench import jobs
from tests.bench.deliveries import resident, unread_log
from tests.bench.report import Row, scaled, tell
from tests.bench.world import PERSON
from tests.integrations.kinds.sending import row, settings_of

LEADS = 100_000
WITHIN = 1_800  # seconds
PAGES = 100
REASON = "Does not meet criteria"

_FLOOR = """
WITH moved AS (
    UPDATE leads_lead SET second_check = %(flag)s, current_status = %(flag)s, flag_reason = %(reason)s, flagged_by = %(who)s,
        flagged_at = clock_timestamp(), publisher_billable = %(billable)s, revision = revision + 1, updated_at = clock_timestamp()
    WHERE id = ANY(%(ids)s) RETURNING id
)
INSERT INTO leads_leadnote (lead_id, at, actor_id, actor_name, kind, changes, reason, comment, action_id)
SELECT id, now(), NULL, %(who)s, 'status', %(changes)s, %(reason)s, '', NULL FROM moved
"""
_WORK = """
import django; django.setup()
from config.core.background import runs
from leads import bulk
runs.work_on(bulk.BulkActionRun, {pk}, seconds={seconds})
"""


class Round(NamedTuple):
    """Leads a second: marked Invalid with nothing queued, marked Valid with an integration, Invalid with that delivery withdrawn, the floor."""

    invalid: float
    valid: float
    withdrawn: float
    floor: float


def measure(_: Supervisor, asked: argparse.Namespace) -> list[Row]:
    collect_changed()
    gc.collect()
    gc.freeze()  # as a worker does when it starts
    with unread_log():
        admin = User.objects.create_user("bench", role=roles.ADMIN)
        ids, job = _valid_leads(scaled(LEADS, asked.scale))
        actor = Actor(user_id=admin.pk, name="bench")
        before = resident()
        rounds = [_round(number, ids, job, actor) for number in range(1, asked.rounds + 1)]
        after = resident()
        began = perf_counter()
        preview = bulk.preview(MarkInvalid.key, ids, actor=actor, settings={"reason": REASON})
        previewed = perf_counter() - began
        if preview.moved != len(ids):
            raise RuntimeError(f"the preview moves {preview.moved} of {len(ids)} leads")
        alone, beside = _pages(admin, ids, actor)
    rows = [Row(f"BULK ACTION: {len(ids):,} leads, one process, chunks of {CHUNK:,} (floor: UPDATE … RETURNING → INSERT of notes)")]
    floor = median(one.floor for one in rounds)
    for what, rates in (
        ("marked Invalid a second", [one.invalid for one in rounds]),
        ("marked Valid with an integration a second", [one.valid for one in rounds]),
        ("marked Invalid with a delivery withdrawn a second", [one.withdrawn for one in rounds]),
    ):
        rate = median(rates)
        rows.append(Row(what, f"{rate:,.0f}", f"{floor:,.0f}", f"{rate / floor:.2f}", "0.60 of the floor"))
    return [
        *rows,
        Row(
            "    the first round, Invalid",
            f"{rounds[0].invalid:,.0f}",
            f"{rounds[0].floor:,.0f}",
            f"{rounds[0].invalid / rounds[0].floor:.2f}",
        ),
        Row("    memory before, after", f"{before:,.0f}, {after:,.0f} MB", aim="under 200 MB"),
        Row("preview", f"{previewed:.1f} s", aim="5 s"),
        Row("Leads page beside it, p95", f"{beside:.1f} ms", f"{alone:.1f} ms", f"{beside / alone:.1f}", "2"),
    ]


def _valid_leads(leads: int) -> tuple[list[int], Job]:
    """Judged leads of one campaign that are Valid and billable, and an integration that sends nothing yet."""
    way = jobs.waiting_leads("Flagging", leads * jobs.FAULT_EVERY // (jobs.FAULT_EVERY - 1) + jobs.FAULT_EVERY)
    tell("judging the leads")
    jobs.judge(way, Lead.objects.filter(campaign=way.campaign).count())
    given = {"url": "https://partner.example/leads", "fields_sent": [row(field, field) for field in PERSON]}
    job = add_job(way.campaign, "http_post", actor=SYSTEM, config=settings_of("http_post", **given))
    valid = Lead.objects.filter(campaign=way.campaign, current_status=CurrentStatus.VALID).order_by("pk")
    ids = list(valid.values_list("pk", flat=True)[:leads])
    if len(ids) != leads:
        raise RuntimeError(f"{len(ids)} of {leads} leads are Valid")
    return ids, job


def _round(number: int, ids: list[int], job: Job, actor: Actor) -> Round:
    valid = {"reason": "Data verified", "integrations": [job.pk]}
    invalid = _rate(MarkInvalid.key, ids, actor, {"reason": REASON})
    marked = _rate(MarkValid.key, ids, actor, valid)
    if (queued := Delivery.objects.filter(job=job, state=Delivery.State.QUEUED).count()) != len(ids):
        raise RuntimeError(f"{queued} of {len(ids)} deliveries are queued")
    withdrawn = _rate(MarkInvalid.key, ids, actor, {"reason": REASON})
    _rate(MarkValid.key, ids, actor, {"reason": "Data verified"})
    floor = median([_floor(ids, CurrentStatus.INVALID, billable=False), _floor(ids, CurrentStatus.VALID, billable=True)])
    found = Round(invalid, marked, withdrawn, floor)
    tell(f"round {number}: {', '.join(f'{name} {rate:,.0f}/s' for name, rate in found._asdict().items())}")
    return found


def _rate(type_key: str, ids: list[int], actor: Actor, settings: dict[str, object]) -> float:
    action = bulk.begin(type_key, ids, actor=actor, settings=settings)
    began = perf_counter()
    runs.work_on(bulk.BulkActionRun, action.pk, seconds=WITHIN)
    took = perf_counter() - began
    _expect_all_done(action, len(ids))
    return len(ids) / took


def _expect_all_done(action: BulkAction, leads: int) -> None:
    action.refresh_from_db()
    if (action.state, action.done) != (Run.State.DONE, leads):
        raise RuntimeError(f"the action is {action.state} with {action.done} of {leads} leads: {action.error} {bulk.skip_reasons(action)}")


def _floor(ids: list[int], flag: str, *, billable: bool) -> float:
    values = {"flag": flag, "reason": REASON, "who": "bench", "billable": billable, "changes": json.dumps([["second_check", "", flag]])}
    began = perf_counter()
    for first in range(0, len(ids), CHUNK):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_FLOOR, {**values, "ids": ids[first : first + CHUNK]})
    return len(ids) / (perf_counter() - began)


def _pages(admin: User, ids: list[int], actor: Actor) -> tuple[float, float]:
    """The Leads page's p95 in milliseconds, alone and while another process works on an action."""
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(admin)
    client.get(reverse("leads"))
    alone = _slow(client)
    action = bulk.begin(MarkInvalid.key, ids, actor=actor, settings={"reason": REASON})
    with _working(action):
        beside = _slow(client)
        action.refresh_from_db()
        if action.is_over:
            tell("the action was over before the pages were: take more leads for that figure")
    _expect_all_done(action, len(ids))
    return alone, beside


@contextmanager
def _working(action: BulkAction) -> Iterator[None]:
    worker = subprocess.Popen([sys.executable, "-c", _WORK.format(pk=action.pk, seconds=WITHIN)])
    try:
        while not BulkAction.objects.filter(pk=action.pk, done__gt=0).exists():
            if worker.poll() is not None:
                raise RuntimeError("the worker ended before it did anything")
        yield
        worker.wait(WITHIN)
    finally:
        worker.kill()
        worker.wait()


def _slow(client: Client) -> float:
    taken = []
    for _ in range(PAGES):
        began = perf_counter()
        client.get(reverse("leads"))
        taken.append((perf_counter() - began) * 1000)
    return quantiles(taken, n=20)[18]
