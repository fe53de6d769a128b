"""Turns of campaigns."""

import pytest
from django.db import connection, transaction

from campaigns.models import Campaign
from campaigns.services import plan_changed
from config.core.background import locks
from leads import lifecycle
from leads.lifecycle import claims
from processr import plans
from processr.engine import scheduler
from processr.engine.scheduler import _NEXT, CampaignTurn, next_turn
from processr.models import Event
from tests.module_cast import ANEW
from tests.processr.copies import analyse, copy_lead
from tests.processr.planned import plan_nodes
from tests.races import at_once, waits_while_held

db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW
pytestmark = pytest.mark.django_db


def test_a_campaign_is_picked_by_one_worker_at_a_time(campaign, make_leads):
    make_leads(campaign)
    waits_while_held(locks.PICK_CAMPAIGN, next_turn)


def test_nothing_waits_and_it_is_nobodys_turn(campaign):
    assert next_turn() is None


def test_campaigns_with_waiting_leads_are_served_in_turn(make_campaign, make_leads):
    one, two, idle = make_campaign(), make_campaign(), make_campaign()
    for campaign in (one, two):
        make_leads(campaign, 2)
    assert [next_turn().campaign_id for _ in range(4)] == [one.pk, two.pk, one.pk, two.pk]
    assert Campaign.objects.get(pk=idle.pk).served_at is None


def test_a_campaign_never_served_goes_before_one_that_was(make_campaign, make_leads):
    old, new = make_campaign(), make_campaign()
    make_leads(old)
    next_turn()
    make_leads(new)
    assert next_turn().campaign_id == new.pk


def test_live_leads_of_any_campaign_go_before_imported_ones(make_campaign, make_leads):
    importing, live = make_campaign(), make_campaign()
    make_leads(importing, 3, lane=1)
    make_leads(live, 1, lane=0)
    assert [next_turn() for _ in range(2)] == [(live.pk, 0), (live.pk, 0)]


def test_deleted_leads_and_leads_that_do_not_wait_ask_for_no_turn(campaign, make_leads, bob):
    deleted, taken = make_leads(campaign, 2)
    lifecycle.delete([deleted.pk], actor=bob)
    claims.claim(campaign.pk, limit=10)
    assert next_turn() is None


def test_a_campaign_that_rests_is_passed_over(make_campaign, make_leads):
    one, two = make_campaign(), make_campaign()
    for campaign in (one, two):
        make_leads(campaign)
    assert next_turn(without={CampaignTurn(one.pk, 0)}).campaign_id == two.pk
    assert next_turn(without={CampaignTurn(one.pk, 0), CampaignTurn(two.pk, 0)}) is None


@pytest.mark.django_db(transaction=True)
def test_a_locked_campaign_is_passed_over_while_others_wait_and_served_all_the_same_when_it_is_alone(make_campaign, make_leads):
    locked, free = make_campaign(), make_campaign()
    make_leads(locked)
    make_leads(free)
    turns = []

    def pick_twice():
        turns.append(next_turn())
        turns.append(next_turn(without={CampaignTurn(free.pk, 0)}))

    with transaction.atomic():
        Campaign.objects.select_for_update(no_key=True).get(pk=locked.pk)
        assert at_once(pick_twice) == []
    assert [turn.campaign_id for turn in turns] == [free.pk, locked.pk]


@pytest.mark.django_db(transaction=True)
def test_workers_that_pick_together_take_different_campaigns(make_campaign, make_leads):
    campaigns = [make_campaign() for _ in range(3)]
    for campaign in campaigns:
        make_leads(campaign, 2)
    turns = []
    assert at_once(*[lambda: turns.append(next_turn())] * 3) == []
    assert {turn.campaign_id for turn in turns} == {campaign.pk for campaign in campaigns}


