"""Value transforms that could not be applied to a lead, which then could not be checked."""

import pytest

from campaigns.services import plan_changed
from leads.models import Lead
from leads.statuses import QaStatus
from processr import integrity
from processr.engine import scheduler, tallies
from processr.engine.explain import explain
from processr.models import Event, ValueTransform

pytestmark = pytest.mark.django_db


def problem(campaign, **columns):
    """A transform whose settings no longer work."""
    broken = {"type": "manipulate", "config": {"steps": [{"action": "no such"}]}}
    transform = ValueTransform.objects.create(
        campaign=campaign, label="Tidy", source_field="company", new_field="tidied", **broken, **columns
    )
    plan_changed(campaign.pk)
    return transform


def test_a_transform_that_could_not_be_applied_is_told_and_keeps_the_lead_from_being_valid(campaign, three_jobs, make_leads):
    transform = problem(campaign)
    (lead,) = make_leads(campaign, company="Acme")

    scheduler.serve_campaigns(seconds=5)

    lead = Lead.objects.get(pk=lead.pk)
    assert (lead.qa_status, lead.errored, lead.score, lead.max_score) == (QaStatus.CAUTION, True, 30, 30)
    (reason,) = lead.qa_result["qaReasons"]
    assert reason.startswith("Tidy: ")
    first, *others = Event.objects.get(lead_id=lead.pk).steps
    assert (first["job"], first["transform"], first["label"], first["outcome"], first["field"]) == (
        None,
        transform.pk,
        "Tidy",
        "error",
        "company",
    )
    assert (first["points"], first["of"], first["value"]) == (0, 0, "")
    assert first.keys() - {"transform"} == others[0].keys()
    assert len(others) == 3
    assert Event.objects.get(lead_id=lead.pk).outcome == "error"
    assert lead.failed_jobs == []


def test_leads_with_and_without_such_a_problem_are_tallied_by_job_alone(campaign, three_jobs, make_leads):
    problem(campaign)
    make_leads(campaign, 2, company="Acme")
    scheduler.serve_campaigns(seconds=5)
    assert integrity.runs() + integrity.job_tallies() == []
    tallies.fold()
    assert integrity.job_tallies() == []
    assert tallies.statistics([three_jobs.test_data.pk])[three_jobs.test_data.pk]["total"] == 2


def test_the_explanation_of_a_run_tells_the_problem_and_comes_to_the_same_judgement(campaign, three_jobs, make_leads):
    problem(campaign)
    (lead,) = make_leads(campaign, company="Acme")
    scheduler.serve_campaigns(seconds=5)
    told = explain(Event.objects.get(lead_id=lead.pk))
    assert (told.judgement.qa_status, told.judgement.reasons) == (QaStatus.CAUTION, Lead.objects.get(pk=lead.pk).qa_result["qaReasons"])
    assert [line.job.label for line in told.for_valid] == ["Tidy"]
    assert told.lines[0].rule == "The value transform can be applied"
