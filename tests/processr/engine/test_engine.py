"""The engine: a chunk from waiting to judged."""

from importlib import import_module

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from psycopg.errors import DeadlockDetected, QueryCanceled, SerializationFailure

from leads import bulk, lifecycle
from leads.lifecycle import claims
from leads.models import Lead
from leads.statuses import CurrentStatus, HoldReason, ProcessrStatus, QaStatus
from processr import integrity, services
from processr.engine import recorder, scheduler, tallies
from processr.job_types.outcomes import failed, passed
from processr.job_types.registry import job_types
from processr.models import Event, JobDelta, JobTally
from processr.plans import current_plan
from processr.tasks import sweep

pytestmark = pytest.mark.django_db


def judged(lead: Lead) -> Lead:
    return Lead.objects.get(pk=lead.pk)


def test_a_lead_without_fault_is_valid_with_full_score_and_one_event(campaign, three_jobs, make_leads):
    (lead,) = make_leads(campaign)

    assert scheduler.serve_campaigns(seconds=5) is False

    lead = judged(lead)
    assert (lead.processr_status, lead.qa_status, lead.current_status) == (ProcessrStatus.COMPLETE, QaStatus.VALID, CurrentStatus.VALID)
    assert (lead.score, lead.max_score, lead.processing_counter, lead.failed_jobs) == (30, 30, 1, [])
    event = Event.objects.get(lead_id=lead.pk)
    assert (event.kind, event.outcome, event.run_number, event.steps_run) == ("flow", "success", 1, 3)
    assert [(s["label"], s["outcome"], s["points"], s["of"]) for s in event.steps] == [
        ("Duplicate Email Check", "passed", 10, 10),
        ("First and Last Name Check", "passed", 10, 10),
        ("Test Data Check", "passed", 10, 10),
    ]


def test_each_fault_is_told_in_words_with_the_job_that_found_it(campaign, three_jobs, make_leads):
    (lead,) = make_leads(campaign, firstName="Testa", lastName=" testa", company="The test of time")

    scheduler.serve_campaigns(seconds=5)

    lead = judged(lead)
    assert lead.qa_status == QaStatus.INVALID
    assert (lead.score, lead.max_score) == (10, 30)
    assert lead.failed_jobs == [three_jobs.first_last_name_match.pk, three_jobs.test_data.pk]
    assert lead.qa_result == {
        "qaReasons": ["First and last name are the same", "The word 'test' appears in company"],
        "failedJobs": [
            {"id": three_jobs.first_last_name_match.pk, "label": "First and Last Name Check", "reason": "First and last name are the same"},
            {"id": three_jobs.test_data.pk, "label": "Test Data Check", "reason": "The word 'test' appears in company"},
        ],
    }
    steps = Event.objects.get(lead_id=lead.pk).steps
    assert (steps[2]["field"], steps[2]["value"]) == ("company", "The test of time")


def test_a_hard_fail_does_not_keep_the_other_jobs_from_telling_their_reasons(campaign, add_job, make_leads):
    add_job(campaign, "first_last_name_match", hardfail=True)
    add_job(campaign, "test_data", stage=20, score=90)
    (lead,) = make_leads(campaign, firstName="Kim", lastName="Kim")

    scheduler.serve_campaigns(seconds=5)

    lead = judged(lead)
    assert (lead.qa_status, lead.hardfail, lead.score, lead.max_score) == (QaStatus.INVALID, True, 90, 100)
    assert len(Event.objects.get(lead_id=lead.pk).steps) == 2


def test_without_any_job_leads_are_held_and_no_run_is_recorded(campaign, make_leads):
    (lead,) = make_leads(campaign)

    scheduler.serve_campaigns(seconds=5)

    lead = judged(lead)
    assert (lead.processr_status, lead.hold_reason, lead.current_status) == (ProcessrStatus.HELD, HoldReason.NO_JOB, CurrentStatus.PENDING)
    assert not Event.objects.exists()


def test_adding_a_job_leaves_held_leads_until_somebody_processes_them(campaign, make_leads, add_job, bob):
    leads = make_leads(campaign, 3)
    scheduler.serve_campaigns(seconds=5)

    add_job(campaign, "test_data")
    scheduler.serve_campaigns(seconds=5)
    assert not Lead.objects.exclude(processr_status=ProcessrStatus.HELD).exists()

    action = services.process_held(campaign.pk, actor=bob)
    scheduler.serve_campaigns(seconds=5)
    assert bulk.moved_leads(action) == [lead.pk for lead in leads]
    assert set(Lead.objects.values_list("current_status", flat=True)) == {CurrentStatus.VALID}


