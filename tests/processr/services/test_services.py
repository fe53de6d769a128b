"""Services that add, switch and remove jobs: audited, and in force from the next run on."""

import pytest

from campaigns.models import Campaign
from campaigns.services import add_member
from config.core.accounts import roles
from config.core.background import runs
from config.core.errors import DomainError
from config.core.models import AuditEntry
from leads import bulk, lifecycle
from leads.bulk import runner
from leads.models import Lead
from processr import selectors, services
from processr.engine import scheduler, tallies
from processr.models import Job
from tests.cast import make_user

pytestmark = pytest.mark.django_db


def number(campaign) -> int:
    return Campaign.objects.get(pk=campaign.pk).plan_number


def test_a_job_is_added_with_the_defaults_of_its_type(campaign, add_job, bob):
    job = add_job(campaign, "first_last_name_match")
    assert (job.category, job.label, job.score, job.hardfail, job.enabled) == ("quality", "First and Last Name Check", 10, False, True)
    assert job.config == {"first_name": "firstName", "last_name": "lastName"}
    assert job.updated_by_id == bob.user_id


@pytest.mark.parametrize(
    ("key", "config", "field"),
    [
        ("no_such_type", {}, "type"),
        ("test_data", {"colour": "red"}, "colour"),
        ("first_last_name_match", {"first_name": ""}, "first_name"),
        ("first_last_name_match", {"first_name": "x" * 81}, "first_name"),
    ],
)
def test_what_the_type_does_not_know_is_refused_by_field_and_changes_nothing(campaign, add_job, key, config, field):
    before = number(campaign)
    with pytest.raises(DomainError) as refused:
        add_job(campaign, key, config=config)
    assert refused.value.field == field
    assert (Job.objects.count(), number(campaign)) == (0, before)


def test_each_change_is_audited_and_raises_the_plans_number(campaign, add_job, bob):
    numbers = [number(campaign)]
    job = add_job(campaign, "test_data")
    for change in (None, services.disable_job, services.enable_job, services.remove_job):
        if change:
            change(job.pk, actor=bob)
        numbers.append(number(campaign))
    assert numbers == sorted(set(numbers))
    entries = AuditEntry.objects.filter(page="Processr").order_by("pk")
    assert [(e.action, e.severity) for e in entries] == [
        ("job added", "low"), ("job disabled", "low"), ("job enabled", "low"), ("job removed", "high"),
    ]  # fmt: skip
    assert {(e.object_id, e.campaign_id, e.actor_name) for e in entries} == {(str(job.pk), campaign.pk, bob.name)}


def test_a_removed_job_stays_for_what_points_at_it_and_cannot_be_changed_again(campaign, add_job, bob):
    job = add_job(campaign, "test_data")
    services.remove_job(job.pk, actor=bob)
    assert Job.objects.get(pk=job.pk).removed_at
    for change in (services.enable_job, services.remove_job):
        with pytest.raises(DomainError):
            change(job.pk, actor=bob)


def test_held_leads_are_not_processed_while_there_is_no_job(campaign, make_leads, bob):
    make_leads(campaign)
    scheduler.serve_campaigns(seconds=5)
    with pytest.raises(DomainError, match="Add a job first"):
        services.process_held(campaign.pk, actor=bob)


def test_held_leads_are_processed_chunk_by_chunk_and_other_campaigns_stay_held(make_campaign, make_leads, add_job, bob, monkeypatch):
    monkeypatch.setattr(lifecycle, "CHUNK", 3)
    monkeypatch.setattr(runner, "CHUNK", 3)
    campaign, other = make_campaign(), make_campaign()
    leads = [make_leads(campaign)[0] for _ in range(8)]
    (elsewhere,) = make_leads(other)
    lifecycle.hold([elsewhere.pk], reason="no_job")
    for lead in leads:
        lifecycle.hold([lead.pk], reason="no_job")
    lifecycle.delete([leads[0].pk], actor=bob)
    add_job(campaign, "test_data")

    action = services.process_held(campaign.pk, actor=bob)

    assert (action.state, action.done, action.chunks.count()) == ("done", 7, 3)
    assert bulk.moved_leads(action) == [lead.pk for lead in leads[1:]]
    assert Lead.objects.get(pk=elsewhere.pk).processr_status == "held"
    assert AuditEntry.objects.get(action="held leads processed").after == {"leads": 7}


