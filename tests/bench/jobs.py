"""Leads judged by one worker process with ten jobs, against the rows that are read and written for it, with no jobs."""

import argparse
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple, cast

from django.db import connection, transaction
from uuid_utils.compat import uuid7

from campaigns import submission
from config.core.actor import SYSTEM
from config.embedded.supervision import Supervisor
from leads.intake.service import IncomingLead, Origin, check_open, receive_leads
from leads.models import Lead
from leads.statuses import EntryPoint
from processr.engine import scheduler
from processr.services import add_job
from tests.bench.load import NUMBER
from tests.bench.report import Row, scaled, tell
from tests.bench.world import PERSON, WayIn, way_in

LEADS, CHUNK, WARM_UP = 10_000, 500, 1_000
FAULT_EVERY = 8
JUDGED_WITHIN = 600  # seconds
MORE_JOBS = (
    "non_standard_characters", "repeat_character", "multiple_empty_fields", "field_not_empty", "field_length_check", "telephone_format",
    "rapid_post",
)  # fmt: skip

_VERDICT = {
    "processr_status": "text", "qa_status": "text", "current_status": "text", "score": "int", "max_score": "int", "hardfail": "bool",
    "errored": "bool", "qa_result": "jsonb", "failed_jobs": "text", "transformed": "jsonb", "enriched": "jsonb", "processing_counter": "int",
    "publisher_billable": "bool", "contract_slot": "bool", "campaign_slot": "bool", "publisher_payout": "numeric",
    "publisher_payout_base": "numeric", "claim": "uuid", "claimed_at": "timestamptz",
}  # fmt: skip
"""The columns that judging moves."""
_EVENT = (
    "campaign_id", "kind", "outcome", "reason", "run_number", "submitted_at", "started_at", "duration_ms", "source", "plan_number",
    "steps_run", "steps", "message",
)  # fmt: skip
_NOTE = ("at", "actor_id", "actor_name", "kind", "changes", "reason", "comment", "action_id")
_PRICE = ("side", "sign", "amount", "currency", "rate", "base_amount", "contract_id", "cause", "at")

_LOOKED_AT = """
    id, campaign_id, publisher_id, link_id, form_id, captured, email, phone, name_key, ip, entry_point, imported, processing_counter,
    failed_jobs, second_check, created_at, revision"""
_WAITING = f"""
SELECT {_LOOKED_AT} FROM leads_lead WHERE processr_status = 'waiting' AND deleted_at IS NULL AND lane = 0 AND campaign_id = %s
ORDER BY id LIMIT {CHUNK} FOR NO KEY UPDATE
"""  # noqa: S608
_CLAIM = f"""
WITH waiting AS ({_WAITING})
UPDATE leads_lead AS l SET processr_status = 'processing', claim = gen_random_uuid(), claimed_at = clock_timestamp()
FROM waiting WHERE l.id = waiting.id RETURNING waiting.*
"""  # noqa: S608
_JUDGED = f"""
UPDATE leads_lead AS l SET {", ".join(f"{column} = v.{column}{'::bigint[]' if column == 'failed_jobs' else ''}" for column in _VERDICT)},
    revision = l.revision + 1, updated_at = clock_timestamp()
FROM unnest(%s::bigint[], {", ".join(f"%s::{kind}[]" for kind in _VERDICT.values())}) AS v(id, {", ".join(_VERDICT)}) WHERE l.id = v.id
"""  # noqa: S608
_EVENTS = f"COPY processr_event (id, lead_id, {', '.join(_EVENT)}) FROM STDIN"
_NOTES = f"COPY leads_leadnote (lead_id, {', '.join(_NOTE)}) FROM STDIN"
_PRICES = f"COPY leads_priceentry (lead_id, {', '.join(_PRICE)}) FROM STDIN"


class Written(NamedTuple):
    """The rows that judging one chunk has written. Each begins with its lead's place in the chunk; `verdict` has columns instead."""

    verdict: list[list[Any]]
    events: list[tuple[Any, ...]]
    notes: list[tuple[Any, ...]]
    prices: list[tuple[Any, ...]]


class Round(NamedTuple):
    """Leads a second: judged by us; all rows that we read and wrote for it; and of those the leads and their events alone."""

    ours: float
    same_rows: float
    fewest_rows: float


