"""Plans: compiled once per change, complete, and immutable."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.services import plan_changed
from config.core.credentials.service import set_credential
from leads.models import Lead
from processr import services
from processr.engine import scheduler
from processr.models import Event, GroupCondition, Job, JobGroup, Plan, ValueTransform
from processr.plans import current_plan
from processr.plans.plan import CompiledPlan, from_body
from tests.processr.planned import job

pytestmark = pytest.mark.django_db


def test_jobs_stand_in_the_plan_by_stage_then_age_without_disabled_and_removed_ones(campaign, add_job, bob):
    late, early, off, gone, also_early = (add_job(campaign, "test_data", stage=stage) for stage in (30, 10, 5, 5, 10))
    services.disable_job(off.pk, actor=bob)
    services.remove_job(gone.pk, actor=bob)
    assert [job.id for job in current_plan(campaign.pk).jobs] == [early.pk, also_early.pk, late.pk]


def test_a_change_makes_a_new_plan_at_the_next_look_and_leaves_the_old_one_as_it_was(campaign, add_job, bob):
    job = add_job(campaign, "test_data")
    before = current_plan(campaign.pk)
    services.disable_job(job.pk, actor=bob)
    after = current_plan(campaign.pk)
    assert (len(before.jobs), len(after.jobs)) == (1, 0)
    assert after.number > before.number
    assert len(Plan.objects.get(number=before.number).body["jobs"]) == 1


def test_a_plan_known_to_the_process_costs_one_small_query(campaign, three_jobs):
    current_plan(campaign.pk)
    current_plan(campaign.pk)
    with CaptureQueriesContext(connection) as captured:
        current_plan(campaign.pk)
    assert len(captured) == 1


def test_many_changes_between_two_runs_make_one_plan(campaign, three_jobs, make_leads):
    make_leads(campaign, 3)
    scheduler.serve_campaigns(seconds=5)
    assert Plan.objects.count() == 1


def test_a_plan_is_the_same_after_its_trip_through_the_row(campaign, add_job):
    job = add_job(campaign, "test_data", config={"fields_to_read": "firstName, lastName"}, hardfail=True)
    group = JobGroup.objects.create(campaign=campaign, name="Regions", score=40)
    Job.objects.filter(pk=job.pk).update(group=group)
    GroupCondition.objects.create(job=job, field="country", values=["UK ", "gb"])
    ValueTransform.objects.create(campaign=campaign, type="transform", source_field="a", new_field="b", config={"values": {"1": "one"}})
    compiled = current_plan(campaign.pk)
    stored = current_plan(campaign.pk)
    assert compiled == stored == from_body(Plan.objects.get().body)
    assert stored.jobs[0].conditions[0].values == {"uk", "gb"}
    assert stored.jobs[0].config == {"fields_to_read": ["firstName", "lastName"]}


def test_transforms_are_planned_only_where_the_campaign_uses_them_and_run_before_the_jobs(make_campaign, add_job, make_leads):
    def campaign(**details):
        campaign = make_campaign(**details)
        columns = {"type": "transform", "source_field": "company", "new_field": "size", "config": {"values": {"Acme": "a test case"}}}
        ValueTransform.objects.create(campaign=campaign, **columns)
        add_job(campaign, "first_last_name_match", config={"first_name": "size", "last_name": "size"})
        return campaign

    used, unused = campaign(), campaign(use_value_transforms=False)
    for one in (used, unused):
        make_leads(one, company="Acme")
    scheduler.serve_campaigns(seconds=5)
    assert Lead.objects.get(campaign=used).transformed == {"size": "a test case"}
    assert Lead.objects.get(campaign=used).failed_jobs
    assert Lead.objects.get(campaign=unused).transformed == {}
    assert current_plan(unused.pk).transforms == ()


def test_of_a_group_the_first_job_whose_conditions_hold_runs_and_the_others_say_why_not(campaign, add_job, make_leads):
    group = JobGroup.objects.create(campaign=campaign, name="Regions", score=40)
    for stage, countries in ((10, ["UK"]), (20, ["UK", "IE"]), (30, ["IE"])):
        job = add_job(campaign, "test_data", stage=stage)
        Job.objects.filter(pk=job.pk).update(group=group)
        GroupCondition.objects.create(job=job, field="country", values=countries)
    plan_changed(campaign.pk)
    leads = {country: make_leads(campaign, country=country)[0] for country in ("uk", " IE ", "FR")}

    scheduler.serve_campaigns(seconds=5)

    def steps(country):
        return [step["outcome"] for step in Event.objects.get(lead_id=leads[country].pk).steps]

    assert steps("uk") == ["passed", "skipped", "skipped"]
    assert steps(" IE ") == ["skipped", "passed", "skipped"]
    assert steps("FR") == ["skipped", "skipped", "skipped"]
    assert list(Lead.objects.order_by("pk").values_list("score", "max_score")) == [(40, 40), (40, 40), (0, 0)]
    reasons = [step["reason"] for step in Event.objects.get(lead_id=leads["uk"].pk).steps]
    assert reasons == ["", "Another job of the group was run", "The conditions of the job do not hold for this lead"]


def test_a_plan_that_an_older_version_stored_is_still_read(campaign, add_job, make_leads):
    """Its jobs lack what has been added since."""
    add_job(campaign, "test_data")
    body = current_plan(campaign.pk).body()
    for one in body["jobs"]:
        del one["credential_id"]
    (planned,) = from_body(body).jobs
    assert (planned.credential_id, planned.type) == (None, "test_data")


def test_the_credential_of_a_job_is_in_the_plan_by_its_number_alone(campaign, add_job, bob):
    credential = set_credential("Provider", actor=bob, secret="s3cr3t")
    add_job(campaign, "test_data", credential=credential.pk)
    assert current_plan(campaign.pk).jobs[0].credential_id == credential.pk
    assert "s3cr3t" not in str(Plan.objects.get().body)


def test_jobs_are_judged_by_part_then_stage_then_age():
    columns = [
        {"after_enrichment": True, "stage": 1}, {"category": "integration", "stage": 1}, {"category": "enrichment", "stage": 2},
        {"stage": 3}, {"stage": 3}, {"category": "enrichment", "stage": 3, "after_enrichment": True}, {"stage": 9},
    ]  # fmt: skip
    jobs = tuple(job(**one) for one in columns)
    after, _, found, first, second, found_later, last = jobs
    plan = CompiledPlan(campaign_id=1, advertiser_id=1, number=1, threshold=80, test_mode=False, jobs=jobs, transforms=())
    assert plan.judging_jobs == (first, second, last, found, found_later, after)