@pytest.fixture
def hold(campaign, make_leads, add_job):
    """hold(n): on hold for want of a job, which is there by now."""

    def make(n: int) -> list[int]:
        held = [lead.pk for lead in make_leads(campaign, n)]
        lifecycle.hold(held, reason="no_job")
        add_job(campaign, "test_data")
        return held

    return make


def test_a_hundred_held_leads_are_queued_at_once(campaign, hold, bob):
    hold(bulk.AT_ONCE)
    action = services.process_held(campaign.pk, actor=bob)
    assert (action.state, action.total, action.done) == ("done", 100, 100)
    assert set(Lead.objects.values_list("processr_status", flat=True)) == {"waiting"}


def test_a_hundred_and_one_held_leads_are_a_run(campaign, hold, bob):
    hold(bulk.AT_ONCE + 1)
    action = services.process_held(campaign.pk, actor=bob)
    assert (action.state, action.total, action.done) == ("queued", 101, 0)
    assert AuditEntry.objects.get(action="held leads processed").after == {"leads": 101}
    assert set(Lead.objects.values_list("processr_status", flat=True)) == {"held"}
    for pk in runs.waiting(bulk.BulkActionRun):
        runs.work_on(bulk.BulkActionRun, pk)
    action.refresh_from_db()
    assert (action.state, action.done) == ("done", 101)
    assert set(Lead.objects.values_list("processr_status", flat=True)) == {"waiting"}


def test_of_more_held_leads_than_a_run_takes_the_first_ones_go_first(campaign, hold, bob, monkeypatch):
    for module in (bulk, runner):
        monkeypatch.setattr(module, "AT_MOST", 3)
    held = hold(7)
    for part in (held[:3], held[3:6], held[6:]):
        assert bulk.moved_leads(services.process_held(campaign.pk, actor=bob)) == part
    with pytest.raises(DomainError, match="No lead of this campaign is on hold"):
        services.process_held(campaign.pk, actor=bob)


def test_what_was_released_or_deleted_after_the_button_is_left_as_it_is(campaign, hold, bob):
    held = hold(bulk.AT_ONCE + 1)
    action = services.process_held(campaign.pk, actor=bob)
    lifecycle.release(held[:2], reason="no_job", actor=bob)
    lifecycle.delete([held[2]], actor=bob)
    runs.work_on(bulk.BulkActionRun, action.pk)
    action.refresh_from_db()
    assert (action.state, action.done, action.failed) == ("done", 98, 3)
    assert list(bulk.skipped_leads(action, at_most=9)) == held[:3]


def test_publishers_see_the_visible_jobs_of_their_own_campaigns(make_campaign, add_job, bob, pat):
    campaign = make_campaign()
    shown, hidden = add_job(campaign, "test_data"), add_job(campaign, "duplicate_email")
    Job.objects.filter(pk=hidden.pk).update(visible=False)
    admin, publisher, stranger = make_user(roles.ADMIN), make_user(roles.PUBLISHER), make_user(roles.PUBLISHER)
    add_member(publisher, pat, actor=bob)
    assert set(selectors.jobs_for(admin)) == {shown, hidden}
    assert list(selectors.jobs_for(publisher)) == [shown]
    assert list(selectors.jobs_for(stranger)) == []


def test_runs_of_a_lead_are_seen_by_those_who_see_the_lead(campaign, three_jobs, make_leads):
    (lead,) = make_leads(campaign)
    scheduler.serve_campaigns(seconds=5)
    assert [run.run_number for run in selectors.runs_for(make_user(roles.ADMIN), lead)] == [1]
    assert list(selectors.runs_for(make_user(roles.PUBLISHER), lead)) == []


def test_statistics_are_exact_before_between_and_after_folding(campaign, three_jobs, make_leads):
    def passed():
        return tallies.statistics([three_jobs.test_data.pk])[three_jobs.test_data.pk]["passed"]

    assert passed() == 0
    for expected in (2, 4):
        make_leads(campaign, 2)
        scheduler.serve_campaigns(seconds=5)
        assert passed() == expected
        tallies.fold()
        assert passed() == expected