def test_the_pick_walks_the_index_of_waiting_leads_and_not_the_leads(make_campaign, make_leads):
    for _ in range(3):
        copy_lead(make_leads(make_campaign())[0], 699)
    analyse("leads_lead")
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + _NEXT, [[]])
        ((plan,),) = cursor.fetchone()
    scans = [node for node in plan_nodes(plan["Plan"]) if node.get("Relation Name") == "leads_lead"]
    assert {scan.get("Index Name") for scan in scans} == {"lead_waiting"}
    assert sum(scan["Actual Rows"] * scan["Actual Loops"] for scan in scans) <= 4


@pytest.mark.django_db
def test_a_campaign_that_rests_in_one_lane_is_served_in_the_other(campaign, make_leads):
    make_leads(campaign)
    make_leads(campaign, lane=1)
    assert next_turn(without={CampaignTurn(campaign.pk, 0)}) == CampaignTurn(campaign.pk, 1)


@pytest.fixture
def plans_read(monkeypatch):
    """The campaigns whose plan was read, in order."""
    read = []
    real = plans.current_plan

    def current_plan(campaign_id):
        read.append(campaign_id)
        return real(campaign_id)

    monkeypatch.setattr(plans, "current_plan", current_plan)
    return read


def test_a_turn_reads_the_plan_once(campaign, three_jobs, make_leads, plans_read):
    make_leads(campaign, 3)
    scheduler.serve_campaigns(seconds=5)
    assert plans_read == [campaign.pk]


def test_a_turn_whose_plan_has_changed_before_its_claim_reads_the_new_one(campaign, three_jobs, make_leads, plans_read, monkeypatch):
    make_leads(campaign, 3)
    real = claims.claim

    def claim(campaign_id, **how):
        if len(plans_read) == 1:
            plan_changed(campaign_id)
        return real(campaign_id, **how)

    monkeypatch.setattr(claims, "claim", claim)
    assert scheduler.process_turn(campaign.pk, 0) == (3, 500)
    assert plans_read == [campaign.pk] * 2
    assert set(Event.objects.values_list("plan_number", flat=True)) == {Campaign.objects.get().plan_number}


def test_a_campaign_whose_leads_another_worker_took_meanwhile_is_left_alone(campaign, three_jobs, plans_read):
    assert scheduler.process_turn(campaign.pk, 0).leads == 0


def test_a_campaign_whose_leads_take_long_gets_chunks_that_do_not(campaign, make_leads, add_job, monkeypatch):
    """Twenty thousand letters in each lead, read by many jobs, take a second of a processor: five hundred of them keep a worker for minutes."""
    clock, cost = [0.0], [1.0]
    judge = scheduler.judge_chunk

    def judge_slowly(plan, leads, *, token):
        clock[0] += cost[0] * len(leads)
        judge(plan, leads, token=token)

    monkeypatch.setattr(scheduler, "judge_chunk", judge_slowly)
    monkeypatch.setattr(scheduler, "thread_time", lambda: clock[0])
    monkeypatch.setattr(scheduler, "pace", scheduler.Pace())
    add_job(campaign, "field_not_empty")
    make_leads(campaign, 200)
    served = [scheduler.process_turn(campaign.pk, 0) for _ in range(2)]
    assert served == [(200, 500), (0, 10)]
    make_leads(campaign, 25)
    assert [scheduler.process_turn(campaign.pk, 0) for _ in range(3)] == [(10, 10), (10, 10), (5, 10)]
    cost[0] = 0.001
    make_leads(campaign, 700)
    assert [scheduler.process_turn(campaign.pk, 0).leads for _ in range(5)] == [10, 40, 160, 490, 0]


def test_the_pace_of_few_campaigns_is_known_and_of_none_after_quick_turns(monkeypatch):
    monkeypatch.setattr(scheduler, "CAMPAIGNS_KNOWN", 3)
    pace = scheduler.Pace()
    for campaign_id in range(9):
        pace.note(campaign_id, seconds=300.0, leads=500)
        pace.note(campaign_id, seconds=1_000.0, leads=1)
    assert [pace.chunk(campaign_id, at_most=500) for campaign_id in range(9)] == [500] * 6 + [1] * 3
    for _ in range(9):
        pace.note(8, seconds=1.9, leads=1)
    assert pace._seconds.keys() == {6, 7}
