"""User Overactivity Check: never more leads of one address pass within any period than are accepted, on all campaigns of a category."""

from dataclasses import replace
from datetime import timedelta
from itertools import combinations

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from campaigns.models import Campaign
from config.core.errors import DomainError
from leads import lifecycle
from leads.models import Lead
from processr.engine import scheduler
from processr.jobs.quality.user_overactivity import UserOveractivity
from processr.models import Event
from processr.plans import current_plan
from tests.processr.copies import analyse, copy_lead, forget_statistics
from tests.processr.duplicates.test_duplicates import ACTS, CUTS, SOME, World, ids, judge, judged, scans_of
from tests.processr.planned import job as planned

pytestmark = pytest.mark.django_db

NOON = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0)
EMAIL, DAY = "jo@example.com", 24.0


@pytest.fixture
def make_campaign(make_campaign):
    """make_campaign(category=…)"""

    def make(name: str = "", *, category: str = "Software", **details) -> Campaign:
        campaign = make_campaign(name, **details)
        Campaign.objects.filter(pk=campaign.pk).update(category=category)
        return campaign

    return make


@pytest.fixture
def post(make_leads):
    """post(campaign, 0, 24): a lead for each hour after noon."""

    def make(campaign, *hours: float, email: str = EMAIL) -> list[Lead]:
        leads = make_leads(campaign, len(hours), email=email)
        for lead, hour in zip(leads, hours, strict=True):
            lead.created_at = NOON + timedelta(hours=hour)
        Lead.objects.bulk_update(leads, ["created_at"])
        return leads

    return make


def passing(leads) -> list[bool]:
    standing = Lead.objects.filter(pk__in=ids(leads), processing_counter__gt=0, deleted_at=None).exclude(current_status="test")
    passed = set(standing.filter(failed_jobs=[]).values_list("pk", flat=True))
    return [lead.pk in passed for lead in leads]