def measure(_: Supervisor, asked: argparse.Namespace) -> list[Row]:
    leads = scaled(LEADS, asked.scale)
    _round("warm up", scaled(WARM_UP, asked.scale))
    rounds = [_round(f"round {number}", leads) for number in range(1, asked.rounds + 1)]
    ours, same, fewest = (median(rates) for rates in zip(*rounds, strict=True))
    return [
        Row(f"JOBS: {leads:,} leads, ten jobs, one process, chunks of {CHUNK} (floor: the same rows read and written, no jobs)"),
        Row("leads judged a second", f"{ours:,.0f}", f"{same:,.0f}", f"{ours / same:.2f}", "2,000; 0.40 of the floor"),
        Row("    floor without claim, notes and prices", "", f"{fewest:,.0f}", f"{ours / fewest:.2f}"),
    ]


def _round(name: str, leads: int) -> Round:
    ours = waiting_leads(f"{name}, judged", leads)
    for job in MORE_JOBS:
        add_job(ours.campaign, job, actor=SYSTEM)
    judged = judge(ours, leads)
    written = [rows_written(ours, first) for first in range(0, leads, CHUNK)]
    same, fewest = (floor_of(waiting_leads(f"{name}, {write.__name__}", leads), written, write) for write in (same_rows, fewest_rows))
    found = Round(leads / judged, leads / same, leads / fewest)
    tell(f"{name}: ours {found.ours:,.0f}/s, same rows {found.same_rows:,.0f}/s, fewest {found.fewest_rows:,.0f}/s")
    return found


def waiting_leads(name: str, leads: int) -> WayIn:
    """A campaign with as many leads of different people at different addresses; something is wrong with every eighth."""
    way = way_in(name)
    door = submission.load_submission_context(way.campaign.pk, form_id=way.form.pk, publisher_id=way.publisher.pk, link_id=way.link.pk)
    for first in range(0, leads, CHUNK):
        arrivals = [_arrival(number) for number in range(first, min(first + CHUNK, leads))]
        receive_leads(check_open(cast(submission.SubmissionContext, door)), arrivals, entry_point=EntryPoint.WEBHOOK)
    return way


def _arrival(number: int) -> IncomingLead:
    person = {name: value.replace(NUMBER, f"{number:04}") for name, value in PERSON.items()}
    if number % FAULT_EVERY == 0:
        person["company"] = "A test"
    return IncomingLead(person, origin=Origin(ip=f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"))


def judge(way: WayIn, leads: int) -> float:
    began = perf_counter()
    scheduler.serve_campaigns(seconds=JUDGED_WITHIN)
    took = perf_counter() - began
    if (judged := Lead.objects.filter(campaign=way.campaign, processing_counter=1).count()) != leads:
        raise RuntimeError(f"{judged} of {leads} leads were judged")
    return took


def rows_written(way: WayIn, first: int) -> Written:
    ids = list(Lead.objects.filter(campaign=way.campaign).order_by("pk").values_list("pk", flat=True)[first : first + CHUNK])
    verdict = [list(column) for column in zip(*_rows("leads_lead", "id", _VERDICT, ids), strict=True)][1:]
    of_others = {"processr_event": _EVENT, "leads_leadnote": _NOTE, "leads_priceentry": _PRICE}
    return Written(verdict, *(_rows(table, "lead_id", columns, ids) for table, columns in of_others.items()))


def _rows(table: str, lead: str, columns: Any, ids: list[int]) -> list[tuple[Any, ...]]:
    """As text, in the order of the leads, with the place of the lead in `ids`."""
    wanted = ", ".join(f"{column}::text" for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT array_position(%s, {lead}), {wanted} FROM {table} WHERE {lead} = ANY(%s) ORDER BY {lead}", [ids, ids])  # noqa: S608
        return [(place - 1, *row) for place, *row in cursor]


def floor_of(way: WayIn, written: list[Written], write: Callable[[int, Written], None]) -> float:
    began = perf_counter()
    for chunk in written:
        write(way.campaign.pk, chunk)
    return perf_counter() - began


def same_rows(campaign: int, chunk: Written) -> None:
    """As the engine does: claimed and committed, then everything else together."""
    ids = sorted(row[0] for row in _read(_CLAIM, campaign))
    with transaction.atomic():
        _write(ids, chunk)
        _copy(_NOTES, ((ids[place], *note) for place, *note in chunk.notes))
        _copy(_PRICES, ((ids[place], *price) for place, *price in chunk.prices))


@transaction.atomic
def fewest_rows(campaign: int, chunk: Written) -> None:
    _write([row[0] for row in _read(_WAITING, campaign)], chunk)


def _read(query: str, campaign: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, [campaign])
        return list(cursor.fetchall())


def _write(ids: list[int], chunk: Written) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_JUDGED, [ids, *chunk.verdict])
    _copy(_EVENTS, ((uuid7(), ids[place], *event) for place, *event in chunk.events))


def _copy(statement: str, rows: Any) -> None:
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
