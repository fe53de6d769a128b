"""Routing: groups with conditions, scores and values, tests, and several campaigns in one call."""

import pytest

from config.core.errors import DomainError
from integrations.models import Delivery
from leads import lifecycle
from leads.lifecycle import claims
from leads.models import Lead
from processr import services
from processr.engine import scheduler
from processr.models import Event
from tests.integrations.queueing.acts import asking_for, jobs_of, judged, states
from tests.leads.acts import judge_all, verdict

pytestmark = pytest.mark.django_db


@pytest.fixture
def regions(campaign, integrate, bob):
    """Britain, then the English-speaking, then the rest of the world; and one beside the group."""
    jobs = [integrate(label, stage=stage) for label, stage in (("Britain", 10), ("English", 20), ("World", 30), ("Beside", 40))]
    group = services.create_group(campaign, name="Regions", actor=bob)
    services.put_in_group([job.pk for job in jobs[:3]], group, actor=bob)
    services.set_conditions(jobs[0].pk, [{"field": "country", "values": "GB"}], actor=bob)
    services.set_conditions(jobs[1].pk, [{"field": "country", "values": "GB; IE"}, {"field": "language", "values": "en"}], actor=bob)
    return jobs


@pytest.mark.parametrize(
    ("captured", "goes_to"),
    [
        ({"country": "GB", "language": "en"}, "Britain"),
        ({"country": " gb ", "language": "cy"}, "Britain"),
        ({"country": "IE", "language": "EN"}, "English"),
        ({"country": "IE", "language": "ga"}, "World"),
        ({"country": "IE"}, "World"),
        ({}, "World"),
    ],
)
def test_of_a_group_the_first_by_stage_whose_conditions_hold_gets_the_lead(captured, goes_to, campaign, regions, make_leads):
    (lead,) = judged(campaign, make_leads, **captured)
    assert list(Delivery.objects.filter(lead=lead).order_by("job_id").values_list("job__label", flat=True)) == [goes_to, "Beside"]


def test_none_of_a_group_gets_a_lead_for_which_no_conditions_hold_nor_does_a_job_that_sends_nothing(campaign, regions, make_leads, bob):
    services.add_job(campaign, "first_last_name_match", actor=bob)
    services.set_conditions(regions[2].pk, [{"field": "country", "values": "US"}], actor=bob)
    (lead,) = judged(campaign, make_leads, country="FR")
    assert jobs_of(lead) == [regions[3].pk]


def test_a_closed_integration_leaves_its_leads_to_the_next_of_the_group(campaign, regions, make_leads, bob):
    services.disable_job(regions[0].pk, actor=bob)
    (lead,) = judged(campaign, make_leads, country="GB", language="en")
    assert jobs_of(lead) == [regions[1].pk, regions[3].pk]


def test_stages_decide_and_numbers_only_among_equals(campaign, regions, make_leads, bob):
    services.reorder_jobs(campaign, [regions[2].pk, regions[1].pk, regions[0].pk, regions[3].pk], actor=bob)
    (lead,) = judged(campaign, make_leads, country="GB")
    assert jobs_of(lead) == [regions[2].pk, regions[3].pk]


def test_conditions_see_what_was_transformed_and_found_out(campaign, regions, make_leads):
    transformed, found_out, both = make_leads(campaign, 3, country="FR")
    found_out.captured.pop("country")
    Lead.objects.filter(pk=found_out.pk).update(captured=found_out.captured)
    claim = claims.claim(campaign.pk, limit=5)
    said = {
        transformed.pk: {"transformed": {"country": "GB"}},
        found_out.pk: {"enriched": {"country": "GB"}},
        both.pk: {"enriched": {"country": "GB"}},
    }
    lifecycle.judge([verdict(pk, **fields) for pk, fields in said.items()], token=claim.token)
    assert [jobs_of(lead)[0] for lead in (transformed, found_out, both)] == [regions[0].pk, regions[0].pk, regions[2].pk]


def test_a_chosen_integration_gets_a_lead_that_its_group_would_send_elsewhere(campaign, regions, make_leads, bob):
    (lead,) = judged(campaign, make_leads, qa_status="caution", country="GB")
    lifecycle.flag([lead.pk], "valid", actor=bob, reason="x", extras=asking_for([regions[1].pk]))
    assert jobs_of(lead) == [regions[1].pk]


def test_a_group_is_of_quality_jobs_or_of_integrations(campaign, regions, integrate, bob):
    quality = services.add_job(campaign, "first_last_name_match", actor=bob)
    group = regions[0]._meta.model.objects.get(pk=regions[0].pk).group
    with pytest.raises(DomainError, match="either of quality jobs or of integrations"):
        services.put_in_group([quality.pk], group, actor=bob)
    other = services.create_group(campaign, name="Other", actor=bob)
    with pytest.raises(DomainError, match="either of quality jobs or of integrations"):
        services.put_in_group([quality.pk, regions[3].pk], other, actor=bob)