@pytest.mark.parametrize(
    ("count", "hours", "expected"),
    [
        (1, (0, 1), [True, False]), (1, (0, DAY), [True, False]), (1, (0, DAY + 0.001), [True, True]), (1, (0, 20, 40), [True, False, True]),
        (2, (0, 1), [True, True]), (2, (0, 1, 2), [True, True, False]), (2, (0, 1, DAY), [True, True, False]),
        (2, (0, 1, DAY + 0.5), [True, True, True]), (2, (0, 1, DAY + 0.5, DAY + 0.6), [True, True, True, False]),
        (2, (0, DAY, 2 * DAY), [True, True, True]), (2, (0, DAY, 2 * DAY, DAY + 1), [True, True, True, False]),
        (2, (10, 0, 20, 30), [True, True, False, True]), (3, (0, 0, 0, 0), [True, True, True, False]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("chunk", [1, 2, 500])
def test_as_many_pass_within_any_period_as_are_accepted(make_campaign, add_job, post, monkeypatch, count, hours, expected, chunk):
    monkeypatch.setattr(UserOveractivity, "chunk", chunk)
    campaign = make_campaign()
    add_job(campaign, "user_overactivity", config={"count": count})
    leads = post(campaign, *hours)
    scheduler.serve_campaigns(seconds=30)
    assert passing(leads) == expected


@pytest.mark.parametrize(
    ("mine", "theirs", "alike"),
    [("Software", "Software", True), ("Software", " software ", True), ("Software", "Cars", False), ("", "", False), (" ", "", False)],
)
def test_campaigns_of_the_same_category_count_together(make_campaign, add_job, post, mine, theirs, alike):
    ours, others = make_campaign(category=mine), make_campaign(category=theirs)
    add_job(ours, "user_overactivity")
    add_job(others, "test_data")
    first, second = post(others, 0), post(ours, 1)
    scheduler.serve_campaigns(seconds=10)
    assert passing([*first, *second]) == [True, not alike]


def test_a_lead_that_failed_the_check_of_another_campaign_does_not_count_on_this_one(make_campaign, add_job, post):
    one, other = make_campaign(), make_campaign()
    add_job(one, "user_overactivity")
    add_job(other, "user_overactivity")
    first, second, third = post(one, 0)[0], post(other, 20)[0], post(one, 40)[0]
    for campaign, lead in ((one, first), (other, second), (one, third)):
        judge(campaign, lead)
    assert passing([first, second, third]) == [True, False, True]


def test_a_lead_that_failed_for_another_reason_counts_all_the_same(make_campaign, add_job, post):
    campaign, other = make_campaign(), make_campaign()
    add_job(other, "first_last_name_match")
    add_job(campaign, "user_overactivity")
    bad = post(other, 0)
    Lead.objects.filter(pk=bad[0].pk).update(captured={"firstName": "Jo", "lastName": "Jo", "email": EMAIL})
    judge(other, *bad)
    judge(campaign, *(leads := post(campaign, 1)))
    assert passing([*bad, *leads]) == [False, False]


@pytest.mark.sql
def test_who_comes_too_often_is_told_so_and_where_else_is_not(make_campaign, add_job, post):
    campaign = make_campaign()
    job = add_job(campaign, "user_overactivity", config={"count": 1, "hours": 36})
    judge(campaign, *(leads := post(campaign, 0, 1)))
    late = Lead.objects.get(pk=leads[1].pk)
    assert late.failed_jobs == [job.pk]
    assert late.qa_result["qaReasons"] == ["The e-mail address came more than 1 time within 36 hours"]
    assert Event.objects.get(lead_id=late.pk).steps[0]["value"] == EMAIL


def test_without_an_address_nobody_is_counted(make_campaign, add_job, post):
    campaign = make_campaign()
    add_job(campaign, "user_overactivity")
    judge(campaign, *(leads := post(campaign, 0, 1, email="")))
    assert passing(leads) == [True, True]
    assert {event.steps[0]["outcome"] for event in Event.objects.all()} == {"skipped"}


def test_other_addresses_deleted_leads_and_test_leads_do_not_count(make_campaign, add_job, post, bob):
    campaign = make_campaign()
    add_job(campaign, "user_overactivity")
    gone, tried, other, last = post(campaign, 0)[0], post(campaign, 1)[0], post(campaign, 2, email="x@example.com")[0], post(campaign, 3)[0]
    judge(campaign, gone)
    lifecycle.delete([gone.pk], actor=bob)
    lifecycle.flag([tried.pk], "test", actor=bob, reason="trying out")
    judge(campaign, tried, other, last)
    assert passing([other, last]) == [True, True]


def test_leads_processed_again_together_are_kept_out_neither_by_who_failed_nor_by_who_is_a_test_now(make_campaign, add_job, post, bob):
    campaign = make_campaign()
    add_job(campaign, "user_overactivity")
    leads = post(campaign, 0, 1, 2)
    for _ in range(2):
        judge(campaign, *leads)
        assert passing(leads) == [True, False, False]
        lifecycle.requeue(ids(leads), actor=bob)
    earlier, later = post(campaign, 0, 1, email="kim@example.com")
    lifecycle.delete([earlier.pk], actor=bob)
    judge(campaign, later)
    lifecycle.restore([earlier.pk], actor=bob)
    lifecycle.flag([later.pk], "test", actor=bob, reason="trying out")
    lifecycle.requeue([later.pk], actor=bob)
    judge(campaign, earlier, later)
    assert passing([earlier, later]) == [True, False]


def test_a_later_lead_that_is_judged_first_gives_way_to_earlier_ones_that_wait_on_any_campaign(make_campaign, add_job, post):
    one, other = make_campaign(), make_campaign()
    add_job(one, "user_overactivity", config={"count": 2})
    add_job(other, "user_overactivity", config={"count": 2})
    first, second, third = post(one, 0)[0], post(other, 1)[0], post(one, 2)[0]
    judge(one, third)
    judge(other, second)
    judge(one, first)
    assert passing([first, second, third]) == [True, True, False]


@pytest.mark.parametrize(
    ("config", "rule"),
    [
        ({}, "Campaigns of this category take no more than 1 lead with the same e-mail address within 1 day"),
        ({"count": 3, "hours": 168}, "Campaigns of this category take no more than 3 leads with the same e-mail address within 7 days"),
        ({"hours": 1}, "Campaigns of this category take no more than 1 lead with the same e-mail address within 1 hour"),
    ],
)
def test_the_rule_names_number_and_period(config, rule):
    assert UserOveractivity(planned(config=config)).rule() == rule


@pytest.mark.parametrize(
    ("config", "field"), [({"count": 0}, "count"), ({"count": 1001}, "count"), ({"hours": 0}, "hours"), ({"hours": 9000}, "hours")]
)
def test_what_makes_no_sense_is_refused_by_field(make_campaign, add_job, config, field):
    with pytest.raises(DomainError) as refused:
        add_job(make_campaign(), "user_overactivity", config=config)
    assert refused.value.field == field


def look_up_of(campaign, leads) -> str:
    with CaptureQueriesContext(connection) as captured:
        judge(campaign, *leads)
    (look_up,) = [q["sql"] for q in captured if "btrim(other.category)" in q["sql"]]
    return look_up


def test_a_chunk_costs_one_look_at_the_index_of_addresses_analysed_or_not(make_campaign, add_job, post, make_leads):
    campaign = make_campaign()
    add_job(campaign, "user_overactivity")
    copy_lead(judged(campaign, make_leads(campaign)), 999)
    look_up = look_up_of(campaign, [*make_leads(campaign, 100), *post(campaign, *range(20))])
    for statistics in (forget_statistics, analyse):
        statistics("leads_lead")
        assert {name for scan in scans_of(look_up) if (name := scan["Index Name"]).startswith("lead")} == {
            "lead_email",
            "lead_transformed_email",
        }


class Active(World):
    """Six leads of two addresses on two campaigns at any hour of three days; two of an address may pass in a day."""

    def __init__(self, campaigns, leads, bob):
        super().__init__(campaigns[0], leads, bob)

    def _judge(self, claim, plan):
        token, rows = claim
        for campaign_id in sorted({row.campaign_id for row in rows}):
            mine = [row for row in rows if row.campaign_id == campaign_id]
            super()._judge((token, mine), plan if campaign_id == self.campaign.pk else self.plan_of(campaign_id, plan))

    def plan_of(self, campaign_id, plan):
        own = current_plan(campaign_id)
        return own if plan.jobs else replace(own, jobs=())

    def standing(self) -> list[Lead]:
        leads = Lead.objects.filter(pk__in=ids(self.leads), processing_counter__gt=0, deleted_at=None, failed_jobs=[])
        return list(leads.exclude(current_status="test"))

    def are_few(self) -> bool:
        """No three of one address lie within a day."""
        return not any(within_a_day(three) for three in combinations(self.standing(), 3))

    def nobody_failed_for_nothing(self) -> bool:
        standing = self.standing()
        seen = Lead.objects.filter(pk__in=ids(self.leads), deleted_at=None).exclude(current_status="test")
        failed = [lead for lead in seen if lead.failed_jobs]
        return all(any(within_a_day([lead, *two]) for two in combinations(standing, 2)) for lead in failed)


def within_a_day(leads) -> bool:
    times = [lead.created_at for lead in leads]
    return len({lead.email for lead in leads}) == 1 and max(times) - min(times) <= timedelta(days=1)


@pytest.fixture
def two_campaigns(make_campaign, add_job):
    campaigns = [make_campaign(), make_campaign()]
    for campaign in campaigns:
        add_job(campaign, "user_overactivity", config={"count": 2})
    return campaigns


@pytest.fixture
def six(two_campaigns, make_leads):
    """Leads of two addresses, made once for all examples of a property: each is rolled back."""
    return [make_leads(two_campaigns[0], email=f"{name}@example.com")[0] for name in "aaabab"]


@given(
    hours=st.lists(st.integers(0, 60), min_size=6, max_size=6), places=st.lists(st.booleans(), min_size=6, max_size=6), before=SOME,
    acts=ACTS, order=st.permutations(range(6)), cuts=CUTS,
)  # fmt: skip
def test_never_do_more_pass_and_after_all_is_processed_again_nobody_has_failed_for_nothing(
    two_campaigns, six, bob, hours, places, before, acts, order, cuts
):
    """Too many may stand only where the job was never asked: judged before it was added, or restored beside others. Twice: who failed
    beside one that waited has its turn again when that one has failed.
    """
    world_is_orderly = not before and all(what != "restore" for what, _ in acts)
    with transaction.atomic():
        for lead, hour, place in zip(six, hours, places, strict=True):
            lead.created_at, lead.campaign = NOON + timedelta(hours=hour), two_campaigns[place]
        Lead.objects.bulk_update(six, ["created_at", "campaign"])
        world = Active(two_campaigns, six, bob)
        world.act("judge_without_the_job", before)
        for act in acts:
            world.act(*act)
            assert world.are_few() or not world_is_orderly
        for _ in range(2):
            world.process_again(order, cuts)
            assert world.are_few()
        assert world.nobody_failed_for_nothing()
        transaction.set_rollback(True)
