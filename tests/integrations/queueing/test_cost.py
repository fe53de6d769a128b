"""The cost of queueing: as many statements for many leads and integrations as for one, and hardly any where nothing is queued."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations import receivers
from integrations.models import Delivery
from leads import lifecycle
from leads.lifecycle import claims
from processr import services
from tests.integrations.queueing.acts import FILE, asking_for, judged
from tests.leads.acts import judge_all, verdict

pytestmark = pytest.mark.django_db
OURS = re.compile(r"integrations_delivery|processr_job\b|processr_groupcondition|integrations of campaign")


@pytest.fixture
def notified(monkeypatch) -> list[tuple]:
    messages: list[tuple] = []
    monkeypatch.setattr(receivers, "notify_workers", lambda *message: messages.append(message))
    return messages


def statements(act) -> list[str]:
    """Return the statements of integrations, among all that a verb takes."""
    with CaptureQueriesContext(connection) as caught:
        act()
    return [query["sql"] for query in caught if OURS.search(query["sql"])]


def judging(campaign, leads):
    claim = claims.claim(campaign.pk, limit=500)
    assert len(claim.leads) == len(leads)
    return lambda: lifecycle.judge([verdict(lead.pk) for lead in leads], token=claim.token)


def routed(campaign, integrate, bob, n: int) -> list[int]:
    """With all there is to ask for: a group, conditions, scores."""
    jobs = [integrate(f"CRM {number}", on=campaign, route_by_score_minimum=1) for number in range(n)]
    group = services.create_group(campaign, name="G", actor=bob)
    services.put_in_group([jobs[0].pk], group, actor=bob)
    services.set_conditions(jobs[0].pk, [{"field": "company", "values": ["Acme"]}], actor=bob)
    return [job.pk for job in jobs]


def spent(leads, chosen: list[int], bob) -> dict[str, int]:
    claim, ids = claims.claim(leads[0].campaign_id, limit=500), [lead.pk for lead in leads]
    asked = asking_for(chosen)
    acts = {
        "judge": lambda: lifecycle.judge([verdict(pk) for pk in ids], token=claim.token),
        "flag invalid": lambda: lifecycle.flag(ids, "invalid", actor=bob, reason="x"),
        "flag valid": lambda: lifecycle.flag(ids, "valid", actor=bob, reason="x", extras=asked),
        "mark delivered": lambda: lifecycle.mark_delivered(ids, actor=bob),
        "mark undelivered": lambda: lifecycle.mark_undelivered(ids, actor=bob),
        "unflag": lambda: lifecycle.unflag(ids, actor=bob),
        "delete": lambda: lifecycle.delete(ids, actor=bob),
        "restore": lambda: lifecycle.restore(ids, actor=bob),
        "requeue": lambda: lifecycle.requeue(ids, actor=bob),
    }
    return {name: len(statements(act)) for name, act in acts.items()}


@pytest.mark.parametrize(("n", "jobs"), [(1, 1), (500, 5)])
def test_many_leads_and_integrations_take_as_many_statements_as_one(n, jobs, campaign, integrate, make_leads, bob):
    """Which integrations there are and their conditions are two of them, the lock against their removal is one, and then come those that withdraw, take back and queue. Leads that become Valid again are looked up among those that arrived meanwhile."""
    chosen = routed(campaign, integrate, bob, jobs)
    assert spent(make_leads(campaign, n, company="Acme"), chosen, bob) == {
        "judge": 4, "flag invalid": 4, "flag valid": 6, "mark delivered": 3, "mark undelivered": 4, "unflag": 4, "delete": 3, "restore": 5,
        "requeue": 3,
    }  # fmt: skip
    assert Delivery.objects.count() == 4 * n * jobs


def test_a_chunk_of_a_campaign_without_integrations_asks_once_whether_there_are_some(campaign, make_leads, bob):
    services.add_job(campaign, "first_last_name_match", actor=bob)
    leads = make_leads(campaign, 500)
    (asked,) = statements(judging(campaign, leads))
    assert '"processr_job"."category" = ' in asked


def test_moves_that_change_nothing_for_deliveries_ask_nothing(campaign, crm, make_leads, bob):
    (lead,) = judged(campaign, make_leads)
    held, waiting = make_leads(campaign, 2)
    lifecycle.hold([held.pk], reason="no_job")
    assert statements(lambda: lifecycle.release([held.pk], reason="no_job", actor=bob)) == []
    assert statements(lambda: lifecycle.hold([waiting.pk], reason="no_job")) == []
    assert statements(lambda: lifecycle.mark_replacement([lead.pk], actor=bob)) == []
    assert statements(lambda: lifecycle.mark_sent([lead.pk], reason="CRM")) == []


def test_the_first_verdict_looks_for_nothing_to_withdraw(campaign, crm, make_leads):
    """Most leads that are not Valid never were."""
    make_leads(campaign, 2)
    assert [sql for sql in statements(lambda: judge_all(campaign, "invalid")) if "integrations_delivery" in sql] == []


def test_a_worker_is_told_once_for_each_integration_with_something_new(campaign, integrate, make_leads, bob, notified):
    first, _file, second = integrate("One"), integrate("File", kind=FILE), integrate("Two")
    judged(campaign, make_leads, 20)
    assert notified == [("deliveries", first.pk, "integrations.tasks.work"), ("deliveries", second.pk, "integrations.tasks.work")]
    notified.clear()
    judge_all(campaign)
    lifecycle.flag([lead.pk for lead in make_leads(campaign, 2)], "valid", actor=bob, reason="x")
    assert notified == []


def test_more_notifications_than_workers_are_not_sent(campaign, integrate, make_leads, notified):
    for number in range(receivers.MOST_NOTIFICATIONS + 3):
        integrate(f"CRM {number}")
    judged(campaign, make_leads)
    assert len(notified) == receivers.MOST_NOTIFICATIONS
    assert Delivery.objects.count() == receivers.MOST_NOTIFICATIONS + 3