def test_leads_of_a_campaign_in_test_mode_are_tests_whose_jobs_are_shown_all_the_same(make_campaign, add_job, make_leads):
    campaign = make_campaign(test_mode=True)
    add_job(campaign, "first_last_name_match")
    (lead,) = make_leads(campaign, firstName="Kim", lastName="Kim")

    scheduler.serve_campaigns(seconds=5)

    lead = judged(lead)
    assert (lead.qa_status, lead.current_status) == (QaStatus.TEST, CurrentStatus.TEST)
    assert (lead.publisher_billable, lead.advertiser_billable) == (False, False)
    assert lead.qa_result["qaReasons"] == ["First and last name are the same"]
    assert Event.objects.get(lead_id=lead.pk).outcome == "failure"


def test_a_job_that_raises_on_one_lead_is_an_error_of_that_job_and_lead_alone(campaign, three_jobs, job_type, add_job, make_leads):
    def check(self, lead):
        return failed("odd") if lead.values["company"] == "odd" else (passed() if lead.values["company"] else 1 / 0)

    job = add_job(campaign, job_type("fragile", check=check), stage=5)
    broken, odd, whole = (make_leads(campaign, company=company)[0] for company in ("", "odd", "whole"))

    scheduler.serve_campaigns(seconds=5)

    assert [judged(lead).qa_status for lead in (broken, odd, whole)] == [QaStatus.CAUTION, QaStatus.INVALID, QaStatus.VALID]
    assert (judged(broken).errored, judged(broken).score, judged(broken).max_score) == (True, 30, 30)
    assert judged(broken).qa_result["qaReasons"] == ["Fragile: could not be checked"]
    assert judged(broken).failed_jobs == []
    assert [s["outcome"] for s in Event.objects.get(lead_id=broken.pk).steps] == ["error", "passed", "passed", "passed"]
    assert tallies.statistics([job.pk])[job.pk] == {"total": 3, "passed": 1, "failed": 1, "errored": 1, "skipped": 0}


@pytest.mark.parametrize("compares", [None, "campaign"])
def test_a_look_up_that_fails_is_an_error_for_every_lead_of_the_chunk_and_for_no_other_job(
    compares, campaign, three_jobs, job_type, add_job, make_leads
):
    def prepare(self, job_input):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")

    add_job(campaign, job_type("blind", prepare=prepare, compares=compares))
    make_leads(campaign, 4)

    scheduler.serve_campaigns(seconds=5)

    assert set(Lead.objects.values_list("qa_status", "errored", "score", "max_score")) == {(QaStatus.CAUTION, True, 30, 30)}


def test_a_job_of_a_retired_type_is_not_run_and_says_so(campaign, three_jobs, job_type, add_job, make_leads, monkeypatch):
    add_job(campaign, job_type("retired"))
    monkeypatch.delitem(job_types._plugins, "retired")
    (lead,) = make_leads(campaign)

    scheduler.serve_campaigns(seconds=5)

    assert (judged(lead).qa_status, judged(lead).max_score) == (QaStatus.VALID, 30)
    step = Event.objects.get(lead_id=lead.pk).steps[-1]
    assert (step["outcome"], step["reason"]) == ("skipped", "This kind of job is no longer available")


def test_a_chunk_costs_the_same_queries_whatever_its_size(make_campaign, add_job, make_leads):
    def queries(n: int) -> int:
        campaign = make_campaign()
        for key in ("duplicate_email", "first_last_name_match", "test_data"):
            add_job(campaign, key)
        make_leads(campaign, n)
        make_leads(campaign, 2, firstName="Kim", lastName="Kim", email="twice@example.com")
        current_plan(campaign.pk)
        with CaptureQueriesContext(connection) as captured:
            assert scheduler.process_turn(campaign.pk, lane=0).leads == n + 2
        return len(captured)

    assert queries(3) == queries(200)


def test_reprocessing_counts_up_writes_a_second_event_and_keeps_tallies_true(campaign, three_jobs, make_leads, bob):
    leads = make_leads(campaign, 5)
    scheduler.serve_campaigns(seconds=5)
    lifecycle.requeue([lead.pk for lead in leads], actor=bob)
    scheduler.serve_campaigns(seconds=5)

    assert set(Lead.objects.values_list("processing_counter", "qa_status")) == {(2, QaStatus.VALID)}
    assert list(Event.objects.filter(lead_id=leads[0].pk).order_by("pk").values_list("run_number", flat=True)) == [1, 2]
    assert integrity.runs() + integrity.job_tallies() == []
    assert tallies.fold() > 0
    assert integrity.job_tallies() == []
    assert tallies.statistics([three_jobs.test_data.pk])[three_jobs.test_data.pk]["passed"] == 5, "leads, not runs"


