"""Alerts: each is given once for its episode or period, to those who manage the campaign."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns import services as campaign_services
from config.core import enterprise
from config.core.accounts import roles
from config.core.extension_points import notification_kinds
from config.core.models import Enterprise, Notification
from integrations import alerts
from integrations.alerts import finding, telling
from integrations.alerts.settings import save_alerts
from integrations.models import CampaignAlerts, Destination, OutboundEvent, SentCount, ToldAlert
from integrations.tasks import find_alerts
from leads.lifecycle import tallies
from leads.models import Lead, TallyDelta
from processr.models import JobTally
from processr.services import add_job
from tests.cast import make_user

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 12, 2, 12, tzinfo=UTC)  # a Wednesday
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
POST = {"url": "https://crm.acme.example/leads", "fields_sent": [{"name": "email", "field": "email"}]}


@pytest.fixture(autouse=True)
def _now(campaign, time_machine):
    time_machine.move_to(NOON, tick=False)
    type(campaign).objects.update(start=NOON - 30 * DAY, updated_at=NOON - 30 * DAY)


@pytest.fixture
def ann():
    return make_user(roles.ADMIN, name="Ann", mailed_kinds=list(telling.KINDS), email="ann@example.com")


@pytest.fixture
def crm(campaign, bob):
    return add_job(campaign, "http_post", actor=bob, label="CRM", config=POST)


@pytest.fixture
def destination(crm) -> Destination:
    return Destination.objects.create(job=crm)


def told(user, kind: str | None = None) -> list[str]:
    found = Notification.objects.filter(user=user, **({"kind": kind} if kind else {}))
    return list(found.order_by("pk").values_list("text", flat=True))


def judged(campaign, status: str, n: int, *, day: date | None = None) -> None:
    TallyDelta.objects.create(
        campaign_id=campaign.pk, day=day or timezone.now().date(), current_status=status, delivery_status="not_delivered",
        publisher_billable=False, advertiser_billable=False, n=n,
    )  # fmt: skip


def test_a_destination_is_told_when_it_begins_to_rest_and_when_it_answers(destination, ann, time_machine):
    alerts.destination_answers(destination)  # nobody was told that it does not
    for _ in range(3):
        alerts.destination_rests(destination)
    alerts.destination_answers(destination)
    alerts.destination_answers(destination)
    begun, ended = told(ann)
    assert begun.startswith("CRM of Spring does not answer: ")
    assert ended.startswith("CRM of Spring answers again: ")
    alerts.destination_rests(destination)
    assert len(told(ann)) == 3, "the next episode is told anew"
    assert Notification.objects.filter(mail_due_at__isnull=False).count() == 3, "and mailed, though nothing was read"
    assert Notification.objects.first().url == f"/v2/campaigns/{destination.job.campaign_id}/processr/{destination.job_id}/sending"


def test_of_an_event_it_leads_to_the_event(campaign, ann):
    event = OutboundEvent.objects.create(campaign=campaign, label="Tell {Pat}", trigger="valid", url="https://pat.example/")
    alerts.destination_rests(Destination.objects.create(event=event))
    assert told(ann)[0].startswith("Tell {Pat} of ")
    assert Notification.objects.get(user=ann).url == f"/v2/campaigns/{campaign.pk}/tracking/events/{event.pk}/sending"


def test_those_who_manage_the_campaign_are_told_and_nobody_else(destination, acme, bob, make_campaign):
    mine = campaign_services.create_agency("Brightfield", advertisers=[acme], actor=bob)
    other = campaign_services.create_agency("Elsewhere", advertisers=[], actor=bob)
    people = {role: make_user(role, name=f"{role}-x") for role in roles.ALL}
    for role in roles.AGENCY_SIDE:
        campaign_services.add_member(people[role], mine, actor=bob)
    stranger, gone = make_user(roles.AGENCY, name="Stranger"), make_user(roles.ADMIN, name="Gone", is_active=False)
    campaign_services.add_member(stranger, other, actor=bob)
    alerts.destination_rests(destination)
    notified = set(Notification.objects.values_list("user", flat=True))
    assert {people[role].pk for role in roles.MANAGES_CAMPAIGNS} <= notified
    others = [user.pk for role, user in people.items() if role not in roles.MANAGES_CAMPAIGNS]
    assert not notified & {stranger.pk, gone.pk, *others}


def test_each_kind_has_its_switch(ann):
    assert all(notification_kinds.get(kind).roles == roles.MANAGES_CAMPAIGNS for kind in telling.KINDS)


@pytest.mark.parametrize(("sent", "is_told"), [(79, False), (80, True), (100, True), (140, True)])
def test_a_cap_is_told_at_80_percent(destination, ann, sent, is_told):
    Destination.objects.update(cap_day=100)
    SentCount.objects.create(destination=destination, day=NOON.date(), n=sent)
    find_alerts()
    assert told(ann, telling.CAP) == (
        [f"CRM of {destination.job.campaign.name} has been sent {sent} of 100 this day ({sent} %)."] if is_told else []
    )


def test_a_cap_is_told_once_in_its_period(destination, ann, time_machine):
    Destination.objects.update(cap_day=10, cap_week=20, cap_month=1_000)
    SentCount.objects.create(destination=destination, day=NOON.date(), n=9)
    for _ in range(3):
        find_alerts()
    assert len(told(ann)) == 1
    time_machine.move_to(NOON + DAY, tick=False)
    SentCount.objects.create(destination=destination, day=NOON.date() + DAY, n=8)
    find_alerts()
    assert [text.split("this ")[1][:4] for text in told(ann)] == ["day ", "day ", "week"]
    time_machine.move_to(NOON + 5 * DAY, tick=False)  # Monday
    find_alerts()
    assert len(told(ann)) == 3, "a new week has begun, and nothing was sent in it"


def test_days_are_those_of_the_enterprise(destination, ann, time_machine):
    Enterprise.objects.update(zone="Pacific/Auckland")
    enterprise.forget()
    try:
        Destination.objects.update(cap_day=10)
        SentCount.objects.create(destination=destination, day=NOON.date(), n=10)
        find_alerts()
        assert told(ann) == [], "there it is the next day already"
    finally:
        enterprise.forget()


def test_a_cap_without_limits_is_none(destination, ann):
    SentCount.objects.create(destination=destination, day=NOON.date(), n=1_000)
    find_alerts()
    assert told(ann) == []


@pytest.fixture
def watched(campaign, bob):
    save_alerts(campaign, actor=bob, no_lead_hours=3, invalid_percent=None, invalid_at_least=50)
    CampaignAlerts.objects.update(changed_at=NOON - 20 * DAY)
    return campaign


def test_a_campaign_without_leads_is_told_once_until_a_lead_comes(watched, ann, make_leads, time_machine):
    (lead,) = make_leads(watched)
    Lead.objects.filter(pk=lead.pk).update(created_at=NOON - 3 * HOUR + timedelta(seconds=1))
    find_alerts()
    assert told(ann) == []
    time_machine.shift(timedelta(seconds=1))
    find_alerts()
    find_alerts()
    assert told(ann) == [f"{watched.name} has had no lead for 3 hours."]
    (lead,) = make_leads(watched)
    Lead.objects.filter(pk=lead.pk).update(created_at=timezone.now())
    find_alerts()
    time_machine.shift(3 * HOUR)
    find_alerts()
    assert len(told(ann)) == 2


@pytest.mark.parametrize(
    "state",
    [{"paused_at": NOON - DAY}, {"signed_at": None}, {"end": NOON - HOUR}, {"is_template": True}, {"updated_at": NOON - HOUR}, {"start": NOON - HOUR}],
    ids=lambda state: next(iter(state)),
)  # fmt: skip
def test_where_no_leads_are_waited_for_nobody_is_alerted(watched, ann, state):
    type(watched).objects.update(**state)
    find_alerts()
    assert told(ann) == []


def test_unless_somebody_asks_for_it_silence_is_no_alert(campaign, ann):
    find_alerts()
    assert told(ann) == []


@pytest.mark.parametrize(
    ("numbers", "is_told"),
    [
        ({"invalid": 26, "valid": 24}, True), ({"invalid": 25, "valid": 25}, False), ({"invalid": 49}, False), ({"invalid": 50}, True),
        ({"invalid": 40, "test": 60}, False), ({"invalid": 30, "caution": 29}, True), ({"invalid": 30, "pending": 900, "valid": 20}, True),
    ],
)  # fmt: skip
def test_a_rate_is_that_of_the_judged_leads_of_the_day(campaign, ann, numbers, is_told):
    for status, n in numbers.items():
        judged(campaign, status, n)
    judged(campaign, "invalid", 500, day=NOON.date() - DAY)
    find_alerts()
    assert bool(told(ann, telling.INVALID_RATE)) is is_told


def test_a_rate_is_told_once_a_day_from_tallies_and_deltas_alike(campaign, ann, time_machine):
    judged(campaign, "invalid", 40)
    tallies.fold()
    judged(campaign, "invalid", 20)
    for _ in range(2):
        find_alerts()
    assert told(ann) == [f"60 of 60 leads of {campaign.name} that came in today are Invalid (100 %)."]
    time_machine.shift(DAY)
    judged(campaign, "invalid", 60)
    find_alerts()
    assert len(told(ann)) == 2


def test_the_rate_is_the_users_own_or_none(campaign, ann, bob):
    judged(campaign, "invalid", 60)
    save_alerts(campaign, actor=bob, no_lead_hours=None, invalid_percent=None, invalid_at_least=50)
    find_alerts()
    assert told(ann) == []
    save_alerts(campaign, actor=bob, no_lead_hours=None, invalid_percent=99, invalid_at_least=61)
    find_alerts()
    assert told(ann) == []
    save_alerts(campaign, actor=bob, no_lead_hours=None, invalid_percent=99, invalid_at_least=60)
    find_alerts()
    assert len(told(ann)) == 1


def test_a_provider_is_told_while_its_job_cannot_check(campaign, ann, bob):
    settings = {
        "url": "https://provider.example/check",
        "fields_sent": [{"name": "email", "field": "email"}],
        "look_at": "status",
        "passing": ["200"],
    }
    job = add_job(campaign, "http_check", actor=bob, label="Phone check", config=settings)
    other = add_job(campaign, "first_last_name_match", actor=bob)
    for failing in (job, other):
        JobTally.objects.update_or_create(job_id=failing.pk, defaults={"failing_since": timezone.now() + HOUR})
    find_alerts()
    find_alerts()
    (text,) = told(ann)
    assert text.startswith("Phone check of ")
    JobTally.objects.filter(job_id=job.pk).update(failing_since=None)
    find_alerts()
    JobTally.objects.filter(job_id=job.pk).update(failing_since=timezone.now() + HOUR)
    find_alerts()
    assert len(told(ann)) == 2, "the next time is another"
    type(job).objects.filter(pk=job.pk).update(enabled=False)
    find_alerts()
    assert not ToldAlert.objects.exists()


def test_what_is_found_takes_as_many_statements_for_many_as_for_one(campaign, destination, make_campaign, bob):
    def statements() -> int:
        find_alerts()
        with CaptureQueriesContext(
            connection,
        ) as captured:
            find_alerts()
        return len(captured)

    CampaignAlerts.objects.create(campaign=campaign, no_lead_hours=700)
    judged(campaign, "valid", 10)
    Destination.objects.update(cap_day=100)
    few = statements()
    for number in range(5):
        other = make_campaign(name=f"Other {number}")
        CampaignAlerts.objects.create(campaign=other, no_lead_hours=700)
        judged(other, "valid", 10)
        job = add_job(other, "http_post", actor=bob, label="CRM", config=POST)
        row = Destination.objects.create(job=job, cap_day=100)
        SentCount.objects.create(destination=row, day=NOON.date(), n=5)
    assert statements() == few


def test_what_was_told_of_a_period_is_forgotten_when_it_is_long_over(campaign):
    for days in (1, 71):
        ToldAlert.objects.create(key=f"{telling.CAP} {days}", campaign=campaign, at=NOON - days * DAY)
    ToldAlert.objects.create(key=f"{telling.DESTINATION} 7", campaign=campaign, at=NOON - 100 * DAY)
    finding.find_alerts()
    assert sorted(ToldAlert.objects.values_list("key", flat=True)) == [f"{telling.CAP} 1", f"{telling.DESTINATION} 7"]
