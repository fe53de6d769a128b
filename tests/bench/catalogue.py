"""Thirty quality jobs, two lists of a million values and a duplicate check against a million leads, for new leads of one campaign."""

import argparse
import resource
from collections.abc import Iterator
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.models import Campaign
from config.core.actor import SYSTEM
from config.embedded.supervision import Supervisor
from leads.values.texts import fold
from processr.duplicates import by_field, value_index
from processr.engine import scheduler
from processr.lists.services import create_list
from processr.models import Job, ValidationList
from processr.services import add_job
from tests.bench import jobs
from tests.bench.fill import fill
from tests.bench.report import Row, scaled, tell

CHUNK = 500
ONE_EACH = (
    "non_standard_characters", "repeat_character", "multiple_empty_fields", "field_not_empty", "telephone_format", "rapid_post", "vowels",
    "repeated_value", "multiple_short_values", "first_last_name_length", "profanity", "email_syntax", "free_email_domain",
    "disposable_email_domain", "invalid_name", "suppressed_email", "suppressed_telephone",
)  # fmt: skip
"""As they come."""
SET_UP: list[tuple[str, dict[str, Any]]] = [
    ("field_length_check", {"fields_to_read": ["firstName"], "minimum": 2}),
    ("field_length_check", {"fields_to_read": ["company"], "minimum": 2, "maximum": 80}),
    ("required_value", {"required": [{"field": "country", "values": ["US", "GB"]}]}),
    ("constraints", {"constraints": [{"constraint": "email", "field": "email"}]}),
    ("postcode", {"country": "US"}),
    ("simple_conditional_validation", {"field": "country", "operator": "EQUAL", "values": ["US", "GB"]}),
    ("duplicate_field", {"field": "company", "count": 3}),
    ("simple_conditional_validation", {"field": "jobTitle", "operator": "CONTAINS", "values": ["Head", "Director"]}),
]
KEPT_OUT = ("email", "company")
"""Fields that are looked up on a list of a million values each."""


class Sizes(NamedTuple):
    leads: int = 10_000
    values: int = 1_000_000
    earlier: int = 1_000_000


def measure(_: Supervisor, asked: argparse.Namespace) -> list[Row]:
    sizes = Sizes(*(scaled(size, asked.scale) for size in Sizes()))
    fill(sizes.earlier)
    lists = [_list(f"Kept out {number}", sizes.values) for number in range(len(KEPT_OUT))]
    _watch(sizes.earlier)
    of_chunk = [_queries(f"{leads} leads", leads, lists) for leads in (50, CHUNK)]
    rounds = [_round(f"catalogue {number}", lists, sizes.leads) for number in range(1, asked.rounds + 1)]
    ours, floor = median(round_.ours for round_ in rounds), median(round_.floor for round_ in rounds)
    return [
        Row(
            f"CATALOGUE: {rounds[0].jobs} quality jobs, two lists of {sizes.values:,} values, {sizes.earlier:,} earlier leads "
            "(floor: same rows, no jobs)"
        ),
        Row("leads judged a second", f"{ours:,.0f}", f"{floor:,.0f}", f"{ours / floor:.2f}", "1,000"),
        Row("queries for 50 leads, for 500", ", ".join(map(str, of_chunk)), aim="the same"),
        Row("memory at its largest", f"{rounds[0].memory:,.0f} MB", aim="250 MB"),
    ]


class Round(NamedTuple):
    """Leads a second, and megabytes at the largest so far."""

    jobs: int
    ours: float
    floor: float
    memory: float


def _round(name: str, lists: list[ValidationList], leads: int) -> Round:
    ours = jobs.waiting_leads(f"{name}, judged", leads)
    count = _configure(ours.campaign, lists)
    judged = jobs.judge(ours, leads)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    written = [jobs.rows_written(ours, first) for first in range(0, leads, CHUNK)]
    floor = jobs.floor_of(jobs.waiting_leads(f"{name}, floor", leads), written, jobs.same_rows)
    tell(f"{name}: ours {leads / judged:,.0f}/s, same rows {leads / floor:,.0f}/s, memory {memory:,.0f} MB")
    return Round(count, leads / judged, leads / floor, memory)


def _queries(name: str, leads: int, lists: list[ValidationList]) -> int:
    """Count the queries of one turn over so many leads."""
    way = jobs.waiting_leads(name, leads)
    _configure(way.campaign, lists)
    with CaptureQueriesContext(connection) as seen:
        if scheduler.process_turn(way.campaign.pk, 0).leads != leads:
            raise RuntimeError(f"a turn took other than {leads} leads")
    return len(seen)


def _configure(campaign: Campaign, lists: list[ValidationList]) -> int:
    for key in ONE_EACH:
        add_job(campaign, key, actor=SYSTEM)
    for key, config in SET_UP:
        add_job(campaign, key, config=config, actor=SYSTEM)
    for field, listed in zip(KEPT_OUT, lists, strict=True):
        add_job(campaign, "suppression_list", config={"list": listed.pk, "field": field, "rule": "fail"}, actor=SYSTEM)
    return Job.objects.filter(campaign=campaign).count()


def _watch(earlier: int) -> None:
    """Index the companies of earlier leads, which a periodic task does otherwise."""
    way = jobs.waiting_leads("watched", 1)
    add_job(way.campaign, "duplicate_field", config={"field": "company"}, actor=SYSTEM)
    value_index.index_fields(by_field.TYPES, columns=by_field.COLUMNS)
    began = perf_counter()
    while value_index.fill():
        pass
    tell(f"values of {earlier:,} earlier leads kept in {perf_counter() - began:,.0f} s")


def _list(name: str, values: int) -> ValidationList:
    listed = create_list(name, advertiser=None, actor=SYSTEM)
    with connection.cursor() as cursor, cursor.copy("COPY processr_validationlistvalue (list_id, value, key) FROM STDIN") as copy:
        for value in _values(values):
            copy.write_row((listed.pk, value, fold(value)))
    ValidationList.objects.filter(pk=listed.pk).update(value_count=values)
    return listed


def _values(values: int) -> Iterator[str]:
    return (f"Somebody.{number}@elsewhere.example" for number in range(values))