@pytest.mark.sql
def test_the_proofs_find_a_missing_event_and_a_wrong_tally(campaign, three_jobs, make_leads):
    make_leads(campaign, 2)
    scheduler.serve_campaigns(seconds=5)
    Event.objects.filter(lead_id=Lead.objects.first().pk).delete()

    assert len(integrity.runs()) == 1
    assert len(integrity.job_tallies()) == 3


def test_a_lead_whose_claim_is_lost_meanwhile_is_left_alone_and_the_others_are_judged(
    campaign, three_jobs, job_type, add_job, make_leads, bob
):
    lost, kept = make_leads(campaign, 2)

    def edit_in_between(self, lead):
        if lead.id == lost.pk:
            lifecycle.edit({lost.pk: {"company": "Changed"}}, actor=bob)
        return passed()

    add_job(campaign, job_type("slow", check=edit_in_between))
    scheduler.process_turn(campaign.pk, lane=0)

    assert judged(kept).qa_status == QaStatus.VALID
    assert (judged(lost).processr_status, judged(lost).qa_status) == (ProcessrStatus.WAITING, "")
    assert list(Event.objects.values_list("lead_id", flat=True)) == [kept.pk]
    assert integrity.runs() + integrity.job_tallies() == []


def test_a_claim_whose_worker_died_is_freed_by_the_sweep_and_judged(campaign, three_jobs, make_leads):
    (lead,) = make_leads(campaign)
    claims.claim(campaign.pk, limit=10)
    Lead.objects.filter(pk=lead.pk).update(claimed_at="2020-01-01T00:00:00Z")

    sweep()

    assert judged(lead).qa_status == QaStatus.VALID


def test_a_campaign_whose_turn_fails_does_not_keep_the_others_waiting(make_campaign, add_job, make_leads, monkeypatch):
    bad, good = make_campaign(), make_campaign()
    for campaign in (bad, good):
        add_job(campaign, "test_data")
    (held_up,), (served,) = make_leads(bad), make_leads(good)
    real = scheduler.judge_chunk

    def breaks(plan, leads, *, token):
        if plan.campaign_id == bad.pk:
            raise RuntimeError("a bug")
        return real(plan, leads, token=token)

    monkeypatch.setattr(scheduler, "judge_chunk", breaks)
    scheduler.serve_campaigns(seconds=5)

    assert judged(served).qa_status == QaStatus.VALID
    assert judged(held_up).processr_status == ProcessrStatus.PROCESSING


def test_an_engine_that_breaks_while_writing_leaves_nothing_half_done_and_the_sweep_has_the_lead_judged_once(
    campaign, three_jobs, make_leads, monkeypatch
):
    (lead,) = make_leads(campaign)
    with monkeypatch.context() as broken:
        broken.setattr(recorder, "write_deltas", lambda _: 1 / 0)
        scheduler.serve_campaigns(seconds=5)
    assert (judged(lead).processr_status, judged(lead).qa_status) == (ProcessrStatus.PROCESSING, "")
    assert not Event.objects.exists()

    Lead.objects.filter(pk=lead.pk).update(claimed_at="2020-01-01T00:00:00Z")
    sweep()

    assert (judged(lead).qa_status, judged(lead).processing_counter) == (QaStatus.VALID, 1)
    assert integrity.runs() + integrity.job_tallies() == []


def collision(sqlstate_error) -> OperationalError:
    error = OperationalError("collided")
    error.__cause__ = sqlstate_error
    return error


@pytest.mark.parametrize(
    ("error", "times", "tries", "status"),
    [
        (collision(DeadlockDetected()), 2, 3, ProcessrStatus.COMPLETE),
        (collision(SerializationFailure()), 1, 2, ProcessrStatus.COMPLETE),
        (collision(DeadlockDetected()), 3, 3, ProcessrStatus.PROCESSING),
        (collision(QueryCanceled()), 1, 1, ProcessrStatus.PROCESSING),
    ],
)
def test_a_collision_is_written_again_up_to_three_times_and_other_trouble_is_not(
    error, times, tries, status, campaign, three_jobs, make_leads, monkeypatch
):
    (lead,) = make_leads(campaign)
    calls, real = [], lifecycle.judge

    def collides(verdicts, *, token):
        calls.append(token)
        if len(calls) <= times:
            raise error
        return real(verdicts, token=token)

    monkeypatch.setattr(lifecycle, "judge", collides)
    scheduler.serve_campaigns(seconds=5)

    assert (len(calls), judged(lead).processr_status) == (tries, status)


