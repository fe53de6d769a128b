"""Explanations of a lead's status by the plan of its run, and of the points it lacks."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from leads.models import Lead
from leads.statuses import QaStatus
from processr import services
from processr.engine import scheduler, scoring
from processr.engine.explain import explain
from processr.job_types.outcomes import Outcome, OutcomeKind
from processr.models import Event, Job, Plan
from processr.plans.plan import CompiledPlan, PlannedJob

pytestmark = pytest.mark.django_db


def run_of(lead: Lead, number: int = 1) -> Event:
    return Event.objects.get(lead_id=lead.pk, kind="flow", run_number=number)


def judge(campaign, make_leads, **captured) -> Lead:
    (lead,) = make_leads(campaign, **captured)
    scheduler.serve_campaigns(seconds=10)
    return lead


def test_each_job_is_told_in_order_with_its_rule_and_the_score_as_it_grew(campaign, add_job, make_leads):
    add_job(campaign, "first_last_name_match", stage=1, score=30)
    add_job(campaign, "test_data", stage=2, score=20)
    lead = judge(campaign, make_leads, firstName="Ann", lastName="Ann")
    told = explain(run_of(lead))
    assert [(line.job.label, line.outcome.kind.value, line.score, line.possible) for line in told.lines] == [
        ("First and Last Name Check", "failed", 0, 30), ("Test Data Check", "passed", 20, 50),
    ]  # fmt: skip
    assert all(line.rule for line in told.lines)
    assert told.status == QaStatus.INVALID
    assert [line.job.label for line in told.for_valid] == ["First and Last Name Check"]
    assert told.points_missing == 20  # 80 % of 50 are 40
    assert told.for_caution == []


def test_a_run_is_told_by_its_own_plan_whatever_the_jobs_are_today(campaign, add_job, make_leads, bob):
    job = add_job(campaign, "field_length_check", config={"fields_to_read": ["company"], "minimum": 5})
    lead = judge(campaign, make_leads, company="Ab")
    services.remove_job(job.pk, actor=bob)
    Job.objects.filter(pk=job.pk).update(label="Renamed", score=99)
    told = explain(run_of(lead))
    assert [(line.job.label, line.possible) for line in told.lines] == [("Length check of given field", 10)]
    assert "5" in told.lines[0].rule


def test_a_type_that_is_gone_says_so(campaign, add_job, make_leads):
    job = add_job(campaign, "test_data")
    Job.objects.filter(pk=job.pk).update(type="long gone")
    lead = judge(campaign, make_leads)
    (line,) = explain(run_of(lead)).lines
    assert line.rule == "This kind of job is no longer available"


def test_a_hard_fail_stands_between_the_lead_and_caution(campaign, add_job, make_leads):
    add_job(campaign, "first_last_name_match", score=0, hardfail=True)
    add_job(campaign, "test_data", score=90)
    told = explain(run_of(judge(campaign, make_leads, firstName="Ann", lastName="Ann")))
    assert [line.job.label for line in told.for_caution] == ["First and Last Name Check"]
    assert told.points_missing == 0
    assert len(told.for_valid) == 1


def test_a_failed_job_without_points_is_nothing_to_put_right(campaign, add_job, make_leads):
    add_job(campaign, "first_last_name_match", score=0)
    add_job(campaign, "test_data", score=10)
    told = explain(run_of(judge(campaign, make_leads, firstName="Ann", lastName="Ann")))
    assert (told.status, told.for_valid) == (QaStatus.VALID, [])


jobs = some.lists(
    some.tuples(
        some.sampled_from(list(OutcomeKind)),
        some.integers(0, 30),
        some.booleans(),
        some.sampled_from([choice.value for choice in Job.OnError]),
    ),
    max_size=6,
)


@given(jobs=jobs, threshold=some.integers(0, 100))
def test_what_is_named_is_enough_and_nothing_of_it_is_too_much(jobs, threshold):
    """Put right, the lead is Valid; leave one of them as it was, and it is not. Asked of the scoring, which has judged it."""
    steps = [
        scoring.Step(
            PlannedJob(n, "", "quality", f"Job {n}", n, points, hardfail, on_error, False, {}), Outcome(kind, "because" if kind != "passed" else "")
        )
        for n, (kind, points, hardfail, on_error) in enumerate(jobs)
    ]  # fmt: skip
    told = _told(steps, threshold)
    named = {line.job.id for line in told.for_valid}

    def status(put_right: set[int]) -> QaStatus:
        right = [s._replace(outcome=replace(s.outcome, kind=OutcomeKind.PASSED)) if s.job.id in put_right else s for s in steps]
        return scoring.judge(right, threshold=threshold).qa_status

    assert status(named) == QaStatus.VALID
    assert all(status(named - {one}) != QaStatus.VALID for one in named)
    if told.status == QaStatus.INVALID:
        assert told.for_caution or told.points_missing > 0


def _told(steps, threshold):
    plan = CompiledPlan(1, 1, 1, threshold, False, tuple(step.job for step in steps), ())
    event = Event(campaign_id=1, plan_number=1, steps=[
        {"job": s.job.id, "label": s.job.label, "outcome": s.outcome.kind.value, "reason": s.outcome.reason, "field": "", "value": "", "at": 0, "took": 0}
        for s in steps
    ])  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Plan.objects, "values_list", lambda *_, **__: _Found(plan))
        return explain(event)


class _Found:
    def __init__(self, plan: CompiledPlan) -> None:
        self.plan = plan

    def get(self, **_) -> dict:
        return self.plan.body()


def test_a_group_tells_its_condition(campaign, add_job, make_leads, bob):
    job = add_job(campaign, "test_data")
    services_group(job, field="country", values=["GB", "IE"])
    lead = judge(campaign, make_leads, country="FR")
    (line,) = explain(run_of(lead)).lines
    assert (line.group, line.conditions, line.outcome.kind) == ("Region", "country is one of GB, IE", OutcomeKind.SKIPPED)


def services_group(job: Job, *, field: str, values: list[str]) -> None:
    job.group = job.campaign.job_groups.create(name="Region")
    job.save(update_fields=["group"])
    job.conditions.create(field=field, values=values)
