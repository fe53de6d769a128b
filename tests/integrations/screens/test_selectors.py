"""The deliveries that each role sees, and the health of integrations."""

from datetime import datetime, timedelta
from datetime import timezone as fixed_zone

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns import services as campaigns
from config.core.accounts import roles
from integrations import selectors
from integrations.messages.selectors import needs_person_badge
from integrations.models import Delivery
from integrations.selectors import Count, deliveries_for, health, integrations_in_need, needs_person_count
from leads import lifecycle
from processr.engine.tallies import fold
from tests.cast import make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", sorted(roles.ALL))
def test_deliveries_are_for_those_who_manage_the_campaign(crm, deliver, member, role):
    deliver(crm, 2, state="needs_person")
    who = member(role)
    n = 2 if role in roles.MANAGES_CAMPAIGNS else 0
    assert (deliveries_for(who).count(), needs_person_count(who), len(integrations_in_need(who))) == (n, Count(n), min(n, 1))


def test_an_agency_sees_what_is_its_advertisers(campaign, crm, deliver, member, bob):
    deliver(crm, state="needs_person")
    stranger = make_user(roles.AGENCY)
    campaigns.add_member(stranger, campaigns.create_agency("Elsewhere", advertisers=[], actor=bob), actor=bob)
    assert deliveries_for(member(roles.AGENCY)).count() == 1
    for who in (stranger, make_user(roles.AGENCY)):
        assert (deliveries_for(who).count(), needs_person_count(who), integrations_in_need(who)) == (0, Count(0), [])


def test_what_became_of_a_deleted_lead_is_in_nobodys_sight(crm, deliver, member, bob):
    (sent,) = deliver(crm, state="sent")
    lifecycle.delete([sent.lead_id], actor=bob)
    assert deliveries_for(member(roles.ADMIN)).count() == 0


def test_a_long_count_is_not_counted_to_its_end(crm, integrate, deliver, member, monkeypatch):
    monkeypatch.setattr(selectors, "NEED_CAP", 3)
    admin = member(roles.ADMIN)
    deliver(crm, 3, state="needs_person")
    assert str(needs_person_count(admin)) == "3"
    deliver(integrate("Sheet"), 2, state="needs_person")
    assert (str(needs_person_count(admin)), needs_person_badge(admin)) == ("3+", "3+")
    assert [(group.label, group.n) for group in integrations_in_need(admin)] == [("Sheet", Count(2)), ("CRM", Count(3))]


def test_nothing_to_do_shows_no_number(crm, deliver, member):
    deliver(crm)
    assert needs_person_badge(member(roles.ADMIN)) == ""


def test_health_counts_what_was_sent_what_waits_and_tells_the_last_answer(crm, deliver, attempt):
    (first,) = deliver(crm, state="sent", answered_at=timezone.now() - timedelta(hours=1))
    attempt(first, "error")
    attempt(first, "success")
    fold()
    (second,) = deliver(crm, state="needs_person")
    attempt(second)
    deliver(crm, 3)
    told = health([crm.pk])[crm.pk]
    assert (told.sent, told.failed, told.errored, told.waiting, told.needs_person) == (1, 1, 1, Count(3), Count(1))
    assert (told.answer, told.status, told.ok) == ("Answered 404", 404, False)
    assert told.at == Delivery.objects.get(pk=second.pk).answered_at


def test_of_an_integration_that_has_done_nothing_there_is_nothing_to_tell(crm):
    assert health([crm.pk]) == {crm.pk: selectors.DeliveryHealth()}
    assert health([]) == {}


def test_what_waits_is_counted_as_far_as_it_says_anything(crm, deliver, monkeypatch):
    monkeypatch.setattr(selectors, "WAITING_CAP", 4)
    deliver(crm, 5)
    assert str(health([crm.pk])[crm.pk].waiting) == "4+"


def test_the_deliveries_of_a_moment_and_later_are_found_by_their_ids_whatever_the_order_within_a_transaction(crm, deliver):
    """Three each day, of which the first was written last."""
    now, rows = timezone.now(), deliver(crm, 30)
    for number, row in enumerate(rows):
        day, place = divmod(number, 3)
        Delivery.objects.filter(pk=row.pk).update(created_at=now - timedelta(days=10 - day, minutes=10 * place))
    for days in range(-1, 12):
        moment = now - timedelta(days=days, minutes=20)
        wanted = set(Delivery.objects.filter(created_at__gte=moment).values_list("pk", flat=True))
        found = set(Delivery.objects.filter(pk__gte=selectors.first_since(moment)).values_list("pk", flat=True))
        assert wanted <= found, days
        assert len(found - wanted) <= 3, f"{days}: a day's more than were asked for"
        earlier = set(Delivery.objects.filter(created_at__lt=moment).values_list("pk", flat=True))
        below = set(Delivery.objects.filter(pk__lt=selectors.first_after(moment)).values_list("pk", flat=True))
        assert earlier <= below, days


@pytest.mark.sql
def test_among_no_deliveries_there_is_no_first(db):
    assert selectors.first_since(timezone.now()) == selectors.first_after(timezone.now()) == 0


def test_the_ends_of_the_calendar_are_moments_like_any_other(crm, deliver):
    first, last = (row.pk for row in deliver(crm, 2))
    for offset in (-14, 0, 14):
        zone = fixed_zone(timedelta(hours=offset))
        assert selectors.first_since(datetime.min.replace(tzinfo=zone)) <= first
        assert selectors.first_after(datetime.max.replace(tzinfo=zone)) > last


def test_twenty_integrations_cost_the_queries_of_two(campaign, integrate, deliver, member):
    admin = member(roles.ADMIN)

    def asked(jobs) -> list[int]:
        counts = []
        for ask in (lambda: health([job.pk for job in jobs]), lambda: integrations_in_need(admin), lambda: needs_person_count(admin)):
            with CaptureQueriesContext(connection) as caught:
                ask()
            counts.append(len(caught))
        return counts

    jobs = [integrate(f"CRM {n}") for n in range(2)]
    for job in jobs:
        deliver(job, state="needs_person")
    few = asked(jobs)
    jobs += [integrate(f"More {n}") for n in range(18)]
    for job in jobs:
        deliver(job, 2, state="needs_person")
    assert (asked(jobs), few) == ([2, 1, 1], [2, 1, 1])
