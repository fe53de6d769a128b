"""The logs of a lead with thousands of events among many other leads': read by index, and as many rows as a page needs."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from processr.engine import call_log, scheduler, step_log
from processr.engine.call_log import CallQuery
from processr.engine.step_log import Place, StepQuery
from processr.models import Event
from processr.selectors import runs_for
from tests.cast import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

N, OTHERS = 1_000, 30_000
_COPIES = """
INSERT INTO processr_event (id, lead_id, campaign_id, kind, outcome, reason, job_id, run_number, started_at, duration_ms, source, plan_number,
    steps_run, steps, message)
SELECT (lpad(to_hex(%(at)s + n), 12, '0') || '7' || lpad(to_hex(n %% 4096), 3, '0') || '8' || substr(md5(concat(%(kind)s, %(spread)s, n)), 1, 15))::uuid,
    CASE WHEN %(spread)s THEN 1000000 + n ELSE lead_id END, campaign_id, %(kind)s, outcome, reason, 1, n + 1, now(), 1, source, plan_number,
    steps_run, steps, %(message)s
FROM processr_event, generate_series(1, %(n)s) AS n WHERE id = %(run)s
"""


@pytest.fixture
def lead(campaign, add_job, make_leads):
    """A lead with 1,000 runs and 1,000 calls, among 30,000 events of other leads."""
    for number in range(5):
        add_job(campaign, "test_data", label=f"Check {number}")
    (lead,) = make_leads(campaign)
    scheduler.serve_campaigns(seconds=10)
    run = Event.objects.get(lead_id=lead.pk)
    at = int(timezone.now().timestamp() * 1000)
    with connection.cursor() as cursor:
        for kind, n, spread in (("flow", N, False), ("provider", N, False), ("flow", OTHERS, True)):
            message = "GET https://api.example/" if kind == "provider" else ""
            cursor.execute(_COPIES, {"at": at, "kind": kind, "n": n, "spread": spread, "message": message, "run": run.pk})
        cursor.execute("ANALYZE processr_event")
    return lead


def nodes(plan: dict) -> list[dict]:
    return [plan, *(inner for part in plan.get("Plans", ()) for inner in nodes(part))]


def rows_read(read) -> int:
    """Return how many events the queries have read, all by an index."""
    with CaptureQueriesContext(connection) as caught:
        read()
    total = 0
    for query in caught:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query['sql']}")
            (plan,) = cursor.fetchone()[0]
        scans = [node for node in nodes(plan["Plan"]) if node.get("Relation Name") == "processr_event"]
        assert all(node["Node Type"].startswith("Index") for node in scans), scans
        total += sum(node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) for node in scans)
    return total


def test_a_page_of_steps_reads_its_runs_and_a_search_those_it_looks_at(lead):
    last = Event.objects.filter(lead_id=lead.pk, kind="flow").order_by("-pk")[20].pk
    assert len(step_log.page_of(lead, StepQuery()).steps) == step_log.PAGE_SIZE
    for query in (StepQuery(), StepQuery(text="nowhere"), StepQuery(after=Place(last, 2)), StepQuery(text="check 3", outcome="passed")):
        # Two queries, and a call lies between any two runs.
        assert rows_read(lambda query=query: step_log.page_of(lead, query)) <= 4 * step_log.RUNS_LOOKED_AT + 10


def test_a_page_of_calls_reads_those_it_looks_at(lead):
    first = Event.objects.filter(lead_id=lead.pk, kind="provider").order_by("pk")[0].pk
    assert len(call_log.page_of(lead, CallQuery()).calls) == call_log.PAGE_SIZE
    for query in (CallQuery(after=first), CallQuery(text="nowhere", after=first)):
        assert rows_read(lambda query=query: call_log.page_of(lead, query)) <= 6 * call_log.CALLS_LOOKED_AT


def test_the_last_run_and_the_choice_of_runs_read_a_page(lead):
    runs = runs_for(make_user("admin"), lead)
    assert rows_read(lambda: list(runs.values_list("run_number", "started_at")[:11])) <= 50