def test_a_person_who_adds_a_job_and_then_sends_a_lead_sees_the_lead_meet_the_job(campaign, three_jobs, make_leads, add_job, monkeypatch):
    """The job comes between the engine's first look at the plan and its claim."""
    real = claims.claim

    def claim(campaign_id, **how):
        if not Lead.objects.exists():
            add_job(campaign, "first_last_name_match", hardfail=True)
            make_leads(campaign, firstName="Kim", lastName="Kim")
        return real(campaign_id, **how)

    monkeypatch.setattr(claims, "claim", claim)
    assert scheduler.process_turn(campaign.pk, lane=0).leads == 1
    assert Lead.objects.get().hardfail


def test_ip_jobs_are_not_run_for_imported_leads_and_leads_without_an_address(campaign, job_type, add_job, make_leads):
    add_job(campaign, job_type("office", reads_ip=True, check=lambda *_: failed("The lead came from the office")))
    imported, without, other = make_leads(campaign, 3)
    Lead.objects.filter(pk=imported.pk).update(imported=True)
    Lead.objects.filter(pk=without.pk).update(ip=None)

    scheduler.serve_campaigns(seconds=5)

    assert [judged(lead).qa_status for lead in (imported, without, other)] == [QaStatus.VALID, QaStatus.VALID, QaStatus.INVALID]


def test_live_leads_are_judged_before_imported_ones(campaign, three_jobs, make_leads):
    imported, live = make_leads(campaign, lane=1)[0], make_leads(campaign, lane=0)[0]
    turn = scheduler.next_turn()
    scheduler.process_turn(*turn)
    assert (judged(live).qa_status, judged(imported).qa_status) == (QaStatus.VALID, "")


@pytest.mark.sql
def test_a_claim_that_is_kept_is_not_stale_and_takes_nothing_back_that_was_taken_away(campaign, make_leads, bob):
    lost, kept = make_leads(campaign, 2)
    claim = claims.claim(campaign.pk, limit=10)
    Lead.objects.update(claimed_at="2020-01-01T00:00:00Z")
    lifecycle.edit({lost.pk: {"company": "Changed"}}, actor=bob)

    claims.renew(claim.token, [lost.pk, kept.pk])

    assert claims.still_claimed(claim.token, [lost.pk, kept.pk]) == {kept.pk}
    assert claims.free_stale(600) == 0
    assert (judged(kept).claim, judged(lost).claim) == (claim.token, None)


@pytest.mark.sql
def test_figures_count_leads_by_their_last_run_and_no_deleted_ones(campaign, three_jobs, make_leads, bob):
    leads = make_leads(campaign, 3, firstName="Ann", lastName="Ann")
    job = three_jobs.first_last_name_match.pk

    def counted() -> tuple[int, int, int]:
        assert integrity.job_tallies() == []
        figures = tallies.statistics([job])[job]
        return figures["total"], figures["passed"], figures["failed"]

    scheduler.serve_campaigns(seconds=5)
    assert counted() == (3, 0, 3)
    Lead.objects.filter(pk=leads[0].pk).update(captured={"firstName": "Ann", "lastName": "Lee", "email": "ann.lee@example.com"})
    lifecycle.requeue([leads[0].pk], actor=bob)
    assert counted() == (3, 0, 3), "until it is run over again"
    scheduler.serve_campaigns(seconds=5)
    assert counted() == (3, 1, 2)
    lifecycle.delete([lead.pk for lead in leads[:2]], actor=bob)
    assert counted() == (1, 0, 1)
    lifecycle.restore([leads[0].pk], actor=bob)
    assert counted() == (2, 1, 1)
    tallies.fold()
    assert counted() == (2, 1, 1)
    assert JobTally.objects.get(pk=job).failing_since is None, "a correction is no outcome"


@pytest.mark.sql
def test_tallies_of_runs_become_tallies_of_leads(campaign, three_jobs, make_leads, bob):
    leads = make_leads(campaign, 4)
    for _ in range(3):
        scheduler.serve_campaigns(seconds=5)
        lifecycle.requeue([lead.pk for lead in leads[:2]], actor=bob)
    lifecycle.delete([leads[3].pk], actor=bob)
    JobDelta.objects.filter(is_correction=True).delete()
    assert integrity.job_tallies() != [], "as an earlier version has counted"
    migration = import_module("processr.migrations.0013_tallies_of_last_runs")
    with connection.cursor() as cursor:
        cursor.execute(migration._TAKE_OUT)
    assert integrity.job_tallies() == []