@pytest.mark.parametrize(
    ("lowest", "highest", "takes"),
    [
        (None, None, [0, 9, 10, 11, 20]), (10, None, [10, 11, 20]), (None, 10, [0, 9, 10]), (10, 10, [10]), (0, 0, [0]), (21, None, []),
    ],
)  # fmt: skip
def test_leads_are_routed_by_their_points_both_ends_included(lowest, highest, takes, campaign, integrate, make_leads):
    integrate(route_by_score_minimum=lowest, route_by_score_maximum=highest)
    leads = dict(zip((0, 9, 10, 11, 20), make_leads(campaign, 5), strict=True))
    claim = claims.claim(campaign.pk, limit=5)
    lifecycle.judge([verdict(lead.pk, score=score, max_score=20) for score, lead in leads.items()], token=claim.token)
    assert [score for score, lead in leads.items() if states(lead)] == takes


def test_leads_are_routed_by_their_values(campaign, integrate, make_leads):
    job = integrate(routing_values=[{"field": "company", "values": ["Acme", "Umbrella"]}])
    taken, other = make_leads(campaign, company="ACME ") + make_leads(campaign, company="Initech")
    judge_all(campaign)
    assert (jobs_of(taken), jobs_of(other)) == ([job.pk], [])


@pytest.mark.parametrize(
    ("qa_status", "second_check", "goes_to"),
    [("test", "", ["tests too"]), ("test", "valid", ["all", "tests too"]), ("test", "test", []), ("test", "invalid", []), ("valid", "test", [])],
)  # fmt: skip
def test_leads_that_come_as_tests_go_where_tests_are_wanted(qa_status, second_check, goes_to, campaign, integrate, make_leads, bob):
    integrate("all"), integrate("tests too", deliver_test_leads=True)
    (lead,) = make_leads(campaign)
    if second_check:
        lifecycle.flag([lead.pk], second_check, actor=bob, reason="x")
    judge_all(campaign, qa_status)
    assert list(Delivery.objects.order_by("job_id").values_list("job__label", flat=True)) == goes_to


def test_a_lead_that_becomes_a_test_stays_queued_where_tests_are_wanted(campaign, integrate, make_leads, bob):
    real, tests_too = integrate("all"), integrate("tests too", deliver_test_leads=True)
    (lead,) = make_leads(campaign)
    judge_all(campaign, "test")
    lifecycle.flag([lead.pk], "valid", actor=bob, reason="x", extras=asking_for([real.pk, tests_too.pk]))
    assert jobs_of(lead) == [real.pk, tests_too.pk]
    lifecycle.unflag([lead.pk], actor=bob)
    assert jobs_of(lead) == [tests_too.pk]
    lifecycle.flag([lead.pk], "test", actor=bob, reason="x")
    assert jobs_of(lead) == []


def test_a_group_chooses_before_it_is_asked_who_wants_tests(campaign, regions, make_leads, bob):
    services.update_job(regions[2].pk, actor=bob, changes={"deliver_test_leads": True})
    (british,) = judged(campaign, make_leads, qa_status="test", country="GB")
    (french,) = judged(campaign, make_leads, qa_status="test", country="FR")
    assert (jobs_of(british), jobs_of(french)) == ([], [regions[2].pk])


def test_leads_of_several_campaigns_go_each_to_its_own(make_campaign, integrate, make_leads, bob):
    campaigns = [make_campaign(), make_campaign(), make_campaign()]
    jobs = [integrate("one", on=campaigns[0]), integrate("two", on=campaigns[1])]
    leads = [judged(campaign, make_leads)[0] for campaign in campaigns]
    ids = [lead.pk for lead in leads]
    lifecycle.flag(ids, "invalid", actor=bob, reason="x")
    lifecycle.flag(ids, "valid", actor=bob, reason="x", extras=asking_for([job.pk for job in jobs]))
    assert [jobs_of(lead) for lead in leads] == [[jobs[0].pk], [jobs[1].pk], []]
    lifecycle.delete(ids, actor=bob)
    assert not Delivery.objects.filter(state="queued").exists()


@pytest.mark.sql
def test_integrations_are_neither_run_nor_scored(campaign, crm, make_leads):
    """A campaign that has nothing else finds every lead Valid, with nothing of nothing (decision 2)."""
    (lead,) = make_leads(campaign)
    scheduler.serve_campaigns(seconds=5)
    found = Lead.objects.get(pk=lead.pk)
    assert (found.processr_status, found.qa_status, found.score, found.max_score) == ("complete", "valid", 0, 0)
    assert (Event.objects.get(kind="flow").steps, jobs_of(lead)) == ([], [crm.pk])


def test_an_integrations_score_is_nobodys(campaign, integrate, make_leads, bob):
    integrate(score=50)
    services.add_job(campaign, "first_last_name_match", actor=bob, score=10)
    (lead,) = make_leads(campaign)
    scheduler.serve_campaigns(seconds=5)
    found = Lead.objects.get(pk=lead.pk)
    assert (found.qa_status, found.score, found.max_score, len(Event.objects.get(kind="flow").steps)) == ("valid", 10, 10, 1)
