"""The attempts to deliver a lead, among the entries of its timeline."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.core.accounts import roles
from config.core.lists.pagination import BadPosition
from integrations.models import Delivery
from leads.models import Lead, LeadNote
from leads.views.timeline import PAGE_SIZE, timeline_page
from processr.models import Event, Job
from tests.cast import make_user
from tests.screens.leads.lead.test_lead_timeline import pages

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def sent(crm, deliver) -> Delivery:
    return deliver(crm, state="sent")[0]


def events(job: Job, rows: Iterable[tuple[int, datetime, str]]) -> None:
    Event.objects.bulk_create(
        Event(lead_id=pk, campaign_id=job.campaign_id, kind=kind, outcome="error", job_id=job.pk, started_at=at, reason=f"try {i}")
        for i, (pk, at, kind) in enumerate(rows)
    )


def many_events(sent: Delivery) -> None:
    """Store 12,000 events: a tenth are the lead's, a quarter are attempts, and five pages are both."""
    events(sent.job, [(sent.lead_id, NOON, "flow")])
    own = {
        "id": "('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid",
        "lead_id": "lead_id + CASE WHEN n %% 10 = 0 THEN 0 ELSE 1 + n %% 900 END",
        "kind": "CASE WHEN n / 10 %% 4 = 0 THEN 'delivery' ELSE kind END",
    }
    names = [field.column for field in Event._meta.concrete_fields if field.name != "xid"]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO processr_event ({', '.join(names)}) SELECT {', '.join(own.get(name, name) for name in names)} "
            "FROM processr_event, generate_series(1, 12000) AS n WHERE lead_id = %s AND started_at = %s ORDER BY n",
            [sent.lead_id, NOON],
        )


def test_an_attempt_says_when_and_where_and_what_came_of_it(sent, attempt, reader):
    attempt(sent, "error", reason="Answered 503 Service Unavailable")
    attempt(sent, "success", reason="Answered 201 Created")
    words = reader().get(f"/v2/leads/{sent.lead_id}/timeline").words
    assert "Delivery attempt" in words
    assert "CRM Being sent to To be tried again Answered 503 Service Unavailable" in words
    assert words.index("CRM Being sent to Sent Answered 201 Created") < words.index("Answered 503")


@pytest.mark.parametrize("role", sorted(roles.SEES_LEADS))
def test_attempts_are_for_those_who_see_the_deliveries(sent, attempt, member, role):
    attempt(sent, "error")
    kinds = {entry.kind for entry in timeline_page(member(role), Lead.objects.get(pk=sent.lead_id), {}).entries}
    assert ("Delivery attempt" in kinds) is (role in roles.MANAGES_CAMPAIGNS)


@pytest.mark.parametrize("seed", range(3))
def test_attempts_and_notes_come_once_each_and_in_the_order_of_time(sent, seed):
    dice, lead = Random(seed), Lead.objects.get(pk=sent.lead_id)
    LeadNote.objects.filter(lead_id=lead.pk).delete()
    seconds = sorted(dice.randrange(200) for _ in range(130))
    events(sent.job, ((lead.pk, NOON + timedelta(seconds=n), "delivery") for n in seconds))
    LeadNote.objects.bulk_create(LeadNote(lead_id=lead.pk, actor_name="Sluice", kind="status", comment=f"note {i}") for i in range(69))
    for i, pk in enumerate(LeadNote.objects.filter(lead_id=lead.pk).order_by("pk").values_list("pk", flat=True)):
        LeadNote.objects.filter(pk=pk).update(at=NOON + timedelta(seconds=2 * i))
    found = pages(make_user("admin"), lead)
    entries = [entry for page in found for entry in page]
    assert [len(page) for page in found] == [PAGE_SIZE] * 4
    told = [*(f"try {i}" for i in range(130)), *(f"note {i}" for i in range(69)), next(e.comment for e in entries if e.kind == "Received")]
    assert sorted(entry.comment for entry in entries) == sorted(told)
    assert [entry.at for entry in entries] == sorted((entry.at for entry in entries), reverse=True)


def test_many_attempts_cost_a_page(sent):
    """One query, along the index of attempts."""
    lead, admin = Lead.objects.get(pk=sent.lead_id), make_user("admin")
    many_events(sent)
    position = str(Event.objects.filter(lead_id=lead.pk, kind=Event.Kind.DELIVERY).order_by("-pk")[PAGE_SIZE].pk)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE processr_event")
        with CaptureQueriesContext(connection) as queries:
            assert len(timeline_page(admin, lead, {"attempts": position}).entries) == PAGE_SIZE
        (sql,) = [query["sql"] for query in queries if "processr_event" in query["sql"] and "'delivery'" in query["sql"]]
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS OFF) {sql}")
        plan = "\n".join(line for (line,) in cursor)
    assert "event_attempts_of_lead" in plan, plan
    assert "Sort" not in plan, plan


@pytest.mark.parametrize("position", ["x", "1", "0190163d8694739bafbe5c5a4e4ad7e7", "{0190163d-8694-739b-afbe-5c5a4e4ad7e7}", "\x00"])
def test_a_position_that_nothing_has_given_does_not_exist(sent, position):
    with pytest.raises(BadPosition):
        timeline_page(make_user("admin"), Lead.objects.get(pk=sent.lead_id), {"attempts": position})
